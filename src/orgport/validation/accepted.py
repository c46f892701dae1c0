"""Spools the accepted rows, coded as they were judged; where they are wanted, as Parquet by person bucket.

History takes in those very files. Rows that are only judged are never written so.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import Executor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from orgport.validation.cells import Flags
from orgport.validation.enrolled import EnrolledRows, frame_of, load, store
from orgport.validation.people import Addresses
from orgport.validation.roll import Lines

FOLDER = "accepted"
_MEMORY_BYTES = 256 << 20  # what comes when so much is waiting goes to disk
_FILES_OF_BYTES = 128 << 20  # of all buckets, unpacked, go into one file each
_PARTS = "parts"


class AcceptedSpool:
    """Takes typed rows in the order of the file; not for several threads at once."""

    def __init__(self, workspace: Path, addresses: Addresses) -> None:
        self.folder = workspace / FOLDER
        discard_accepted(workspace)  # of an earlier run that was killed
        (self.folder / _PARTS).mkdir(parents=True)
        self._addresses = addresses
        self._parts: list[EnrolledRows | Path] = []
        self._last_lines: list[int] = []
        self._bytes: list[int] = []  # of each part, when it is not narrow
        self._names: tuple[str, ...] = ()
        self._kept_bytes = 0
        self._dropped = np.zeros(0, dtype=np.uint32)

    def add(self, rows: EnrolledRows) -> None:
        """Add rows."""
        self._bytes.append(rows.size_bytes)
        self._names = rows.names
        self._last_lines.append(int(rows.lines[-1]))
        part = rows.narrow()
        self._kept_bytes += part.size_bytes
        if self._kept_bytes <= _MEMORY_BYTES:
            self._parts.append(part)
        else:
            file = self.folder / _PARTS / f"{len(self._parts):06}.arrow"
            store(part, file)
            self._parts.append(file)

    def rows_on(self, lines: npt.NDArray[np.integer[Any]]) -> pl.DataFrame:
        """The rows that begin on these lines, in order of lines.

        Columns: person, PersonId, EffectiveDate, the other fields, line, cleared.
        """
        wanted = np.unique(lines)
        begins = np.searchsorted(wanted, [0, *(line + 1 for line in self._last_lines)]).tolist()
        parts = []
        for part, (begin, behind) in zip(self._parts, pairwise(begins), strict=True):
            if behind > begin:
                rows = self._load(part)
                places = np.searchsorted(rows.lines, wanted[begin:behind])
                there = rows.lines[np.minimum(places, rows.lines.size - 1)] == wanted[begin:behind]
                chosen = rows.at(places[there])
                # Of what was read for this, no more is kept than occurs.
                parts.append(chosen if rows is part else chosen.of_rows(there[there]))
        return frame_of(parts, self._addresses.keys()) if parts else pl.DataFrame()

    def drop_lines(self, lines: Lines) -> None:
        """Take out the rows that begin on these lines."""
        self._dropped = np.union1d(self._dropped, lines)

    def is_kept(self, lines: Lines) -> Flags:
        """For each of some lines whether its row was not taken out."""
        kept: Flags = ~np.isin(lines, self._dropped)
        return kept

    def write(self, executor: Executor) -> None:
        """Write the rows as Parquet, and give them up here."""
        keys = self._addresses.keys()
        writing = [
            executor.submit(self._write, parts, keys, f"part-{number:05}")
            for number, parts in enumerate(self._groups())
        ]
        for group in writing:
            group.result()
        self._parts = []
        shutil.rmtree(self.folder / _PARTS)

    def discard(self) -> None:
        """Remove all that was written."""
        discard_accepted(self.folder.parent)

    def _groups(self) -> Iterator[list[EnrolledRows | Path]]:
        group: list[EnrolledRows | Path] = []
        size = 0
        for part, bytes_ in zip(self._parts, self._bytes, strict=True):
            group.append(part)
            size += bytes_
            if size >= _FILES_OF_BYTES:
                yield group
                group, size = [], 0
        if group:
            yield group

    def _write(self, parts: list[EnrolledRows | Path], keys: pa.Array, name: str) -> None:
        rows = [self._without_dropped(self._load(part)) for part in parts]
        from orgport.validation.bucket_files import write_buckets  # a check alone writes none

        write_buckets(rows, keys, self.folder, name)

    def _without_dropped(self, rows: EnrolledRows) -> EnrolledRows:
        begin, behind = np.searchsorted(self._dropped, [rows.lines[0], rows.lines[-1] + 1])
        if begin == behind:
            return rows
        return rows.of_rows(~np.isin(rows.lines, self._dropped[begin:behind]))

    def _load(self, part: EnrolledRows | Path) -> EnrolledRows:
        return load(part, self._names) if isinstance(part, Path) else part


def discard_accepted(workspace: Path) -> None:
    """Remove the accepted rows of a validation that did not end well."""
    shutil.rmtree(workspace / FOLDER, ignore_errors=True)
