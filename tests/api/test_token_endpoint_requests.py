"""Attacks on the request for a token: its method, path, host and form; and what discovery says."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from django.test import Client

from orgport.identity.tokens import RESOURCE
from orgport.server.api import login
from orgport.server.api import token as endpoint
from orgport.server.records.models import SigningKey, UsedAssertion
from orgport.server.settings import settings
from orgport.server.wiring.signing import ROTATION, current_key, published_jwks
from signing_in import EVIL, FORM, HOST, JSON, Asker, assert_refused, assert_token
from tenants import now

pytestmark = pytest.mark.django_db
STOCK = "login.microsoftonline.com"


@pytest.fixture
def asker() -> Asker:
    return Asker()


@pytest.mark.parametrize(
    "tenant", ["", "/", "common", "organizations", "consumers", ".", "..", "../evil", "a/../{t}",
               "{t}/..", "{t}/../{t}", "{t}/", "{{{t}}}", "urn:uuid:{t}", "{t}\n", "{t}\0", "{t} ",
               "ü", "{t}/evil"],
)  # fmt: skip
def test_what_is_no_tenant_is_refused_in_json(asker: Asker, tenant: str) -> None:
    # The server hands a %2f and a %00 on decoded, as they stand here.
    path = f"/{tenant.format(t=asker.app.tenant_id)}/oauth2/v2.0/token"
    answer = asker.ask(path=path)
    assert_refused(answer, 400, "invalid_request", 90002)


def test_credentials_in_the_query_are_not_read(asker: Asker) -> None:
    query = urlencode(asker.form())
    answer = asker.post("", path=f"{asker.path}?{query}")
    assert_refused(answer, 400, "invalid_request", 900144)
    answer = asker.post("", path=f"{asker.path}?{query}", method="GET")
    assert_refused(answer, 405, "invalid_request", 900561)
    assert not UsedAssertion.objects.exists()


@pytest.mark.parametrize(
    "name", ["grant_type", "client_id", "scope", "client_assertion", "client_assertion_type"]
)
def test_a_field_that_stands_twice(asker: Asker, name: str) -> None:
    form = asker.form()
    for second in (form[name], EVIL, ""):
        answer = asker.post(urlencode({**form, name: [form[name], second]}, doseq=True))
        assert_refused(answer, 400, "invalid_request", 900144)


def test_fields_that_are_not_needed_may_stand_twice(asker: Asker) -> None:
    assert_token(asker.ask(client_info=["1", "2"]))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"evil",
        b"&&&&",
        b"=evil",
        b"grant_type",
        b"grant_type=%ff%fe",
        b"grant_type=\xff",
        b"&".join(b"a%d=1" % n for n in range(100)),
        b"\0" * 100,
        b'{"grant_type":"client_credentials"}',
    ],
)
def test_a_form_that_cannot_be_read(asker: Asker, body: bytes) -> None:
    assert_refused(asker.post(body), 400, "invalid_request", 900144)


def test_a_form_longer_than_its_announced_length_is_cut_there(asker: Asker) -> None:
    answer = asker.post(urlencode(asker.form()), CONTENT_LENGTH="20")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/{t}/oauth2/v2.0/token",
        "/{t}/v2.0/.well-known/openid-configuration",
        "/{t}/discovery/v2.0/keys",
        "/common/discovery/instance?authorization_endpoint=https://localhost:8443/{t}/x",
    ],
)
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8443", "localhost:9", "localhost", ""]
)
def test_a_host_that_is_not_ours_gets_neither_token_nor_document(
    asker: Asker, path: str, host: str
) -> None:
    asker.client.defaults["HTTP_HOST"] = host
    method = "POST" if path.endswith("token") else "GET"
    where = path.format(t=asker.app.tenant_id)
    answer = asker.post(urlencode(asker.form()), path=where, method=method)
    assert_refused(answer, 421, "invalid_request", 90012)


@pytest.mark.parametrize("host", ["evil.example", "localhost:1, evil.example", "a b", "[::evil"])
def test_a_host_that_is_not_ours_gets_json_from_the_api_too(host: str) -> None:
    path = f"/v1.0/scopes/{uuid.UUID(int=5)}/ingress/connectors/HR"
    answer = Client().get(path, headers={"host": host})
    assert (answer.status_code, answer["Content-Type"]) == (400, JSON)
    assert answer.json()["error"]["code"] == "bad_input"
    assert EVIL not in answer.content.decode()


@pytest.mark.parametrize(
    "header", ["HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED", "HTTP_X_ORIGINAL_HOST", "HTTP_X_HOST"]
)
def test_a_forwarded_host_changes_neither_document_nor_token_nor_audience(
    asker: Asker, header: str
) -> None:
    forged = {header: "host=evil.example" if header.endswith("FORWARDED") else "evil.example"}
    path = f"/{asker.app.tenant_id}/v2.0/.well-known/openid-configuration"
    document = asker.post("", path=path, method="GET", **forged)
    assert EVIL not in document.content.decode()
    token = assert_token(asker.post(urlencode(asker.form()), **forged))["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["iss"] == f"https://{HOST}/{asker.app.tenant_id}/v2.0"
    audience = asker.endpoint.replace(HOST, "evil.example")
    form = asker.form(asker.assertion(claims=asker.claims(aud=audience)))
    assert_refused(asker.post(urlencode(form), **forged), 401, "invalid_client", 700023)


def with_alias(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = settings().model_copy(update={"public_urls": (f"https://{HOST}", f"https://{STOCK}")})
    for module in (endpoint, login):
        monkeypatch.setattr(module, "settings", lambda: changed)
    monkeypatch.setattr("django.conf.settings.ALLOWED_HOSTS", ["localhost", STOCK])


def test_an_alias_gets_documents_and_tokens_with_its_own_name(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_alias(monkeypatch)
    asker.client.defaults["HTTP_HOST"] = STOCK.upper()
    tenant = asker.app.tenant_id
    path = f"/{tenant}/v2.0/.well-known/openid-configuration"
    document = asker.post("", path=path, method="GET").json()
    assert document["token_endpoint"] == f"https://{STOCK}/{tenant}/oauth2/v2.0/token"
    claims = asker.claims(aud=document["token_endpoint"])
    token = assert_token(asker.ask(asker.assertion(claims=claims)))["access_token"]
    issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
    assert issuer == document["issuer"] == f"https://{STOCK}/{tenant}/v2.0"


def get(asker: Asker, path: str) -> Any:
    return asker.client.get(path, secure=True)


@pytest.mark.parametrize("part", ["v2.0/", ""])
def test_the_configuration_holds_what_every_client_needs(asker: Asker, part: str) -> None:
    tenant = asker.app.tenant_id
    answer = get(asker, f"/{str(tenant).upper()}/{part}.well-known/openid-configuration")
    root = f"https://{HOST}/{tenant}"
    assert (answer.status_code, answer["Content-Type"]) == (200, JSON)
    assert answer.json() == {
        "issuer": f"{root}/v2.0",
        "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
        "token_endpoint": f"{root}/oauth2/v2.0/token",
        "jwks_uri": f"{root}/discovery/v2.0/keys",
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["PS256", "RS256"],
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": ["token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": [
            f"{RESOURCE}/.default",
            "https://api.orginsights.viva.office.com/.default",
            "01f9d889-ee31-41cb-85fa-3ad7e0981fa1/.default",
        ],
    }


@pytest.mark.parametrize(
    "path",
    [
        "/{t}/v2.0/.well-known/openid-configuration",
        "/{t}/.well-known/openid-configuration",
        "/{t}/discovery/v2.0/keys",
    ],
)
@pytest.mark.parametrize("tenant", ["common", "evil", str(uuid.UUID(int=5))])
def test_no_document_for_an_unknown_tenant(asker: Asker, path: str, tenant: str) -> None:
    answer = get(asker, path.format(t=tenant))
    assert_refused(answer, 400, "invalid_request", 90002)


def test_a_document_is_not_posted_to(asker: Asker) -> None:
    path = f"/{asker.app.tenant_id}/v2.0/.well-known/openid-configuration"
    answer = asker.post("", path=path)
    assert answer["Allow"] == "GET, HEAD"
    assert_refused(answer, 405, "invalid_request", 900561)


@pytest.mark.parametrize("host", [HOST, STOCK])
def test_instance_discovery_knows_this_host_alone(asker: Asker, host: str) -> None:
    tenant = asker.app.tenant_id
    asked = f"https://{host}/{tenant}/oauth2/v2.0/authorize"
    path = "/common/discovery/instance?api-version=1.1&"
    answer = get(asker, path + urlencode({"authorization_endpoint": asked}))
    assert answer.json() == {
        "tenant_discovery_endpoint": f"https://{HOST}/{tenant}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [{"preferred_network": HOST, "preferred_cache": HOST, "aliases": [HOST]}],
    }


@pytest.mark.parametrize(
    "asked", ["", "evil", "https://[evil/x", "https://localhost:8443/common/x", "//\0", "/" * 5000]
)
def test_instance_discovery_of_an_unknown_tenant_is_refused(asker: Asker, asked: str) -> None:
    path = "/common/discovery/instance?" + urlencode({"authorization_endpoint": asked})
    assert_refused(get(asker, path), 400, "invalid_request", 90002)


def test_the_keys_that_are_published_verify_tokens_and_are_public(asker: Asker) -> None:
    token = assert_token(asker.ask())["access_token"]
    keys = get(asker, f"/{asker.app.tenant_id}/discovery/v2.0/keys").json()["keys"]
    assert len(keys) == 2
    for key in keys:
        assert sorted(key) == ["alg", "e", "kid", "kty", "n", "use"]
        assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")
    kid = jwt.get_unverified_header(token)["kid"]
    key = next(key for key in keys if key["kid"] == kid)
    jwt.decode(token, jwt.PyJWK(key), algorithms=["RS256"], audience=RESOURCE)


def test_a_rotation_signs_with_the_next_key_and_publishes_the_old_one_for_a_while() -> None:
    began = now()
    old = current_key(began).kid
    following = next(key["kid"] for key in published_jwks(began) if key["kid"] != old)
    later = began + ROTATION + timedelta(seconds=1)
    assert current_key(later).kid == following
    published = [key["kid"] for key in published_jwks(later)]
    assert len(published) == 3
    assert {old, following} < set(published)
    last_token_ends = later + timedelta(seconds=settings().token_lifetime_seconds)
    assert old in [key["kid"] for key in published_jwks(last_token_ends)]
    forgotten = last_token_ends + timedelta(minutes=2)
    assert old not in [key["kid"] for key in published_jwks(forgotten)]


def test_who_asked_just_before_a_rotation_gets_a_token_by_the_old_key() -> None:
    began = now()
    old = current_key(began)
    due = SigningKey.objects.get(signs_from__gt=began).signs_from
    assert current_key(due + timedelta(seconds=1)).kid != old.kid
    assert current_key(due - timedelta(milliseconds=1)).kid == old.kid


def test_private_keys_are_not_readable_at_rest() -> None:
    pem = current_key(now()).private_key_pem
    for record in SigningKey.objects.all():
        kept = bytes(record.private_encrypted)
        assert b"PRIVATE KEY" not in kept
        assert pem[100:140] not in kept
        assert "d" not in record.public_jwk
        assert json.dumps(record.public_jwk)


def test_the_form_is_taken_only_as_a_form_even_when_empty(asker: Asker) -> None:
    assert_refused(asker.post("", content_type=""), 415, "invalid_request", 900561)
    assert_refused(asker.post("", content_type=FORM), 400, "invalid_request", 900144)
