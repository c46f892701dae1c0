"""Assertions as each known client builds them are taken; times, hints and audiences at their limits."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from assertions import ABSENT, Signer, a_header, a_signer, compact, pkcs1, pss, the_claims
from orgport.identity.assertion import (
    VerifiedAssertion,
    read_assertion,
    verify_assertion,
)
from orgport.identity.hints import RegisteredCertificate, offered_thumbprint
from orgport.identity.refusals import AssertionRefused

NOW = datetime(2026, 11, 23, 2, 15, tzinfo=UTC)
AT = int(NOW.timestamp())
APP = UUID("7c1ee3bb-5b59-4b5f-8c2d-2a2b7f2a6a10")
TENANT = UUID("0b0d3c1f-6a0e-4a86-bb5e-6f3c0a7f6f0e")
AUDIENCE = f"https://localhost:8443/{TENANT}/oauth2/v2.0/token"
ISSUER_FORM = f"https://localhost:8443/{TENANT}/v2.0"


@pytest.fixture(scope="module")
def signer() -> Signer:
    return a_signer(at=NOW)


def verify(text: str, *signers: Signer, now: datetime = NOW, **changes: Any) -> VerifiedAssertion:
    arguments: dict[str, Any] = {
        "app_id": APP,
        "registered": [RegisteredCertificate(one.der) for one in signers],
        "audiences": [AUDIENCE, ISSUER_FORM],
        "now": now,
        "longest_life": timedelta(hours=1),
    }
    return verify_assertion(read_assertion(text), **arguments | changes)


def claims(**changes: Any) -> dict[str, Any]:
    return the_claims(APP, AUDIENCE, **{"nbf": AT, "iat": AT, "exp": AT + 600, **changes})


def signed(signer: Signer, **changes: Any) -> str:
    return compact(a_header(signer), claims(**changes), pkcs1(signer.key))


def refusal_number(text: str, *signers: Signer, **changes: Any) -> int:
    with pytest.raises(AssertionRefused) as refused:
        verify(text, *signers, **changes)
    return refused.value.number


def as_msal_python(signer: Signer) -> str:
    header = {"alg": "RS256", "typ": "JWT", "x5t": signer.x5t + "="}
    return compact(
        header,
        claims(nbf=ABSENT, iat=AT + 0.2393565, exp=AT + 600.2393565),
        pkcs1(signer.key),
    )


def as_msal_python_with_sha256(signer: Signer) -> str:
    header = {"alg": "PS256", "typ": "JWT", "x5t#S256": signer.x5t_s256 + "=", "x5c": [signer.x5c]}
    return compact(header, claims(nbf=ABSENT, iat=AT + 0.5, exp=AT + 600.5), pss(signer.key))


def as_msal_python_with_the_lines_of_its_pem_file(signer: Signer) -> str:
    lines = "".join(signer.pem.decode().splitlines(keepends=True)[1:-1])
    header = {"alg": "RS256", "typ": "JWT", "x5t": signer.x5t + "=", "x5c": [lines]}
    return compact(header, claims(nbf=ABSENT, iat=AT + 0.5, exp=AT + 600.5), pkcs1(signer.key))


def as_msal_node(signer: Signer) -> str:
    header = {"alg": "PS256", "typ": "JWT", "x5t#S256": signer.x5t_s256, "x5c": [signer.x5c]}
    return compact(header, claims(nbf=AT + 1), pss(signer.key))


def as_msal_dotnet(signer: Signer) -> str:
    header = {
        "alg": "RS256",
        "kid": signer.sha1.hex().upper(),
        "typ": "JWT",
        "x5t": signer.x5t,
        "x5c": signer.x5c,
    }
    escaped = json.dumps(header).replace("+", "\\u002B").encode()
    return compact(escaped, claims(iat=ABSENT), pkcs1(signer.key))


def as_present_msal_dotnet(signer: Signer) -> str:
    header = {"alg": "PS256", "typ": "JWT", "x5t#S256": signer.x5t_s256, "x5c": signer.x5c}
    return compact(header, claims(iat=ABSENT, nbf=str(AT), exp=str(AT + 600)), pss(signer.key))


@pytest.mark.parametrize(
    "build",
    [
        as_msal_python,
        as_msal_python_with_sha256,
        as_msal_python_with_the_lines_of_its_pem_file,
        as_msal_node,
        as_msal_dotnet,
        as_present_msal_dotnet,
    ],
)
def test_the_assertion_of_every_known_client_is_taken(build: Any, signer: Signer) -> None:
    verified = verify(build(signer), a_signer("another", at=NOW), signer)
    assert verified.app_id == APP
    assert verified.thumbprint_sha256 == signer.sha256.hex().upper()
    assert AT + 600 <= verified.expires_at.timestamp() <= AT + 601


@pytest.mark.parametrize(
    "hints",
    [
        lambda s: {"x5t": s.x5t},
        lambda s: {"x5t": s.x5t + "="},
        lambda s: {"x5t": s.sha1.hex()},
        lambda s: {"x5t#S256": s.x5t_s256},
        lambda s: {"x5t#S256": s.x5t_s256 + "="},
        lambda s: {"kid": s.sha1.hex().upper()},
        lambda s: {"kid": s.sha256.hex()},
        lambda s: {"kid": s.x5t},
        lambda s: {"kid": s.x5t_s256},
        lambda s: {"x5t": s.x5t, "x5t#S256": s.x5t_s256, "kid": s.sha1.hex()},
        lambda s: {"x5t": s.x5t, "x5c": [s.x5c, "AAAA"]},
    ],
)
def test_every_way_to_name_the_certificate_is_understood(hints: Any, signer: Signer) -> None:
    text = compact({"alg": "RS256", **hints(signer)}, claims(), pkcs1(signer.key))
    assert verify(text, a_signer("another", at=NOW), signer).app_id == APP
    offered = offered_thumbprint(read_assertion(text).header)
    assert offered in (signer.sha1.hex().upper(), signer.sha256.hex().upper())


@pytest.mark.parametrize("typ", [ABSENT, "JWT", "jwt"])
def test_the_type_may_be_left_out(typ: object, signer: Signer) -> None:
    text = compact(a_header(signer, typ=typ), claims(), pkcs1(signer.key))
    assert verify(text, signer).app_id == APP


@pytest.mark.parametrize(
    "audience",
    [AUDIENCE, [AUDIENCE], ISSUER_FORM, AUDIENCE.replace("localhost", "LocalHost"),
     AUDIENCE.replace(str(TENANT), str(TENANT).upper())],
)  # fmt: skip
def test_an_audience_matches_whole_and_without_case(audience: object, signer: Signer) -> None:
    assert verify(signed(signer, aud=audience), signer).app_id == APP


@pytest.mark.parametrize(
    "times",
    [
        {"nbf": ABSENT, "iat": ABSENT},
        {"nbf": AT + 299, "iat": AT},
        {"iat": AT - 10, "nbf": AT, "exp": AT + 3600},
        {"nbf": AT - 3000, "iat": ABSENT, "exp": AT - 299},
        {"exp": f"{AT + 600}.25"},
        {"exp": AT + 600.000001},
    ],
)
def test_times_within_five_minutes_of_skew_are_taken(times: dict[str, Any], signer: Signer) -> None:
    assert verify(signed(signer, **times), signer).jti


@pytest.mark.parametrize(
    "times",
    [
        {"exp": AT - 300},
        {"nbf": AT + 301},
        {"iat": AT + 301, "nbf": ABSENT},
        {"exp": AT + 3601},
        {"exp": AT + 3601, "nbf": ABSENT, "iat": ABSENT},
        {"nbf": AT + 299, "iat": AT + 299, "exp": AT + 3901},
        {"exp": 999_999_999_999},
    ],
)
def test_times_beyond_the_skew_or_the_longest_life_are_refused(
    times: dict[str, Any], signer: Signer
) -> None:
    assert refusal_number(signed(signer, **times), signer) == 700024


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize(
    "value",
    [True, None, [AT + 600], {}, "", "soon", "NaN", "-5", "1e3", "٣", float("nan"), float("inf"),
     float("-inf"), -1, 10**12, 10**400],
)  # fmt: skip
def test_a_time_that_is_no_number_of_seconds_is_refused(
    name: str, value: object, signer: Signer
) -> None:
    assert refusal_number(signed(signer, **{name: value}), signer) == 50027


@pytest.mark.parametrize("jti", ["x", "x" * 256, "ü€\U0001f642", "'; DROP TABLE x; --"])
def test_an_id_of_1_to_256_characters_is_taken_as_it_is(jti: str, signer: Signer) -> None:
    assert verify(signed(signer, jti=jti), signer).jti == jti


@pytest.mark.parametrize("form", ["{{{0}}}", "urn:uuid:{0}", "{0}\n"])
def test_an_app_id_in_another_spelling_is_no_app(form: str, signer: Signer) -> None:
    odd = form.format(APP)
    assert refusal_number(signed(signer, iss=odd, sub=odd), signer) == 700016


def test_an_assertion_of_another_app_is_refused(signer: Signer) -> None:
    assert refusal_number(signed(signer), signer, app_id=uuid4()) == 700021


def test_a_certificate_is_judged_at_both_ends_of_its_validity() -> None:
    fresh = a_signer(at=NOW, starts=timedelta(), ends=timedelta(minutes=5))
    end = NOW + timedelta(minutes=5)
    assert verify(signed(fresh), fresh).app_id == APP
    assert verify(signed(fresh), fresh, now=end).app_id == APP
    second = timedelta(seconds=1)
    assert refusal_number(signed(fresh), fresh, now=NOW - second) == 700027
    assert refusal_number(signed(fresh), fresh, now=end + second) == 700027


def test_a_disabled_certificate_is_refused_before_its_signature_is_looked_at(
    signer: Signer,
) -> None:
    disabled = [RegisteredCertificate(signer.der, is_enabled=False)]
    with pytest.raises(AssertionRefused, match="disabled"):
        verify(signed(signer)[:-4] + "AAAA", registered=disabled)


def test_a_refusal_says_what_is_wrong_and_never_quotes_the_assertion(signer: Signer) -> None:
    with pytest.raises(AssertionRefused) as refused:
        verify(signed(signer, aud="https://evil.example"), signer)
    assert "is not this token endpoint" in refused.value.message
    assert "evil" not in refused.value.message + refused.value.reason
