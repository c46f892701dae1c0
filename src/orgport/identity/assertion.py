"""Verifies the signed JWT by which a client proves itself (RFC 7523), as real clients build it.

The order of the checks is fixed: form, header, app, certificate, signature, claims. Only certificates that
were registered for the app are trusted; nothing in the assertion is ever a key.
"""

from __future__ import annotations

import hmac
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from orgport.identity import refusals
from orgport.identity.certificates import SMALLEST_RSA_BITS
from orgport.identity.guids import read_guid
from orgport.identity.hints import RegisteredCertificate, certificate_of_hints
from orgport.identity.jose import decode_segment, parse_object

ALGORITHMS = ("RS256", "PS256")
SKEW = timedelta(minutes=5)
_LONGEST_ASSERTION = 32 * 1024
_LONGEST_HEADER = 16 * 1024
_LONGEST_JTI = 256
_FORBIDDEN_HEADERS = frozenset({"crit", "b64", "jwk", "jku", "x5u", "enc", "zip"})
_DIGITS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class VerifiedAssertion:
    """What is left to do with a verified assertion: use up its id until it expires."""

    app_id: UUID
    jti: str
    expires_at: datetime
    thumbprint_sha256: str


@dataclass(frozen=True, slots=True)
class UnverifiedAssertion:
    """The parsed parts of an assertion whose signature was not checked yet."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    text: str

    @property
    def app_id(self) -> UUID:
        """The app that it claims to be of; raises when issuer and subject do not agree."""
        issuer, subject = self.claims.get("iss"), self.claims.get("sub")
        if not isinstance(issuer, str) or issuer != subject:
            raise refusals.disagreement("Issuer and subject of the client assertion differ")
        app_id = read_guid(issuer)
        if app_id is None:
            raise refusals.unknown_app()
        return app_id


def read_assertion(text: str) -> UnverifiedAssertion:
    """The parts of the compact form, checked for form and for what its header may hold.

    Raises AssertionRefused.
    """
    if len(text) > _LONGEST_ASSERTION:
        raise refusals.malformed("it is too long")
    segments = text.split(".")
    if len(segments) != 3 or not all(segments):
        raise refusals.malformed("it is not of three parts")
    if len(segments[0]) > _LONGEST_HEADER:
        raise refusals.malformed("its header is too long")
    parts = [decode_segment(segment) for segment in segments]
    if any(part is None for part in parts):
        raise refusals.malformed("a part of it is not base64url")
    header, claims = (parse_object(part or b"") for part in parts[:2])
    if header is None or claims is None:
        raise refusals.malformed("a part of it is not a JSON object")
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise refusals.malformed("its algorithm is not allowed")
    if _FORBIDDEN_HEADERS & header.keys():
        raise refusals.malformed("its header holds a member that is not allowed")
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.upper() != "JWT":
        raise refusals.malformed("its type is not JWT")
    return UnverifiedAssertion(header, claims, text)


def verify_assertion(
    assertion: UnverifiedAssertion,
    *,
    app_id: UUID,
    registered: Sequence[RegisteredCertificate],
    audiences: Collection[str],
    now: datetime,
    longest_life: timedelta,
) -> VerifiedAssertion:
    """The assertion, proved by one of the registered certificates and made for one of the audiences.

    Raises AssertionRefused with the answer for the client.
    """
    if assertion.app_id != app_id:
        raise refusals.disagreement("The client assertion is of another application")
    certificate, thumbprint = certificate_of_hints(assertion.header, registered)
    _check_signature(assertion, certificate, now=now)
    expires_at = _check_claims(assertion.claims, audiences, now=now, longest_life=longest_life)
    jti = assertion.claims["jti"]
    return VerifiedAssertion(app_id, jti, expires_at, thumbprint)


def _check_signature(
    assertion: UnverifiedAssertion, certificate: RegisteredCertificate, *, now: datetime
) -> None:
    loaded = x509.load_der_x509_certificate(certificate.der)
    if not certificate.is_enabled:
        raise refusals.bad_certificate("The certificate is disabled", "Sign with another one.")
    if not loaded.not_valid_before_utc <= now <= loaded.not_valid_after_utc:
        raise refusals.bad_certificate(
            "The certificate has expired or is not valid yet",
            "Make a new one and have it uploaded under App registrations > Certificates.",
        )
    key = loaded.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < SMALLEST_RSA_BITS:
        raise refusals.bad_certificate("The certificate's key is not RSA", "Sign with an RSA key.")
    algorithm = str(assertion.header["alg"])
    try:
        jwt.decode(
            assertion.text,
            key,
            algorithms=[algorithm],
            options={  # claims are checked below, in the forms that clients send
                "verify_aud": False,
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "verify_sub": False,
                "verify_jti": False,
            },
        )
    except (jwt.PyJWTError, ValueError) as refused:
        raise refusals.bad_certificate(
            "The signature is not that of the registered certificate",
            "Sign with the private key that belongs to it.",
        ) from refused


def _check_claims(
    claims: Mapping[str, Any],
    audiences: Collection[str],
    *,
    now: datetime,
    longest_life: timedelta,
) -> datetime:
    audience = claims.get("aud")
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    if not isinstance(audience, str) or not _is_among(audience, audiences):
        raise refusals.wrong_audience()
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= _LONGEST_JTI or "\0" in jti:
        raise refusals.malformed("its jti is not a text of 1 to 256 characters")
    seconds = now.timestamp()
    skew = SKEW.total_seconds()
    expires = _numeric_date(claims, "exp")
    if expires is None:
        raise refusals.malformed("it has no exp")
    begins = [
        moment for name in ("nbf", "iat") if (moment := _numeric_date(claims, name)) is not None
    ]
    if expires + skew <= seconds:
        raise refusals.wrong_time("The client assertion has expired")
    if any(moment - skew > seconds for moment in begins):
        raise refusals.wrong_time("The client assertion is not valid yet")
    cap = longest_life.total_seconds()
    if expires - max(begins, default=seconds) > cap or expires > seconds + cap + skew:
        raise refusals.wrong_time(f"The client assertion lives longer than {cap:.0f} seconds")
    return datetime.fromtimestamp(expires, UTC)


def _is_among(audience: str, audiences: Collection[str]) -> bool:
    # Host and tenant id compare without case; the paths hold nothing else that could differ by it.
    offered = audience.lower().encode()
    return any(hmac.compare_digest(offered, accepted.lower().encode()) for accepted in audiences)


def _numeric_date(claims: Mapping[str, Any], name: str) -> float | None:
    """Seconds since 1970 as int, finite float or digits in a string, which is what clients send."""
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refusals.malformed(f"its {name} is not a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise refusals.malformed(f"its {name} is not a number")
    if not 0 <= value < 10**12:
        raise refusals.malformed(f"its {name} is out of range")
    return float(value)
