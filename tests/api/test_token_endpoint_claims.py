"""Attacks on the claims of an assertion, on who it is of, and on its being shown again."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from assertions import ABSENT, a_signer
from orgport.server.api import token as endpoint
from orgport.server.records.models import AppRegistration, UsedAssertion
from orgport.server.settings import settings
from signing_in import (
    RESOURCE,
    Asker,
    a_certified_app,
    assert_quotes_nothing,
    assert_refused,
    assert_token,
    certify,
)
from tenants import a_tenant, an_app, now

pytestmark = pytest.mark.django_db
UNUSABLE, WRONG_AUDIENCE, WRONG_TIME = 50027, 700023, 700024


@pytest.fixture
def asker() -> Asker:
    return Asker()


def refused(asker: Asker, claims: Any, code: int) -> None:
    assertion = asker.assertion(claims=claims)
    answer = asker.ask(assertion)
    assert_refused(answer, 401, "invalid_client", code)
    assert_quotes_nothing(answer, assertion, asker.app.pk)
    assert not UsedAssertion.objects.exists()


@pytest.mark.parametrize("ending", ["oauth2/v2.0/token", "oauth2/token", "v2.0"])
def test_the_audience_may_be_any_name_of_this_tenants_endpoint(asker: Asker, ending: str) -> None:
    audience = asker.endpoint.replace("oauth2/v2.0/token", ending)
    assert_token(asker.ask(asker.assertion(claims=asker.claims(aud=audience))))


@pytest.mark.parametrize(
    "audience",
    [
        lambda right: ABSENT,
        lambda right: None,
        lambda right: "",
        lambda right: 5,
        lambda right: {"aud": right},
        lambda right: [],
        lambda right: [right, "https://evil.example"],
        lambda right: [right, right],
        lambda right: [[right]],
        lambda right: right.replace("localhost", "evil.example"),
        lambda right: right.replace("localhost:8443", "localhost:8443@evil.example"),
        lambda right: right.replace("localhost:8443", "localhost"),
        lambda right: right.replace("https", "http"),
        lambda right: right.replace(right.split("/")[3], str(uuid.UUID(int=5))),
        lambda right: right.replace(right.split("/")[3], "common"),
        lambda right: RESOURCE,
        lambda right: "https://login.microsoftonline.com" + right[len("https://localhost:8443") :],
        lambda right: right + "/",
        lambda right: right + "x",
        lambda right: right[:-1],
        lambda right: " " + right,
        lambda right: right + "\0",
        lambda right: right + "?x=evil",
        lambda right: right.rpartition("/")[0],
    ],
)
def test_an_audience_that_is_not_this_endpoint(
    asker: Asker, audience: Callable[[str], object]
) -> None:
    refused(asker, asker.claims(aud=audience(asker.endpoint)), WRONG_AUDIENCE)


def test_an_audience_with_half_a_surrogate_pair(asker: Asker) -> None:
    refused(asker, asker.claims(aud="\ud800"), UNUSABLE)


@pytest.mark.parametrize(
    ("exp", "code"),
    [
        (ABSENT, UNUSABLE),
        (None, UNUSABLE),
        (True, UNUSABLE),
        ([9_999_999_999], UNUSABLE),
        ("soon", UNUSABLE),
        (float("nan"), UNUSABLE),
        (float("inf"), UNUSABLE),
        (-1, UNUSABLE),
        (10**15, UNUSABLE),
        (10**4000, UNUSABLE),
        (0, WRONG_TIME),
        (999_999_999_999, WRONG_TIME),
    ],
)
def test_an_end_that_is_missing_or_no_moment(asker: Asker, exp: object, code: int) -> None:
    refused(asker, asker.claims(exp=exp), code)


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"9" * 9000, b"0x7fffffff", b"1_0"])
def test_an_end_written_as_no_number_of_json_would_be(asker: Asker, number: bytes) -> None:
    claims = json.dumps(asker.claims(exp="HERE")).encode().replace(b'"HERE"', number)
    refused(asker, claims, UNUSABLE)


@pytest.mark.parametrize(
    "seconds",
    [
        {"exp": -310, "nbf": -900, "iat": -900},
        {"exp": 3700},
        {"exp": 86_400},
        {"nbf": 310},
        {"iat": 310},
        {"nbf": 310, "iat": ABSENT},
    ],
)
def test_a_time_past_or_to_come_by_more_than_the_skew(
    asker: Asker, seconds: dict[str, Any]
) -> None:
    at = int(time.time())
    times = {n: s if s is ABSENT else at + s for n, s in seconds.items()}
    refused(asker, asker.claims(**times), WRONG_TIME)


@pytest.mark.parametrize(
    "jti", [ABSENT, None, "", 5, True, ["x"], {}, "x" * 257, "evil\0", "\ud8ff"]
)
def test_an_id_that_cannot_be_kept(asker: Asker, jti: object) -> None:
    refused(asker, asker.claims(jti=jti), UNUSABLE)


@pytest.mark.parametrize("jti", ["x" * 256, "ü" * 256, "\U0001f642" * 256, "'; DROP TABLE x; --"])
def test_any_other_id_is_kept_as_it_is(asker: Asker, jti: str) -> None:
    assert_token(asker.ask(asker.assertion(claims=asker.claims(jti=jti))))
    assert UsedAssertion.objects.get().jti == jti


def test_an_assertion_is_good_for_one_token(asker: Asker) -> None:
    assertion = asker.assertion()
    assert_token(asker.ask(assertion))
    content = assert_refused(asker.ask(assertion), 401, "invalid_client", UNUSABLE)
    assert "Build a new one" in content["error_description"]


def test_an_id_is_good_for_one_token_whatever_else_is_said(asker: Asker) -> None:
    assert_token(asker.ask(asker.assertion(claims=asker.claims(jti="once"))))
    again = asker.assertion(claims=asker.claims(jti="once", exp=int(time.time()) + 900))
    assert_refused(asker.ask(again), 401, "invalid_client", UNUSABLE)


def test_an_id_used_by_one_app_is_free_for_another(asker: Asker) -> None:
    for app in (asker, Asker(app=a_certified_app("Fabrikam"))):
        assert_token(app.ask(app.assertion(claims=app.claims(jti="same"))))


@pytest.mark.parametrize(
    "fault",
    [{"scope": "evil"}, {"client_assertion_type": "evil"}, {"client_id": str(uuid.UUID(int=5))}],
)
def test_a_refused_request_uses_no_assertion_up(asker: Asker, fault: dict[str, str]) -> None:
    assertion = asker.assertion()
    assert asker.ask(assertion, **fault).status_code in (400, 401)
    assert_token(asker.ask(assertion))


def test_a_fault_of_ours_uses_no_assertion_up(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("no room")

    assertion = asker.assertion()
    with monkeypatch.context() as patch:
        patch.setattr(endpoint, "issue_access_token", broken)
        assert_refused(asker.ask(assertion), 500, "server_error", 90033)
    assert_token(asker.ask(assertion))


def test_used_ids_are_forgotten_when_their_assertion_has_expired(asker: Asker) -> None:
    assert_token(asker.ask())
    UsedAssertion.objects.update(expires_at=now() - timedelta(minutes=6))
    assert_token(asker.ask())
    assert UsedAssertion.objects.count() == 1


def reusing(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = settings().model_copy(update={"assertion_reuse": "same-bytes"})
    monkeypatch.setattr(endpoint, "settings", lambda: changed)


def test_where_reuse_is_on_the_very_same_assertion_gives_tokens_until_it_expires(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    reusing(monkeypatch)
    assertion = asker.assertion()
    tokens = {assert_token(asker.ask(assertion))["access_token"] for _ in range(3)}
    assert len(tokens) == 3
    assert UsedAssertion.objects.count() == 1


def test_where_reuse_is_on_another_assertion_or_address_is_still_refused(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    reusing(monkeypatch)
    assertion = asker.assertion(claims=asker.claims(jti="once"))
    assert_token(asker.ask(assertion))
    other = asker.assertion(claims=asker.claims(jti="once", note="x"))
    assert_refused(asker.ask(other), 401, "invalid_client", UNUSABLE)
    asker.client.defaults["REMOTE_ADDR"] = "192.0.2.7"
    assert_refused(asker.ask(assertion), 401, "invalid_client", UNUSABLE)


@pytest.mark.parametrize(
    ("issuer", "subject"),
    [
        ("app", "other"),
        ("other", "app"),
        (ABSENT, "app"),
        ("app", ABSENT),
        (ABSENT, ABSENT),
        (None, None),
        (5, 5),
        (["app"], ["app"]),
    ],
)
def test_issuer_and_subject_that_do_not_agree(
    asker: Asker, issuer: object, subject: object
) -> None:
    names = {"app": str(asker.app.pk), "other": str(uuid.UUID(int=5))}
    said = {
        name: names.get(value, value) if isinstance(value, str) else value
        for name, value in (("iss", issuer), ("sub", subject))
    }
    refused(asker, asker.claims(**said), 700021)


@pytest.mark.parametrize("name", ["evil", "", "' OR 1=1 --evil", "../evil", str(uuid.UUID(int=5))])
def test_an_app_that_does_not_exist(asker: Asker, name: str) -> None:
    assertion = asker.assertion(claims=asker.claims(iss=name, sub=name))
    answer = asker.ask(assertion, client_id=name or ABSENT)
    if name == str(uuid.UUID(int=5)):
        assert_quotes_nothing(answer, name)
    code = (400, "unauthorized_client", 700016)
    assert_refused(answer, *code)


def test_an_assertion_of_another_app_of_the_tenant(asker: Asker) -> None:
    beside = an_app(asker.app.tenant, "Beside", certified=False)
    certify(beside, a_signer("stranger"))
    answer = asker.ask(client_id=str(beside.pk))
    assert_refused(answer, 401, "invalid_client", 700021)


def test_a_disabled_app(asker: Asker) -> None:
    AppRegistration.objects.update(is_enabled=False)
    assert_refused(asker.ask(), 400, "unauthorized_client", 700016)


def test_an_app_of_another_tenant_in_both_directions(asker: Asker) -> None:
    other = Asker(app=a_certified_app("Fabrikam"))
    for ours, theirs in ((asker, other), (other, asker)):
        for audience in (ours.endpoint, theirs.endpoint):
            assertion = ours.assertion(claims=ours.claims(aud=audience))
            answer = ours.ask(assertion, path=theirs.path)
            assert_refused(answer, 400, "unauthorized_client", 700016)


def test_our_own_assertion_made_for_another_tenant(asker: Asker) -> None:
    other = Asker(app=an_app(a_tenant("Fabrikam"), certified=False))
    refused(asker, asker.claims(aud=other.endpoint), WRONG_AUDIENCE)
