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
class Preview:
    """Rows as wide as the header; malformed ones are left to validation."""

    rows: tuple[tuple[str, ...], ...]

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


def first_rows(path: Path, header: Header) -> Preview:
    """The first rows behind the header; bytes that are not UTF-8 show as a replacement character."""
    with path.open("rb") as file:
        file.seek(header.data_offset)
        content = file.read(_BYTES)
    if len(content) == _BYTES:
        content = content[: content.rfind(b"\n") + 1]
    return Preview(tuple(islice(_rows(content, len(header.names)), _ROWS)))


def _rows(content: bytes, width: int) -> Iterator[tuple[str, ...]]:
    lines = TextIOWrapper(BytesIO(content), encoding="utf-8", errors="replace", newline="")
    reader = csv.reader(line.replace("\0", "") for line in lines)
    try:
        for row in reader:
            if len(row) == width:
                yield tuple(row)
    except csv.Error:  # a cell beyond the module's limit: what came before has to do
        return
