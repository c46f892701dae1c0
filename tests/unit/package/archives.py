"""Makes zips for tests: sound ones by default, hostile ones on request."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CSV = "Employee,Boss,Unit\nperson1@contoso.com,,Sales\n"


def metadata(**changes: Any) -> dict[str, Any]:
    """A metadata document that fits CSV; `changes` replace its properties, None removes one."""
    document: dict[str, Any] = {
        "DatasetType": "HR",
        "IsBootstrap": "true",
        "Mapping": {
            "Employee": {"name": "PersonId", "type": "EmailType"},
            "Boss": {"name": "ManagerId", "type": "EmailType"},
            "Unit": {"name": "Organization", "type": "StringType"},
        },
    }
    document |= changes
    return {name: value for name, value in document.items() if value is not None}


def a_zip(folder: Path, members: Mapping[str, str | bytes] | None = None, **changes: Any) -> Path:
    """A zip of these members; by default of CSV and its metadata, changed as asked."""
    if members is None:
        members = {"data.csv": CSV, "metadata.json": json.dumps(metadata(**changes))}
    path = folder / "package.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path
