"""A certificate with its key, and the signed assertion by which it proves the app (RFC 7523)."""

from __future__ import annotations

import base64
import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from orgport.errors import BadInput

_LIFE_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Credentials:
    """A certificate and the private key that belongs to it; never printed, never sent."""

    certificate_der: bytes
    private_key: rsa.RSAPrivateKey

    def __repr__(self) -> str:
        return "Credentials(…)"

    def assertion(self, app_id: str, audience: str, *, now: datetime) -> str:
        """A fresh assertion of the app for the token endpoint `audience`, good once for 10 minutes."""
        issued = int(now.timestamp())
        digest = hashlib.sha256(self.certificate_der).digest()
        claims = {
            "aud": audience,
            "iss": app_id,
            "sub": app_id,
            "jti": str(uuid.uuid4()),
            "iat": issued,
            "nbf": issued,
            "exp": issued + _LIFE_SECONDS,
        }
        headers = {"x5t#S256": base64.urlsafe_b64encode(digest).rstrip(b"=").decode()}
        return jwt.encode(claims, self.private_key, algorithm="PS256", headers=headers)


def load_credentials(certificate: Path, key: Path | None = None) -> Credentials:
    """The credentials in PEM files; without `key` the certificate's file holds both.

    Raises BadInput when a file is missing or is not what it should be.
    """
    certificate_pem = _read(certificate)
    key_pem = _read(key) if key else certificate_pem
    try:
        der = x509.load_pem_x509_certificate(certificate_pem).public_bytes(
            serialization.Encoding.DER
        )
    except ValueError as broken:
        raise BadInput(f"{certificate} holds no certificate in PEM form.") from broken
    try:
        private_key = serialization.load_pem_private_key(key_pem, None)
    except (ValueError, TypeError) as broken:
        where = key or certificate
        raise BadInput(f"{where} holds no private key in PEM form without a password.") from broken
    if not isinstance(private_key, rsa.RSAPrivateKey):
        raise BadInput(f"The key in {key or certificate} is not an RSA key.")
    public = x509.load_der_x509_certificate(der).public_key()
    if public != private_key.public_key():
        raise BadInput(f"The key in {key or certificate} is not that of {certificate}.")
    return Credentials(der, private_key)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as missing:
        raise BadInput(f"The file {path} cannot be read: {missing.strerror}.") from missing
