"""Which registered certificate an assertion names by `x5t#S256`, `x5t` and `kid`, all of which must agree.

`x5c` may repeat that certificate; it is never a source of trust or of keys.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orgport.identity import refusals
from orgport.identity.certificates import thumbprint_sha1, thumbprint_sha256
from orgport.identity.jose import decode_base64, decode_hint

_HEX = re.compile(r"[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}")


@dataclass(frozen=True, slots=True)
class RegisteredCertificate:
    """A certificate that was registered for an app."""

    der: bytes
    is_enabled: bool = True


def certificate_of_hints(
    header: Mapping[str, Any], registered: Sequence[RegisteredCertificate]
) -> tuple[RegisteredCertificate, str]:
    """The registered certificate that every hint points to, and its SHA-256 thumbprint.

    Raises AssertionRefused when there is no hint, or one that points elsewhere.
    """
    digests = _digests_of(header)
    if not digests:
        raise refusals.bad_certificate(
            "The client assertion does not name a certificate",
            "Send its thumbprint in the header, as x5t#S256 or x5t.",
        )
    for certificate in registered:
        sha1, sha256 = thumbprint_sha1(certificate.der), thumbprint_sha256(certificate.der)
        own = {20: bytes.fromhex(sha1), 32: bytes.fromhex(sha256)}
        if all(hmac.compare_digest(own[len(digest)], digest) for digest in digests):
            _check_chain(header, certificate)
            return certificate, sha256
    raise refusals.bad_certificate(
        "The certificate used to sign the client assertion is not registered on the application",
        "Upload it under App registrations > Certificates, or sign with one listed there.",
    )


def offered_thumbprint(header: Mapping[str, Any]) -> str:
    """The thumbprint that a refused assertion offered, in hex, for the audit trail; empty if none."""
    try:
        return next((digest.hex().upper() for digest in _digests_of(header)), "")
    except refusals.AssertionRefused:
        return ""


def _digests_of(header: Mapping[str, Any]) -> list[bytes]:
    digests: list[bytes] = []
    for name, size in (("x5t#S256", 32), ("x5t", 20)):
        if name in header:
            digests.append(_digest(header[name], name, sizes=(size,)))
    kid = header.get("kid")
    if kid is not None:
        digest = _digest_of_kid(kid)
        if digest is not None:
            digests.append(digest)
        elif not digests:
            raise refusals.bad_certificate(
                "The kid of the client assertion is no thumbprint of a certificate",
                "Send the thumbprint in the header, as x5t#S256 or x5t.",
            )
        else:
            raise _disagree()
    return digests


def _digest(value: Any, name: str, *, sizes: tuple[int, ...]) -> bytes:
    if isinstance(value, str):
        # MSAL.NET writes x5t as hexadecimal in one of its versions.
        if _HEX.fullmatch(value) and len(value) // 2 in sizes:
            return bytes.fromhex(value)
        for size in sizes:
            decoded = decode_hint(value, size=size)
            if decoded is not None:
                return decoded
    raise refusals.bad_certificate(
        f"The {name} of the client assertion is no thumbprint",
        "Send the base64url digest of the certificate.",
    )


def _digest_of_kid(kid: Any) -> bytes | None:
    if not isinstance(kid, str):
        return None
    if _HEX.fullmatch(kid):
        return bytes.fromhex(kid)
    return decode_hint(kid, size=20) or decode_hint(kid, size=32)


def _check_chain(header: Mapping[str, Any], certificate: RegisteredCertificate) -> None:
    if "x5c" not in header:
        return
    chain = header["x5c"]
    first = chain[0] if isinstance(chain, list) and chain else chain
    if not isinstance(first, str) or decode_base64(first) != certificate.der:
        raise _disagree()


def _disagree() -> refusals.AssertionRefused:
    return refusals.bad_certificate(
        "The client assertion names two different certificates",
        "Let x5t#S256, x5t, kid and x5c all name the one that signs.",
    )
