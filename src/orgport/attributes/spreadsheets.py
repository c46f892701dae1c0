"""Text for spreadsheet programs, which take a cell that begins like a formula for one.

An apostrophe before it makes it text, and goes when the cell is read again. One more stands before what
begins with an apostrophe and like a formula, so that each text comes back as it was.
"""

from __future__ import annotations

import re

FORMULA = "^'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"  # also the wide signs of East Asian keyboards
_FORMULA = re.compile(FORMULA)


def as_text(cell: str) -> str:
    """The cell with an apostrophe before what a spreadsheet program would take for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def from_text(cell: str) -> str:
    """The cell as it was before `as_text`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
