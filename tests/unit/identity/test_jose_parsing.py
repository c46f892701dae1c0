"""Segments and JSON objects of the compact form are taken in exactly one spelling."""

from __future__ import annotations

import base64

import pytest

from orgport.identity.guids import read_guid
from orgport.identity.jose import decode_base64, decode_hint, decode_segment, parse_object

GUID = "7c1ee3bb-5b59-4b5f-8c2d-2a2b7f2a6a10"


@pytest.mark.parametrize("content", [b"a", b"ab", b"abc", bytes(range(256))])
def test_a_segment_gives_its_bytes_back(content: bytes) -> None:
    segment = base64.urlsafe_b64encode(content).rstrip(b"=").decode()
    assert decode_segment(segment) == content


@pytest.mark.parametrize(
    "segment",
    ["", "YQ==", "YQ=", "Y", "a+b/", "YQ ", " YQ", "Y\nQ", "YQ\n", "YR", "YWF", "Yé", "\0\0"],
)
def test_another_spelling_of_a_segment_is_none(segment: str) -> None:
    assert decode_segment(segment) is None


def test_a_hint_is_taken_padded_or_not_but_only_of_its_size() -> None:
    hint = base64.urlsafe_b64encode(b"x" * 20).decode()
    assert decode_hint(hint, size=20) == decode_hint(hint.rstrip("="), size=20) == b"x" * 20
    assert decode_hint(hint, size=32) is None
    assert decode_hint("A" * 4000, size=3000) is None


@pytest.mark.parametrize("text", ["Y Q==", "YQ", "é", "a-b_", "YQ==\0", "YQ==x"])
def test_standard_base64_is_strict(text: str) -> None:
    assert decode_base64(text) is None


def test_standard_base64_may_hold_the_line_ends_of_a_pem_file() -> None:
    assert decode_base64("\r\nYWJj\r\nZGVm\n") == b"abcdef"


def test_an_object_is_parsed_down_to_eight_levels() -> None:
    def nested(levels: int) -> bytes:
        return b'{"a":' * levels + b"1" + b"}" * levels

    assert parse_object(nested(8)) is not None
    assert parse_object(nested(9)) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'"text"',
        b"17",
        b"{",
        b'{"a":1}{"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'{"a":"\xff"}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":"\\ud800"}',
        b'{"\\udfff":1}',
        b'{"a":"\0"}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda content: content[:20].decode("latin-1"),
)
def test_what_is_not_one_plain_object_is_none(content: bytes) -> None:
    assert parse_object(content) is None


@pytest.mark.parametrize("text", [GUID, GUID.upper()])
def test_a_guid_is_read_in_any_case(text: str) -> None:
    assert str(read_guid(text)) == GUID


@pytest.mark.parametrize(
    "text",
    ["", "common", GUID.replace("-", ""), f"{{{GUID}}}", f"urn:uuid:{GUID}", f"{GUID}\n",
     GUID.replace("7", "\u0667"), GUID.replace("7c", "7_")],
)  # fmt: skip
def test_any_other_spelling_is_no_guid(text: str) -> None:
    assert read_guid(text) is None
