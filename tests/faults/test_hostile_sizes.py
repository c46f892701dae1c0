"""Packages of absurd shape, judged in a process of their own: a clear finding, and little memory.

They are small to make and to keep: what is repeated a million times deflates to next to nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from factories import a_mapping
from orgport.package.write import metadata_json

FIELDS = ("PersonId", "ManagerId", "Organization", "EffectiveDate", "Location")
GOOD = b"p@contoso.com,,Sales,01/01/2025,Oslo\n"
BAD_DATE = b"r@contoso.com,p@contoso.com,Sales,soon,Oslo\n"
BEFORE = b"q@contoso.com,p@contoso.com,Sales,01/01/2025,"
MIB = 1 << 20
MOST_MIB = 800  # a clean file of 1 GB takes more

# The peak of a process begins with that of the one that starts it, so a small one does.
_APART = """
import os, resource, subprocess, sys
code = subprocess.call([sys.executable, "-m", "orgport.cli", "check", sys.argv[1], "--json"])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, code)
"""


@dataclass(frozen=True)
class Checked:
    """What `orgport check --json` said, and its peak memory as the kernel saw it."""

    document: dict[str, Any]
    exit_code: int
    peak_mib: float
    log: str

    @property
    def told(self) -> list[tuple[int | None, str]]:
        """Line and code of the first findings."""
        return [(one["line"], one["code"]) for one in self.document["findings"][:5]]


def checked(path: Path) -> Checked:
    """Run the check of a package as a user does."""
    command = [sys.executable, "-c", _APART, str(path)]
    errors = path.with_suffix(".log")
    with errors.open("wb") as log:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=log, check=True, text=True)
    output, _, usage = done.stdout.rstrip().rpartition("\n")
    peak, code = usage.split()
    return Checked(json.loads(output), int(code), int(peak) / 1024, errors.read_text())


def packed(path: Path, chunks: Iterable[bytes]) -> Path:
    """A full refresh of these bytes behind the header."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("metadata.json", metadata_json(a_mapping(*FIELDS)))
        with archive.open("data.csv", "w", force_zip64=True) as data:
            data.write(",".join(FIELDS).encode() + b"\n")
            for chunk in chunks:
                data.write(chunk)
    return path


def between_rows(*chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks between a good row and one with a bad date."""
    yield GOOD
    for some in chunks:
        yield from some
    yield BAD_DATE


def lines_of(chunk: bytes, times: int) -> Iterator[bytes]:
    """A chunk again and again, and a line end."""
    yield from repeat(chunk, times)
    yield b"\n"


ONE_GB = 1000
CASES = {
    "a line of 1 GB in one cell": (
        between_rows([BEFORE], lines_of(b"x" * MIB, ONE_GB)),
        [(3, "VAL_TOO_LONG"), (4, "VAL_DATE")],
        3,
    ),
    "a line of 1 GB of NUL": (
        between_rows([BEFORE + b"x" * 4096], lines_of(b"\0" * MIB, ONE_GB)),
        [(3, "VAL_TOO_LONG"), (4, "VAL_DATE")],
        3,
    ),
    "a line of 100 MB of commas": (
        between_rows(lines_of(b"," * MIB, 100)),
        [(3, "ROW_COLUMN_COUNT"), (4, "VAL_DATE")],
        3,
    ),
    "a line of 200 MB within quotes that stay open": (
        between_rows([b'q@contoso.com,"'], lines_of(b"x," * (MIB // 2), 200)),
        [(3, "ROW_QUOTE"), (4, "VAL_DATE")],
        3,
    ),
    "100,000 cells in a row": (
        between_rows(lines_of(b"," * 99_999, 1)),
        [(3, "ROW_COLUMN_COUNT"), (4, "VAL_DATE")],
        3,
    ),
    "5,000,000 blank lines": (
        between_rows(repeat(b"\n" * 100_000, 50)),
        [(3, "ADV_BLANK_LINE"), (5_000_003, "VAL_DATE")],
        2,
    ),
    "5,000,000 rows of nothing": (
        between_rows(repeat(b",,,,\n" * 100_000, 50)),
        [(3, "VAL_REQUIRED"), (3, "VAL_REQUIRED")],
        5_000_002,
    ),
    "1,000,000 malformed lines": (
        between_rows(repeat(b"q@contoso.com,p@contoso.com,Sales\n" * 1000, 1000)),
        [(3, "ROW_COLUMN_COUNT"), (4, "ROW_COLUMN_COUNT")],
        1_000_002,
    ),
    "1,000,000 quotes that stay open": (
        between_rows(repeat(b'q@contoso.com,,"Sales,01/01/2025,Oslo\n' * 1000, 1000)),
        [(3, "ROW_QUOTE"), (1_000_003, "VAL_DATE")],
        3,
    ),
    "1,000,000 quotes out of place, each before a row": (
        between_rows(repeat(b'a"\n,,,,\n' * 1000, 1000)),
        [(3, "ROW_QUOTE"), (4, "VAL_REQUIRED")],
        2_000_002,
    ),
    "1,000,000 cells of two lines": (
        between_rows(repeat(b'"\n",,,,\n' * 1000, 1000)),
        [(3, "VAL_NEWLINE"), (3, "VAL_REQUIRED")],
        1_000_002,
    ),
    "2,000,000 lone CRs": (
        between_rows(repeat(b"\r\r,,,,\n" * 1000, 2000)),
        [(3, "VAL_NEWLINE"), (3, "VAL_REQUIRED")],
        2_000_002,
    ),
    "5,000,000 bytes that are not UTF-8": (
        between_rows(repeat(b"\xff,,,,\n" * 1000, 5000)),
        [(3, "ROW_ENCODING"), (4, "ROW_ENCODING")],
        5_000_002,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_absurd_shapes_are_told_clearly_in_little_memory(tmp_path: Path, case: str) -> None:
    chunks, told, rows = CASES[case]
    found = checked(packed(tmp_path / "package.zip", chunks))
    assert found.log == ""
    assert found.exit_code == 6
    assert found.told[: len(told)] == told
    assert found.document["rows"]["read"] == rows
    assert found.document["rows"]["accepted"] == 1
    assert found.peak_mib < MOST_MIB


def test_100_000_columns_are_refused_with_their_number(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    names = [*FIELDS, *(f"C{number}" for number in range(100_000 - len(FIELDS)))]
    path.write_bytes(",".join(names).encode() + b"\n" + GOOD.strip() + b"," * 99_995 + b"\n")
    found = checked(path)
    assert found.log == ""
    assert found.exit_code == 6
    assert found.told[0] == (None, "META_TOO_MANY_FIELDS")
    assert "99996 optional fields" in found.document["findings"][0]["message"]
    assert found.peak_mib < MOST_MIB
