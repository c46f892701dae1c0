"""A csv that a person uploads: judged by its name and size, and given headers that a package may have.

What is pushed has no name of its own, and brings its headers as its mapping names them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from orgport.finding import Finding, Level, Pointer, shorten
from orgport.package.faults import advice, package_error
from orgport.package.workbooks import SAVE_AS_CSV, is_named_as_workbook


def judge_upload(name: str, *, size_bytes: int) -> tuple[Finding, ...]:
    """The faults of an uploaded file, or advice on its name."""
    file = PurePath(name)
    if file.suffix.lower() != ".csv":
        is_workbook = is_named_as_workbook(name)
        ending = f"ends in {shorten(file.suffix)}" if file.suffix else "has no ending"
        return (
            package_error(
                "FILE_EXTENSION",
                f"{shorten(name)} {ending}; .csv was expected.",
                hint=f"It is an Excel workbook. {SAVE_AS_CSV}"
                if is_workbook
                else "Save the table as csv and upload that.",
                file=shorten(name),
            ),
        )
    if size_bytes == 0:
        return (
            package_error(
                "FILE_EMPTY",
                f"{shorten(name)} is empty.",
                hint="Export the file again, with its header and its rows.",
                file=shorten(name),
            ),
        )
    if file.stem.isascii() and file.stem.isalnum():
        return ()
    return (
        advice(
            "ADV_FILE_NAME",
            Level.PACKAGE,
            f"The name {shorten(name)} holds more than letters and digits.",
            hint="Name the file with letters and digits only, such as people.csv.",
            pointer=Pointer(file=shorten(name)),
        ),
    )


def plain_headers(headers: Sequence[str]) -> tuple[str, ...]:
    """The headers in ASCII letters, digits and underscores, no two alike, a name for each column."""
    plain: list[str] = []
    for number, header in enumerate(headers, 1):
        name = re.sub(r"[^A-Za-z0-9]+", "_", header).strip("_") or f"Column_{number}"
        free, taken = name, {one.casefold() for one in plain}
        while free.casefold() in taken:
            free = f"{name}_{number}"
            number += 1
        plain.append(free)
    return tuple(plain)
