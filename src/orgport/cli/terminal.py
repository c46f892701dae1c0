"""How the command line speaks: results to standard output, progress and messages to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from orgport.finding import Severity

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.ADVICE: "blue"}


def say(message: str) -> None:
    """A line for the person at the terminal."""
    err.print(message, markup=False)


def print_json(document: Any) -> None:
    """One JSON document on standard output, and nothing else there."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n")


@contextmanager
def byte_progress(what: str, total: int | None) -> Iterator[Any]:
    """A bar of bytes on a terminal, nothing elsewhere; yields a function that takes the bytes done."""
    if not err.is_terminal:
        yield lambda _done: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)


@contextmanager
def status_line(what: str) -> Iterator[Any]:
    """A line that says what is going on, on a terminal only; yields a function that changes it."""
    if not err.is_terminal:
        yield lambda _text: None
        return
    with err.status(what) as status:
        yield status.update
