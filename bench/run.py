"""`make bench`: the figures of docs/reference/performance.md, as ratios taken in one run on one machine.

The yardstick is Polars' streaming parse of the unzipped csv, every column as text: what reading alone costs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measure import Measured, descendants, median_of, peak_of, run

ORGPORT = str(Path(sys.executable).with_name("orgport"))
RAW_PARSE = """
import os, sys
os.environ.setdefault("POLARS_MAX_THREADS", "2")
import polars as pl
header = open(sys.argv[1], encoding="utf-8").readline().strip().split(",")
frame = pl.scan_csv(sys.argv[1], schema={name: pl.String for name in header})
print(frame.select(pl.all().count()).collect(engine="streaming").row(0)[0])
"""


def gigabyte(folder: Path, size_bytes: int) -> tuple[Path, Path]:
    """The clean package of about `size_bytes` of csv, and its csv beside it; made once and kept."""
    package = folder / f"sample-{size_bytes}.zip"
    csv = folder / f"sample-{size_bytes}.csv"
    if not package.exists():
        part = package.with_suffix(".part.zip")
        made = run([ORGPORT, "sample", "--size-bytes", str(size_bytes), "--out", str(part)])
        if made.exit_code:
            raise SystemExit("orgport sample could not make the package")
        part.rename(package)
    if not csv.exists():
        with (
            zipfile.ZipFile(package) as archive,
            archive.open("data.csv") as data,
            csv.with_suffix(".part").open("wb") as out,
        ):
            shutil.copyfileobj(data, out, 1024 * 1024)
        csv.with_suffix(".part").rename(csv)
    return package, csv


@contextmanager
def demo_server(home: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """A running demo: its process id, and the variables with which `orgport push FILE` needs no flag."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    log = (home / "demo.log").open("w")
    process = subprocess.Popen(
        [ORGPORT, "demo"], env=os.environ | {"ORGPORT_HOME": str(home)}, stdout=log, stderr=log
    )
    try:
        deadline = time.monotonic() + 120
        while "Ctrl-C" not in (home / "demo.log").read_text():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the demo did not start; see {home / 'demo.log'}")
            time.sleep(0.2)
        variables = dict(
            line.removeprefix("export ").split("=", 1)
            for line in (home / "demo.env").read_text().splitlines()
            if "=" in line and not line.startswith("#")
        )
        yield process.pid, {name: value.strip("'\"") for name, value in variables.items()}
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        log.close()


def push(package: Path, variables: dict[str, str]) -> Measured:
    """Push a package and wait for Success."""
    measured = run([ORGPORT, "push", str(package), "--json"], env=os.environ | variables)
    status = json.loads(measured.output).get("status") if measured.output else None
    if measured.exit_code or status != "Completed":
        raise SystemExit(
            f"the push of {package.name} ended with {status}, exit {measured.exit_code}"
        )
    return measured


def line(name: str, measured: Measured, parse: Measured, bound: str) -> None:
    """One row of the table."""
    ratio = measured.wall_seconds / parse.wall_seconds
    print(
        f"{name:<44} {measured.wall_seconds:8.2f} s {measured.cpu_seconds:8.2f} s"
        f" {measured.peak_mib:8.0f} MiB {ratio:7.2f} x   {bound}",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("var/bench"))
    parser.add_argument("--size-bytes", type=int, default=1_040_000_000)
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    package, csv = gigabyte(chosen.folder, chosen.size_bytes)
    print(f"csv {csv.stat().st_size:,} bytes, package {package.stat().st_size:,} bytes")
    print(f"{'what':<44} {'wall':>10} {'cpu':>10} {'peak':>12} {'ratio':>9}   first version")

    parse = median_of(run([sys.executable, "-c", RAW_PARSE, str(csv)]) for _ in range(chosen.runs))
    line("raw parse (Polars, streaming)", parse, parse, "")
    check = [ORGPORT, "check", str(package), "--json"]
    judged = median_of(run(check) for _ in range(chosen.runs))
    if json.loads(judged.output)["verdict"] != "accepted":
        raise SystemExit("the clean package was rejected")
    line("validation of the zip, spool and lines", judged, parse, "<= 3.3 x")

    with demo_server(chosen.folder / "home") as (process_id, variables):
        small = Path(variables["ZIP"])
        idle = median_of(push(small, variables) for _ in range(chosen.runs))
        line("push of 500 people to Success", idle, parse, "<= 3 s")
        whole = push(package, variables)
        line("push to Success, full refresh", whole, parse, "<= 12 x")
        for child, command in descendants(process_id):
            print(f"  peak {peak_of(child):6.0f} MiB  (<= 2048)  {' '.join(command.split()[:6])}")

    offline = median_of(run([ORGPORT, "check", str(small), "--json"]) for _ in range(chosen.runs))
    line("orgport check of 500 people, start included", offline, parse, "<= 1 s")


if __name__ == "__main__":
    main()
