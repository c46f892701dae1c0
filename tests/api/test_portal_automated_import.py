"""The page Automated organizational data import: save, use as data source, settings, request text."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client

from orgport.imports.lifecycle import State
from orgport.server.records.ledger import RecordsLedger
from orgport.server.records.models import AuditEntry, Connection, Role, Tenant
from orgport.server.wiring.registrations import add_certificate
from orgport.validation.verdict import ValidationSettings
from tenants import (
    a_certificate,
    a_client,
    a_connection,
    a_tenant,
    an_app,
    an_import,
    by_admin,
    now,
)

pytestmark = pytest.mark.django_db
URL = "/organizational-data/automated-import/"


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant()


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return a_client(tenant, Role.INSIGHTS_ADMIN, email="insights@contoso.com")


def refused(client: Client, name: str, app_id: object) -> str:
    response = client.post(URL, {"name": name, "app_id": str(app_id)})
    assert response.status_code == 400
    return response.content.decode()


def test_a_name_and_an_app_make_a_connection_that_is_not_yet_the_source(
    client: Client, tenant: Tenant
) -> None:
    app = an_app(tenant)
    response = client.post(URL, {"name": "HRIS nightly", "app_id": f" {app.id} "})
    connection = Connection.objects.of(tenant).get()
    assert response["Location"] == f"{URL}{connection.id}/"
    assert (connection.app_id, connection.is_active) == (app.id, False)
    page = client.get(response["Location"]).content.decode()
    assert "Use as data source" in page
    assert "Found: HRIS push, 1 valid certificate" in page
    assert AuditEntry.objects.get(action="connection.created").actor == "insights@contoso.com"


def test_both_fields_are_needed(client: Client) -> None:
    page = refused(client, "", "")
    assert "2 fields need a change before you can save." in page
    assert "Give the connection a name of 1 to 64 characters." in page
    assert "Enter the application (client) ID" in page


def test_a_name_has_at_most_64_characters(client: Client, tenant: Tenant) -> None:
    assert "65 characters; at most 64" in refused(client, "x" * 65, an_app(tenant).id)


def test_a_name_is_used_once_in_whatever_case(client: Client, tenant: Tenant) -> None:
    a_connection(tenant, "HRIS nightly")
    page = refused(client, "hris NIGHTLY", an_app(tenant, "Other").id)
    assert "Already used by “HRIS nightly”" in page


def test_another_tenant_may_have_a_connection_of_the_same_name(
    client: Client, tenant: Tenant
) -> None:
    a_connection(a_tenant("Fabrikam"), "HRIS nightly")
    response = client.post(URL, {"name": "HRIS nightly", "app_id": str(an_app(tenant).id)})
    assert response.status_code == 302


def test_an_app_id_is_a_guid(client: Client) -> None:
    assert "35 characters; a GUID has 36" in refused(client, "HR", str(uuid.uuid4())[:-1])
    assert "Not a GUID such as" in refused(client, "HR", "z" * 36)


def test_an_app_id_belongs_to_an_app_of_this_tenant(client: Client) -> None:
    assert "No app of this tenant has this ID" in refused(client, "HR", uuid.uuid4())
    elsewhere = an_app(a_tenant("Fabrikam"))
    assert "No app of this tenant has this ID" in refused(client, "HR", elsewhere.id)


def test_an_app_without_a_valid_certificate_is_refused(client: Client, tenant: Tenant) -> None:
    app = an_app(tenant, certified=False)
    assert "HRIS push has no valid certificate" in refused(client, "HR", app.id)
    expired = a_certificate(starts_at=now() - timedelta(days=100))
    add_certificate(app, expired, description="", by=by_admin())
    assert "HRIS push has no valid certificate" in refused(client, "HR", app.id)


def test_an_app_that_is_switched_off_is_refused(client: Client, tenant: Tenant) -> None:
    app = an_app(tenant)
    app.is_enabled = False
    app.save()
    assert "HRIS push is switched off" in refused(client, "HR", app.id)


def test_using_a_connection_makes_the_one_before_inactive(client: Client, tenant: Tenant) -> None:
    first = a_connection(tenant, "First")
    second = a_connection(tenant, "Second", app=first.app, is_active=False)
    page = client.get(f"{URL}{second.id}/").content.decode()
    assert "The current source, First, then becomes inactive and its data stays." in page
    client.post(f"{URL}{second.id}/use/")
    active = Connection.objects.of(tenant).filter(is_active=True)
    assert [one.name for one in active] == ["Second"]
    assert AuditEntry.objects.filter(action="connection.activated").count() == 2


def test_the_source_is_not_changed_while_an_import_runs(client: Client, tenant: Tenant) -> None:
    first = a_connection(tenant, "First")
    second = a_connection(tenant, "Second", app=first.app, is_active=False)
    an_import(tenant, State.VALIDATING, connection=first, name="Nightly")
    page = client.post(f"{URL}{second.id}/use/", follow=True).content.decode()
    assert "Nightly is still being imported" in page
    assert Connection.objects.get(id=first.id).is_active


def test_a_saved_connection_can_get_another_name_and_app(client: Client, tenant: Tenant) -> None:
    connection = a_connection(tenant)
    other = an_app(tenant, "Payroll push")
    url = f"{URL}{connection.id}/"
    client.post(url, {"name": "hris NIGHTLY", "app_id": str(other.id)})
    connection.refresh_from_db()
    assert (connection.name, connection.app_id) == ("hris NIGHTLY", other.id)
    assert client.post(url, {"name": "", "app_id": "x"}).status_code == 400


def test_switches_are_saved_with_their_form(client: Client, tenant: Tenant) -> None:
    connection = a_connection(tenant)
    url = f"{URL}{connection.id}/settings/"
    client.post(url, {"exclude_invalid_rows": "on"})
    connection.refresh_from_db()
    assert (connection.is_enabled, connection.exclude_invalid_rows) == (False, True)
    client.post(url, {"is_enabled": "on"})
    connection.refresh_from_db()
    assert (connection.is_enabled, connection.exclude_invalid_rows) == (True, False)
    entry = AuditEntry.objects.filter(action="connection.settings").last()
    assert entry is not None
    assert entry.detail == {"is_enabled": True, "exclude_invalid_rows": False}


RULES = {
    "rule_set": "2026.1",
    "blank_managers": "7.5",
    "excluded_rows": "30",
    "partial_fields": "Location, Region ,,Location",
    "lenient_integers": "on",
    "allow_custom_fields": "on",
}


def test_the_rules_of_a_connection_are_saved_and_shown(client: Client, tenant: Tenant) -> None:
    connection = a_connection(tenant)
    url = f"{URL}{connection.id}/rules/"
    assert client.post(url, RULES)["Location"] == f"{URL}{connection.id}/"
    facts = RecordsLedger().load(an_import(tenant, connection=connection).id)
    assert facts.settings == ValidationSettings(
        rule_set="2026.1",
        max_blank_manager_share=0.075,
        max_excluded_share=0.3,
        strict_values=False,
        lenient_integers=True,
        partial_fields=frozenset({"Location", "Region"}),
    )
    assert (facts.allow_custom_fields, facts.typed_custom_fields) == (True, False)
    page = client.get(url).content.decode()
    assert 'value="7.5"' in page
    assert 'value="Location, Region"' in page
    assert AuditEntry.objects.filter(action="connection.rules").count() == 1


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("blank_managers", "101", "from 0 to 100"),
        ("blank_managers", "", "from 0 to 100"),
        ("excluded_rows", "-1", "from 0 to 100"),
        ("excluded_rows", "NaN", "from 0 to 100"),
        ("rule_set", "1999.1", "no such rule set"),
    ],
)
def test_rules_that_cannot_be_are_refused(
    client: Client, tenant: Tenant, field: str, value: str, said: str
) -> None:
    connection = a_connection(tenant)
    response = client.post(f"{URL}{connection.id}/rules/", {**RULES, field: value})
    assert response.status_code == 400
    assert said in response.content.decode()


def test_the_request_text_has_all_that_the_sender_needs(client: Client, tenant: Tenant) -> None:
    connection = a_connection(tenant)
    page = client.get(f"{URL}{connection.id}/").content.decode()
    text = page.split('id="request-text">')[1].split("</pre>")[0]
    assert str(connection.app_id) in text
    assert str(tenant.id) in text
    assert "Endpoint: https://localhost:" in text
    assert "/templates/package.zip" in text
    assert "Scale unit: orgport-01" in text


def test_a_permission_that_an_app_still_holds_is_told_at_its_connection(
    client: Client, tenant: Tenant
) -> None:
    connection = a_connection(tenant)
    page = client.get(f"{URL}{connection.id}/").content.decode()
    assert "HRIS push still holds 1 API permission." in page
    assert connection.app is not None
    connection.app.permissions.all().delete()
    assert "still holds" not in client.get(f"{URL}{connection.id}/").content.decode()
