"""Certificates: what is made for senders, and what of an uploaded file is taken."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from assertions import a_signer
from orgport.errors import BadInput
from orgport.identity.authority import issue_server_certificate, new_authority
from orgport.identity.certificates import (
    NewCertificate,
    as_pfx,
    new_certificate,
    read_public_certificate,
)

NOW = datetime(2026, 11, 23, 2, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def made() -> NewCertificate:
    return new_certificate(" HR sender ", days=365, now=NOW)


def a_certificate_of(key: CertificateIssuerPrivateKeyTypes) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "HR sender")])
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(5)
    builder = builder.public_key(key.public_key()).not_valid_before(NOW)
    certificate = builder.not_valid_after(NOW + timedelta(days=1)).sign(key, digest)
    return certificate.public_bytes(serialization.Encoding.DER)


def test_a_new_certificate_is_rsa_of_3072_bits_and_signs_itself(made: NewCertificate) -> None:
    certificate = x509.load_pem_x509_certificate(made.certificate_pem)
    certificate.verify_directly_issued_by(certificate)
    assert certificate.subject.rfc4514_string() == "CN=HR sender"
    assert certificate.not_valid_after_utc == made.expires_at == NOW + timedelta(days=365)
    assert certificate.not_valid_before_utc == NOW - timedelta(minutes=5)
    key = serialization.load_pem_private_key(made.private_key_pem, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 3072
    assert key.public_key() == certificate.public_key()


def test_thumbprints_are_digests_of_the_whole_certificate(made: NewCertificate) -> None:
    assert made.thumbprint_sha256 == hashlib.sha256(made.certificate_der).hexdigest().upper()
    sha1 = hashlib.sha1(made.certificate_der, usedforsecurity=False)
    assert made.thumbprint_sha1 == sha1.hexdigest().upper()


@pytest.mark.parametrize(
    ("name", "days"), [("", 10), ("  ", 10), ("x" * 65, 10), ("x", 0), ("x", 3651)]
)
def test_a_name_or_a_life_out_of_range_is_refused(name: str, days: int) -> None:
    with pytest.raises(BadInput):
        new_certificate(name, days=days, now=NOW)


@pytest.mark.parametrize("password", [b"", b"a password"])
def test_a_pfx_holds_key_and_certificate(made: NewCertificate, password: bytes) -> None:
    pfx = as_pfx("HR sender", made.certificate_der, made.private_key_pem, password)
    key, certificate, _ = pkcs12.load_key_and_certificates(pfx, password or None)
    assert certificate is not None
    assert key is not None
    assert key.public_key() == certificate.public_key()


@pytest.mark.parametrize("form", ["pem", "der", "pem with text around it"])
def test_the_public_part_is_read_in_every_form(made: NewCertificate, form: str) -> None:
    files = {
        "pem": made.certificate_pem,
        "der": made.certificate_der,
        "pem with text around it": b"Bag Attributes\r\n" + made.certificate_pem + b"\r\n",
    }
    public = read_public_certificate(files[form])
    assert public.der == made.certificate_der
    assert (public.subject, public.key_description) == ("CN=HR sender", "RSA 3072")
    assert public.thumbprint_sha256 == made.thumbprint_sha256
    assert (public.starts_at, public.expires_at) == (NOW - timedelta(minutes=5), made.expires_at)


def test_a_certificate_without_a_subject_says_so() -> None:
    builder = x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(x509.Name([]))
    key = a_signer().key
    builder = builder.public_key(key.public_key()).serial_number(5).not_valid_before(NOW)
    certificate = builder.not_valid_after(NOW + timedelta(days=1)).sign(key, hashes.SHA256())
    der = certificate.public_bytes(serialization.Encoding.DER)
    assert read_public_certificate(der).subject == "(no subject)"


def test_a_file_with_a_private_key_is_refused_and_says_that_nothing_was_stored(
    made: NewCertificate,
) -> None:
    for content in (
        made.certificate_pem + made.private_key_pem,
        as_pfx("HR sender", made.certificate_der, made.private_key_pem, b"a password"),
    ):
        with pytest.raises(BadInput, match=r"private key.*nothing was stored"):
            read_public_certificate(content)


def test_other_files_are_refused(made: NewCertificate) -> None:
    for content in (
        b"",
        b"PersonId,ManagerId\n",
        made.certificate_der[:-1],
        made.certificate_pem[:200],
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        made.certificate_pem * 2,
        b"\0" * 70_000,
    ):
        with pytest.raises(BadInput):
            read_public_certificate(content)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (rsa.generate_private_key(65537, 1024), "has 1024 bits"),  # noqa: S505  that is the point
        (ed25519.Ed25519PrivateKey.generate(), "kind of key"),
        (ec.generate_private_key(ec.SECP256R1()), "kind of key"),
    ],
)
def test_weak_keys_and_those_that_could_never_sign_in_are_refused(
    key: CertificateIssuerPrivateKeyTypes, words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        read_public_certificate(a_certificate_of(key))


def test_an_authority_issues_for_names_and_addresses_and_can_issue_nothing_else() -> None:
    authority = new_authority("orgport test authority", now=NOW)
    issued = issue_server_certificate(authority, ["localhost", "127.0.0.1", "::1"], now=NOW)
    issuer = x509.load_pem_x509_certificate(authority.certificate_pem)
    certificate = x509.load_pem_x509_certificate(issued.certificate_pem)
    certificate.verify_directly_issued_by(issuer)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == ["localhost", "127.0.0.1", "::1"]
    limits = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (limits.ca, limits.path_length) == (True, 0)
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_an_authority_issues_nothing_without_a_name() -> None:
    with pytest.raises(BadInput):
        issue_server_certificate(new_authority("x", now=NOW), [], now=NOW)
