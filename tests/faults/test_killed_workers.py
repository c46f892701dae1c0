"""A worker may be killed in any stage: the import ends as if nothing had happened, and counts once."""

from __future__ import annotations

import fcntl
import io
import json
import os
import signal
import subprocess
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from live import LONG, Live, Sender, live_server, wait_until
from orgport.history.store import HistoryStore

PERSONS = 20_000
MONTHS = 3
STAGES = ("extracting", "validating", "processing")


def a_large_package() -> bytes:
    rows = "".join(
        f"person{person}@contoso.com,{'' if person == 0 else 'person0@contoso.com'},"
        f"Unit {person % 50},{month:02}/01/2025\r\n"
        for person in range(PERSONS)
        for month in range(1, MONTHS + 1)
    )
    columns = {
        "PersonId": "EmailType",
        "ManagerId": "EmailType",
        "Organization": "StringType",
        "EffectiveDate": "DateTime_MMDDYYYY",
    }
    metadata = {
        "DatasetType": "HR",
        "IsBootstrap": "true",
        "Mapping": {name: {"name": name, "type": type_} for name, type_ in columns.items()},
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("data.csv", ",".join(columns) + "\r\n" + rows)
        archive.writestr("metadata.json", json.dumps(metadata))
    return content.getvalue()


@pytest.fixture(scope="module")
def package() -> bytes:
    return a_large_package()


@pytest.fixture
def live(tmp_path: Path, database_url: str) -> Iterator[Live]:
    with live_server(tmp_path / "home", database_url=database_url) as server:
        yield server


def push(live: Live, sender: Sender, package: bytes) -> str:
    """Push and return the id of the import."""
    with live.client(headers={"Authorization": f"Bearer {live.token(sender)}"}) as client:
        answer = client.post(
            f"/v1.0/scopes/{sender.tenant}/ingress/connectors/HR/ingestions/fileIngestion",
            files={"info": ("info.zip", package)},
        )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["Id"])


def kill_in(stage: str, live: Live, worker: subprocess.Popen[bytes], import_id: str) -> str:
    """Kill the worker as soon as the import is in a stage; the state in which that left it."""
    end = time.monotonic() + LONG
    while (state := live.state(import_id)) != stage:
        assert time.monotonic() < end, f"the import stayed {state}"
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    return live.state(import_id)


def assert_it_counts_once(live: Live, sender: Sender, import_id: str) -> None:
    """The history holds the import exactly once, and the audit trail one transition of each kind."""
    store = HistoryStore(str(live.home / "history"), tenant_id=UUID(sender.tenant))
    assert [str(one.import_id) for one in store.imports()] == [import_id]
    assert store.imports()[0].persons_added == PERSONS
    actions = [action for (action,) in live.query("SELECT action FROM records_auditentry")]
    assert [action for action in actions if action.startswith("import.")] == [
        "import.received",
        "import.extract",
        "import.validate",
        "import.process",
        "import.succeed",
    ]
    kinds = [kind for (kind,) in live.query("SELECT kind FROM records_notice ORDER BY kind")]
    assert kinds == ["processing_succeeded", "validation_succeeded"]


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.mark.parametrize(
    ("stage", "database_url"),
    [*((stage, "sqlite") for stage in STAGES), ("processing", "postgresql")],
    indirect=["database_url"],
)
def test_a_restarted_worker_ends_what_a_killed_one_began(
    stage: str, live: Live, package: bytes
) -> None:
    sender = live.prepare()
    live.start_web()
    worker = live.start_worker()
    import_id = push(live, sender, package)
    left_in = kill_in(stage, live, worker, import_id)
    assert left_in in STAGES[STAGES.index(stage) :]
    live.start_worker()
    wait_until(lambda: live.state(import_id) == "succeeded")
    assert_it_counts_once(live, sender, import_id)


def test_another_worker_takes_over_from_one_that_never_comes_back(
    live: Live, package: bytes
) -> None:
    sender = live.prepare()
    live.start_web()
    first = live.start_worker()
    wait_until(lambda: live.query("SELECT worker FROM records_workerheartbeat"))
    import_id = push(live, sender, package)
    kill_in("validating", live, first, import_id)
    with (live.home / "workers" / "slot-0.lock").open("w") as slot:
        fcntl.flock(slot, fcntl.LOCK_EX)  # so that the next worker has another name
        live.start_worker()
        wait_until(lambda: live.state(import_id) == "succeeded")
    assert_it_counts_once(live, sender, import_id)
    assert len(live.query("SELECT worker FROM records_workerheartbeat")) == 2


@on_sqlite
def test_an_import_that_was_stored_but_never_enqueued_runs_all_the_same(
    live: Live, package: bytes
) -> None:
    sender = live.prepare()
    live.start_web()
    import_id = push(live, sender, package)
    live.run(
        "import django; django.setup()\n"
        "from orgport.server.wiring import queue\n"
        f"queue.client().delete_workflow({import_id!r})\n"
    )
    live.start_worker()
    wait_until(lambda: live.state(import_id) == "succeeded")
    assert_it_counts_once(live, sender, import_id)


@on_sqlite
def test_a_worker_that_is_asked_to_stop_leaves_the_import_to_the_next(
    live: Live, package: bytes
) -> None:
    sender = live.prepare()
    live.start_web()
    worker = live.start_worker()
    import_id = push(live, sender, package)
    wait_until(lambda: live.state(import_id) == "validating", every=0.001)
    worker.terminate()
    assert worker.wait(15) == 0
    live.start_worker()
    wait_until(lambda: live.state(import_id) == "succeeded")
    assert_it_counts_once(live, sender, import_id)


_WAIT_FOR_APPROVAL = """
import django; django.setup()
from orgport.server.records.models import Connection
Connection.objects.update(guard_rails={"always_approve": True})
"""
_APPROVE = """
import sys
import django; django.setup()
from datetime import UTC, datetime
from orgport.server.records.models import ImportRecord
from orgport.server.wiring import approvals, queue
from orgport.server.wiring.registrations import Actor
record = ImportRecord.objects.get(id=sys.argv[1])
if "lost" in sys.argv:
    queue.enqueue_soon = lambda record: None
approvals.approve(record, note="", by=Actor("ada@contoso.com", datetime.now(UTC)))
"""
_STATUSES = """
import django; django.setup()
from orgport.server.wiring import queue
print(*(workflow.status for workflow in queue.client().list_workflows()))
"""


@on_sqlite
def test_a_worker_that_is_killed_while_it_compares_leaves_that_to_the_next(
    live: Live, package: bytes
) -> None:
    sender = live.prepare()
    live.start_web()
    worker = live.start_worker()
    import_id = push(live, sender, package)
    folder = live.home / "imports" / sender.tenant / import_id
    wait_until(lambda: (folder / "verdict.json").exists(), every=0.001)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert live.state(import_id) == "validating"
    live.start_worker()
    wait_until(lambda: live.state(import_id) == "succeeded")
    assert_it_counts_once(live, sender, import_id)
    assert (folder / "preview.json").exists()


@pytest.mark.parametrize("is_lost", [False, True], ids=["enqueued", "enqueuing lost"])
@on_sqlite
def test_an_import_waits_for_its_approver_whatever_becomes_of_the_workers(
    live: Live, package: bytes, *, is_lost: bool
) -> None:
    sender = live.prepare()
    live.run(_WAIT_FOR_APPROVAL)
    live.start_web()
    worker = live.start_worker()
    import_id = push(live, sender, package)
    wait_until(lambda: live.state(import_id) == "awaiting_approval")
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    another = live.start_worker()
    wait_until(lambda: live.query("SELECT worker FROM records_workerheartbeat"))
    time.sleep(2)  # a look-out or two: nobody works on it, and nobody gives it up
    assert live.state(import_id) == "awaiting_approval"
    live.run(_APPROVE, import_id, *(["lost"] if is_lost else []))
    if not is_lost:
        wait_until(lambda: live.state(import_id) != "awaiting_approval")
        os.kill(another.pid, signal.SIGKILL)
        another.wait()
        live.start_worker()
    wait_until(lambda: live.state(import_id) == "succeeded")
    store = HistoryStore(str(live.home / "history"), tenant_id=UUID(sender.tenant))
    assert [str(one.import_id) for one in store.imports()] == [import_id]
    actions = [action for (action,) in live.query("SELECT action FROM records_auditentry")]
    assert [action for action in actions if action.startswith("import.")][-3:] == [
        "import.ask_approval",
        "import.approve",
        "import.succeed",
    ]


@on_sqlite
def test_no_workflow_runs_while_an_import_waits(live: Live, package: bytes) -> None:
    sender = live.prepare()
    live.run(_WAIT_FOR_APPROVAL)
    live.start_web()
    live.start_worker()
    import_id = push(live, sender, package)
    wait_until(lambda: live.state(import_id) == "awaiting_approval")
    wait_until(lambda: live.run(_STATUSES).split() == ["SUCCESS"], every=0.5)
    assert live.state(import_id) == "awaiting_approval"


# SQLite has one lock for all: whoever is frozen while it holds it stops everybody.
@on_postgresql
def test_a_worker_that_was_frozen_and_superseded_does_no_harm(live: Live, package: bytes) -> None:
    sender = live.prepare()
    live.start_web()
    frozen = live.start_worker()
    wait_until(lambda: live.query("SELECT worker FROM records_workerheartbeat"))
    live.start_worker()
    wait_until(lambda: len(live.query("SELECT worker FROM records_workerheartbeat")) == 2)
    import_id = push(live, sender, package)
    wait_until(lambda: live.state(import_id) == "validating", every=0.001)
    frozen.send_signal(signal.SIGSTOP)
    wait_until(lambda: live.state(import_id) == "succeeded")
    frozen.send_signal(signal.SIGCONT)
    time.sleep(2)
    assert live.state(import_id) == "succeeded"
    assert_it_counts_once(live, sender, import_id)


_FREEZE_WITH_THE_ROW = """
import sys, time
import django; django.setup()
from django.db import transaction
from orgport.server.records.models import ImportRecord
with transaction.atomic():
    ImportRecord.objects.select_for_update().get(id=sys.argv[1])
    print("frozen with the row", flush=True)
    time.sleep(600)
"""


@on_postgresql
def test_who_is_frozen_in_a_transaction_keeps_nobody_waiting_for_long(
    live: Live, package: bytes
) -> None:
    sender = live.prepare()
    live.start_web()
    import_id = push(live, sender, package)
    live.start("-c", _FREEZE_WITH_THE_ROW, import_id)
    wait_until(lambda: "frozen with the row" in live.log)
    live.start_worker()
    wait_until(lambda: live.state(import_id) == "succeeded", seconds=30)
    assert_it_counts_once(live, sender, import_id)
