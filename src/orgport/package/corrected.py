"""A package as its corrections leave it: the same bytes with other rows in place of some lines.

The package itself is never written to. Corrections follow one another, each made for what those before left.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from orgport.attributes.types import ValueType
from orgport.errors import BadInput
from orgport.package.corrections import Corrections, Mark, read_corrections
from orgport.package.model import Header, Package, PackageForm
from orgport.package.write import data_entry

if TYPE_CHECKING:
    from typing_extensions import Buffer

_CHUNK_BYTES = 1 << 20
_LF = ord("\n")
_NO_CSV_FOR_JSON = "Rows sent as json cannot be corrected by a csv. Push the mended json."


def corrected(package: Package, files: Sequence[Path]) -> Package:
    """The package with correction files applied in order; raises BadInput for one that is none.

    Whether the rows are those of the package shows when it is read: then BadInput is raised too.
    """
    if package.form is PackageForm.JSON:
        raise BadInput(_NO_CSV_FOR_JSON)
    changes = [read_corrections(file, package.header.names) for file in files]

    def open_data() -> io.BufferedIOBase:
        stream = package.open_data()
        for change in changes:
            stream = _CorrectedStream(stream, change, package.header)
        return stream

    return replace(package, open_data=open_data)


def retyped(package: Package, types: Mapping[str, ValueType]) -> Package:
    """The package with some columns, by their headers, read as another type than its mapping says."""
    columns = tuple(
        replace(column, type=types.get(column.source, column.type)) for column in package.columns
    )
    return replace(package, columns=columns)


def corrections_for(package: Package, file: Path) -> Corrections:
    """What a correction file changes in this package; raises BadInput when it was made of another."""
    if package.form is PackageForm.JSON:
        raise BadInput(_NO_CSV_FOR_JSON)
    found = read_corrections(file, package.header.names)
    with package.open_data() as stream:
        lines = _PhysicalLines(stream, package.header)
        for mark in sorted(found.rows):
            for _ in lines.up_to(mark.first):
                pass
            records = found.rows[mark]
            found.unchanged += len(records) == 1 and _same(_marked(lines, mark), records[0])
    return found


def write_corrected(package: Package, source: Path, out: Path) -> None:
    """Write a corrected package beside its source: a zip with the same metadata, or a csv."""
    part = out.with_name(out.name + ".part")
    try:
        with package.open_data() as data:
            if package.form is PackageForm.CSV:
                with part.open("wb") as file:
                    _copy(data, file)
            else:
                _write_zip(data, source, part, data_name=package.data_name)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _write_zip(data: io.BufferedIOBase, source: Path, out: Path, *, data_name: str) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if not entry.is_dir() and Path(entry.filename).name != data_name:
                new.writestr(data_entry(Path(entry.filename).name), old.read(entry))
        with new.open(data_entry(data_name), "w", force_zip64=True) as file:
            _copy(data, file)


def _copy(source: io.BufferedIOBase, target: object) -> None:
    while chunk := source.read(_CHUNK_BYTES):
        target.write(chunk)  # type: ignore[attr-defined]  # files and members of a zip


class _CorrectedStream(io.BufferedIOBase):
    """The csv with its corrections, read as any other."""

    def __init__(self, stream: io.BufferedIOBase, changes: Corrections, header: Header) -> None:
        self._stream = stream
        self._chunks = _merged(_PhysicalLines(stream, header), changes)
        self._pending = b""

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Exactly `size` bytes, fewer only at the end; all that is left for -1."""
        wanted = None if size is None or size < 0 else size
        pieces, have = [self._pending], len(self._pending)
        while (wanted is None or have < wanted) and (chunk := next(self._chunks, b"")):
            pieces.append(chunk)
            have += len(chunk)
        found = b"".join(pieces)
        cut = have if wanted is None else wanted
        self._pending = found[cut:]
        return found[:cut]

    def read1(self, size: int = -1, /) -> bytes:
        """As `read`: the stream has no smaller unit."""
        return self.read(size if size >= 0 else _CHUNK_BYTES)

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill the buffer and return how many bytes were read."""
        view = memoryview(buffer).cast("B")
        part = self.read(len(view))
        view[: len(part)] = part
        return len(part)

    def close(self) -> None:
        """Close the stream below."""
        self._stream.close()
        super().close()


def _merged(lines: _PhysicalLines, changes: Corrections) -> Iterator[bytes]:
    """The bytes of the csv in chunks that are never empty."""
    last = b"\n"
    for mark in sorted(changes.rows):
        for chunk in lines.up_to(mark.first):
            yield chunk
            last = chunk
        old = _marked(lines, mark)
        line_end = b"\r\n" if old.endswith(b"\r\n") else b"\n"
        new = b"".join(record + line_end for record in changes.rows[mark])
        if new:
            yield new
            last = new
    for chunk in lines.up_to(None):
        yield chunk
        last = chunk
    if changes.added:
        yield (b"" if last.endswith(b"\n") else b"\n") + b"\n".join([*changes.added, b""])


def _marked(lines: _PhysicalLines, mark: Mark) -> bytes:
    """The bytes of a row that a mark is of; raises BadInput when they are others."""
    old = lines.take(mark.last - mark.first + 1)
    if Mark.of(mark.first, old) != mark:
        raise BadInput(
            f"The row marked as {mark} reads otherwise in this package. "
            "Take the correction file of this very package, and leave its last column as it is."
        )
    return old


def _same(old: bytes, new: bytes) -> bool:
    """Whether two records have the same cells, however they are quoted."""
    return old.rstrip(b"\r\n") == new or _cells(old) == _cells(new)


def _cells(record: bytes) -> list[list[str]] | bytes:
    try:
        return list(csv.reader(io.StringIO(record.decode(), newline="")))
    except (UnicodeDecodeError, csv.Error):  # what is broken is like nothing but itself
        return record


class _PhysicalLines:
    """Reads a csv forwards by physical lines; only LF ends one."""

    def __init__(self, stream: io.BufferedIOBase, header: Header) -> None:
        self._stream = stream
        self._header_left = header.data_offset
        self._next = header.data_line  # the line on which the rest begins
        self._rest = b""

    def up_to(self, line: int | None) -> Iterator[bytes]:
        """Everything before a line; all that is left when it is None."""
        while self._header_left and (chunk := self._stream.read(self._header_left)):
            self._header_left -= len(chunk)
            yield chunk
        while chunk := self._rest or self._stream.read(_CHUNK_BYTES):
            missing = None if line is None else line - self._next
            count = chunk.count(b"\n")
            if missing is not None and count >= missing:
                end = _behind_line_end(chunk, missing)
                self._rest, self._next = chunk[end:], self._next + missing
                if end:
                    yield chunk[:end]
                return
            self._rest, self._next = b"", self._next + count
            yield chunk

    def take(self, count: int) -> bytes:
        """The next lines with their ends; fewer at the end of the file."""
        pieces = [self._rest]
        have = self._rest.count(b"\n")
        while have < count and (chunk := self._stream.read(_CHUNK_BYTES)):
            pieces.append(chunk)
            have += chunk.count(b"\n")
        found = b"".join(pieces)
        end = _behind_line_end(found, count) if have >= count else len(found)
        self._rest, self._next = found[end:], self._next + min(have, count)
        return found[:end]


def _behind_line_end(chunk: bytes, count: int) -> int:
    """The offset behind the line end of this number."""
    if count == 0:
        return 0
    if count == 1:
        return chunk.index(b"\n") + 1
    ends = np.flatnonzero(np.frombuffer(chunk, dtype=np.uint8) == _LF)
    return int(ends[count - 1]) + 1
