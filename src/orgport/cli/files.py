"""Files that a command reads and writes: checked before the work begins, so that none of it is in vain."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from orgport.errors import BadInput


def clean_path(text: str) -> Path:
    """The path as typed, without quotation marks around it and with doubled backslashes as one."""
    plain = text.strip()
    for quote in ('"', "'"):
        if len(plain) >= 2 and plain.startswith(quote) and plain.endswith(quote):
            plain = plain[1:-1]
    return Path(plain.replace("\\\\", "\\"))


def need_folder(path: Path, *, read: Iterable[Path | None] = ()) -> None:
    """Raise BadInput unless a file can be written there: its folder stands, and it is none that is read."""
    if not path.parent.is_dir():
        raise BadInput(f"There is no folder {path.parent}. Make it, or write elsewhere.")
    if path.is_dir():
        raise BadInput(f"{path} is a folder. Give the name of a file to write.")
    for source in read:
        if source is not None and path.exists() and path.samefile(source):
            raise BadInput(f"{path} is read and stays as it is. Give another name to write.")


def need_new(path: Path) -> None:
    """Raise BadInput where a file lies already that somebody may have edited."""
    if path.exists():
        raise BadInput(
            f"{path} is there already, perhaps with rows that were mended. Give another name, or remove it."
        )


def need_ending(path: Path, *endings: str) -> None:
    """Raise BadInput unless the name of a file to be written says what will be in it."""
    if path.suffix.lower() not in endings:
        raise BadInput(
            f"{path.name} does not end in {' or '.join(endings)}. Give it the ending of its content."
        )


def write_secret(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
