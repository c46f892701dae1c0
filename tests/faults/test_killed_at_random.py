"""Workers are killed at random in commits, undos and erases; a reader sees old or new, never another.

A few kills in every run of the tests, KILLS=200 of them in `make soak`.
"""

from __future__ import annotations

import io
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl

from live import LONG, Live, Sender, live_server, wait_until
from orgport.history.store import HistoryStore
from traces import traces_in_files

KILLS = int(os.environ.get("KILLS", "6"))
SEED = int(os.environ.get("SEED", "1" if KILLS < 100 else str(int(time.time()))))
PERSONS = 300
DAY = date(2025, 6, 1)
WORKERS = 2
_ASK = """
import json, sys, uuid
import django; django.setup()
from datetime import UTC, datetime
from orgport.history.acts import Act
from orgport.package.model import PackageForm
from orgport.server.records.models import Connection, ImportRecord
from orgport.server.wiring import erasures, pushes
from orgport.server.wiring.registrations import Actor
from orgport.server.wiring.reversals import reverse
connection = Connection.objects.select_related("app", "tenant").get()
connection.max_blank_manager_share = 1.0  # reports of those who are erased have no manager
connection.save()
for line in sys.stdin:
    said, now = json.loads(line), datetime.now(UTC)
    by = Actor("admin", now)
    if "package" in said:
        with open(said["package"], "rb") as file:
            package = pushes.store_package([file.read()])
        wanted = pushes.Push(connection, connection.app, PackageForm.ZIP, now)
        made = pushes.receive_push(wanted, package, file_name="info.zip")
    elif "undo" in said:
        undone = ImportRecord.objects.select_related("tenant").get(id=said["undo"])
        made = reverse(undone, Act.UNDO, by=by, import_id=uuid.uuid4())
    else:
        addresses = tuple(said["erase"])
        typed = erasures.confirmation_of(addresses)
        made = erasures.erase(
            connection.tenant, addresses, confirmation=typed, by=by, import_id=uuid.uuid4()
        )
    print(made.id, flush=True)
"""


def address(number: int) -> str:
    return f"p{number:04}@contoso.com"


def a_package(tag: str, numbers: list[int], *, is_full: bool) -> bytes:
    """Persons in a unit of this tag; everybody reports to one of the first ten, and they to nobody."""
    columns = {
        "PersonId": "EmailType",
        "ManagerId": "EmailType",
        "Organization": "StringType",
        "EffectiveDate": "DateTime_MMDDYYYY",
    }
    rows = "".join(
        f"{address(n)},{'' if n < 10 else address(n % 10)},{tag} {n % 7},01/01/2025\r\n"
        for n in numbers
    )
    metadata = {
        "DatasetType": "HR",
        "IsBootstrap": str(is_full).lower(),
        "Mapping": {name: {"name": name, "type": type_} for name, type_ in columns.items()},
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.csv", ",".join(columns) + "\r\n" + rows)
        archive.writestr("metadata.json", json.dumps(metadata))
    return content.getvalue()


@dataclass
class Reader:
    """Asks for everybody again and again, as another program would, and keeps each different answer."""

    store: HistoryStore
    seen: list[pl.DataFrame] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)
    answers: int = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Ask until the block is over; what failed is raised then."""
        stop = threading.Event()
        thread = threading.Thread(target=self._ask, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
        if self.faults:
            raise self.faults[0]

    def _ask(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                answer = self.store.as_of(DAY)
            except BaseException as fault:
                self.faults.append(fault)
                return
            self.answers += 1
            if not self.seen or not self.seen[-1].equals(answer):
                self.seen.append(answer)
            time.sleep(0.01)


@dataclass
class Asker:
    """A process that stays and begins imports, undos and erases, as the server's web process would."""

    live: Live

    def __post_init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _ASK],
            env=self.live.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def begin(self, **what: Any) -> str:
        """Begin something; the id of its import."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        with self.process:  # closes its pipes
            pass


@dataclass
class Soak:
    """A server of which one of two workers is killed in every act."""

    live: Live
    sender: Sender
    chance: random.Random

    def __post_init__(self) -> None:
        self.store = HistoryStore(
            str(self.live.home / "history"), tenant_id=UUID(self.sender.tenant)
        )
        self.asker = Asker(self.live)
        self.workers = [self.live.start_worker() for _ in range(WORKERS)]
        self.killed_in: dict[str, int] = {}

    def commit(self, tag: str, numbers: list[int], *, is_full: bool = False) -> str:
        """Begin an import of persons."""
        path = self.live.home / "scratch" / "package.zip"
        path.write_bytes(a_package(tag, numbers, is_full=is_full))
        begun = self.asker.begin(package=str(path))
        path.unlink()
        return begun

    def kill_in(self, import_id: str, what: str) -> None:
        """Kill whoever works on an import at a random moment, then wait until another has ended it."""
        wait_until(lambda: self.live.state(import_id) != "received", every=0.005)
        if self.chance.random() < 0.8:  # most of the time is spent before it is written
            states = ("processing", "succeeded")
            wait_until(lambda: self.live.state(import_id) in states, every=0.005)
        time.sleep(self.chance.random() * 0.5)
        wanted = UUID(import_id).hex
        ((name,),) = self.live.query(
            f"SELECT worker FROM records_importrecord WHERE id = '{wanted}'"  # noqa: S608
        )
        rows = dict(self.live.query("SELECT worker, process_id FROM records_workerheartbeat"))
        state = self.live.state(import_id)
        self.killed_in[f"{what} {state}"] = self.killed_in.get(f"{what} {state}", 0) + 1
        for worker in list(self.workers):
            if worker.pid == rows.get(name):
                os.kill(worker.pid, signal.SIGKILL)
                worker.wait()
                self.workers.remove(worker)
                self.workers.append(self.live.start_worker())
        wait_until(lambda: self.live.state(import_id) not in RUNNING, seconds=LONG)
        assert self.live.state(import_id) == "succeeded"


RUNNING = ("received", "extracting", "validating", "processing")


def test_whoever_is_killed_a_reader_sees_the_old_state_or_the_new_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    with live_server(tmp_path / "home") as live:
        soak = Soak(live, live.prepare(), random.Random(SEED))  # noqa: S311  # no secret
        first = soak.commit("Start", list(range(PERSONS)), is_full=True)
        wait_until(lambda: live.state(first) == "succeeded")
        try:
            for kill in range(0, KILLS, 3):
                _commit_undo_and_erase(soak, kill, KILLS - kill)
        finally:
            soak.asker.stop()
        print(f"seed {SEED}: {KILLS} kills, {soak.killed_in}")  # shown by make soak


def _commit_undo_and_erase(soak: Soak, number: int, left: int) -> None:
    """One round of at most three kills, each with what must come out of it."""
    chance, store = soak.chance, soak.store
    at_first = store.as_of(DAY)
    named = sorted(chance.sample(range(PERSONS), 120))
    with _kept(soak) as seen:
        import_id = soak.commit(f"Round{number}", named)
        soak.kill_in(import_id, "commit")
    moved = store.as_of(DAY)
    assert set(map(address, named)) <= set(moved["PersonId"])
    is_tagged = pl.col("Organization").str.starts_with(f"Round{number} ")
    assert moved.filter(is_tagged)["PersonId"].to_list() == [address(n) for n in named]
    _assert_old_then_new(seen, at_first, moved)
    if left > 1:
        with _kept(soak) as seen:
            undo_id = soak.asker.begin(undo=import_id)
            soak.kill_in(undo_id, "undo")
        assert store.as_of(DAY).equals(at_first)
        _assert_old_then_new(seen, moved, at_first)
    if left > 2:
        before = store.as_of(DAY)
        gone = [address(n) for n in (chance.randrange(10), chance.randrange(10, PERSONS))]
        with _kept(soak) as seen:
            soak.kill_in(soak.asker.begin(erase=gone), "erase")
        kept = before.filter(~pl.col("PersonId").is_in(gone)).with_columns(
            pl.when(~pl.col("ManagerId").is_in(gone)).then(pl.col("ManagerId"))
        )
        assert store.as_of(DAY).equals(kept)
        _assert_old_then_new(seen, before, kept)
        assert traces_in_files(soak.live.home, *gone) == []


@contextmanager
def _kept(soak: Soak) -> Iterator[Reader]:
    reader = Reader(soak.store)
    with reader.watching():
        yield reader


def _assert_old_then_new(reader: Reader, old: pl.DataFrame, new: pl.DataFrame) -> None:
    assert reader.answers > 0
    states = [
        "old" if one.equals(old) else "new" if one.equals(new) else "?" for one in reader.seen
    ]
    assert states in (["old", "new"], ["old"], ["new"]), states
