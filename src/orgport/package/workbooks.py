"""Workbooks of spreadsheet programs, which people send instead of the csv that is saved from them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePath

from orgport.errors import BadInput

SAVE_AS_CSV = "Open it, save its sheet as CSV UTF-8 (comma delimited), and take that file."
_BEGINNINGS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")  # .xlsx and .ods; .xls
_ENDINGS = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".numbers"})
_PARTS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")


def begins_as_workbook(start: bytes) -> bool:
    """Whether these first bytes are those of a workbook, or of another zip, but of no csv."""
    return start.startswith(_BEGINNINGS)


def is_named_as_workbook(name: str) -> bool:
    """Whether a file's name ends as those of workbooks do."""
    return PurePath(name).suffix.lower() in _ENDINGS


def holds_workbook(names: Iterable[str]) -> bool:
    """Whether a zip with entries of these names is a workbook."""
    return any(name in _PARTS for name in names)


def refuse_workbook(path: Path, *, called: str) -> None:
    """Raise BadInput for a workbook where a csv is wanted, whatever its name ends in."""
    with path.open("rb") as file:
        start = file.read(8)
    if begins_as_workbook(start):
        raise BadInput(f"{called} is an Excel workbook or a zip, not a csv. {SAVE_AS_CSV}")
