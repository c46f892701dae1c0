"""Csv text for spreadsheet programs: no cell that such a program takes for a formula, and a BOM."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from orgport.attributes.spreadsheets import as_text


class _Line:
    """A file of one line: csv writes into it, and the text comes back."""

    def write(self, text: str) -> str:
        return text


def sheet(
    header: Sequence[str], rows: Iterable[Sequence[object]], *, has_bom: bool = True
) -> Iterator[str]:
    """The lines of a sheet, one by one; None is an empty cell."""
    writer = csv.writer(_Line())
    if has_bom:
        yield "\ufeff"
    yield writer.writerow([_safe(cell) for cell in header])
    for row in rows:
        yield writer.writerow([_safe(cell) for cell in row])


def _safe(cell: object) -> object:
    return as_text(cell) if isinstance(cell, str) else cell
