"""The unpacked bytes of one member of a zip, checked while they are read.

Raw DEFLATE as of RFC 1951, inflated by isal where it has a wheel: it halves the time of a 1 GB package.
"""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from orgport.package.model import PackageBroken

if TYPE_CHECKING:
    from typing_extensions import Buffer

fast: Any
try:
    from isal import isal_zlib as fast
except ImportError:  # no wheel for this machine: the standard library is slower, not different
    fast = zlib

_CHUNK_BYTES = 256 * 1024
_STORED, _DEFLATED = 0, 8


class MemberStream(io.BufferedIOBase):
    """Reads one member; raises PackageBroken at a wrong size, a wrong CRC, or past the limit."""

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        data_offset: int,
        packed_bytes: int,
        unpacked_bytes: int,
        crc: int,
        method: int,
        limit_bytes: int,
    ) -> None:
        self._file: BinaryIO = path.open("rb")
        self._file.seek(data_offset)
        self._name = name
        self._packed_left = packed_bytes
        self._expected_bytes = unpacked_bytes
        self._expected_crc = crc
        self._limit = limit_bytes
        self._inflater = fast.decompressobj(-15) if method == _DEFLATED else None
        self._pending = b""
        self._done_bytes = 0
        self._crc = 0
        self._ended = False

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Exactly `size` unpacked bytes, fewer only at the end; all that is left for -1."""
        wanted = self._limit + 1 if size is None or size < 0 else size
        parts: list[bytes] = []
        while wanted > 0 and (part := self.read1(wanted)):
            wanted -= len(part)
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def read1(self, size: int = -1, /) -> bytes:
        """At most `size` unpacked bytes: as many as come of what is read next; none at the end alone."""
        wanted = _CHUNK_BYTES if size < 0 else size
        if wanted == 0 or self._ended:
            return b""
        part = self._next(min(wanted, self._limit + 1 - self._done_bytes))
        if not part:
            self._check_the_end()
            return b""
        self._done_bytes += len(part)
        self._crc = fast.crc32(part, self._crc)
        if self._done_bytes > self._limit:
            raise PackageBroken(
                "PKG_BOMB", f"{self._name} unpacks to more than {self._limit:,} bytes."
            )
        return part

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill the buffer and return how many bytes were read."""
        view = memoryview(buffer).cast("B")
        part = self.read(len(view))
        view[: len(part)] = part
        return len(part)

    def close(self) -> None:
        """Close the file below."""
        self._file.close()
        super().close()

    def _next(self, size: int) -> bytes:
        if self._inflater is None:
            return self._packed(size)
        while not self._inflater.eof:
            source = self._inflater.unconsumed_tail or self._packed(_CHUNK_BYTES)
            try:
                part: bytes = self._inflater.decompress(source, size)
            except (zlib.error, fast.error) as broken:
                raise PackageBroken(
                    "PKG_CORRUPT", f"{self._name} in the package is damaged: it cannot be unpacked."
                ) from broken
            if part:
                return part
            if not source:
                raise PackageBroken(
                    "PKG_CORRUPT", f"{self._name} in the package is cut off before its end."
                )
        return b""

    def _packed(self, size: int) -> bytes:
        part = self._file.read(min(size, self._packed_left))
        self._packed_left -= len(part)
        return part

    def _check_the_end(self) -> None:
        self._ended = True
        if self._done_bytes != self._expected_bytes or self._crc != self._expected_crc:
            raise PackageBroken(
                "PKG_CORRUPT",
                f"{self._name} in the package is damaged: its size or checksum is not the stated one.",
            )
