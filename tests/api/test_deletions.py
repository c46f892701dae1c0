"""Deletions over the API: who and what leaves is listed, and comes back by an undo."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from orgport.history.acts import Act
from orgport.imports.lifecycle import State
from orgport.imports.rewrites import run_rewrite
from orgport.server.records.models import Connection, ImportRecord, Role, Tenant
from orgport.server.wiring.places import bench, history_of
from tenants import (
    a_client,
    a_connection,
    a_pushed_import,
    a_tenant,
    a_tenant_of,
    a_zip,
    now,
)

pytestmark = pytest.mark.django_db

A, B, C = "a@contoso.com", "b@contoso.com", "c@contoso.com"


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant_of(A, B, C)


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return a_client(tenant, Role.INSIGHTS_ADMIN)


def delete_employees(client: Client, tenant: Tenant, content: str, name: str = "Leavers") -> Any:
    file = SimpleUploadedFile("leavers.csv", content.encode())
    url = f"/api/v1/tenants/{tenant.id}/deletions/employees"
    return client.post(url, {"name": name, "file": file})


def delete_fields(client: Client, tenant: Tenant, *fields: str) -> Any:
    url = f"/api/v1/tenants/{tenant.id}/deletions/fields"
    body = {"name": "No places", "fields": list(fields)}
    return client.post(url, body, content_type="application/json")


def ended(response: Any) -> ImportRecord:
    assert response.status_code == 202, response.content
    record = ImportRecord.objects.get(id=response.json()["id"])
    run_rewrite(record.id, bench(worker="test"))
    record.refresh_from_db()
    assert record.state == State.SUCCEEDED.value
    return record


def persons(tenant: Tenant) -> list[str]:
    return history_of(tenant.id).as_of(now().date())["PersonId"].to_list()


def test_employees_are_deleted_and_listed(client: Client, tenant: Tenant) -> None:
    made = ended(delete_employees(client, tenant, "PersonId\r\nB@contoso.com\r\nx@contoso.com\r\n"))
    assert persons(tenant) == [A, C]
    assert made.type_label == "Delete employees"
    said = (made.summary or {})["history"]
    assert (said["personsRemoved"], said["personsUnknown"], said["reportsWithoutManager"]) == (
        1,
        1,
        1,
    )
    url = f"/api/v1/tenants/{tenant.id}/imports/{made.id}/deleted-employees"
    listed = client.get(url).getvalue().decode()
    assert listed.split() == [
        "PersonId,Result",
        "B@contoso.com,deleted",
        "x@contoso.com,ADV_UNKNOWN_PERSON",
    ]


def test_a_list_that_names_nobody_who_is_there_is_refused_and_is_no_import(
    client: Client, tenant: Tenant
) -> None:
    ended(delete_employees(client, tenant, f"PersonId\n{B}\n"))
    count = ImportRecord.objects.count()
    for gone, named in ((B, "b@contoso.com"), ("x@fabrikam.com", "x@fabrikam.com")):
        refused = delete_employees(client, tenant, f"PersonId\n{gone}\n")
        assert refused.status_code == 400
        said = refused.json()["detail"]
        assert said.startswith(f"Nothing was deleted: nobody in the history has {named}. Correct")
    assert ImportRecord.objects.count() == count


def test_addresses_that_nobody_has_are_told_as_advice_on_the_page(
    client: Client, tenant: Tenant
) -> None:
    made = ended(delete_employees(client, tenant, "PersonId\nB@contoso.com\nx@contoso.com\n"))
    assert (made.advice_count, made.rows_read, made.rows_accepted) == (1, 2, 1)
    assert (made.summary or {})["history"]["personsRemoved"] == 1
    page = client.get(f"/imports/{made.id}/").content.decode()
    assert "Addresses to delete that nobody has" in page
    assert "x@contoso.com is not among the persons; there is nothing to delete." in page
    assert "/help/ADV_UNKNOWN_PERSON/" in page


def test_the_list_stays_what_it_was_when_the_stage_runs_again(
    client: Client, tenant: Tenant
) -> None:
    made = ended(delete_employees(client, tenant, f"PersonId\n{B}\n"))
    ImportRecord.objects.filter(id=made.id).update(state=State.PROCESSING.value)
    run_rewrite(made.id, bench(worker="another"))
    made.refresh_from_db()
    assert (made.summary or {})["history"]["personsUnknown"] == 0
    assert persons(tenant) == [A, C]


def test_who_would_be_deleted_is_told_over_the_api_before(client: Client, tenant: Tenant) -> None:
    path = f"/api/v1/tenants/{tenant.id}/deletions/employees/preview"
    file = SimpleUploadedFile("leavers.csv", f"PersonId\n{B}\nnobody@contoso.com\n".encode())
    said = client.post(path, {"file": file}).json()
    assert (said["figures"]["personsRemoved"], said["figures"]["personsUnknown"]) == (1, 1)
    assert said["figures"]["unknownAddresses"] == ["nobody@contoso.com"]
    assert said["consequences"][0].startswith("1 of 2 addresses are persons in the history")
    assert persons(tenant) == [A, B, C]
    refused = client.post(path, {"file": SimpleUploadedFile("leavers.csv", b"Mail\nx\n")})
    assert refused.status_code == 400
    assert "has the header Mail" in refused.json()["detail"]


def test_an_address_that_may_mean_two_persons_is_refused_before_anything_begins() -> None:
    tenant, own = a_tenant(), {"Organization": "Sales"}
    rows = [
        {"PersonId": "+a@contoso.com", "ManagerId": "", **own},
        {"PersonId": "'+a@contoso.com", "ManagerId": "+a@contoso.com", **own},
        {"PersonId": B, "ManagerId": "+a@contoso.com", **own},
    ]
    assert a_pushed_import(a_connection(tenant), a_zip(rows)).state == State.SUCCEEDED.value
    client = a_client(tenant, Role.INSIGHTS_ADMIN)
    refused = delete_employees(client, tenant, "PersonId\n'+a@contoso.com\n")
    assert refused.status_code == 400
    assert "may mean two persons" in refused.json()["detail"]
    file = SimpleUploadedFile("leavers.csv", b"PersonId\n'+a@contoso.com\n")
    page = client.post(reverse("delete-employees"), {"name": "Leavers", "file": file})
    assert "may mean two persons" in page.content.decode()
    assert not ImportRecord.objects.filter(act=Act.DELETE_EMPLOYEES.value).exists()


def test_deleted_employees_come_back_by_an_undo(client: Client, tenant: Tenant) -> None:
    made = ended(delete_employees(client, tenant, f"PersonId\n{B}\n{C}\n"))
    ended(client.post(f"/api/v1/tenants/{tenant.id}/imports/{made.id}/undo"))
    assert persons(tenant) == [A, B, C]


@pytest.mark.parametrize(
    "content",
    ["", "PersonId\n", "Person\na@contoso.com\n", "PersonId,Name\na@contoso.com,A\n", "\ud83d"],
)
def test_a_file_of_another_form_is_refused(client: Client, tenant: Tenant, content: str) -> None:
    file = SimpleUploadedFile("x.csv", content.encode("utf-8", "surrogatepass") or b"\n")
    url = f"/api/v1/tenants/{tenant.id}/deletions/employees"
    assert client.post(url, {"name": "x", "file": file}).status_code == 400
    assert not ImportRecord.objects.filter(act=Act.DELETE_EMPLOYEES.value).exists()


def test_optional_fields_are_deleted_and_come_back_by_an_undo(
    client: Client, tenant: Tenant
) -> None:
    made = ended(delete_fields(client, tenant, "Location"))
    assert "Location" not in history_of(tenant.id).stored().fields
    ended(client.post(f"/api/v1/tenants/{tenant.id}/imports/{made.id}/undo"))
    snapshot = history_of(tenant.id).as_of(now().date())
    assert snapshot["Location"].to_list() == ["Bilbao"] * 3


@pytest.mark.parametrize("fields", [[], ["Organization"], ["ManagerId"], ["Salary"]])
def test_required_and_unknown_fields_cannot_be_deleted(
    client: Client, tenant: Tenant, fields: list[str]
) -> None:
    assert delete_fields(client, tenant, *fields).status_code == 400
    assert not ImportRecord.objects.filter(act=Act.DELETE_FIELDS.value).exists()


def test_only_an_insights_admin_of_the_tenant_deletes(client: Client, tenant: Tenant) -> None:
    made = ended(delete_employees(client, tenant, f"PersonId\n{B}\n"))
    url = f"/api/v1/tenants/{tenant.id}/imports/{made.id}/deleted-employees"
    for other, status in (
        (a_client(tenant, Role.ANALYST, Role.TENANT_ADMIN), 403),
        (a_client(a_tenant("Fabrikam"), *Role), 404),
    ):
        assert delete_employees(other, tenant, f"PersonId\n{A}\n").status_code == status
        assert delete_fields(other, tenant, "Location").status_code == status
        assert other.get(url).status_code == status
    assert persons(tenant) == [A, C]


def test_how_much_of_each_field_would_go_is_told_over_the_api_before(
    client: Client, tenant: Tenant
) -> None:
    moved = {"PersonId": A, "Location": "Oslo", "EffectiveDate": "03/01/2025"}
    hired = {"PersonId": A, "HireDate": "01/01/2020", "EffectiveDate": "03/01/2025"}
    a_pushed_import(Connection.objects.get(tenant=tenant), a_zip([moved | hired], is_full=False))
    path = f"/api/v1/tenants/{tenant.id}/deletions/fields/preview"
    body = {"fields": ["Location", "HireDate"]}
    said = client.post(path, body, content_type="application/json").json()
    by_field = {
        "HireDate": {"cells": 1, "persons": 1, "since": "2025-03-01"},
        "Location": {"cells": 4, "persons": 3, "since": "2025-01-01"},
    }
    assert said["figures"]["byField"] == by_field
    for sentence in (
        "HireDate leaves all snapshots: 1 value of 1 person, since 1 March 2025.",
        "Location leaves all snapshots: 4 values of 3 persons, since 1 January 2025.",
    ):
        assert sentence in said["consequences"]
    made = ended(delete_fields(client, tenant, "Location", "HireDate"))
    change = client.get(f"/api/v1/tenants/{tenant.id}/imports/{made.id}/preview").json()
    assert change["cellsByField"] == {name: of["cells"] for name, of in by_field.items()}


def test_a_field_in_which_nobody_has_a_value_goes_with_nothing(
    client: Client, tenant: Tenant
) -> None:
    ended(delete_employees(client, tenant, f"PersonId\n{A}\n{B}\n{C}\n"))
    path = f"/api/v1/tenants/{tenant.id}/deletions/fields/preview"
    said = client.post(path, {"fields": ["Location"]}, content_type="application/json").json()
    assert said["figures"]["byField"]["Location"] == {"cells": 0, "persons": 0, "since": None}
    assert "Location leaves all snapshots; nobody has a value in it." in said["consequences"]
