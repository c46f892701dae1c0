"""A local certificate authority and server certificates, for TLS where no certificate is configured.

Clients have to be told of the authority (`REQUESTS_CA_BUNDLE`, `SSL_CERT_FILE`); nothing is installed.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from orgport.errors import BadInput
from orgport.identity.certificates import RSA_BITS, private_key_pem

_SKEW = timedelta(minutes=5)
_AUTHORITY_DAYS = 3650
_SERVER_DAYS = 397  # the longest that current clients take


@dataclass(frozen=True, slots=True)
class KeyAndCertificate:
    """A PKCS#8 key and a certificate, both PEM."""

    key_pem: bytes
    certificate_pem: bytes


def new_authority(name: str, *, now: datetime) -> KeyAndCertificate:
    """A fresh authority that can issue server certificates, and nothing else."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        _builder(subject, subject, key.public_key(), now, _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return KeyAndCertificate(
        private_key_pem(key), certificate.public_bytes(serialization.Encoding.PEM)
    )


def issue_server_certificate(
    authority: KeyAndCertificate, names: Iterable[str], *, now: datetime
) -> KeyAndCertificate:
    """A certificate for a TLS server under these host names and IP addresses."""
    hosts = list(dict.fromkeys(names))
    if not hosts:
        raise BadInput("A server certificate needs at least one name.")
    issuer_key = serialization.load_pem_private_key(authority.key_pem, None)
    issuer = x509.load_pem_x509_certificate(authority.certificate_pem)
    if not isinstance(issuer_key, rsa.RSAPrivateKey):
        raise BadInput("The authority's key is not an RSA key.")
    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:64])])
    certificate = (
        _builder(subject, issuer.subject, key.public_key(), now, _SERVER_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .sign(issuer_key, hashes.SHA256())
    )
    return KeyAndCertificate(
        private_key_pem(key), certificate.public_bytes(serialization.Encoding.PEM)
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_encipherment=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
