"""How long a verdict takes: beside reading alone, on dirty files, and beside what others validate with."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from files import ORGPORT, Sample
from measure import Measured, in_turn, run
from report import Row, Section

PEERS = Path(__file__).parent / "peers"
IN_PROCESS = PEERS.parent / "in_process.py"
RAW_PARSE = """
import json, os, sys, time
os.environ.setdefault("POLARS_MAX_THREADS", "2")
import polars as pl
header = open(sys.argv[1], encoding="utf-8").readline().strip().split(",")
frame = pl.scan_csv(sys.argv[1], schema={name: pl.String for name in header})
for _ in range(int(sys.argv[2])):
    began = time.perf_counter()
    found = frame.select(pl.all().count()).collect(engine="streaming").row(0)[0]
    seconds = time.perf_counter() - began
print(json.dumps({"seconds": seconds, "found": found}))
"""
RAW_PARSE_BY_DUCKDB = """
import sys, duckdb
duckdb.execute("set threads to 2")
print(duckdb.execute(
    "select count(columns(*)) from read_csv(?, all_varchar = true, header = true)", [sys.argv[1]]
).fetchone()[0])
"""


def verdict(sample: Sample, *, expected: str = "accepted") -> Measured:
    """The whole of `orgport check` on the package."""
    measured = run([ORGPORT, "check", str(sample.package), "--json"])
    said = json.loads(measured.output)["verdict"]
    if said != expected:
        raise SystemExit(f"{sample.package.name} was {said}")
    return measured


def raw_parse(sample: Sample) -> Measured:
    """Polars' streaming parse of the csv, every column as text: the yardstick."""
    return run([sys.executable, "-c", RAW_PARSE, str(sample.csv), "1"])


def beside_reading(sample: Sample, peers_python: str, *, runs: int) -> Section:
    """Validation of the zip against unzipping and parsing alone."""
    own_process = [sys.executable, str(IN_PROCESS), str(sample.package)]
    parse_in_process = [sys.executable, "-c", RAW_PARSE, str(sample.csv), "3"]
    unzip, parse, duckdb, whole, own, parse_again = in_turn(
        runs,
        partial(run, [sys.executable, str(PEERS.parent / "unzip.py"), str(sample.package)]),
        partial(raw_parse, sample),
        partial(run, [peers_python, "-c", RAW_PARSE_BY_DUCKDB, str(sample.csv)]),
        partial(verdict, sample),
        partial(_timed_inside, own_process),
        partial(_timed_inside, parse_in_process),
    )

    def row(what: str, measured: Measured, bound: str = "") -> Row:
        return Row(what, measured, measured.wall_seconds / parse.wall_seconds, bound)

    size = sample.csv.stat().st_size
    return Section(
        "A verdict beside reading alone",
        f"A clean csv of {size:,} bytes and ten columns, {sample.package.stat().st_size:,} bytes zipped. The "
        "verdict includes unzipping, exact lines, every rule, and the accepted rows spooled as they are "
        "coded; an import writes them as Parquet besides, which is in the time of a push. About a fifth of "
        "the verdict's processor seconds goes into cutting lines and cells, a sixth into the start of the "
        "process with its compiled loops, a quarter into judging distinct values and looking up addresses, "
        "an eighth into unzipping, and less than a tenth into the rules on the population. In processes that "
        f"have done it before, as a worker has, the verdict takes {own.wall_seconds:.2f} s and the parse "
        f"{parse_again.wall_seconds:.2f} s: {own.wall_seconds / parse_again.wall_seconds:.1f} x.",
        "of the raw parse",
        (
            row("unzip alone (isal, with its CRC)", unzip),
            row("raw parse, Polars streaming", parse),
            row("raw parse, DuckDB", duckdb),
            row("orgport check, from the zip", whole, "≤ 2.5 x, ≤ 1,434 MiB"),
        ),
    )


def on_dirty_files(clean: Sample, dirty: Sample, bad_column: Sample, *, runs: int) -> Section:
    """Validation of dirty files against that of the clean one."""
    base, spoilt, column = in_turn(
        runs,
        partial(verdict, clean),
        partial(verdict, dirty, expected="rejected"),
        partial(verdict, bad_column, expected="rejected"),
    )
    return Section(
        "Dirty files beside clean ones",
        f"The same organization three times, {clean.csv.stat().st_size:,} bytes of csv.",
        "of the clean file",
        (
            Row("orgport check, clean", base, 1.0),
            Row(
                "orgport check, 5 % bad cells and 1 % malformed lines",
                spoilt,
                spoilt.wall_seconds / base.wall_seconds,
                "≤ 1.4 x",
            ),
            Row(
                "orgport check, every cell of a column bad",
                column,
                column.wall_seconds / base.wall_seconds,
                "≤ 3 x",
            ),
        ),
    )


def beside_peers(sample: Sample, peers_python: str, *, runs: int) -> Section:
    """Validation against frameworks and a plain loop, on one csv with some bad cells."""

    def peer(command: str) -> Callable[[], Measured]:
        script, *chosen = command.split()
        called = [peers_python, "-W", "ignore", str(PEERS / script), str(sample.csv), *chosen]
        return partial(_timed_inside, called)

    own_process = [sys.executable, str(IN_PROCESS), str(sample.package)]
    own, whole, *others = in_turn(
        runs,
        partial(_timed_inside, own_process),
        partial(verdict, sample, expected="rejected"),
        *(peer(command) for command, _ in _PEERS_BY_NAME.values()),
    )
    rows = [
        Row("orgport, from the zip, in a running process", own, 1.0),
        Row(
            "orgport check, from the zip, process start included",
            whole,
            whole.wall_seconds / own.wall_seconds,
        ),
    ]
    found = {"orgport": _found_by(own)}
    for (name, (_, aim)), alone in zip(_PEERS_BY_NAME.items(), others, strict=True):
        rows.append(Row(name, alone, alone.wall_seconds / own.wall_seconds, aim))
        found[name] = _found_by(alone)
    agreed = ", ".join(f"{name} {count:,}" for name, count in found.items())
    return Section(
        "The same rules in other hands",
        f"A csv of {sample.csv.stat().st_size:,} bytes with one bad cell in ten thousand rows. Wall "
        "seconds are those of the work alone in a process that has done it before, but for the line that "
        "says otherwise; CPU seconds and memory are those of whole processes. orgport unzips, judges all "
        "of its rules, knows the physical line of each finding, and spools the accepted rows. The others "
        "read the unzipped csv. Rules that a framework does not have (days of the calendar, doubled rows "
        "in another spelling, unknown and blank managers, circles of managers at each date) are given to "
        "pandera and pointblank as checks written by hand; the lines of cells alone leave them out, as do "
        "dataframely, DuckDB and frictionless. "
        f"What they found: {agreed}.",
        "of orgport's time",
        tuple(rows),
    )


_PEERS_BY_NAME = {
    "pandera": ("with_pandera.py all", "> 1 x"),
    "pointblank": ("with_pointblank.py all", "> 1 x"),
    "plain csv loop": ("plain_csv.py", "≥ 5 x"),
    "frictionless, cells alone": ("with_frictionless.py", "≥ 25 x"),
    "pandera, cells alone": ("with_pandera.py", ""),
    "pointblank, cells alone": ("with_pointblank.py", ""),
    "dataframely, cells alone": ("with_dataframely.py", ""),
    "DuckDB, by SQL, cells alone": ("with_duckdb.py", ""),
}


def _timed_inside(command: list[str]) -> Measured:
    """A run whose wall seconds are those that the command says of its work alone."""
    measured = run(command)
    return replace(measured, wall_seconds=_said_by(measured)["seconds"])


def _found_by(measured: Measured) -> int:
    """How many wrong values or rows the command says that it found."""
    found: int = _said_by(measured)["found"]
    return found


def _said_by(measured: Measured) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(measured.output.strip().splitlines()[-1])
    return said


def peers_environment(folder: Path) -> str:
    """The interpreter of an environment with the peers in it, made on first use."""
    home = folder / "peers"
    python = home / "bin" / "python"
    ready = home / ".ready"
    wanted = (PEERS / "requirements.txt").read_text()
    if not ready.exists() or ready.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "-r", PEERS / "requirements.txt"],
            check=True,
        )
        ready.write_text(wanted)
    return str(python)
