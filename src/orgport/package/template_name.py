"""The name by which an archive is known as the template that nobody has filled in yet."""

from __future__ import annotations

import zipfile
from pathlib import Path

WORKBOOK_NAME = "OrganizationalDataFile.xlsx"


def is_template(path: Path) -> bool:
    """Whether a file is the zip of the template, with its workbook; False for what is no zip."""
    if not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return WORKBOOK_NAME in archive.namelist()
    except (zipfile.BadZipFile, OSError, NotImplementedError):
        return False
