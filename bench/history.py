"""Measure the history alone: a full refresh and an incremental import, folded and committed.

Run it with the project's interpreter. Each step is a process of its own, so that its peak memory is
its own: `python bench/history.py --persons 1000000 --months 10 --share 0.4`.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl

from orgport.attributes.types import ValueType
from orgport.history.columns import BUCKETS
from orgport.history.proposal import Proposal
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
STEPS = (
    "rows-full",
    "propose-full",
    "full",
    "propose-full-again",
    "full-again",
    "rows-edit",
    "propose-edit",
    "edit",
    "edit-again",
    "as-of",
    "stored",
)


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
                "EffectiveDate": pl.Series([date(2020, 2, 1), date(2020, 2, 10)] * (n // 2)),
                "ManagerId": addresses(random.integers(1, persons, n)),
                "Organization": pl.Series(random.integers(0, 500, n)).cast(pl.String),
                "line": np.arange(n),
            }
        ).with_columns(cleared=pl.lit(None, dtype=pl.List(pl.String)))
        target = folder / f"bucket={bucket}"
        target.mkdir(parents=True)
        frame.write_parquet(target / "part-0.parquet", compression="lz4")


def run(step: str, home: Path, options: argparse.Namespace) -> str:
    """One step; what it says of itself."""
    store = HistoryStore(home / "history", tenant_id=TENANT)
    nobody = pl.DataFrame(schema={"person": pl.Int64, "key": pl.String, "address": pl.String})
    if step == "rows-full":
        write_full_rows(home / "full", options.persons, options.months)
        return ""
    if step == "rows-edit":
        write_edit_rows(home / "edit", options.persons, options.share)
        return ""
    if step == "as-of":
        return f"{store.as_of(date(2020, 2, 15)).height} persons"
    if step == "stored":
        stored = store.stored()
        return f"{stored.persons.height} persons, {stored.manager_periods.collect().height} periods"
    proposed = home / f"proposed-{step.removeprefix('propose-')}"
    is_full = "full" in step
    spelled = addresses(np.arange(1, options.persons + 1))
    everybody = pl.DataFrame(
        {"person": np.arange(1, options.persons + 1), "key": spelled, "address": spelled}
    )
    number = STEPS.index(step)
    sent: dict[str, Any] = {
        "refresh": Refresh.FULL if is_full else Refresh.INCREMENTAL,
        "fields": FULL_FIELDS if is_full else dict(list(FULL_FIELDS.items())[:2]),
        "rows": home / ("full" if is_full else "edit"),
        "new_persons": everybody if step in ("propose-full", "full") else nobody,
    }
    began = time.perf_counter()
    if step.startswith("propose"):
        proposal = store.propose(**sent, folder=proposed)
        (proposed / "proposal.json").write_text(json.dumps(proposal.as_json()))
        return (
            f"propose {time.perf_counter() - began:.2f} s, "
            f"{proposal.figures.changes.change_count} persons listed"
        )
    said = proposed / "proposal.json"
    done = store.commit(
        UUID(int=100 + number),
        number=number,
        at=AT,
        scratch=home,
        proposal=Proposal.from_json(json.loads(said.read_text()), proposed)
        if said.exists() and not options.fold_again
        else None,
        **sent,
    )
    return (
        f"commit {time.perf_counter() - began:.2f} s, {done.periods_before} -> {done.periods_after} "
        f"periods, {done.change_count} persons differ, cells {sum(done.cells_changed.values())}"
    )


def main() -> None:
    """Run all steps, each in a process of its own, and print seconds and peak memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--months", type=int, default=10)
    parser.add_argument("--share", type=float, default=0.6)
    parser.add_argument("--fold-again", action="store_true", help="commit without the proposals")
    parser.add_argument("--home", type=Path)
    parser.add_argument("--step", choices=STEPS)
    options = parser.parse_args()
    if options.step:
        began = time.perf_counter()
        said = run(options.step, options.home, options)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        wall, cpu = time.perf_counter() - began, time.process_time()
        print(f"{options.step:11} {wall:6.2f} s {cpu:6.2f} CPU s {peak:6.0f} MiB  {said}")
        return
    with tempfile.TemporaryDirectory() as home:
        passed_on = [
            f"--{name}={getattr(options, name)}" for name in ("persons", "months", "share")
        ]
        if options.fold_again:
            passed_on.append("--fold-again")
        for step in STEPS:
            command = [sys.executable, __file__, *passed_on, "--home", home, "--step", step]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
