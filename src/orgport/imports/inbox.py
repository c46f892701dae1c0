"""The inbox: packages as they were sent, each named by the SHA-256 of its bytes.

A package is hashed and written in one pass, synced, and only then renamed to its name, so that
whatever stands under a name is whole. The same bytes sent twice are kept once.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from orgport.errors import BadInput, StorageFull, TooLarge

RESERVE_BYTES = 256 * 1024 * 1024  # stays free for the records, the logs and the history
_CHECK_EVERY_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Received:
    """A package that is kept durably; `sha256` is lower-case hex."""

    sha256: str
    size_bytes: int
    path: Path


class Inbox(Protocol):
    """Where packages are kept from their arrival until their time is over."""

    def receive(
        self, chunks: Iterable[bytes], *, limit_bytes: int, expected_bytes: int = 0
    ) -> Received:
        """Keep a package; raises TooLarge or StorageFull, and then nothing is kept."""

    def path_of(self, sha256: str) -> Path:
        """The file of a package; there need not be one."""

    def drop(self, names: Iterable[str]) -> None:
        """Remove some packages before their time."""

    def sweep(self, *, older_than: float, wanted: frozenset[str]) -> int:
        """Remove what no import names and nobody touched since; says how many files went."""


class FolderInbox:
    """An inbox in a folder of the file system."""

    def __init__(self, folder: Path, *, reserve_bytes: int = RESERVE_BYTES) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self._reserve_bytes = reserve_bytes

    def path_of(self, sha256: str) -> Path:
        """The file of a package; raises BadInput for a name that is no SHA-256."""
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise BadInput("A package is named by the 64 lower-case hex digits of its SHA-256.")
        return self._folder / sha256

    def receive(
        self, chunks: Iterable[bytes], *, limit_bytes: int, expected_bytes: int = 0
    ) -> Received:
        """Write, hash and sync the chunks, then rename them to their SHA-256.

        `expected_bytes` is what the sender announced: without room for it the first byte is not
        even read. Raises TooLarge past `limit_bytes`, StorageFull when the disk has no room.
        """
        self._incoming.mkdir(parents=True, exist_ok=True)
        self._check_room(expected_bytes)
        part = self._incoming / f"{uuid.uuid4().hex}.part"
        try:
            sha256, size_bytes = self._write(part, chunks, limit_bytes)
            return Received(sha256, size_bytes, self._keep(part, sha256))
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise self._full() from error
            raise
        finally:
            part.unlink(missing_ok=True)

    def drop(self, names: Iterable[str]) -> None:
        """Remove some packages before their time; some need not be there."""
        for sha256 in names:
            self.path_of(sha256).unlink(missing_ok=True)

    def sweep(self, *, older_than: float, wanted: frozenset[str]) -> int:
        """Remove what no import names and nobody touched since `older_than` (a file time).

        Returns the number of files that are gone.
        """
        removed = 0
        for path in [*self._folder.glob("*"), *self._incoming.glob("*.part")]:
            if path.is_file() and path.name not in wanted and path.stat().st_mtime < older_than:
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _write(self, part: Path, chunks: Iterable[bytes], limit_bytes: int) -> tuple[str, int]:
        digest = hashlib.sha256()
        size_bytes = 0
        next_check = _CHECK_EVERY_BYTES
        with part.open("wb") as file:
            for chunk in chunks:
                size_bytes += len(chunk)
                if size_bytes > limit_bytes:
                    raise TooLarge(
                        f"The package is larger than {limit_bytes:,} bytes. "
                        "Send fewer rows in one package, or compress it as a zip."
                    )
                digest.update(chunk)
                file.write(chunk)
                if size_bytes >= next_check:
                    next_check += _CHECK_EVERY_BYTES
                    self._check_room(0)
            file.flush()
            os.fsync(file.fileno())
        return digest.hexdigest(), size_bytes

    def _keep(self, part: Path, sha256: str) -> Path:
        path = self.path_of(sha256)
        # Replacing an equal file is harmless to its readers, and makes its time new for the sweep.
        part.replace(path)
        sync_folder(self._folder)
        return path

    def _check_room(self, expected_bytes: int) -> None:
        if shutil.disk_usage(self._folder).free < expected_bytes + self._reserve_bytes:
            raise self._full()

    def _full(self) -> StorageFull:
        return StorageFull(
            "There is no room to keep the package durably; nothing was accepted. "
            "Send it again later; the operator must make room on the server's disk."
        )


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
