"""Judges a csv that a person uploads by its name and size; what is pushed has no name of its own."""

from __future__ import annotations

from pathlib import PurePath

from orgport.finding import Finding, Level, Pointer, shorten
from orgport.package.faults import advice, package_error


def judge_upload(name: str, *, size_bytes: int) -> tuple[Finding, ...]:
    """The faults of an uploaded file, or advice on its name."""
    file = PurePath(name)
    if file.suffix.lower() != ".csv":
        ending = f"ends in {shorten(file.suffix)}" if file.suffix else "has no ending"
        return (
            package_error(
                "FILE_EXTENSION",
                f"{shorten(name)} {ending}; .csv was expected.",
                hint="Save the table as csv and upload that.",
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
