"""The name by which an archive is known as the template that nobody has filled in yet."""

from __future__ import annotations

import zipfile
from pathlib import Path

WORKBOOK_NAME = "OrganizationalDataFile.xlsx"


def is_template(path: Path) -> bool:
    """Whether a zip that was found safe to open is the template, with its workbook."""
    with zipfile.ZipFile(path) as archive:
        return WORKBOOK_NAME in archive.namelist()
