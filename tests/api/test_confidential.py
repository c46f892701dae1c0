"""Persons stay out of log lines, and no answer about them is kept on the way."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings

from orgport.server.api import people
from orgport.server.confidential import PlacesOnly
from orgport.server.records.models import Role, Tenant
from orgport.server.settings import Settings
from tenants import PASSWORD, a_client, a_connection, a_pushed_import, a_tenant, a_zip, an_account

pytestmark = pytest.mark.django_db

PERSON = "jane.doe@contoso.com"


@pytest.fixture
def tenant() -> Tenant:
    made = a_tenant()
    row = {
        "PersonId": PERSON,
        "ManagerId": "",
        "Organization": "Sales",
        "EffectiveDate": "01/01/2025",
    }
    a_pushed_import(a_connection(made), a_zip([row]))
    return made


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the server's own handler writes."""
    (handler,) = (
        one
        for one in logging.getLogger().handlers
        if isinstance(one, logging.StreamHandler) and isinstance(one.formatter, PlacesOnly)
    )
    written = io.StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


def failing(*_: object, **__: object) -> Any:
    try:
        raise KeyError(PERSON)
    except KeyError as error:
        raise RuntimeError(f"the cell holds {PERSON}") from error


def breaking(*_: object, **__: object) -> Iterator[str]:
    yield "PersonId\r\n"
    failing()


def test_a_log_line_of_a_refusal_names_the_route_and_not_the_person(
    tenant: Tenant, log: io.StringIO
) -> None:
    base = f"/api/v1/tenants/{tenant.id}/people"
    admin = a_client(tenant, Role.INSIGHTS_ADMIN)
    assert admin.get(f"{base}/nobody@contoso.com/periods").status_code == 404
    assert Client().get(f"{base}/{PERSON}/periods").status_code == 401
    assert a_client(tenant, Role.ANALYST).get(f"{base}/{PERSON}/periods").status_code == 403
    assert Client().get(f"/persons/{PERSON}").status_code == 404
    assert log.getvalue().count(f"{base}/<email>/periods") == 3
    assert "(no such path)" in log.getvalue()
    assert "@contoso.com" not in log.getvalue()


def test_a_log_line_of_a_refusal_keeps_the_import_that_was_asked_for(
    tenant: Tenant, log: io.StringIO
) -> None:
    path = f"/v1.0/scopes/{tenant.id}/ingress/connectors/HR/ingestions/{tenant.id}"
    assert Client().get(path).status_code == 401
    assert path in log.getvalue()


def test_the_traceback_of_a_fault_has_places_and_no_message(
    tenant: Tenant, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "history_of", failing)
    client = a_client(tenant, Role.INSIGHTS_ADMIN)
    client.raise_request_exception = False
    response = client.get(f"/api/v1/tenants/{tenant.id}/people/{PERSON}/periods")
    assert response.status_code == 500
    assert PERSON not in response.content.decode()
    assert "KeyError at" in log.getvalue()
    assert "RuntimeError at" in log.getvalue()
    assert "test_confidential.py" in log.getvalue()
    assert PERSON not in log.getvalue()


def test_an_answer_that_breaks_off_says_where_and_not_with_what(
    tenant: Tenant, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "_csv", breaking)
    response = a_client(tenant, Role.INSIGHTS_ADMIN).get(f"/api/v1/tenants/{tenant.id}/snapshot")
    with pytest.raises(Exception, match=r"^$") as broke:
        response.getvalue()
    assert broke.value.__suppress_context__
    assert "in breaking" in log.getvalue()
    assert PERSON not in log.getvalue()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/sign-in/",
        "/organizational-data/persons/",
        f"/organizational-data/persons/person/?address={PERSON}",
        "/api/v1/tenants/{tenant}/people",
        "/api/v1/tenants/{tenant}/snapshot",
        "/api/v1/tenants/{tenant}/people/x@contoso.com/periods",
        "/no-such-page/",
    ],
)
def test_no_answer_is_kept_by_browsers_or_proxies(path: str, tenant: Tenant) -> None:
    response = a_client(tenant, Role.INSIGHTS_ADMIN).get(path.format(tenant=tenant.id))
    assert "no-store" in response["Cache-Control"]


def test_browsers_may_keep_what_is_the_same_for_everybody() -> None:
    response = Client().get("/static/portal/base.css")
    response.close()
    assert "no-store" not in response["Cache-Control"]


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({}, 0),
        ({"tls_certificate": Path("c.pem")}, 31_536_000),
        ({"tls_certificate": Path("c.pem"), "hsts_seconds": 0}, 0),
        ({"hsts_seconds": 60}, 60),
    ],
)
def test_browsers_are_told_to_insist_on_https_with_a_certificate_of_ones_own(
    given: dict[str, Any], seconds: int
) -> None:
    assert Settings(**given).https_only_seconds == seconds


@override_settings(SECURE_HSTS_SECONDS=60)
def test_the_header_says_so_over_tls() -> None:
    assert Client().get("/sign-in/", secure=True)["Strict-Transport-Security"] == "max-age=60"


def sign_in(email: str, password: str, *, address: str) -> int:
    form = {"username": email, "password": password}
    return Client().post("/sign-in/", form, REMOTE_ADDR=address).status_code


def test_an_address_that_tries_many_accounts_has_to_wait() -> None:
    an_account(a_tenant(), email="a@contoso.com")
    for number in range(49):
        assert sign_in(f"x{number}@contoso.com", "wrong", address="192.0.2.1") == 400
    assert sign_in("last@contoso.com", "wrong", address="192.0.2.1") == 429
    assert sign_in("a@contoso.com", PASSWORD, address="192.0.2.1") == 429
    assert sign_in("a@contoso.com", PASSWORD, address="192.0.2.2") == 302


def test_an_account_that_is_tried_from_many_addresses_has_to_wait() -> None:
    an_account(a_tenant(), email="a@contoso.com")
    statuses = [sign_in("a@contoso.com", "wrong", address=f"192.0.2.{n % 25}") for n in range(100)]
    assert statuses[:99] == [400] * 99
    assert sign_in("a@contoso.com", PASSWORD, address="198.51.100.1") == 429
