"""A worker may be killed while it undoes: readers see the old state or the new one, and it counts once."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import polars as pl
import pytest
from test_killed_workers import PERSONS, a_large_package, push

from live import LONG, Live, Sender, live_server, wait_until
from orgport.history.store import HistoryStore

DAY = date(2025, 6, 1)
_UNDO = """
import django; django.setup()
import sys, uuid
from datetime import UTC, datetime
from orgport.history.acts import Act
from orgport.server.records.models import ImportRecord
from orgport.server.wiring.registrations import Actor
from orgport.server.wiring.reversals import reverse
undone = ImportRecord.objects.get(id=sys.argv[1])
actor = Actor("admin@contoso.com", datetime.now(UTC))
for _ in range(2):  # asked twice under one id, it is one import
    print(reverse(undone, Act.UNDO, by=actor, import_id=uuid.UUID(sys.argv[2])).id)
"""


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    with live_server(tmp_path / "home", database_url="") as server:
        yield server


@pytest.fixture
def sender(live: Live) -> Sender:
    return live.prepare()


@pytest.fixture
def worker(live: Live, sender: Sender) -> subprocess.Popen[bytes]:
    live.start_web()
    return live.start_worker()


def undo(live: Live, import_id: str) -> str:
    undo_id = str(uuid4())
    assert set(live.run(_UNDO, import_id, undo_id).split()) == {undo_id}
    return undo_id


def kill_while_it_undoes(live: Live, worker: subprocess.Popen[bytes], undo_id: str) -> str:
    end = time.monotonic() + LONG
    while live.state(undo_id) == "received":
        assert time.monotonic() < end, "nobody began the undo"
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    return live.state(undo_id)


def test_an_undo_whose_worker_is_killed_counts_once_and_is_never_half_done(
    live: Live, sender: Sender, worker: subprocess.Popen[bytes]
) -> None:
    full = push(live, sender, a_large_package())
    wait_until(lambda: live.state(full) == "succeeded")
    store = HistoryStore(str(live.home / "history"), tenant_id=UUID(sender.tenant))
    before = store.as_of(DAY)
    undo_id = undo(live, full)
    assert kill_while_it_undoes(live, worker, undo_id) in ("processing", "succeeded")
    assert store.as_of(DAY).height in (0, PERSONS)
    live.start_worker()
    wait_until(lambda: _is_old_or_new(store, before) and live.state(undo_id) == "succeeded")
    assert store.as_of(DAY).is_empty()
    assert [str(one.import_id) for one in store.imports()] == [undo_id, full]

    redo_id = undo(live, undo_id)
    wait_until(lambda: _is_old_or_new(store, before) and live.state(redo_id) == "succeeded")
    assert store.as_of(DAY).equals(before)


def _is_old_or_new(store: HistoryStore, before: pl.DataFrame) -> bool:
    seen = store.as_of(DAY)
    assert seen.is_empty() or seen.equals(before)
    return True
