"""Text for spreadsheet programs, which take a cell that begins like a formula for one.

An apostrophe before the formula makes it text, and goes when the cell is read again. One more stands before
what begins with an apostrophe and like a formula, so that each text comes back as it was.

Where the decimal sign is a comma, these programs part the cells of a csv at semicolons. They then see no
quotes that stand within a line, so quoting does not help: what stands behind a semicolon, a tab or a line
break begins a cell, and it too is made text (https://owasp.org/www-community/attacks/CSV_Injection).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20"  # also the wide signs of East Asian keyboards
# Quotes before a sign may go where they are taken for those of the csv.
_BEGINS = f"^([\"']*)([{_SIGNS}\t\r\n])"
_WITHIN = f"([;\t\r\n][\"']*)([{_SIGNS}])"  # a cell for those who part it there
_AS_TEXT = f"^([\"']*)'([{_SIGNS}\t\r\n])", f"([;\t\r\n][\"']*)'([{_SIGNS}])"


def as_text(cell: str) -> str:
    """The cell with an apostrophe before all that a spreadsheet program would take for a formula."""
    return re.sub(_BEGINS, r"\1'\2", re.sub(_WITHIN, r"\1'\2", cell))


def from_text(cell: str) -> str:
    """The cell as it was before `as_text`."""
    for pattern in _AS_TEXT:
        cell = re.sub(pattern, r"\1\2", cell)
    return cell


def as_texts(cells: pl.Expr) -> pl.Expr:
    """A column of texts, each `as_text`."""
    with_apostrophes = cells.str.replace_all(_WITHIN, "${1}'${2}")
    return with_apostrophes.str.replace(_BEGINS, "${1}'${2}")
