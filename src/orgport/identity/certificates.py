"""Certificates: making self-signed ones for senders, and reading the public ones that are uploaded.

Thumbprints are digests of the DER form, SHA-1 and SHA-256, in upper-case hexadecimal.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from orgport.errors import BadInput

RSA_BITS = 3072
SMALLEST_RSA_BITS = 2048
_LARGEST_FILE = 64 * 1024
_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class NewCertificate:
    """A fresh key and its self-signed certificate."""

    certificate_pem: bytes
    certificate_der: bytes
    private_key_pem: bytes  # PKCS#8, not encrypted: keep it in a file of mode 0600
    thumbprint_sha1: str
    thumbprint_sha256: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PublicCertificate:
    """The public part of a certificate, as it is registered for an app."""

    der: bytes
    subject: str
    thumbprint_sha1: str
    thumbprint_sha256: str
    starts_at: datetime
    expires_at: datetime
    key_description: str  # "RSA 3072"


def new_certificate(name: str, *, days: int, now: datetime) -> NewCertificate:
    """A self-signed certificate with subject CN=`name`, RSA 3072, SHA-256, for `days` days."""
    if not name.strip() or len(name) > 64:
        raise BadInput("A certificate needs a name of 1 to 64 characters.")
    if not 1 <= days <= 3650:
        raise BadInput("A certificate lives between 1 and 3650 days.")
    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name.strip())])
    expires_at = now + timedelta(days=days)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(expires_at)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    return NewCertificate(
        certificate_pem=certificate.public_bytes(serialization.Encoding.PEM),
        certificate_der=der,
        private_key_pem=private_key_pem(key),
        thumbprint_sha1=thumbprint_sha1(der),
        thumbprint_sha256=thumbprint_sha256(der),
        expires_at=expires_at,
    )


def private_key_pem(key: rsa.RSAPrivateKey) -> bytes:
    """The key as PKCS#8 PEM, not encrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def as_pfx(name: str, certificate_der: bytes, key_pem: bytes, password: bytes = b"") -> bytes:
    """Key and certificate as one PKCS#12 file, encrypted when a password is given."""
    key = serialization.load_pem_private_key(key_pem, None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise BadInput("Only RSA keys are written as PKCS#12.")
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        encryption = serialization.BestAvailableEncryption(password)
    certificate = x509.load_der_x509_certificate(certificate_der)
    return pkcs12.serialize_key_and_certificates(name.encode(), key, certificate, None, encryption)


def read_public_certificate(content: bytes) -> PublicCertificate:
    """The certificate in an uploaded .cer, .crt or .pem, DER or PEM.

    Raises BadInput for anything else, above all for a file that holds a private key.
    """
    if len(content) > _LARGEST_FILE:
        raise BadInput(
            "The file is too large for a certificate. Upload the .cer, .crt or .pem file."
        )
    if b"PRIVATE KEY" in content:
        raise BadInput(
            "The file holds a private key, which must never leave the sender's machine; nothing was "
            "stored. Upload the public certificate alone, and make a new one if this file was sent."
        )
    certificate = _load(content)
    description = _describe_key(certificate)
    der = certificate.public_bytes(serialization.Encoding.DER)
    return PublicCertificate(
        der=der,
        subject=certificate.subject.rfc4514_string()[:512] or "(no subject)",
        thumbprint_sha1=thumbprint_sha1(der),
        thumbprint_sha256=thumbprint_sha256(der),
        starts_at=certificate.not_valid_before_utc,
        expires_at=certificate.not_valid_after_utc,
        key_description=description,
    )


def thumbprint_sha1(der: bytes) -> str:
    """The SHA-1 thumbprint: a name by which clients call a certificate, not a protection."""
    return hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()


def thumbprint_sha256(der: bytes) -> str:
    """The SHA-256 thumbprint."""
    return hashlib.sha256(der).hexdigest().upper()


def _load(content: bytes) -> x509.Certificate:
    try:
        if b"-----BEGIN" not in content:
            return x509.load_der_x509_certificate(content)
        found = x509.load_pem_x509_certificates(content)
    except (ValueError, UnsupportedAlgorithm) as broken:
        if _is_pfx(content):
            raise BadInput(
                "The file is a PKCS#12 (.pfx), which holds the private key; nothing was stored. "
                "Upload the public certificate, a .cer, .crt or .pem file."
            ) from broken
        raise BadInput(
            "The file is not a certificate. Upload a .cer, .crt or .pem file with the public part."
        ) from broken
    if len(found) != 1:
        raise BadInput(
            f"The file holds {len(found)} certificates. Upload the one that signs, alone."
        )
    return found[0]


def _is_pfx(content: bytes) -> bool:
    # A PFX is a SEQUENCE that begins with the INTEGER 3 (RFC 7292).
    return content[:1] == b"\x30" and b"\x02\x01\x03" in content[:8]


def _describe_key(certificate: x509.Certificate) -> str:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as broken:
        raise BadInput(
            "The key of the certificate cannot be read. Use RSA with 3072 bits."
        ) from broken
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < SMALLEST_RSA_BITS:
            raise BadInput(
                f"The key has {key.key_size} bits; at least {SMALLEST_RSA_BITS} are needed. "
                "Make a new certificate."
            )
        return f"RSA {key.key_size}"
    # An elliptic curve would pass here and never sign in: assertions are RS256 or PS256, as all clients sign.
    raise BadInput("The certificate's kind of key is not taken. Use RSA with 3072 bits.")
