"""Measure whole processes: wall and CPU seconds, and the peak memory that the kernel saw."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of one command."""

    wall_seconds: float
    cpu_seconds: float
    peak_mib: float
    exit_code: int
    output: str


def run(command: Sequence[str], *, env: dict[str, str] | None = None) -> Measured:
    """Run a command to its end; standard error is shown only when it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    if process.stdout is None or process.stderr is None:  # pragma: no cover
        raise RuntimeError("the pipes of a child are missing")
    output = process.stdout.read()
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 6):
        sys.stderr.write(errors)
    return Measured(
        wall_seconds=time.perf_counter() - began,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_mib=usage.ru_maxrss / 1024,
        exit_code=process.returncode,
        output=output,
    )


def median_of(runs: Iterable[Measured]) -> Measured:
    """The run with the median wall time; the peak is the highest of all runs."""
    ordered = sorted(runs, key=lambda run: run.wall_seconds)
    middle = ordered[len(ordered) // 2]
    return Measured(
        wall_seconds=median(run.wall_seconds for run in ordered),
        cpu_seconds=middle.cpu_seconds,
        peak_mib=max(run.peak_mib for run in ordered),
        exit_code=max(run.exit_code for run in ordered),
        output=middle.output,
    )


def in_turn(rounds: int, *measures: Callable[[], Measured]) -> list[Measured]:
    """The median of each, taken in turn: a slow minute of the machine falls on all that is compared."""
    taken = [[measure() for measure in measures] for _ in range(rounds)]
    return [median_of(runs) for runs in zip(*taken, strict=True)]


def peak_of(process_id: int) -> float:
    """The highest resident memory of a living process so far, in MiB."""
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def descendants(process_id: int) -> list[tuple[int, str]]:
    """Process id and command line of every living child of a process, children of children included."""
    found: list[tuple[int, str]] = []
    for task in Path(f"/proc/{process_id}/task").iterdir():
        for child in (task / "children").read_text().split():
            command = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            found.append((int(child), command.strip()))
            found.extend(descendants(int(child)))
    return found
