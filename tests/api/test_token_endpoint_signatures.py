"""Attacks on header, certificate and signature of an assertion: each is refused as a client expects."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from assertions import ABSENT, Signer, a_key, a_signer, base64url, compact, hmac_of, pkcs1, pss
from orgport.server.records.models import AppCertificate, UsedAssertion
from signing_in import Asker, assert_quotes_nothing, assert_refused, assert_token, certify

pytestmark = pytest.mark.django_db
UNUSABLE, BAD_CERTIFICATE = 50027, 700027
HMACS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
Attack = Callable[[Asker], str]


@pytest.fixture
def asker() -> Asker:
    return Asker()


def refused(asker: Asker, assertion: str, code: int) -> None:
    answer = asker.ask(assertion)
    assert_refused(answer, 401, "invalid_client", code)
    assert_quotes_nothing(answer, assertion, *assertion.split("."), asker.app.pk)
    assert not UsedAssertion.objects.exists()


def test_what_the_attacks_change_is_taken_unchanged(asker: Asker) -> None:
    assert_token(asker.ask(asker.assertion()))


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", "rs256", " RS256", "RS256\0"])
@pytest.mark.parametrize("signature", ["", "copied"])
def test_no_algorithm_in_any_spelling(asker: Asker, alg: str, signature: str) -> None:
    copied = pkcs1(asker.signer.key)(b"anything") if signature else b""
    refused(asker, asker.assertion(asker.header(alg=alg), sign=lambda _: copied), UNUSABLE)


@pytest.mark.parametrize("alg", [ABSENT, None, ["RS256"], {"RS256": 1}, 256, True])
def test_an_algorithm_that_is_no_text(asker: Asker, alg: object) -> None:
    refused(asker, asker.assertion(asker.header(alg=alg)), UNUSABLE)


def public_forms(signer: Signer) -> dict[str, bytes]:
    key = signer.key.public_key()
    modulus = key.public_numbers().n.to_bytes(256, "big")
    return {
        "public key PEM": key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "public key DER": key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "certificate PEM": signer.pem,
        "certificate DER": signer.der,
        "x5c": signer.x5c.encode(),
        "modulus": modulus,
        "modulus in base64url": base64url(modulus).encode(),
        "nothing": b"",
    }


@pytest.mark.parametrize("alg", HMACS)
@pytest.mark.parametrize("form", public_forms(a_signer()))
def test_a_public_key_used_as_a_secret(asker: Asker, alg: str, form: str) -> None:
    secret = public_forms(asker.signer)[form]
    sign = hmac_of(secret, HMACS[alg])
    refused(asker, asker.assertion(asker.header(alg=alg), sign=sign), UNUSABLE)


@pytest.mark.parametrize(
    ("alg", "sign"),
    [
        ("RS1", lambda key: pkcs1(key, hashes.SHA1)),
        ("RS384", lambda key: pkcs1(key, hashes.SHA384)),
        ("RS512", lambda key: pkcs1(key, hashes.SHA512)),
        ("PS384", lambda key: pss(key, hashes.SHA384)),
        ("PS512", lambda key: pss(key, hashes.SHA512)),
        ("ES256", lambda _: ec_signature),
        ("EdDSA", lambda _: ed25519.Ed25519PrivateKey.generate().sign),
    ],
)
def test_an_algorithm_that_is_not_taken(asker: Asker, alg: str, sign: Any) -> None:
    assertion = asker.assertion(asker.header(alg=alg), sign=sign(asker.signer.key))
    refused(asker, assertion, UNUSABLE)


def ec_signature(content: bytes) -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).sign(content, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    ("alg", "sign"),
    [
        ("RS256", pss),
        ("PS256", pkcs1),
        ("PS256", lambda key: pss(key, salt=0)),
        ("PS256", lambda key: pss(key, salt=222)),
        ("PS256", lambda key: pss(key, hashes.SHA512)),
        ("RS256", lambda key: pkcs1(key, hashes.SHA1)),
    ],
)
def test_a_signature_made_by_another_algorithm(asker: Asker, alg: str, sign: Any) -> None:
    assertion = asker.assertion(asker.header(alg=alg), sign=sign(asker.signer.key))
    refused(asker, assertion, BAD_CERTIFICATE)


@pytest.mark.parametrize("segments", ["", "a", "a.b", "a.b.c.d", "a.b.c.d.e", "..", "a..c", ".b.c"])
def test_another_number_of_segments(asker: Asker, segments: str) -> None:
    text = segments.replace("a", asker.assertion().split(".")[0])
    code = UNUSABLE if text else 7000218
    assert_refused(asker.ask(text), 401, "invalid_client", code)


def with_signature(asker: Asker, change: Callable[[bytes], bytes]) -> str:
    head, claims, _ = asker.assertion().split(".")
    content = f"{head}.{claims}"
    return f"{content}.{base64url(change(pkcs1(asker.signer.key)(content.encode())))}"


def another_spelling(asker: Asker) -> str:
    """The same signature, with a bit set in its last character that stands for nothing."""
    text = asker.assertion()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) + 1]


@pytest.mark.parametrize(
    ("attack", "code"),
    [
        (lambda a: a.assertion().rpartition(".")[0] + ".", UNUSABLE),
        (another_spelling, UNUSABLE),
        (lambda a: with_signature(a, lambda s: s[:-1]), BAD_CERTIFICATE),
        (lambda a: with_signature(a, lambda s: s[:16]), BAD_CERTIFICATE),
        (lambda a: with_signature(a, lambda s: s + b"\0"), BAD_CERTIFICATE),
        (lambda a: with_signature(a, lambda s: b"\0" + s), BAD_CERTIFICATE),
        (lambda a: with_signature(a, lambda s: bytes([s[0] ^ 1]) + s[1:]), BAD_CERTIFICATE),
        (lambda a: with_signature(a, lambda s: s[:-1] + bytes([s[-1] ^ 1])), BAD_CERTIFICATE),
        (lambda a: with_signature(a, lambda s: b"\0" * len(s)), BAD_CERTIFICATE),
        (lambda a: with_signature(a, lambda s: b"\xff" * len(s)), BAD_CERTIFICATE),
        (lambda a: a.assertion(sign=pkcs1(a_key("stranger"))), BAD_CERTIFICATE),
    ],
)
def test_a_signature_that_was_changed(asker: Asker, attack: Attack, code: int) -> None:
    refused(asker, attack(asker), code)


@pytest.mark.parametrize("part", [0, 1])
def test_a_part_that_was_changed_after_signing(asker: Asker, part: int) -> None:
    parts = asker.assertion().split(".")
    changed = asker.header(note="x") if part == 0 else asker.claims(note="x")
    parts[part] = base64url(json.dumps(changed).encode())
    refused(asker, ".".join(parts), BAD_CERTIFICATE)


def namesake(asker: Asker) -> Signer:
    """A certificate with the registered subject and serial, issued by somebody's own authority."""
    serial = x509.load_der_x509_certificate(asker.signer.der).serial_number
    return a_signer("stranger", issuer=a_key("authority"), serial=serial)


@pytest.mark.parametrize("make", [lambda _: a_signer("stranger"), namesake])
@pytest.mark.parametrize("hints", ["x5t#S256", "x5t", "kid", "x5c"])
def test_a_certificate_that_is_not_registered(asker: Asker, make: Any, hints: str) -> None:
    signer = make(asker)
    own = {"x5t#S256": signer.x5t_s256, "x5t": signer.x5t, "kid": signer.sha1.hex()}
    named = own if hints == "x5c" else {hints: own[hints]}
    header = {"alg": "RS256", **named, **({"x5c": [signer.x5c]} if hints == "x5c" else {})}
    refused(asker, asker.assertion(header, sign=pkcs1(signer.key)), BAD_CERTIFICATE)


@pytest.mark.parametrize(
    ("x5c", "has_hint", "signs"),
    [
        (lambda own, other: [other.x5c], True, "stranger"),
        (lambda own, other: [other.x5c], True, "sender"),
        (lambda own, other: other.x5c, True, "sender"),
        (lambda own, other: [other.x5c], False, "stranger"),
        (lambda own, other: [own.x5c], False, "sender"),
        (lambda own, other: [own.x5c], True, "stranger"),
        (lambda own, other: [other.x5c, own.x5c], True, "sender"),
        (lambda own, other: [], True, "sender"),
        (lambda own, other: [None], True, "sender"),
        (lambda own, other: "", True, "sender"),
        (lambda own, other: 5, True, "sender"),
        (lambda own, other: {"0": own.x5c}, True, "sender"),
        (lambda own, other: [own.x5c + "AAAA"], True, "sender"),
        (lambda own, other: ["-----BEGIN CERTIFICATE-----" + own.x5c], True, "sender"),
        (lambda own, other: None, True, "sender"),
    ],
)
def test_x5c_is_never_a_source_of_trust(asker: Asker, x5c: Any, has_hint: bool, signs: str) -> None:
    header = asker.header(x5c=x5c(asker.signer, a_signer("stranger")))
    if not has_hint:
        del header["x5t#S256"]
    refused(asker, asker.assertion(header, sign=pkcs1(a_key(signs))), BAD_CERTIFICATE)


@pytest.mark.parametrize(
    "hints",
    [
        lambda own, other: {},
        lambda own, other: {"x5t#S256": own.x5t_s256, "x5t": other.x5t},
        lambda own, other: {"x5t#S256": other.x5t_s256, "x5t": own.x5t},
        lambda own, other: {"x5t": own.x5t, "kid": other.sha1.hex()},
        lambda own, other: {"x5t": own.x5t, "kid": "evil"},
        lambda own, other: {"x5t": own.x5t_s256},
        lambda own, other: {"x5t#S256": own.x5t},
        lambda own, other: {"x5t": 5},
        lambda own, other: {"x5t": None},
        lambda own, other: {"x5t": [own.x5t]},
        lambda own, other: {"x5t": ""},
        lambda own, other: {"x5t": "===="},
        lambda own, other: {"kid": ""},
        lambda own, other: {"kid": None},
        lambda own, other: {"kid": ["evil"]},
        lambda own, other: {"kid": "' OR '1'='1 --evil"},
        lambda own, other: {"kid": "../../../../etc/evil"},
        lambda own, other: {"kid": "https://evil.example/key"},
        lambda own, other: {"kid": "evil" * 5000},
    ],
)
def test_hints_that_disagree_or_name_nothing(asker: Asker, hints: Any) -> None:
    certify(asker.app, a_signer("stranger"))  # both are registered: the hints must still agree
    header = {"alg": "RS256", **hints(asker.signer, a_signer("stranger"))}
    code = UNUSABLE if len(json.dumps(header)) > 12_000 else BAD_CERTIFICATE
    refused(asker, asker.assertion(header), code)


@pytest.mark.parametrize(
    "members",
    [
        {"jwk": {"kty": "RSA", "n": "evil", "e": "AQAB"}},
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/cert"},
        {"crit": []},
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
        {"enc": "A128GCM"},
        {"zip": "DEF"},
        {"typ": "at+jwt"},
        {"typ": None},
    ],
)
def test_a_header_that_brings_its_own_key_or_rules(asker: Asker, members: dict[str, Any]) -> None:
    refused(asker, asker.assertion(asker.header(**members)), UNUSABLE)


@pytest.mark.parametrize(
    ("starts", "ends"),
    [(timedelta(days=-9), timedelta(hours=-1)), (timedelta(hours=1), timedelta(days=9))],
)
def test_a_certificate_outside_its_validity(
    asker: Asker, starts: timedelta, ends: timedelta
) -> None:
    asker.signer = a_signer("old", starts=starts, ends=ends)
    certify(asker.app, asker.signer)
    refused(asker, asker.assertion(), BAD_CERTIFICATE)


def test_a_certificate_that_was_disabled_or_removed(asker: Asker) -> None:
    AppCertificate.objects.update(is_enabled=False)
    refused(asker, asker.assertion(), BAD_CERTIFICATE)
    AppCertificate.objects.all().delete()
    refused(asker, asker.assertion(), BAD_CERTIFICATE)


def test_a_certificate_of_another_app_of_the_tenant(asker: Asker) -> None:
    other = Asker(signer=a_signer("stranger"))
    certify(other.app, other.signer)
    other.app.tenant = asker.app.tenant
    other.app.save()
    assertion = compact(other.header(), asker.claims(), pkcs1(other.signer.key))
    refused(asker, assertion, BAD_CERTIFICATE)


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        (b'{"alg":"RS256","alg":"none"}', None),
        (None, b'{"iss":"evil","iss":"evil"}'),
        (b'{"alg":"RS256","x":"\xff\xfe"}', None),
        (b'\xef\xbb\xbf{"alg":"RS256"}', None),
        (b'{"alg":"RS256","x":' + b"[" * 5000 + b"]" * 5000 + b"}", None),
        (b'{"alg":"RS256","x":' + b'{"a":' * 9 + b"1" + b"}" * 10, None),
        (b'{"alg":"RS256","x":"' + b"x" * 17_000 + b'"}', None),
        (None, b'{"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}"),
        (None, b'{"x":' + b"9" * 10_000 + b"}"),
        (None, b'{"x":"' + b"x" * 33_000 + b'"}'),
        (None, b'{"x":"\0"}'),
        (None, b"[]"),
        (None, b'"text"'),
        (None, b"null"),
        (None, b""),
        (b"{}", None),
        (b"evil", None),
    ],
    ids=lambda part: None if part is None else part[:24].decode("latin-1"),
)
def test_json_that_is_broken_doubled_deep_or_too_long(
    asker: Asker, header: bytes | None, claims: bytes | None
) -> None:
    refused(asker, asker.assertion(header, claims), UNUSABLE)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "=",
        lambda text: text.replace(".", "==.", 1),
        lambda text: text.replace(".", " .", 1),
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text.replace(".", "\0.", 1),
        lambda text: text[:40] + "\r\n" + text[40:],
        lambda text: text[:40] + "+" + text[41:],
        lambda text: text[:40] + "/" + text[41:],
        lambda text: text[:40] + "ü" + text[41:],
        lambda text: text.replace(".", "\uff0e"),
    ],
)
def test_another_alphabet_padding_or_white_space(
    asker: Asker, change: Callable[[str], str]
) -> None:
    refused(asker, change(asker.assertion()), UNUSABLE)
