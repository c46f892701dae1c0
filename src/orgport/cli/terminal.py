"""How the command line speaks: results to standard output, progress and messages to standard error."""

from __future__ import annotations

import codecs
import io
import json
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console

from orgport.errors import BadInput
from orgport.finding import Severity

out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.ADVICE: "blue"}


_PLAIN = str.maketrans({"−": "-", "–": "-", "…": "...", "“": '"', "”": '"', "→": "->", "·": "-"})
_DEGRADED = "orgport-degraded"


def speak_any_encoding() -> None:
    """Write what the encoding of an output lacks in plainer signs, or escaped, instead of failing."""
    codecs.register_error(_DEGRADED, _degraded)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_DEGRADED)


def _degraded(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    plain = error.object[error.start : error.end].translate(_PLAIN)
    return plain.encode("ascii", "backslashreplace").decode(), error.end


def say(message: str) -> None:
    """A line for the person at the terminal."""
    _print(err, message)


def tell(message: str, *, indent: int = 0, style: str = "") -> None:
    """A line of the result: on a terminal broken between words, elsewhere one line for tools to search."""
    _print(out, message, indent=indent, style=style)


def print_columns(rows: Sequence[Sequence[str]], *, to: Console = out) -> None:
    """Rows of as many cells, below each other; where a terminal is too narrow, a cell above the others."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    fits = not to.is_terminal or sum(widths) + 2 * (len(widths) - 1) <= to.width
    for row in rows:
        first, *others = row
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        line = "  ".join(padded).rstrip() if fits else f"{first}\n    {'  '.join(others)}"
        to.print(line, markup=False)


def _print(console: Console, message: str, *, indent: int = 0, style: str = "") -> None:
    margin = " " * indent
    lines = [message]
    if console.is_terminal:
        # Words that are too long stay whole: a path or an address is to be copied.
        lines = textwrap.wrap(
            message, console.width - indent, break_long_words=False, break_on_hyphens=False
        )
    for line in lines:
        console.print(f"{margin}{line}", style=style, markup=False)


def ask(question: str, *, default: str = "") -> str:
    """The answer of the person, asked on standard error; raises EOFError when nobody answers."""
    shown = f" [{default}]" if default else ""
    try:
        return err.input(f"{question}{shown}: ", markup=False).strip() or default
    except EOFError:
        err.print()  # what is said next begins a line
        raise


def confirm(question: str, *, instead: str = "--yes") -> bool:
    """Whether the person says yes; raises EOFError for one who breaks off, BadInput where nobody is asked.

    `instead` is the flag that answers.
    """
    while True:
        try:
            answer = ask(f"{question} [y/N]").casefold()
        except EOFError:
            if sys.stdin.isatty():
                raise
            raise BadInput(
                f"Nobody is here to answer, so nothing was done. Give {instead} to go on without asking."
            ) from None
        if answer in ("y", "yes", "n", "no", ""):
            return answer.startswith("y")
        say("Please answer y or n.")


def print_json(document: Any) -> None:
    """One JSON document on standard output, and nothing else there; a line for each entry of a list."""
    sys.stdout.write(_json_text(document) + "\n")


def _json_text(document: Any) -> str:
    # Python's encoder leaves C when it shall indent, and takes ten times as long for many findings.
    if isinstance(document, dict):
        entries = [f"  {_encoded(key)}: {_listed(value)}" for key, value in document.items()]
        return "{\n" + ",\n".join(entries) + "\n}" if entries else "{}"
    return _listed(document, margin="")


def _listed(value: Any, *, margin: str = "  ") -> str:
    if not isinstance(value, list) or not value:
        return _encoded(value)
    entries = ",\n".join(f"{margin}  {_encoded(entry)}" for entry in value)
    return f"[\n{entries}\n{margin}]"


def _encoded(value: Any) -> str:
    # Elsewhere than in UTF-8 each sign is escaped as JSON has it, so that no reader has to guess.
    is_utf = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    return json.dumps(value, ensure_ascii=not is_utf, default=str)


@contextmanager
def byte_progress(what: str, total: int | None) -> Iterator[Any]:
    """A bar of bytes on a terminal, nothing elsewhere; yields a function that takes the bytes done."""
    if not err.is_terminal:
        yield lambda _done: None
        return
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        FileSizeColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TransferSpeedColumn,
    )

    size: ProgressColumn = DownloadColumn() if total else FileSizeColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), size, TransferSpeedColumn())
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
