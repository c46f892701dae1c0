"""The correction file: just the rows that failed, as the sender wrote them, with what is wrong in `_errors`.

Each is marked with its lines, so that `package.corrected` puts it back where it was. The package is read
again by physical line. A row keeps its own bytes; one that no csv parser reads alike (a stray quote, bytes
that are not UTF-8) is put in quotes cell by cell, so that it opens in one piece, and one that a spreadsheet
program would take for formulas has these as text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from orgport.attributes.spreadsheets import as_text
from orgport.finding import Level, Severity
from orgport.package.corrections import ERRORS_COLUMN, Mark
from orgport.package.model import Package
from orgport.validation.malformed import cells_of
from orgport.validation.scan import scan

_FAILING = [Severity.ERROR.value, Severity.WARNING.value]
_OF_ROWS = [Level.ROW.value, Level.VALUE.value, Level.POPULATION.value]
_ROWS_A_CHUNK = 20_000
_PASSED_OVER = "ROW_QUOTE: This line was passed over, because of the quote in the row above."

_Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the csv: its physical lines from `start` to before `end`, and the line it is known by."""

    start: int
    end: int | None  # None: up to the end of the file
    known_as: int


@dataclass(frozen=True, slots=True)
class _Wrong:
    """What is wrong with a row: the messages, and the codes."""

    text: str
    codes: frozenset[str]


def correction_file(package: Package, findings: Path) -> Iterator[str]:
    """The failed rows as csv text in chunks, to be encoded as UTF-8; it begins with a byte order mark.

    The columns are those of the upload and `_errors`, which is the last cell of each row. Failed rows
    are those that an error or a warning points at, all rows of a conflict included. Raises
    PackageBroken when the package cannot be read to its end.
    """
    yield "\ufeff" + _csv_line([*package.header.names, ERRORS_COLUMN])
    complaints = _complaints(findings)
    failed = complaints.select(pl.col("line").unique().sort()).collect().to_series().to_numpy()
    with package.open_data() as structure, package.open_data() as text:
        rows = _rows(package, structure, failed)
        lines = _PhysicalLines(text, package)
        while chunk := list(islice(rows, _ROWS_A_CHUNK)):
            wrong = _what_is_wrong(complaints, chunk[0].known_as, chunk[-1].known_as)
            yield "".join(
                _corrected(row.start, lines.of(row), wrong[row.known_as], package.header.names)
                for row in chunk
            )


def _complaints(findings: Path) -> pl.LazyFrame:
    """One row for each line that a failing finding points at: line, column, code, text."""
    return (
        pl.scan_parquet(findings)
        .filter(pl.col("severity").is_in(_FAILING) & pl.col("level").is_in(_OF_ROWS))
        .select(
            pl.concat_list(pl.concat_list("line"), "related_lines").list.unique().alias("line"),
            "column",
            "code",
            pl.format("{}: {} {}", "code", "message", "hint").str.strip_chars().alias("text"),
        )
        .explode("line")
        .drop_nulls("line")
    )


def _what_is_wrong(complaints: pl.LazyFrame, first: int, last: int) -> dict[int, _Wrong]:
    found = (
        complaints.filter(pl.col("line").is_between(first, last))
        .sort("line", "column", "code", nulls_last=True)
        .group_by("line")
        .agg(pl.col("text").str.join(" | "), pl.col("code"))
        .collect()
    )
    return {line: _Wrong(text, frozenset(codes)) for line, text, codes in found.iter_rows()}


def _rows(package: Package, stream: io.BufferedIOBase, failed: _Numbers) -> Iterator[_Row]:
    """The failed rows in file order; lines passed over after a bad quote belong to the row before."""
    _skip(stream, package.header.data_offset)
    blocks = scan(stream, width=len(package.header.names), first_line=package.header.data_line)
    open_row: tuple[int, int] | None = None  # its first line, and the line it is known by
    rows_before = 0
    for block in blocks:
        starts = block.row_lines.astype(np.int64)
        known_as = _known_as(package, starts, rows_before)
        rows_before += starts.size
        if starts.size == 0:
            continue
        if open_row is not None:
            yield _Row(open_row[0], int(starts[0]), open_row[1])
            open_row = None
        for index in np.flatnonzero(np.isin(known_as, failed)).tolist():
            if index + 1 < starts.size:
                yield _Row(int(starts[index]), int(starts[index + 1]), int(known_as[index]))
            else:
                open_row = int(starts[index]), int(known_as[index])
    if open_row is not None:
        yield _Row(open_row[0], None, open_row[1])


def _known_as(package: Package, starts: _Numbers, rows_before: int) -> _Numbers:
    """The line numbers that findings use for the rows: for json, their place in the array."""
    if package.record_lines is None:
        return starts
    known = package.record_lines[rows_before : rows_before + starts.size]
    return np.array(known, dtype=np.int64)


class _PhysicalLines:
    """Reads physical lines forwards; a lone CR ends none."""

    def __init__(self, stream: io.BufferedIOBase, package: Package) -> None:
        _skip(stream, package.header.data_offset)
        self._lines = _physical_lines(stream)
        self._next = package.header.data_line

    def of(self, row: _Row) -> list[bytes]:
        """The lines of a row that stands behind those asked for before, without blank ones at its end."""
        for _ in range(row.start - self._next):
            next(self._lines)
        count = None if row.end is None else row.end - row.start
        lines = list(islice(self._lines, count))
        self._next = row.start + len(lines)
        while len(lines) > 1 and not lines[-1].strip(b"\r\n"):
            lines.pop()
        return lines


def _corrected(start: int, lines: list[bytes], wrong: _Wrong, header: tuple[str, ...]) -> str:
    if "ROW_QUOTE" in wrong.codes:
        return "".join(
            _csv_line(
                [
                    *map(as_text, _padded(_in_cells(line), header)),
                    f"{Mark.of(number, line)}: {_PASSED_OVER if number > start else wrong.text}",
                ]
            )
            for number, line in enumerate(lines, start)
            if number == start or line.strip(b"\r\n")
        )
    whole = b"".join(lines)
    record = whole.removesuffix(b"\n").removesuffix(b"\r")
    note = " The row is shown as if it were Windows-1252." if "ROW_ENCODING" in wrong.codes else ""
    errors = f"{Mark.of(start, whole)}: {wrong.text}{note}"
    text = _decoded(record)
    cells = _cells(text)
    if cells is None:
        return text + "," + _csv_line([errors])
    padded = _padded(cells, header)
    safe = [as_text(cell) for cell in padded]
    if safe != padded:  # to be written anew
        return _csv_line([*safe, errors])
    return text + "," * (len(padded) - len(cells) + 1) + _csv_line([errors])


def _cells(record: str) -> list[str] | None:
    """The cells of a row; None where its quotes are not well-formed."""
    cells = cells_of(record.encode() + b"\n")
    return None if cells is None else [cell.decode() for cell in cells]


def _in_cells(line: bytes) -> list[str]:
    """The text between the commas of a line, quotes taken as text."""
    return _decoded(line).rstrip("\r\n").split(",")


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _padded(cells: list[str], header: tuple[str, ...]) -> list[str]:
    return cells + [""] * (len(header) - len(cells))


def _csv_line(cells: list[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()


def _physical_lines(stream: io.BufferedIOBase) -> Iterator[bytes]:
    rest = b""
    while chunk := stream.read(1 << 20):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line + b"\n" for line in whole)
    if rest:
        yield rest


def _skip(stream: io.BufferedIOBase, size_bytes: int) -> None:
    while size_bytes > 0 and (skipped := stream.read(min(size_bytes, 1 << 20))):
        size_bytes -= len(skipped)
