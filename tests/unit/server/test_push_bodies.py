"""Bodies of pushes, as clients write them, come out as the file that was sent."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
from collections.abc import Iterable, Iterator

import pytest

from orgport.errors import BadInput, BadPackage, TooLarge
from orgport.server.api.bodies import FilePart, WireBody, file_name, unzipped

BOUNDARY = "5f78c1f7-5019-48ee-8462-b2650ba7317f"


def by(size: int, data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def a_body(*parts: bytes) -> bytes:
    delimiter = f"--{BOUNDARY}\r\n".encode()
    return b"".join(delimiter + part + b"\r\n" for part in parts) + f"--{BOUNDARY}--\r\n".encode()


def a_part(disposition: bytes, content: bytes = b"PK\x03\x04") -> bytes:
    return b"Content-Disposition: " + disposition + b"\r\n\r\n" + content


def the_file(chunks: Iterable[bytes]) -> tuple[str, bytes]:
    part = FilePart(chunks, boundary=BOUNDARY)
    content = b"".join(part.chunks())
    return part.name, content


DOTNET = (
    b'form-data; name=info; filename="C:\\Users\\Jane Doe\\info.zip"; '
    b"filename*=utf-8''C%3A%5CUsers%5CJane%20Doe%5Cinfo.zip"
)


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
def test_the_multipart_body_of_dotnet_gives_its_file_however_it_is_cut(size: int) -> None:
    content = b"PK\x03\x04" + bytes(range(256)) * 3 + b"\r\n--not the boundary\r\n"
    assert the_file(by(size, a_body(a_part(DOTNET, content)))) == ("info.zip", content)


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (DOTNET, "info.zip"),
        (b"form-data; name=info; filename=info.zip", "info.zip"),
        (b'form-data; name="info"; filename="info.zip"', "info.zip"),
        (b"form-data; name=file; filename=info", "info"),
        (b'form-data; name="file"; filename="/home/jane/data set.zip"', "data set.zip"),
        (b'form-data; name=info; filename="C:\\data\\"', "data"),
        (
            b'form-data; name=info; filename="=?utf-8?B?QzpcVXNlclxqw7xyZ2VuLnppcA==?="',
            "jürgen.zip",
        ),
        (b"form-data; name=info; filename*=UTF-8''%e2%82%ac.zip", "€.zip"),
        ('form-data; name=info; filename="jürgen.zip"'.encode(), "jürgen.zip"),
        (b'form-data; name=info; filename="a\tb\x07.zip"', "ab.zip"),
        (b"form-data; name=info", ""),
        (b'form-data; name=info; filename=""', ""),
    ],
)
def test_of_a_file_name_only_the_last_segment_is_kept(disposition: bytes, name: str) -> None:
    assert file_name(disposition.decode("latin-1")) == name


@pytest.mark.parametrize("name", ["info", "Info", "FILE", "upload"])
def test_a_part_with_a_file_name_is_the_file_whatever_its_name(name: str) -> None:
    part = a_part(f'form-data; name="{name}"; filename="x.zip"'.encode(), b"content")
    assert the_file([a_body(part)]) == ("x.zip", b"content")


@pytest.mark.parametrize("name", ["info", "INFO", "file"])
def test_a_part_named_info_or_file_is_the_file_without_a_file_name(name: str) -> None:
    assert the_file([a_body(a_part(f"form-data; name={name}".encode(), b"content"))]) == (
        "",
        b"content",
    )


def test_fields_that_are_no_files_are_passed_over() -> None:
    field = a_part(b'form-data; name="comment"', b"for June")
    assert the_file([a_body(field, a_part(DOTNET, b"content"), field)]) == ("info.zip", b"content")


def test_two_files_are_refused() -> None:
    with pytest.raises(BadInput, match="more than one file"):
        the_file([a_body(a_part(DOTNET), a_part(DOTNET))])


def test_a_body_without_a_file_is_refused_as_empty() -> None:
    with pytest.raises(BadPackage) as refused:
        the_file([a_body(a_part(b'form-data; name="comment"'))])
    assert refused.value.rule == "PKG_EMPTY_BODY"


@pytest.mark.parametrize(
    "body",
    [
        a_body(a_part(DOTNET, b"x" * 1000))[:-30],
        b"no multipart at all",
        b"",
        a_body(a_part(DOTNET)).replace(BOUNDARY.encode(), b"another"),
        f"--{BOUNDARY}\r\nno header\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(),
    ],
)
def test_a_broken_envelope_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput, match="multipart"):
        the_file([body])


def test_a_gzip_body_is_unpacked_in_small_pieces() -> None:
    content = b"PersonId,ManagerId\r\n" * 200_000
    pieces = list(unzipped(by(1000, gzip.compress(content, mtime=0))))
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= 256 * 1024


def test_two_gzip_members_are_one_body() -> None:
    assert (
        b"".join(unzipped([gzip.compress(b"one ", mtime=0), gzip.compress(b"two")])) == b"one two"
    )


@pytest.mark.parametrize("body", [b"PersonId", gzip.compress(b"x" * 1000, mtime=0)[:-9]])
def test_a_broken_gzip_body_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput):
        list(unzipped([body]))


def a_wire_body(content: bytes, *, declared: int | None = None, digest: str = "") -> WireBody:
    return WireBody(
        {
            "wsgi.input": io.BytesIO(content),
            "wsgi.input_terminated": True,
            "CONTENT_LENGTH": "" if declared is None else str(declared),
            "HTTP_CONTENT_DIGEST": digest,
        }
    )


def test_a_body_that_ends_before_its_length_is_refused() -> None:
    with pytest.raises(BadInput, match="ended after 4 of 10 bytes"):
        list(a_wire_body(b"four", declared=10).chunks(1000))


def test_a_body_is_read_no_further_than_its_limit() -> None:
    body = a_wire_body(b"x" * 1001)
    with pytest.raises(TooLarge, match="more than 1,000 bytes"):
        list(body.chunks(1000))


@pytest.mark.parametrize("content", [b"", b"PersonId\r\n"])
def test_a_gzip_body_of_empty_parts_is_refused_before_it_costs_time(content: bytes) -> None:
    empty = gzip.compress(b"")
    with pytest.raises(BadInput, match="empty parts"):
        list(unzipped(by(100_000, gzip.compress(content) + empty * 100_000)))
    assert b"".join(unzipped([gzip.compress(content) + empty * 3])) == content


def digest_of(content: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


@pytest.mark.parametrize("of", [b"envelope file", b"file"])
def test_a_digest_of_the_body_or_of_its_file_is_right(of: bytes) -> None:
    body = a_wire_body(b"envelope file", digest=digest_of(of))
    list(body.chunks(1000))
    body.check_digest(sha256_of_file=hashlib.sha256(b"file").hexdigest())


def test_a_digest_of_something_else_is_refused() -> None:
    body = a_wire_body(b"body", digest=digest_of(b"other"))
    list(body.chunks(1000))
    with pytest.raises(BadInput, match="was changed on its way"):
        body.check_digest(sha256_of_file=hashlib.sha256(b"body").hexdigest())


@pytest.mark.parametrize("header", ["sha-256=abc", "sha-256=:%%%:", "sha-256"])
def test_a_digest_that_cannot_be_read_is_refused(header: str) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        a_wire_body(b"", digest=header)


def test_a_digest_by_an_algorithm_we_do_not_know_is_ignored() -> None:
    body = a_wire_body(b"body", digest="md5=:AAAA:")
    list(body.chunks(1000))
    body.check_digest(sha256_of_file="00" * 32)
