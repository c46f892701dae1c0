"""Client assertions for tests: as real clients build them, and as attackers do, member by member.

Keys are made once a run, because making one takes longer than a test.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

ABSENT = object()  # as the value of a member: leave the member out
Sign = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Signer:
    """A certificate with its key, and the hints by which clients name it."""

    key: rsa.RSAPrivateKey
    der: bytes

    @property
    def pem(self) -> bytes:
        certificate = x509.load_der_x509_certificate(self.der)
        return certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    @property
    def sha1(self) -> bytes:
        return hashlib.sha1(self.der, usedforsecurity=False).digest()

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.der).digest()

    @property
    def x5t(self) -> str:
        return base64url(self.sha1)

    @property
    def x5t_s256(self) -> str:
        return base64url(self.sha256)

    @property
    def x5c(self) -> str:
        return base64.b64encode(self.der).decode()


@cache
def a_key(name: str = "sender") -> rsa.RSAPrivateKey:
    """A key of that name, the same whenever it is asked for."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def a_signer(
    name: str = "sender",
    *,
    starts: timedelta = timedelta(days=-1),
    ends: timedelta = timedelta(days=90),
    issuer: rsa.RSAPrivateKey | None = None,
    serial: int = 7,
    at: datetime | None = None,
) -> Signer:
    """A certificate for the key of that name, self-signed unless another key issues it.

    Asked for again, it is the same certificate.
    """
    key, moment = a_key(name), at or datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "HR sender")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(moment + starts)
        .not_valid_after(moment + ends)
        .sign(issuer or key, hashes.SHA256())
    )
    return Signer(key, certificate.public_bytes(serialization.Encoding.DER))


def a_header(signer: Signer, **changes: Any) -> dict[str, Any]:
    """The header of an assertion signed RS256; the member x5t#S256 is written x5t_S256 here."""
    header = {"alg": "RS256", "typ": "JWT", "x5t#S256": signer.x5t_s256}
    return changed(header, {name.replace("_", "#"): value for name, value in changes.items()})


def the_claims(app_id: object, audience: str, **changes: Any) -> dict[str, Any]:
    """The claims of an assertion that lives ten minutes from now."""
    now = int(time.time())
    claims = {
        "aud": audience,
        "iss": str(app_id),
        "sub": str(app_id),
        "jti": str(uuid.uuid4()),
        "nbf": now,
        "iat": now,
        "exp": now + 600,
    }
    return changed(claims, changes)


def changed(members: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The members with the changes; those that are ABSENT are left out."""
    return {name: value for name, value in {**members, **changes}.items() if value is not ABSENT}


def compact(header: Any, claims: Any, sign: Sign) -> str:
    """The compact form; bytes instead of a mapping stand in it as they are."""
    content = f"{base64url(as_json(header))}.{base64url(as_json(claims))}"
    return f"{content}.{base64url(sign(content.encode()))}"


def as_json(members: Any) -> bytes:
    """The members as JSON, or the bytes as they are."""
    return members if isinstance(members, bytes) else json.dumps(members).encode()


def base64url(content: bytes) -> str:
    """Base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def pkcs1(
    key: rsa.RSAPrivateKey, digest: Callable[[], hashes.HashAlgorithm] = hashes.SHA256
) -> Sign:
    """Signs as RS256 does, or with another digest as RS1, RS384 and RS512 do."""
    return lambda content: key.sign(content, padding.PKCS1v15(), digest())


def pss(
    key: rsa.RSAPrivateKey,
    digest: Callable[[], hashes.HashAlgorithm] = hashes.SHA256,
    *,
    salt: int | None = None,
) -> Sign:
    """Signs as PS256 does, or with another digest or length of salt."""
    used = digest()
    length = used.digest_size if salt is None else salt
    return lambda content: key.sign(content, padding.PSS(padding.MGF1(used), length), used)


def hmac_of(secret: bytes, digest: str) -> Sign:
    """Signs as HS256, HS384 and HS512 do."""
    return lambda content: hmac.digest(secret, content, digest)
