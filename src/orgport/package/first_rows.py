"""The first rows of a csv, for a person who maps its columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from itertools import islice
from pathlib import Path

from orgport.package.model import Header

_ROWS = 1000
_BYTES = 4 * 1024 * 1024  # of the file that are looked at, whatever its lines are like
_SAMPLES = 3
_SAMPLE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class FirstRows:
    """Rows as wide as the header; malformed ones are left to validation."""

    width: int
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]  # the physical line in which each begins
    is_utf8: bool = True  # else a sign stands for each byte that cannot be read

    @property
    def columns(self) -> list[tuple[str, ...]]:
        """Their cells, by column."""
        return list(zip(*self.rows, strict=True)) or [()] * self.width

    def samples(self, place: int) -> tuple[str, ...]:
        """The first different values of a column that are not blank."""
        found: dict[str, None] = {}
        for row in self.rows:
            value = row[place].strip()
            if value:
                found.setdefault(value[:_SAMPLE_LENGTH])
            if len(found) == _SAMPLES:
                break
        return tuple(found)


def first_rows(path: Path, header: Header) -> FirstRows:
    """The first rows behind the header."""
    with path.open("rb") as file:
        file.seek(header.data_offset)
        content = file.read(_BYTES)
    if len(content) == _BYTES:
        content = content[: content.rfind(b"\n") + 1]
    width = len(header.names)
    found = list(islice(_rows(content, width, header.data_line), _ROWS))
    rows, lines = tuple(row for _, row in found), tuple(line for line, _ in found)
    return FirstRows(width, rows, lines, is_utf8=_is_utf8(content))


def _rows(content: bytes, width: int, first_line: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Each row with the line in which it begins."""
    lines = TextIOWrapper(BytesIO(content), encoding="utf-8", errors="replace", newline="")
    reader = csv.reader(line.replace("\0", "") for line in lines)
    line = first_line
    try:
        for row in reader:
            if len(row) == width:
                yield line, tuple(row)
            line = first_line + reader.line_num
    except csv.Error:  # a cell beyond the module's limit: what came before has to do
        return


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
