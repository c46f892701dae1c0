"""The token endpoint: what it gives, what it takes, and each line of the table of its errors."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

from assertions import ABSENT, a_signer, pss
from orgport.identity.tokens import verify_access_token
from orgport.server.api import token as endpoint
from orgport.server.records.models import AppRegistration, AuditEntry, Tenant
from orgport.server.settings import settings
from orgport.server.wiring.signing import published_jwks
from signing_in import (
    BEARER,
    EVIL,
    HOST,
    RESOURCE,
    Asker,
    assert_quotes_nothing,
    assert_refused,
    assert_token,
)
from tenants import a_tenant, now

pytestmark = pytest.mark.django_db
MSAL_NODE = {
    "x-client-SKU": "msal.js.node",
    "x-client-VER": "7.2.0",
    "x-client-OS": "linux",
    "x-client-CPU": "x64",
    "x-ms-lib-capability": "retry-after, h429",
    "x-client-current-telemetry": "5|771,0,,,|,",
    "x-client-last-telemetry": "5|0|||0,0",
    "client-request-id": str(uuid.UUID(int=9)),
}


@pytest.fixture
def asker() -> Asker:
    return Asker()


def test_the_answer_is_a_bearer_token_of_this_server(asker: Asker) -> None:
    content = assert_token(asker.ask())
    assert list(content) == ["token_type", "expires_in", "ext_expires_in", "access_token"]
    assert content["expires_in"] == content["ext_expires_in"] == 3599
    verified = verify_access_token(
        content["access_token"],
        public_jwks=published_jwks(now()),
        bases=settings().bases,
        now=now(),
    )
    assert (verified.tenant_id, verified.app_id) == (asker.app.tenant_id, asker.app.pk)
    claims = jwt.decode(content["access_token"], options={"verify_signature": False})
    assert claims["iss"] == f"https://{HOST}/{asker.app.tenant_id}/v2.0"
    assert claims["aud"] == RESOURCE
    assert claims["exp"] - claims["iat"] == 3599
    assert claims["sub"] == claims["oid"] == str(asker.app.service_principal_id)


def test_the_app_remembers_when_it_last_got_a_token(asker: Asker) -> None:
    asker.ask()
    last = AppRegistration.objects.get(pk=asker.app.pk).last_token_at
    assert last is not None
    assert (now() - last).total_seconds() < 60


@pytest.mark.parametrize(
    "scope",
    [
        f"{RESOURCE}/.default",
        f"{RESOURCE}/.default openid profile offline_access",
        "https://api.orginsights.viva.office.com/.default",
        "https://api.orginsights.viva.office.com//.default",
        f"https://{HOST}/.default",
        "01f9d889-ee31-41cb-85fa-3ad7e0981fa1/.default",
    ],
)
def test_every_name_of_the_resource_gives_a_token_for_the_one_resource(
    asker: Asker, scope: str
) -> None:
    token = assert_token(asker.ask(scope=scope))["access_token"]
    assert jwt.decode(token, options={"verify_signature": False})["aud"] == RESOURCE


def test_fields_that_other_clients_send_are_ignored(asker: Asker) -> None:
    assert_token(asker.ask(**MSAL_NODE))
    assert_token(asker.ask(path=f"{asker.path}?client-request-id={uuid.uuid4()}"))


def test_the_content_type_may_name_the_charset(asker: Asker) -> None:
    body = urlencode(asker.form())
    content_type = "application/x-www-form-urlencoded;charset=utf-8"
    assert_token(asker.post(body, content_type=content_type))


def test_client_id_may_be_left_out_or_stand_in_upper_case(asker: Asker) -> None:
    assert_token(asker.ask(client_id=ABSENT))
    assert_token(asker.ask(client_id=str(asker.app.pk).upper()))


def test_the_tenant_in_the_path_matches_in_any_case(asker: Asker) -> None:
    tenant = str(asker.app.tenant_id)
    assert_token(asker.ask(path=asker.path.replace(tenant, tenant.upper())))


def test_the_older_form_names_a_resource_and_is_answered_with_it(asker: Asker) -> None:
    path = f"/{asker.app.tenant_id}/oauth2/token"
    for resource in (RESOURCE, "https://api.orginsights.viva.office.com", f"https://{HOST}/"):
        content = assert_token(asker.ask(path=path, scope=ABSENT, resource=resource))
        assert content["resource"] == RESOURCE
        lived = int(content["expires_on"]) - int(content["not_before"])
        assert (lived, abs(int(content["not_before"]) - time.time()) < 60) == (3599, True)


@pytest.mark.parametrize("name", ["client-request-id", "x-ms-client-request-id"])
def test_a_guid_of_the_client_becomes_the_correlation_id(asker: Asker, name: str) -> None:
    own = str(uuid.uuid4())
    sent = {f"HTTP_{name.upper().replace('-', '_')}": own}
    assert asker.post(urlencode(asker.form()), **sent)["client-request-id"] == own
    answer = asker.post(urlencode(asker.form(grant_type=EVIL)), **sent)
    assert assert_refused(answer, 400, "unsupported_grant_type", 70003)["correlation_id"] == own


def test_anything_else_of_the_client_becomes_no_correlation_id(asker: Asker) -> None:
    form = urlencode(asker.form(grant_type=EVIL))
    answer = asker.post(form, HTTP_CLIENT_REQUEST_ID="evil\r\nx: y")
    assert_refused(answer, 400, "unsupported_grant_type", 70003)


@pytest.mark.parametrize(
    ("changes", "status", "error", "code"),
    [
        ({"grant_type": ABSENT}, 400, "invalid_request", 900144),
        ({"grant_type": ""}, 400, "invalid_request", 900144),
        ({"scope": ABSENT}, 400, "invalid_request", 900144),
        ({"scope": ""}, 400, "invalid_request", 900144),
        ({"client_assertion_type": ABSENT}, 400, "invalid_request", 900144),
        ({"client_assertion_type": ""}, 400, "invalid_request", 900144),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type", 70003),
        ({"grant_type": "Client_Credentials"}, 400, "unsupported_grant_type", 70003),
        ({"scope": f"{uuid.UUID(int=5)}/.default"}, 400, "invalid_scope", 70011),
        ({"scope": RESOURCE}, 400, "invalid_scope", 70011),
        ({"scope": "openid"}, 400, "invalid_scope", 70011),
        ({"scope": f"{RESOURCE}/.default evil/.default"}, 400, "invalid_scope", 70011),
        ({"scope": f"{RESOURCE}/.default/evil"}, 400, "invalid_scope", 70011),
        ({"client_assertion": ABSENT}, 401, "invalid_client", 7000218),
        ({"client_assertion": ""}, 401, "invalid_client", 7000218),
        (
            {"client_assertion": ABSENT, "client_secret": "evil secret"},
            401,
            "invalid_client",
            7000218,
        ),
        ({"client_assertion_type": BEARER + "2"}, 400, "invalid_request", 7000213),
        (
            {"client_assertion_type": BEARER.replace("jwt", "saml2")},
            400,
            "invalid_request",
            7000213,
        ),
        ({"client_id": str(uuid.UUID(int=5))}, 401, "invalid_client", 700021),
        ({"client_id": ""}, 401, "invalid_client", 700021),
    ],
)
def test_a_form_that_cannot_be_used_is_refused_as_the_table_says(
    asker: Asker, changes: dict[str, Any], status: int, error: str, code: int
) -> None:
    answer = asker.ask(**changes)
    assert_refused(answer, status, error, code)
    assert_quotes_nothing(answer, *asker.form(**changes).values(), *changes.values())


def test_the_older_form_needs_a_resource_that_is_known(asker: Asker) -> None:
    path = f"/{asker.app.tenant_id}/oauth2/token"
    assert_refused(asker.ask(path=path, scope=ABSENT), 400, "invalid_request", 900144)
    answer = asker.ask(path=path, resource="https://evil.example")
    assert_refused(answer, 400, "invalid_resource", 500011)


@pytest.mark.parametrize(
    "tenant", ["common", "organizations", "consumers", "evil", uuid.UUID(int=5)]
)
def test_an_unknown_tenant_is_refused(asker: Asker, tenant: object) -> None:
    answer = asker.ask(path=f"/{tenant}/oauth2/v2.0/token")
    assert_refused(answer, 400, "invalid_request", 90002)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "EVIL"])
def test_only_post_is_taken(asker: Asker, method: str) -> None:
    answer = asker.post(urlencode(asker.form()), method=method)
    assert answer["Allow"] == "POST"
    if method != "HEAD":
        assert_refused(answer, 405, "invalid_request", 900561)
    assert answer.status_code == 405


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""]
)
def test_only_a_form_is_taken(asker: Asker, content_type: str) -> None:
    body = json.dumps(asker.form())
    answer = asker.post(body, content_type=content_type)
    assert_refused(answer, 415, "invalid_request", 900561)


def test_a_form_over_64_kib_is_413(asker: Asker) -> None:
    answer = asker.ask(client_info="x" * 65_536)
    assert_refused(answer, 413, "invalid_request", 900561)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_authorizes_here(asker: Asker, method: str) -> None:
    answer = asker.post("", path=f"/{asker.app.tenant_id}/oauth2/v2.0/authorize", method=method)
    assert_refused(answer, 400, "unsupported_response_type", 700054)


def test_an_unknown_path_below_a_tenant_is_404_in_json(asker: Asker) -> None:
    answer = asker.post("", path=f"/{asker.app.tenant_id}/oauth2/v2.0/evil")
    assert_refused(answer, 404, "invalid_request", 90014)


def test_too_many_requests_are_429_with_the_time_to_wait(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = settings().model_copy(update={"requests_per_minute": 1})
    monkeypatch.setattr(endpoint, "settings", lambda: changed)
    assert_token(asker.ask())
    answer = asker.ask()
    assert_refused(answer, 429, "temporarily_unavailable", 90055)
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert_token(Asker().ask())


def test_a_fault_of_ours_is_told_in_the_same_shape_without_its_reason(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("evil detail")

    monkeypatch.setattr(endpoint, "current_key", broken)
    assert_refused(asker.ask(), 500, "server_error", 90033)


def test_a_refusal_stands_in_the_audit_trail_with_its_reason_and_the_thumbprint(
    asker: Asker,
) -> None:
    stranger = a_signer("stranger")
    header = {"alg": "PS256", "x5t#S256": stranger.x5t_s256}
    assertion = asker.assertion(header, sign=pss(stranger.key))
    content = assert_refused(asker.ask(assertion), 401, "invalid_client", 700027)
    entry = AuditEntry.objects.get(action="token.refused")
    assert entry.tenant_id == asker.app.tenant_id
    assert entry.subject == content["correlation_id"]
    assert entry.detail["number"] == 700027
    assert entry.detail["thumbprint"] == stranger.sha256.hex().upper()
    assert assertion.split(".")[1] not in json.dumps(entry.detail)


def test_nothing_is_noted_for_a_tenant_that_does_not_exist(asker: Asker) -> None:
    before = AuditEntry.objects.count()
    asker.ask(path=f"/{uuid.uuid4()}/oauth2/v2.0/token")
    assert AuditEntry.objects.count() == before


def test_a_new_tenant_has_nobody_who_could_sign_in(asker: Asker) -> None:
    other: Tenant = a_tenant("Fabrikam")
    answer = asker.ask(path=f"/{other.pk}/oauth2/v2.0/token")
    assert_refused(answer, 400, "unauthorized_client", 700016)
