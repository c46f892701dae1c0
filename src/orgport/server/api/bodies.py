"""The body of a push, streamed: counted, hashed, taken out of its multipart envelope, unpacked.

Nothing is ever held whole, whatever the size. The envelope is read as the clients in the field write
it: a part name without quotes, a whole Windows path as file name, `filename*`, no content type.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import Any
from urllib.parse import unquote

from django.conf import settings as django_settings
from django.http import HttpRequest
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from orgport.errors import BadInput, BadPackage, TooLarge, UnsupportedMedia
from orgport.server.settings import settings

CHUNK_BYTES = 256 * 1024
STRANGERS_BYTES = 64 << 20  # that are read of somebody whom nobody knows
FILE_PART_NAMES = frozenset({"info", "file"})
_MOST_PARTS = 16
_MOST_EMPTY_MEMBERS = 64  # writers end a stream with one; each costs far more time than bytes
_NAME_LIMIT = 255
_DIGESTS = {"sha-256": "sha256", "sha-512": "sha512"}
_DIGEST_ITEM = re.compile(r"\s*([a-z0-9-]+)\s*=\s*:([A-Za-z0-9+/=]*):\s*")
_EXTENDED_NAME = re.compile(r";\s*filename\*\s*=\s*([\w-]*)'[^']*'([^;\s]+)", re.IGNORECASE)
_QUOTED_NAME = re.compile(r';\s*filename\s*=\s*"((?:\\"|[^"])*)"', re.IGNORECASE)
_BARE_NAME = re.compile(r";\s*filename\s*=\s*([^;\"]+)", re.IGNORECASE)


class WireBody:
    """The bytes of a request as they come; raises BadInput when they end before they should."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self._stream = environ["wsgi.input"]
        self._ends_itself = bool(environ.get("wsgi.input_terminated"))
        self.declared_bytes = _declared_bytes(environ)
        self.read_bytes = 0
        self._expected = _expected_digests(environ.get("HTTP_CONTENT_DIGEST", ""))
        self._digests = {name: hashlib.new(_DIGESTS[name]) for name in self._expected}

    def chunks(self, most_bytes: int) -> Iterator[bytes]:
        """The bytes in order; to be read once.

        Raises TooLarge past a limit of its own: what they unpack to may be nothing at all.
        """
        while chunk := self._read(CHUNK_BYTES):
            self.read_bytes += len(chunk)
            if self.read_bytes > most_bytes:
                raise TooLarge(f"The body has more than {most_bytes:,} bytes. Send fewer rows.")
            for digest in self._digests.values():
                digest.update(chunk)
            yield chunk
        if self.declared_bytes is not None and self.read_bytes < self.declared_bytes:
            raise BadInput(
                f"The body ended after {self.read_bytes:,} of {self.declared_bytes:,} bytes. "
                "Send it again."
            )

    @property
    def shows_its_end(self) -> bool:
        """Whether a body that was cut off on its way is noticed without looking into it.

        The web server ends a chunked body in the same way whether it was whole or cut off.
        """
        return self.declared_bytes is not None or bool(self._expected)

    def is_empty(self) -> bool:
        """Whether there is no body at all; reads, and forgets, its first byte."""
        self.drain(1)
        return self.read_bytes == 0

    def read(self, most_bytes: int) -> bytes:
        """The first bytes of a small body, or all of it."""
        pieces: list[bytes] = []
        while self.read_bytes < most_bytes and (chunk := self._read(most_bytes - self.read_bytes)):
            self.read_bytes += len(chunk)
            pieces.append(chunk)
        return b"".join(pieces)

    def drain(self, most_bytes: int) -> None:
        """Read on and forget, so that a client still writing a small body gets its answer."""
        left = most_bytes
        try:
            while left > 0 and (chunk := self._read(min(CHUNK_BYTES, left))):
                left -= len(chunk)
                self.read_bytes += len(chunk)
        except OSError:
            return

    def check_digest(self, *, sha256_of_file: str) -> None:
        """Raise BadInput when the sender's digest fits neither the body nor the file in it."""
        for name, expected in self._expected.items():
            found = [self._digests[name].digest()]
            if name == "sha-256":
                found.append(bytes.fromhex(sha256_of_file))
            if not any(hmac.compare_digest(expected, one) for one in found):
                raise BadInput(
                    f"The {name} digest in Content-Digest does not fit the body: it was changed "
                    "on its way. Send it again."
                )

    def _read(self, size: int) -> bytes:
        if self._ends_itself:
            return bytes(self._stream.read(size))
        left = (self.declared_bytes or 0) - self.read_bytes
        return bytes(self._stream.read(min(size, left))) if left > 0 else b""


def wire_body(request: HttpRequest) -> WireBody:
    """The body of this request, the same object however often it is asked for."""
    body = getattr(request, "orgport_body", None)
    if not isinstance(body, WireBody):
        body = WireBody(request.environ)  # type: ignore[attr-defined]  # we are served by WSGI only
        request.orgport_body = body  # type: ignore[attr-defined]  # rides on the request
    return body


def declared_bytes(request: HttpRequest) -> int:
    """How large a body says that it is; no more of it can be read as a form."""
    return _declared_bytes(request.META) or 0


def drain(request: HttpRequest, most_bytes: int = STRANGERS_BYTES) -> None:
    """Read the body of a request that is refused on to its end, and forget it.

    Most clients read no answer before they have written their whole body, and fail when they are cut off. One
    that waits for "100 Continue" has written nothing, and reading would ask it to.
    """
    if "expect" not in request.headers:
        with suppress(BadInput):  # of its digests: nobody asks for them any more
            wire_body(request).drain(most_bytes)


def _declared_bytes(environ: Mapping[str, Any]) -> int | None:
    length = environ.get("CONTENT_LENGTH") or ""
    return int(length) if length.isascii() and length.isdigit() else None


def largest_form(*, with_file: bool) -> int:
    """The most bytes that are read as a form."""
    small = django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return small + (settings().max_body_bytes if with_file else 0)


class FilePart:
    """The one file in a multipart body; `name` is known when its chunks are being read."""

    def __init__(self, chunks: Iterable[bytes], *, boundary: str) -> None:
        self._chunks = chunks
        self._boundary = boundary
        self.name = ""

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the file.

        Raises BadPackage when there is no file, BadInput when there are several or the envelope is
        broken.
        """
        try:
            yield from self._file()
        except MultipartError as error:
            raise BadInput(
                "The multipart body is broken: it does not end, or its boundary is wrong. "
                "Send it again."
            ) from error

    def _file(self) -> Iterator[bytes]:
        parser = PushMultipartParser(
            self._boundary, max_segment_count=_MOST_PARTS, header_charset="latin-1"
        )
        found = is_file = False
        for chunk in self._chunks:
            if parser.closed:
                break
            for event in parser.parse(chunk):
                if isinstance(event, MultipartSegment):
                    is_file = _is_file(event)
                    if is_file and found:
                        raise BadInput(
                            "The multipart body holds more than one file. Send one package at a time."
                        )
                    if is_file:
                        found = True
                        self.name = file_name(event.header("Content-Disposition", ""))
                elif event is not None and is_file:
                    yield bytes(event)
        parser.close()
        if not found:
            raise BadPackage(
                "The body holds no file. Send the package as a part named info or file.",
                rule="PKG_EMPTY_BODY",
            )


def unzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes that a gzip stream unpacks to, in small pieces; raises BadInput for a broken one."""
    unpacker = zlib.decompressobj(wbits=31)
    empty_members, is_empty = 0, True
    try:
        for chunk in chunks:
            data = chunk
            while data:
                if unpacker.eof:  # the next member of the same stream
                    empty_members += is_empty
                    if empty_members > _MOST_EMPTY_MEMBERS:
                        raise BadInput("The gzip body is made of empty parts. Compress it anew.")
                    unpacker, is_empty = zlib.decompressobj(wbits=31), True
                if piece := unpacker.decompress(data, CHUNK_BYTES):
                    is_empty = False
                    yield piece
                data = unpacker.unconsumed_tail or unpacker.unused_data
        if not unpacker.eof:
            raise BadInput("The gzip body ended early. Send it again.")
    except zlib.error as error:
        raise BadInput(
            "The body is not gzip, though Content-Encoding says so. Leave the header out."
        ) from error


def file_name(disposition: str) -> str:
    """The last segment of the path in a Content-Disposition header, for display only.

    `filename*` comes before `filename`, which may be quoted, bare, or an encoded word of RFC 2047.
    """
    text = disposition.encode("latin-1", "replace").decode("utf-8", "replace")
    if extended := _EXTENDED_NAME.search(text):
        name = unquote(extended[2], encoding=_charset(extended[1]), errors="replace")
    elif quoted := _QUOTED_NAME.search(text):
        name = _decoded_word(quoted[1].replace('\\"', '"'))
    elif bare := _BARE_NAME.search(text):
        name = _decoded_word(bare[1].strip())
    else:
        return ""
    return base_name(name)


def base_name(path: str) -> str:
    """The last segment of a path of any system, without control characters."""
    last = re.split(r"[/\\]", path.rstrip("/\\"))[-1]
    return "".join(char for char in last if char.isprintable())[:_NAME_LIMIT]


def _charset(name: str) -> str:
    return "latin-1" if name.lower() in ("iso-8859-1", "latin-1") else "utf-8"


def _decoded_word(text: str) -> str:
    if not text.startswith("=?"):
        return text
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, UnicodeDecodeError, LookupError, ValueError):
        return text


def _is_file(segment: MultipartSegment) -> bool:
    disposition = segment.header("Content-Disposition", "")
    if re.search(r";\s*filename\*?\s*=", disposition, re.IGNORECASE):
        return True
    return (segment.name or "").lower() in FILE_PART_NAMES


def _expected_digests(header: str) -> dict[str, bytes]:
    """The digests of RFC 9530 that can be checked; others are ignored, as it says."""
    expected: dict[str, bytes] = {}
    for item in filter(None, header.split(",")):
        match = _DIGEST_ITEM.fullmatch(item)
        try:
            value = base64.b64decode(match[2], validate=True) if match else None
        except ValueError:
            value = None
        if match is None or value is None:
            raise BadInput(
                "Content-Digest cannot be read. Write it as sha-256=:BASE64:, or leave it out."
            )
        if match[1] in _DIGESTS:
            expected[match[1]] = value
    return expected


def boundary_of(parameters: dict[str, str]) -> str:
    """The boundary of a multipart content type; raises UnsupportedMedia without one."""
    boundary = parameters.get("boundary", "")
    if not boundary or len(boundary) > 200:
        raise UnsupportedMedia("The multipart content type has no usable boundary. Send one.")
    return boundary
