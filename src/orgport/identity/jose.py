"""Strict parsing of what JOSE's compact form is made of: base64url segments and JSON objects."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
_DEEPEST = 8


def decode_segment(segment: str) -> bytes | None:
    """The bytes of a base64url segment without padding; None for anything else.

    Only the one spelling that an encoder writes is taken, so that no changed segment means the same.
    """
    if not _BASE64URL.fullmatch(segment) or len(segment) % 4 == 1:
        return None
    decoded = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    spelled = base64.urlsafe_b64encode(decoded).rstrip(b"=").decode()
    return decoded if spelled == segment else None


def decode_hint(text: str, *, size: int) -> bytes | None:
    """The `size` bytes of a thumbprint in base64url, which real clients send with and without `=`."""
    decoded = decode_segment(text.rstrip("=")) if len(text) <= 64 else None
    return decoded if decoded is not None and len(decoded) == size else None


def decode_base64(text: str) -> bytes | None:
    """The bytes of standard base64; None for anything else.

    Line ends may stand in it: MSAL Python leaves those of the PEM file in `x5c`.
    """
    try:
        return base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        return None


def parse_object(content: bytes) -> dict[str, Any] | None:
    """The JSON object in `content`: UTF-8, no repeated keys, nested at most 8 deep; else None."""
    try:
        parsed = json.loads(content.decode("utf-8"), object_pairs_hook=_without_repeats)
        # Half of a surrogate pair, written as an escape, is no text that could be kept or compared.
        json.dumps(parsed, ensure_ascii=False).encode("utf-8")
    except (UnicodeDecodeError, ValueError, RecursionError, OverflowError):
        return None
    return parsed if isinstance(parsed, dict) and _depth_fits(parsed, _DEEPEST) else None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _depth_fits(value: Any, left: int) -> bool:
    if left < 0:
        return False
    children = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    )
    return all(_depth_fits(child, left - 1) for child in children)
