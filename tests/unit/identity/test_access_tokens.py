"""Access tokens: what is issued is verified, and nothing else is."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest

from assertions import a_key, base64url, compact, pkcs1, pss
from orgport.errors import SignInFailed
from orgport.identity.tokens import (
    RESOURCE,
    AccessToken,
    Grant,
    SigningKeyPair,
    issue_access_token,
    issuer_of,
    jwks,
    new_signing_key,
    verify_access_token,
)

NOW = datetime(2026, 11, 23, 2, 15, tzinfo=UTC)
BASE = "https://localhost:8443"
GRANT = Grant(UUID(int=1), UUID(int=2), UUID(int=3), roles=("push",))


@pytest.fixture(scope="module")
def key() -> SigningKeyPair:
    return new_signing_key()


def issue(key: SigningKeyPair, *, issuer: str = "") -> str:
    return issue_access_token(
        GRANT,
        key=key,
        issuer=issuer or issuer_of(GRANT.tenant_id, BASE),
        now=NOW,
        lifetime=timedelta(seconds=3599),
        token_id="t1",
    )


def verify(token: str, key: SigningKeyPair, *, now: datetime = NOW) -> AccessToken:
    return verify_access_token(token, public_jwks=[key.public_jwk], bases=[BASE], now=now)


def test_a_token_says_who_and_where_and_how_long(key: SigningKeyPair) -> None:
    token = issue(key)
    at = int(NOW.timestamp())
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "typ": "JWT", "kid": key.kid}
    assert jwt.decode(token, options={"verify_signature": False}) == {
        "iss": f"{BASE}/{GRANT.tenant_id}/v2.0",
        "aud": RESOURCE,
        "iat": at,
        "nbf": at,
        "exp": at + 3599,
        "tid": str(GRANT.tenant_id),
        "appid": str(GRANT.app_id),
        "azp": str(GRANT.app_id),
        "appidacr": "2",
        "azpacr": "2",
        "oid": str(GRANT.service_principal_id),
        "sub": str(GRANT.service_principal_id),
        "idtyp": "app",
        "roles": ["push"],
        "ver": "2.0",
        "jti": "t1",
    }


def test_what_was_issued_is_verified(key: SigningKeyPair) -> None:
    verified = verify(issue(key), key)
    assert (verified.tenant_id, verified.app_id) == (GRANT.tenant_id, GRANT.app_id)
    assert verified.roles == ("push",)
    assert verified.expires_at == NOW + timedelta(seconds=3599)


def test_a_token_is_good_within_its_time_and_a_minute_of_skew(key: SigningKeyPair) -> None:
    token = issue(key)
    end = NOW + timedelta(seconds=3599)
    verify(token, key, now=NOW - timedelta(seconds=60))
    verify(token, key, now=end + timedelta(seconds=59))
    for moment in (NOW - timedelta(seconds=61), end + timedelta(seconds=60)):
        with pytest.raises(SignInFailed, match=r"valid yet|expired"):
            verify(token, key, now=moment)


def test_the_id_of_a_key_is_its_thumbprint_and_only_public_members_are_published(
    key: SigningKeyPair,
) -> None:
    published = jwks([dict(key.public_jwk) | {"d": "never"}])["keys"][0]
    assert sorted(published) == ["alg", "e", "kid", "kty", "n", "use"]
    content = json.dumps({name: published[name] for name in ("e", "kty", "n")}, sort_keys=True)
    digest = hashlib.sha256(content.replace(" ", "").encode()).digest()
    assert published["kid"] == base64url(digest) == key.kid


@pytest.mark.parametrize(
    "issuer",
    [
        f"{BASE}/{UUID(int=4)}/v2.0",
        f"https://evil.example/{GRANT.tenant_id}/v2.0",
        f"{BASE}/{GRANT.tenant_id}/v2.0/",
        f"{BASE}/x/{GRANT.tenant_id}/v2.0",
    ],
)
def test_another_issuer_is_refused_even_with_our_signature(
    key: SigningKeyPair, issuer: str
) -> None:
    with pytest.raises(SignInFailed, match="someone else"):
        verify(issue(key, issuer=issuer), key)


def forged(key: SigningKeyPair, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    token = issue(key)
    header = dict(jwt.get_unverified_header(token))
    claims = dict(jwt.decode(token, options={"verify_signature": False}))
    return header, claims | changes


def parts(key: SigningKeyPair) -> list[str]:
    return issue(key).split(".")


def with_claims(key: SigningKeyPair, **changes: Any) -> str:
    _, claims = forged(key, **changes)
    head, _, signature = parts(key)
    return f"{head}.{base64url(json.dumps(claims).encode())}.{signature}"


def with_algorithm(key: SigningKeyPair, alg: Any, sign: Callable[[bytes], bytes]) -> str:
    header, claims = forged(key)
    return compact(header | {"alg": alg}, claims, sign)


def hs256_with(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda content: hmac.digest(secret, content, "sha256")


ATTACKS: list[Callable[[SigningKeyPair], str]] = [
    lambda _: "",
    lambda _: "..",
    lambda _: "a.b",
    lambda _: "é.é.é",
    lambda key: with_algorithm(key, "none", lambda _: b""),
    lambda key: with_algorithm(key, "nOnE", lambda _: b"x"),
    lambda key: with_algorithm(key, ["RS256"], lambda _: b"x"),
    lambda key: with_algorithm(key, "HS256", hs256_with(key.public_jwk["n"].encode())),
    lambda key: with_algorithm(key, "HS256", hs256_with(json.dumps(dict(key.public_jwk)).encode())),
    lambda key: with_algorithm(key, "RS256", hs256_with(key.public_jwk["n"].encode())),
    lambda key: with_algorithm(key, "RS256", pkcs1(a_key("stranger"))),
    lambda key: with_algorithm(key, "PS256", pss(a_key("stranger"))),
    lambda key: with_claims(key, tid=str(UUID(int=4))),
    lambda key: with_claims(key, roles=["admin"]),
    lambda key: with_claims(key, exp=9_999_999_999),
    lambda key: issue(key)[:-2] + "AA",
    lambda key: issue(key) + "A",
    lambda key: ".".join(parts(key)[:2]) + ".",
    lambda _: issue(new_signing_key()),
    lambda key: compact({"alg": "RS256", "kid": key.kid, "jwk": key.public_jwk}, {}, lambda _: b""),
    lambda _: compact({"alg": "RS256", "kid": 5}, {}, lambda _: b"x"),
    lambda _: compact(b"[" * 8000, {}, lambda _: b"x"),
    lambda _: "a" * 20_000 + ".b.c",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_forged_token_is_refused_without_quoting_it(
    key: SigningKeyPair, attack: Callable[[SigningKeyPair], str]
) -> None:
    with pytest.raises(SignInFailed) as refused:
        verify(attack(key), key)
    assert len(refused.value.message) < 100


def signed_by_us(key: SigningKeyPair, **changes: Any) -> str:
    _, claims = forged(key)
    left = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode(left, key.private_key_pem, algorithm="RS256", headers={"kid": key.kid})


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "01f9d889-ee31-41cb-85fa-3ad7e0981fa1"},
        {"idtyp": "user"},
        {"tid": None},
        {"exp": None},
        {"nbf": None},
        {"appid": "x"},
        {"tid": str(UUID(int=0))},
    ],
)
def test_a_token_that_lacks_or_changes_a_claim_is_refused(
    key: SigningKeyPair, changes: dict[str, Any]
) -> None:
    with pytest.raises(SignInFailed):
        verify(signed_by_us(key, **changes), key)
