"""Measure the history alone: imports folded and committed, questions, and a Delta MERGE of the same change.

Each step is a process of its own, so that its peak memory is its own; by hand:
`python bench/history.py --persons 1000000 --months 3 --share 0.1`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
import polars as pl
from deltalake import DeltaTable
from measure import Measured, median_of
from measure import run as measure
from report import Row, Section

from orgport import memory
from orgport.attributes.types import ValueType
from orgport.history.acts import Act, Entry
from orgport.history.columns import BUCKETS
from orgport.history.store import HistoryStore
from orgport.package.model import Refresh

TENANT = UUID(int=1)
AT = datetime(2026, 1, 1, tzinfo=UTC)
FULL_FIELDS = {
    "ManagerId": ValueType.EMAIL,
    "Organization": ValueType.STRING,
    "LevelDesignation": ValueType.STRING,
    "HourlyRate": ValueType.DOUBLE,
    "HireDate": ValueType.DATE_MONTH_FIRST,
}
REPEATED = 2
FEW = 2000
STEPS = (
    "rows",
    "full",
    "copy",
    "preview",
    "edit",
    "merge",
    "as-of",
    "known-at",
    "person",
    "stored",
    "undo",
)
EDITED_DAYS = (date(2020, 2, 1), date(2020, 2, 10))


def addresses(numbers: np.ndarray) -> pl.Series:
    """An address for each person number."""
    return pl.select(
        pl.format("person{}@contoso.com", pl.lit(pl.Series(numbers, dtype=pl.Int64)))
    ).to_series()


def buckets(persons: int) -> Iterator[tuple[int, np.ndarray]]:
    """The person numbers of each bucket."""
    for bucket in range(BUCKETS):
        numbers = np.arange(1, persons + 1)
        yield bucket, numbers[numbers % BUCKETS == bucket]


def write_full_rows(folder: Path, persons: int, months: int) -> None:
    """A row for each person and month, with a handful of fields."""
    random = np.random.default_rng(1)
    days = [date(2020, 1, 1) + timedelta(days=31 * month) for month in range(months)]
    for bucket, numbers in buckets(persons):
        person = np.repeat(numbers, months)
        n = len(person)
        frame = pl.DataFrame(
            {
                "person": person,
                "PersonId": addresses(person),
                "EffectiveDate": pl.Series(days * len(numbers)),
                "ManagerId": addresses(person // 10 + 1),
                "Organization": pl.Series(random.integers(0, 500, n)).cast(pl.String),
                "LevelDesignation": pl.Series(random.integers(0, 12, n)).cast(pl.String),
                "HourlyRate": random.integers(1000, 9000, n) / 100,
                "HireDate": pl.Series([date(2019, 5, 1)]).new_from_index(0, n),
                "line": np.arange(n),
            }
        ).with_columns(cleared=pl.lit(None, dtype=pl.List(pl.String)))
        target = folder / f"bucket={bucket}"
        target.mkdir(parents=True)
        frame.sample(fraction=1, shuffle=True, seed=1).write_parquet(
            target / "part-0.parquet", compression="lz4"
        )


def write_edit_rows(folder: Path, persons: int, share: float) -> None:
    """New managers and organizations for a share of the persons, on two days, one between snapshots."""
    random = np.random.default_rng(2)
    for bucket, numbers in buckets(persons):
        chosen = np.repeat(random.permutation(numbers)[: int(len(numbers) * share)], 2)
        n = len(chosen)
        frame = pl.DataFrame(
            {
                "person": chosen,
                "PersonId": addresses(chosen),
                "EffectiveDate": pl.Series(list(EDITED_DAYS) * (n // 2)),
                "ManagerId": addresses(random.integers(1, persons, n)),
                "Organization": pl.Series(random.integers(0, 500, n)).cast(pl.String),
                "line": np.arange(n),
            }
        ).with_columns(cleared=pl.lit(None, dtype=pl.List(pl.String)))
        target = folder / f"bucket={bucket}"
        target.mkdir(parents=True)
        frame.write_parquet(target / "part-0.parquet", compression="lz4")


def step_of(name: str, home: Path, options: argparse.Namespace) -> str:
    """One step; what it says of itself."""
    memory.share_between_threads()  # as a worker does
    store = HistoryStore(home / "history", tenant_id=TENANT)
    nobody = pl.DataFrame(schema={"person": pl.Int64, "key": pl.String, "address": pl.String})
    edit = {"fields": dict(list(FULL_FIELDS.items())[:2]), "rows": home / "edit"}
    if name == "rows":
        write_full_rows(home / "full", options.persons, options.months)
        write_edit_rows(home / "edit", options.persons, options.share)
        return ""
    if name == "copy":  # for the MERGE, of the state before the edit
        shutil.copytree(Path(store.tables()["periods"]), home / "merged")
        return ""
    if name == "preview":
        proposal = store.propose(
            refresh=Refresh.INCREMENTAL, new_persons=nobody, folder=home / "proposed", **edit
        )
        return f"{proposal.figures.changes.change_count:,} persons listed"
    if name in ("edit", "merge", "undo"):
        do_it_before(options)
    if name == "merge":
        return merge(Path(store.tables()["periods"]), home)
    if name == "as-of":
        return f"{store.as_of(EDITED_DAYS[1]).height:,} persons"
    if name == "known-at":
        return f"{store.as_of(EDITED_DAYS[1], known_at=1).height:,} persons"
    if name == "person":
        store.person("person4712@contoso.com")  # what is asked first opens the tables
        return timed(lambda: f"{store.person('person4711@contoso.com').height} periods")
    if name == "undo":
        return timed(lambda: undo_edit(store, home))
    if name == "stored":
        return f"{store.stored().persons.height:,} persons"
    if name == "full":
        return commit(store, home, options)
    return timed(lambda: commit_edit(store, home))


def do_it_before(options: argparse.Namespace) -> None:
    """An edit, a MERGE and an undo of few persons, after which the process is one that runs already."""
    few = argparse.Namespace(**{**vars(options), "persons": FEW})
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        store = HistoryStore(home / "history", tenant_id=TENANT)
        write_full_rows(home / "full", few.persons, few.months)
        write_edit_rows(home / "edit", few.persons, few.share)
        commit(store, home, few)
        shutil.copytree(Path(store.tables()["periods"]), home / "merged")
        commit_edit(store, home)
        merge(Path(store.tables()["periods"]), home)
        undo_edit(store, home)


def commit(store: HistoryStore, home: Path, options: argparse.Namespace) -> str:
    """The full refresh."""
    spelled = addresses(np.arange(1, options.persons + 1))
    everybody = pl.DataFrame(
        {"person": np.arange(1, options.persons + 1), "key": spelled, "address": spelled}
    )
    done = store.commit(
        UUID(int=101),
        number=1,
        refresh=Refresh.FULL,
        fields=FULL_FIELDS,
        rows=home / "full",
        new_persons=everybody,
        at=AT,
        scratch=home,
    )
    return f"{done.periods_after:,} periods"


def commit_edit(store: HistoryStore, home: Path) -> str:
    """The incremental import."""
    done = store.commit(
        UUID(int=102),
        number=2,
        refresh=Refresh.INCREMENTAL,
        fields=dict(list(FULL_FIELDS.items())[:2]),
        rows=home / "edit",
        new_persons=pl.DataFrame(
            schema={"person": pl.Int64, "key": pl.String, "address": pl.String}
        ),
        at=AT,
        scratch=home,
    )
    return f"{done.periods_before:,} to {done.periods_after:,} periods"


def undo_edit(store: HistoryStore, home: Path) -> str:
    """The incremental import taken back."""
    taken_back = Entry(import_id=UUID(int=103), number=3, act=Act.UNDO, at=AT, of=UUID(int=102))
    return f"{store.rewrite(taken_back, scratch=home).persons_changed:,} persons changed back"


def timed(work: Callable[[], str]) -> str:
    """What the work says, with the seconds it took in this process."""
    began = time.perf_counter()
    said = work()
    return json.dumps({"seconds": time.perf_counter() - began, "said": said})


def merge(periods: Path, home: Path) -> str:
    """The same change as a MERGE into a copy, with the new periods computed beforehand and not timed."""
    edited = pl.scan_parquet(home / "edit" / "**" / "*.parquet").select("person").unique()
    source = pl.scan_delta(str(periods)).join(edited, on="person", how="semi").collect()
    target = DeltaTable(home / "merged")
    began = time.perf_counter()
    (
        target.merge(
            source,
            't.bucket = s.bucket and t.person = s.person and t."StartDate" = s."StartDate"',
            source_alias="s",
            target_alias="t",
        )
        .when_matched_update_all()
        .when_not_matched_insert_all()
        .execute()
    )
    return json.dumps({"seconds": time.perf_counter() - began, "rows": source.height})


def section(options: argparse.Namespace) -> Section:
    """Run all steps, each in a process of its own."""
    done: dict[str, Measured] = {}
    with tempfile.TemporaryDirectory() as home:
        passed_on = [
            f"--{name}={getattr(options, name)}" for name in ("persons", "months", "share")
        ]
        for step in STEPS:
            done[step] = _run_step(step, Path(home), passed_on)
            if step == "copy":  # what is compared with the MERGE is measured thrice
                repeated = [_edit_and_merge(Path(home), passed_on) for _ in range(REPEATED)]
    inside = {step: _inside(done[step]) for step in ("edit", "merge", "person", "undo")}
    for step in ("edit", "merge"):
        inside[step] = median_of([inside[step], *(_inside(again[step]) for again in repeated)])
    merged = inside["merge"]

    def row(what: str, measured: Measured, bound: str = "") -> Row:
        return Row(what, measured, measured.wall_seconds / merged.wall_seconds, bound)

    edited = json.loads(done["edit"].output)["said"]
    return Section(
        f"History beside a Delta MERGE, {options.share:.0%} of the persons edited",
        f"{options.persons:,} persons with {options.months} periods each; the edit gives "
        f"{options.share:.0%} of them two new rows: {edited}. The MERGE by the deltalake package is handed "
        "the finished new periods, splits and new ends included: the fold, the uploads and the comparison "
        "are in orgport's time and not in its. Both rewrite every file. Where a line says *in a running "
        "process* its wall seconds are those of the work alone, in a process that has done the same for few "
        "persons before, as a worker has; CPU seconds and memory are those of whole processes.",
        "of the MERGE",
        (
            row("Delta MERGE of the same change, in a running process", merged),
            row(
                "incremental import, fold and commit, in a running process",
                inside["edit"],
                "≤ 0.45 x, ≤ 1,024 MiB",
            ),
            row("incremental import, process start and that included", done["edit"]),
            row("preview of it, with the list of who differs", done["preview"]),
            row("undo of it, in a running process", inside["undo"]),
            row("full refresh, fold and commit", done["full"]),
            row("everybody on a day", done["as-of"], "≤ 1 s"),
            row("everybody on a day, known before the edit", done["known-at"]),
            row("the periods of one person, in a running process", inside["person"], "≤ 0.05 s"),
            row("what validation needs to know", done["stored"]),
        ),
    )


def _edit_and_merge(home: Path, passed_on: list[str]) -> dict[str, Measured]:
    """Both on a copy of the state before the edit."""
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(home, copy, dirs_exist_ok=True)
        return {step: _run_step(step, Path(copy), passed_on) for step in ("edit", "merge")}


def _run_step(step: str, home: Path, passed_on: list[str]) -> Measured:
    command = [sys.executable, __file__, *passed_on, "--home", str(home), "--step", step]
    measured = measure(command, env={**os.environ, **memory.OF_LIBRARIES})  # as a worker has it
    if measured.exit_code:
        raise SystemExit(f"the step {step} failed")
    return measured


def _inside(whole: Measured) -> Measured:
    """With the wall seconds that the step says of itself."""
    return replace(whole, wall_seconds=json.loads(whole.output)["seconds"])


def parser() -> argparse.ArgumentParser:
    """The sizes to measure with."""
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("--persons", type=int, default=1_000_000)
    made.add_argument("--months", type=int, default=3)
    made.add_argument("--share", type=float, default=0.1)
    made.add_argument("--home", type=Path)
    made.add_argument("--step", choices=STEPS)
    return made


if __name__ == "__main__":
    chosen = parser().parse_args()
    print(step_of(chosen.step, chosen.home, chosen))
