"""Whole pushes through a running server and worker, and the memory that each of them took."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from files import ORGPORT, Sample
from measure import Measured, descendants, median_of, peak_of, run
from report import Row, Section

_LONGEST_START_SECONDS = 120
_WITHOUT_LIMITS = """
import django
django.setup()
from orgport.server.records.models import Connection
Connection.objects.update(guard_rails={"removed_share": None, "blanked_share": None})
"""


@contextmanager
def demo_server(home: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """A running demo: its process id, and the variables with which `orgport push FILE` needs no flag."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    said = home / "demo.log"
    with said.open("w") as log:
        process = subprocess.Popen(
            [ORGPORT, "demo"], env=os.environ | {"ORGPORT_HOME": str(home)}, stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + _LONGEST_START_SECONDS
        while "Ctrl-C" not in said.read_text():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the demo did not start; see {said}")
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


def push(package: Path, variables: dict[str, str]) -> Measured:
    """Push a package and wait for Success."""
    measured = run([ORGPORT, "push", str(package), "--json"], env=os.environ | variables)
    status = json.loads(measured.output).get("status") if measured.output else None
    if measured.exit_code or status != "Completed":
        raise SystemExit(
            f"the push of {package.name} ended with {status}, exit {measured.exit_code}"
        )
    return measured


def _lift_limits(home: Path) -> None:
    """Let the large sample, which has fewer fields than the demo's, pass without an approver."""
    environment = {
        "ORGPORT_HOME": str(home.resolve()),
        "DJANGO_SETTINGS_MODULE": "orgport.server.django_settings",
    }
    done = run([sys.executable, "-c", _WITHOUT_LIMITS], env=os.environ | environment)
    if done.exit_code:
        raise SystemExit("the limits of the demo's connection could not be lifted")


def section(sample: Sample, parse: Measured, folder: Path, *, runs: int) -> Section:
    """Pushes to Success, against the raw parse of the large sample."""

    def row(what: str, measured: Measured, bound: str = "") -> Row:
        return Row(what, measured, measured.wall_seconds / parse.wall_seconds, bound)

    with demo_server(folder / "home") as (process_id, variables):
        small = Path(variables["ZIP"])
        idle = median_of(push(small, variables) for _ in range(runs))
        _lift_limits(folder / "home")
        whole = push(sample.package, variables)
        peaks = {
            "worker" if "worker" in command else "web server": peak_of(child)
            for child, command in reversed(descendants(process_id))
        }
        offline = median_of(run([ORGPORT, "check", str(small), "--json"]) for _ in range(runs))
    of_whole = max(peaks.values())
    told = ", ".join(f"{name} {peak:,.0f} MiB" for name, peak in sorted(peaks.items()))
    return Section(
        "A push to Success",
        "Through TLS, the web server and one worker, on SQLite, with `orgport push`. Peak memory by "
        f"process: {told}; in the table it is that of the greatest for the large push, of the client for "
        "the small one.",
        "of the raw parse",
        (
            row("push of 500 people to Success, idle server", idle, "≤ 3 s"),
            row("orgport check of 500 people", offline, "≤ 1 s"),
            row(
                f"push of {sample.csv.stat().st_size:,} bytes to Success, full refresh",
                Measured(
                    whole.wall_seconds, whole.cpu_seconds, of_whole, whole.exit_code, whole.output
                ),
                "≤ 12 x, ≤ 2,048 MiB",
            ),
        ),
    )
