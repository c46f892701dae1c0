"""Attacks with tokens on the ingress API: 401 for what was not issued here, 403 for what may not."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from assertions import a_key, a_signer, base64url, compact, hmac_of, pkcs1
from ingress import Caller, a_token
from orgport.identity.tokens import Grant, issue_access_token
from orgport.server.records.models import AppRegistration, SigningKey, Tenant
from orgport.server.settings import settings
from orgport.server.wiring.signing import current_key, published_jwks
from signing_in import Asker, assert_token
from tenants import a_connection, a_tenant, now

pytestmark = pytest.mark.django_db
Forge = Callable[[dict[str, Any], dict[str, Any]], str]


@pytest.fixture
def caller() -> Caller:
    return Caller()


def answer_to(caller: Caller, token: str, path: str = "") -> Any:
    return caller.client.get(path or caller.connector, headers={"authorization": f"Bearer {token}"})


def assert_401(answer: Any) -> None:
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    error = answer.json()["error"]
    assert error["code"] == "sign_in_failed"
    assert "eyJ" not in answer.content.decode()
    assert "evil" not in answer.content.decode()


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    claims = jwt.decode(token, options={"verify_signature": False})
    return dict(jwt.get_unverified_header(token)), dict(claims)


def key_in_jwks() -> dict[str, str]:
    kid = current_key(now()).kid
    return next(key for key in published_jwks(now()) if key["kid"] == kid)


FORGERIES: dict[str, Forge] = {
    "alg none": lambda h, c: compact({**h, "alg": "none"}, c, lambda _: b""),
    "alg none with a signature": lambda h, c: compact({**h, "alg": "None"}, c, lambda _: b"evil"),
    "no alg": lambda h, c: compact({"kid": h["kid"]}, c, lambda _: b"evil"),
    "HS256 with n": lambda h, c: compact(
        {**h, "alg": "HS256"}, c, hmac_of(key_in_jwks()["n"].encode(), "sha256")
    ),
    "HS256 with the JWK": lambda h, c: compact(
        {**h, "alg": "HS256"}, c, hmac_of(json.dumps(key_in_jwks()).encode(), "sha256")
    ),
    "another key": lambda h, c: compact(h, c, pkcs1(a_key("stranger"))),
    "another key named by jwk": lambda h, c: compact(
        {**h, "jwk": {"kty": "RSA", "n": "evil", "e": "AQAB"}}, c, pkcs1(a_key("stranger"))
    ),
    "no kid": lambda h, c: compact({"alg": "RS256"}, c, pkcs1(a_key("stranger"))),
    "an unknown kid": lambda h, c: compact({**h, "kid": "evil"}, c, pkcs1(a_key("stranger"))),
    "a path as kid": lambda h, c: compact({**h, "kid": "../evil"}, c, pkcs1(a_key("stranger"))),
    "deep JSON": lambda h, c: compact(b"[" * 9000, c, lambda _: b"evil"),
    "no JSON": lambda h, c: "evil.evil.evil",
    "one part": lambda h, c: "evil",
    "five parts": lambda h, c: "e.v.i.l.!",
    "very long": lambda h, c: "evil" * 5000,
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_is_401(caller: Caller, name: str) -> None:
    assert_401(answer_to(caller, FORGERIES[name](*parts(a_token(caller.app)))))


@pytest.mark.parametrize(
    "change",
    [
        {"tid": str(uuid.UUID(int=5))},
        {"roles": ["evil"]},
        {"exp": 9_999_999_999},
        {"appid": str(uuid.UUID(int=5))},
        {"aud": "evil"},
        {"iss": "https://evil.example/v2.0"},
    ],
)
def test_a_claim_that_was_changed_is_401(caller: Caller, change: dict[str, Any]) -> None:
    token = a_token(caller.app)
    head, _, signature = token.split(".")
    claims = json.dumps(parts(token)[1] | change).encode()
    assert_401(answer_to(caller, f"{head}.{base64url(claims)}.{signature}"))


def test_a_client_assertion_is_not_a_token(caller: Caller) -> None:
    asker = Asker(app=caller.app)
    assert_401(answer_to(caller, asker.assertion()))
    header = asker.header(kid=current_key(now()).kid)
    assert_401(answer_to(caller, asker.assertion(header)))


def test_a_token_of_the_app_itself_signed_by_its_own_certificate_is_401(caller: Caller) -> None:
    header, claims = parts(a_token(caller.app))
    assert_401(answer_to(caller, compact(header, claims, pkcs1(a_signer().key))))


@pytest.mark.parametrize("minutes", [-2, 122])
def test_a_token_that_has_expired_or_is_not_valid_yet_is_401(caller: Caller, minutes: int) -> None:
    assert_401(answer_to(caller, a_token(caller.app, minutes=minutes)))


def test_a_token_by_a_key_that_is_published_no_more_is_401(caller: Caller) -> None:
    token = a_token(caller.app)
    SigningKey.objects.all().delete()
    assert_401(answer_to(caller, token))


def test_a_token_of_another_base_than_ours_is_401(caller: Caller) -> None:
    app = caller.app
    token = issue_access_token(
        Grant(app.tenant_id, app.pk, app.service_principal_id),
        key=current_key(now()),
        issuer=f"https://evil.example/{app.tenant_id}/v2.0",
        now=now(),
        lifetime=now() - now().replace(year=2020),
        token_id="t1",
    )
    assert_401(answer_to(caller, token))


def test_a_token_of_another_tenant_is_403_wherever_it_goes(caller: Caller) -> None:
    other = Caller(a_connection(a_tenant("Fabrikam")))
    for path in (caller.connector, f"{caller.connector}/ingestions/{uuid.uuid4()}"):
        answer = answer_to(caller, a_token(other.app), path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")


def test_a_token_that_says_another_tenant_than_its_apps_is_403(caller: Caller) -> None:
    tenant: Tenant = a_tenant("Fabrikam")
    token = a_token(caller.app, tenant_id=tenant.pk)
    path = caller.connector.replace(caller.tenant, str(tenant.pk))
    assert answer_to(caller, token, path).status_code == 403


def test_a_token_outlives_neither_its_app_nor_the_apps_being_enabled(caller: Caller) -> None:
    token = a_token(caller.app)
    AppRegistration.objects.update(is_enabled=False)
    assert answer_to(caller, token).status_code == 403


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer  "])
def test_the_scheme_matches_in_any_case(caller: Caller, scheme: str) -> None:
    header = f"{scheme} {a_token(caller.app)}"
    answer = caller.client.get(caller.connector, headers={"authorization": header})
    assert answer.status_code == 200


def test_a_token_from_the_token_endpoint_opens_the_api() -> None:
    asker = Asker()
    connection = a_connection(asker.app.tenant, app=asker.app)
    token = assert_token(asker.ask())["access_token"]
    path = f"/v1.0/scopes/{asker.app.tenant_id}/ingress/connectors/HR"
    answer = asker.client.get(path, headers={"authorization": f"Bearer {token}"})
    assert answer.json() == {"ConnectorId": str(connection.pk)}
    assert settings().bases[0] in parts(token)[1]["iss"]
