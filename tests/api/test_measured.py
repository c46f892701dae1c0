"""Who is measured: a list by which quality counts, and by which an import says who is absent."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from orgport.server.records.models import AuditEntry, Connection, Notice, Role, Tenant
from orgport.server.wiring.measured import set_measured
from tenants import a_client, a_connection, a_pushed_import, a_tenant, a_zip, by_admin

pytestmark = pytest.mark.django_db
PAGE = "/organizational-data/data-quality/measured/"


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant()


@pytest.fixture
def connection(tenant: Tenant) -> Connection:
    return a_connection(tenant)


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return a_client(tenant, Role.INSIGHTS_ADMIN)


def figures(client: Client, tenant: Tenant) -> dict[str, Any]:
    answer = client.get(f"/api/v1/tenants/{tenant.id}/data-quality").json()
    return {**answer, "fields": {one["field"]: one for one in answer["fields"]}}


def uploaded(client: Client, content: str) -> Any:
    return client.post(
        PAGE, {"file": SimpleUploadedFile("list.csv", content.encode())}, follow=True
    )


def push(connection: Connection, *persons: str, is_full: bool = True) -> None:
    rows = [
        {
            "PersonId": person,
            "ManagerId": "boss@contoso.com",
            "Organization": "Sales",
            "EffectiveDate": "01/01/2025",
            "Location": "" if person.startswith("b") else "Oslo",
        }
        for person in persons
    ]
    a_pushed_import(connection, a_zip(rows, is_full=is_full))


def test_quality_counts_the_persons_of_the_list_be_they_there_or_not(
    client: Client, tenant: Tenant, connection: Connection
) -> None:
    push(connection, "a@contoso.com", "b@contoso.com", "c@contoso.com")
    everybody = figures(client, tenant)
    assert (everybody["persons"], everybody["incomplete"], everybody["absent"]) == (3, 1, 0)
    page = uploaded(client, "PersonId\nA@contoso.com\nb@contoso.com\ngone@contoso.com\n")
    assert "3 persons are measured from now on." in page.content.decode()
    measured = figures(client, tenant)
    assert (measured["persons"], measured["incomplete"], measured["absent"]) == (3, 2, 1)
    place = measured["fields"]["Location"]
    assert (place["qualityScore"], place["employees"]) == (pytest.approx(1 / 3), 2)
    quality = client.get("/organizational-data/data-quality/").content.decode()
    assert "the score is of 3 measured, the rest of 3 persons with data" in quality
    assert "<small>1 of 3 measured</small>" in quality
    assert "2<small>of 3 with data</small>" in quality
    missing = (
        client.get(f"/api/v1/tenants/{tenant.id}/data-quality/missing.csv").getvalue().decode()
    )
    assert missing.splitlines()[1:] == [
        "b@contoso.com,boss@contoso.com,Sales,",
        "gone@contoso.com,,,",
    ]
    asked = client.get(f"{PAGE}clear/").content.decode()
    assert "The list of 3 persons that" in asked
    assert ">Drop the list of 3 persons</button>" in asked
    client.post(f"{PAGE}clear/")
    assert figures(client, tenant)["absent"] == 0


def test_an_import_says_how_many_measured_persons_it_leaves_absent(
    tenant: Tenant, connection: Connection
) -> None:
    set_measured(tenant, [b"PersonId\na@contoso.com\nb@contoso.com\n"], by=by_admin())
    push(connection, "a@contoso.com")
    said = "1 of 2 measured persons are not in the resulting data."
    assert Notice.objects.get(kind="validation_succeeded").text.endswith(said)
    push(connection, "b@contoso.com", is_full=False)
    texts = Notice.objects.filter(kind="validation_succeeded").values_list("text", flat=True)
    assert [text.endswith(said) for text in texts] == [False, True]  # the newest first


def test_a_file_that_cannot_be_taken_leaves_the_list_as_it_was(
    client: Client, tenant: Tenant
) -> None:
    set_measured(tenant, [b"PersonId\na@contoso.com\n"], by=by_admin())
    page = uploaded(client, "PersonId\na@contoso.com\nanna\n").content.decode()
    assert "Line 3 is no address such as name@contoso.com: anna" in page
    answer = client.put(f"/api/v1/tenants/{tenant.id}/measured", "Mail\n", content_type="text/csv")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_input")
    kept = client.get(f"/api/v1/tenants/{tenant.id}/measured").getvalue().decode()
    assert kept.split() == ["PersonId", "a@contoso.com"]


def test_the_trail_says_who_set_and_cleared_the_list_and_names_nobody(
    client: Client, tenant: Tenant
) -> None:
    uploaded(client, "PersonId\na@contoso.com\n")
    client.delete(f"/api/v1/tenants/{tenant.id}/measured")
    entries = AuditEntry.objects.of(tenant).filter(action__startswith="measured").order_by("id")
    assert [(one.action, one.detail) for one in entries] == [
        ("measured.set", {"persons": 1}),
        ("measured.cleared", {}),
    ]
    assert client.get(f"/api/v1/tenants/{tenant.id}/measured").status_code == 404
