"""Measure a full replace: from the accepted rows as validation leaves them to the committed version.

By hand, of a package: `python bench/replacing.py PACKAGE FOLDER`. Prints the seconds of the commit alone.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from files import Sample
from measure import Measured, median_of, run
from report import Row, Section

from orgport.history.store import HistoryStore
from orgport.package.model import Refresh
from orgport.package.read import ReadOptions, form_of, read_package
from orgport.validation.engine import validate
from orgport.validation.verdict import AcceptedRows, ValidationSettings

AT = datetime(2026, 1, 1, tzinfo=UTC)


def accepted(package: Path, scratch: Path) -> AcceptedRows:
    """The accepted rows of a package, by person bucket."""
    reading = read_package(
        package, form=form_of(package), options=ReadOptions(), scratch=scratch / "read"
    )
    if reading.package is None:
        raise SystemExit(f"{package.name} cannot be read")
    verdict = validate(
        reading.package,
        settings=ValidationSettings(),
        stored=None,
        upload_date=AT.date(),
        workspace=scratch / "judged",
    )
    if verdict.accepted_rows is None:
        raise SystemExit(f"{package.name} is not accepted")
    return verdict.accepted_rows


def replaced(package: Path, scratch: Path) -> str:
    """The commit of a package as the whole history, and the seconds that it took."""
    rows = accepted(package, scratch)
    store = HistoryStore(scratch / "history", tenant_id=UUID(int=1))
    began = time.perf_counter(), time.process_time()
    done = store.commit(
        UUID(int=101),
        number=1,
        refresh=Refresh.FULL,
        fields=rows.fields,
        rows=rows.folder,
        new_persons=rows.new_persons,
        at=AT,
        scratch=scratch,
    )
    wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
    return json.dumps({"seconds": wall, "cpu_seconds": cpu, "periods": done.periods_after})


def section(sample: Sample, parse: Measured, folder: Path, *, runs: int) -> Section:
    """A full replace against the raw parse of the same csv."""
    command = [sys.executable, __file__, str(sample.package), str(folder)]
    commits, periods = [], 0
    for _ in range(runs):
        whole = run(command)
        if whole.exit_code:
            raise SystemExit("the full replace failed")
        said = json.loads(whole.output)
        periods = said["periods"]
        commits.append(
            replace(whole, wall_seconds=said["seconds"], cpu_seconds=said["cpu_seconds"])
        )
    commit = median_of(commits)
    return Section(
        "A full replace beside reading alone",
        f"The rows of a csv of {sample.csv.stat().st_size:,} bytes replace the history, which then has "
        f"{periods:,} periods: from the accepted rows, as validation leaves them in order of the file, to "
        "the committed version, in the process that validated them, whose peak memory is given.",
        "of the raw parse",
        (
            Row("raw parse, Polars streaming", parse, 1.0),
            Row(
                "full replace, fold and commit, after validation",
                commit,
                commit.wall_seconds / parse.wall_seconds,
                "≤ 3 x",
            ),
        ),
    )


if __name__ == "__main__":
    with TemporaryDirectory(dir=sys.argv[2]) as home:
        print(replaced(Path(sys.argv[1]), Path(home)))
