"""Correction files: failed rows, each with a mark in `_errors` that says which row of the package it is.

The mark names the physical lines and a digest of their bytes, so rows may be sorted, left out and saved by
a spreadsheet program, and a file of another package is told from this one's. What such a program would take
for a formula has an apostrophe before it, which goes when the file is read.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from orgport.attributes.spreadsheets import from_text
from orgport.errors import BadInput
from orgport.package.workbooks import begins_as_workbook, refuse_workbook

ERRORS_COLUMN = "_errors"
LONGEST_CELL = 1 << 24  # of any csv cell: what is wrong with a row can be longer than a value
_DIGEST_DIGITS = 8
_LONGEST_HEADER = 1 << 20
_MARK = re.compile(r"\s*lines? (\d{1,10})(?:-(\d{1,10}))? #([0-9a-f]{8})\b")
_SEPARATORS = ",;\t|"
_BLANKS = (
    " \t\r"  # a line break within a cell or an NBSP is text, to be told of and not to remove a row
)
_LONE_CR = "\ufdd0"  # no character: it stands for a CR where the csv module would see a line end


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """Which physical lines a row of the package has, and a digest of their bytes."""

    first: int
    last: int
    digest: str

    @classmethod
    def of(cls, first: int, lines: bytes) -> Mark:
        """The mark of the row that begins in physical line `first` with these bytes."""
        text = lines.removesuffix(b"\n").removesuffix(b"\r")
        digest = hashlib.sha256(text).hexdigest()[:_DIGEST_DIGITS]
        return cls(first, first + text.count(b"\n"), digest)

    @classmethod
    def found_in(cls, cell: str) -> Mark | None:
        """The mark that a cell of `_errors` begins with."""
        found = _MARK.match(cell)
        if found is None:
            return None
        return cls(int(found[1]), int(found[2] or found[1]), found[3])

    def __str__(self) -> str:
        where = (
            f"line {self.first}" if self.first == self.last else f"lines {self.first}-{self.last}"
        )
        return f"{where} #{self.digest}"


@dataclass(slots=True)
class Corrections:
    """What a correction file changes: rows by their mark, nothing in place of those to remove."""

    rows: dict[Mark, list[bytes]] = field(default_factory=dict)
    added: list[bytes] = field(default_factory=list)
    unchanged: int = 0  # of those in rows, which read as they do in the package

    @property
    def replaced(self) -> int:
        """How many rows of the package get another text."""
        return sum(bool(records) for records in self.rows.values())

    @property
    def removed(self) -> int:
        """How many rows of the package go."""
        return sum(not records for records in self.rows.values())

    @property
    def added_rows(self) -> int:
        """How many rows are new: without a mark, or a second time with the same one."""
        return len(self.added) + sum(max(0, len(records) - 1) for records in self.rows.values())

    def need_any(self) -> None:
        """Raise BadInput where all rows read as they do in the package."""
        if self.added or self.unchanged < len(self.rows):
            return
        rows = "its row reads" if self.unchanged == 1 else f"its {self.unchanged:,} rows read"
        raise BadInput(
            f"Nothing is mended: {rows} as in the package. Change the cells that {ERRORS_COLUMN} names, "
            "save the file as CSV UTF-8, and give it again."
        )

    def in_words(self) -> str:
        """What is changed, in words."""
        return (
            f"{self.replaced:,} rows replaced, {self.removed:,} removed, {self.added_rows:,} added"
        )


def is_correction_file(path: Path) -> bool:
    """Whether the header of a file has the column that only correction files have."""
    with path.open("rb") as file:
        start = file.read(_LONGEST_HEADER)
    first_line = start.replace(b"\0", b"").partition(b"\n")[0]  # in UTF-16 too
    return not begins_as_workbook(start) and ERRORS_COLUMN.encode() in first_line


def read_corrections(path: Path, names: Sequence[str]) -> Corrections:
    """Read a correction file for a package with these columns; raises BadInput for what it is not.

    A row of blanks with a mark removes its row; a row without a mark is a new one.
    """
    rows = _records(_text_of(path))
    header = _header_of(next(rows, []), names)
    errors_at = header.index(ERRORS_COLUMN)
    order = [header.index(name) for name in names]
    found = Corrections()
    for cells in rows:
        place, mark = _marked(cells)
        values = [
            from_text(cell) for cell in _values(cells, order, errors_at=errors_at, mark_at=place)
        ]
        is_blank = not any(value.strip(_BLANKS) for value in values)
        if mark is not None:
            records = found.rows.setdefault(mark, [])
            if not is_blank:
                records.append(_csv_record(values))
        elif not is_blank:
            found.added.append(_csv_record(values))
    if not found.rows and not found.added:
        raise BadInput("The correction file has no rows. Mend the rows in it and send it again.")
    _refuse_overlaps(found)
    return found


def _text_of(path: Path) -> str:
    refuse_workbook(path, called="The correction file")
    content = path.read_bytes()
    is_wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as broken:
        line = content.count(b"\n", 0, broken.start) + 1
        raise BadInput(
            f"The correction file is not UTF-8 (line {line}). "
            "Save it as CSV UTF-8, with or without a byte order mark."
        ) from broken


def _records(text: str) -> Iterator[list[str]]:
    first_line = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=first_line.count)
    text = re.sub(r"\r(?!\n)", _LONE_CR, text)
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
    try:
        for cells in csv.reader(io.StringIO(text, newline="\n"), delimiter=separator):
            yield [cell.replace(_LONE_CR, "\r") for cell in cells]
    except csv.Error as broken:
        raise BadInput(f"The correction file cannot be read as csv: {broken}.") from broken


def _header_of(cells: list[str], names: Sequence[str]) -> list[str]:
    header = [cell.strip() for cell in cells]
    while header and not header[-1]:
        header.pop()
    if ERRORS_COLUMN not in header:
        raise BadInput(
            f"The correction file has no column {ERRORS_COLUMN}, which tells the rows apart. "
            "Take the downloaded file and change only the other columns."
        )
    missing = [name for name in names if name not in header]
    unknown = [cell for cell in header if cell not in (*names, ERRORS_COLUMN)]
    if missing or unknown or len(header) != len(names) + 1:
        raise BadInput(
            "The columns of the correction file are not those of the package. "
            f"Missing: {_listed(missing)}. Not in the package: {_listed(unknown)}."
        )
    return header


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return (", ".join(names[:10]) or "none") + more


def _marked(cells: list[str]) -> tuple[int | None, Mark | None]:
    """The place of the mark in a row, from its end: a row with too many cells has it further on."""
    for place in range(len(cells) - 1, -1, -1):
        mark = Mark.found_in(cells[place])
        if mark is not None:
            return place, mark
    return None, None


def _values(
    cells: list[str], order: list[int], *, errors_at: int, mark_at: int | None
) -> list[str]:
    if mark_at is not None and mark_at != errors_at:
        return cells[:mark_at]  # still too many or too few cells: for the rules to say so
    beyond = cells[errors_at + 1 :] if errors_at == len(order) else []
    while beyond and not beyond[-1]:
        beyond.pop()
    return [cells[place] if place < len(cells) else "" for place in order] + beyond


def _csv_record(values: list[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="").writerow(values)
    return text.getvalue().encode()


def _refuse_overlaps(found: Corrections) -> None:
    marks = sorted(found.rows)
    for one, other in pairwise(marks):
        if other.first <= one.last:
            raise BadInput(
                f"Two rows of the correction file say different things of line {other.first}. "
                f"Do not change the column {ERRORS_COLUMN}."
            )
