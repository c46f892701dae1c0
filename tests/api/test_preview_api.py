"""The change preview by the native API: documents, pages of the list, tenants, roles, states."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from orgport.imports.lifecycle import State
from orgport.server.records.models import ImportRecord, Role, Tenant
from tenants import a_client, a_connection, a_pushed_import, a_tenant, a_zip, an_import

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant()


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return a_client(tenant, Role.APPROVER, email="ada@contoso.com")


def rows(count: int) -> list[dict[str, str]]:
    return [
        {
            "PersonId": f"p{number:02}@contoso.com",
            "ManagerId": "" if number == 0 else "p00@contoso.com",
            "Organization": "Sales" if number % 2 else "Stores",
            "EffectiveDate": "01/01/2026",
        }
        for number in range(count)
    ]


def a_waiting_import(tenant: Tenant, **columns: Any) -> ImportRecord:
    connection = a_connection(tenant)
    a_pushed_import(connection, a_zip(rows(40)))
    return a_pushed_import(connection, a_zip(rows(30)), **columns)


def url_of(record: ImportRecord, part: str = "preview") -> str:
    return f"/api/v1/tenants/{record.tenant_id}/imports/{record.id}/{part}"


def asked(client: Client, record: ImportRecord, part: str = "preview") -> Any:
    response = client.get(url_of(record, part))
    assert response.status_code == 200, response.content
    return response.json()


def decide(client: Client, record: ImportRecord, act: str, body: object = None) -> Any:
    return client.post(url_of(record, act), body or {}, content_type="application/json")


def test_the_document_has_the_figures_and_why_it_asks(client: Client, tenant: Tenant) -> None:
    said = asked(client, a_waiting_import(tenant))
    assert said["persons"] == {
        "before": 40,
        "after": 30,
        "joiners": 0,
        "leavers": 10,
        "movers": 0,
        "otherChanges": 0,
        "unchanged": 30,
    }
    (reason,) = said["approval"]["asks"]
    assert (reason["code"], reason["count"], reason["of"]) == ("POP_REMOVED_SHARE", 10, 40)
    assert {one["organization"]: one["left"] for one in said["organizations"]} == {
        "Sales": 5,
        "Stores": 5,
    }


def test_the_list_is_paged_to_its_end(client: Client, tenant: Tenant) -> None:
    record = a_waiting_import(tenant)
    found: list[str] = []
    cursor = "0"
    while cursor is not None:
        page = asked(client, record, f"preview/persons?limit=4&cursor={cursor}")
        assert page["total"] == 10
        found += [one["personId"] for one in page["persons"]]
        cursor = page["nextCursor"]
    assert found == [f"p{number}@contoso.com" for number in range(30, 40)]


def test_the_list_is_narrowed(client: Client, tenant: Tenant) -> None:
    record = a_waiting_import(tenant)
    assert asked(client, record, "preview/persons?kind=joiner")["total"] == 0
    assert asked(client, record, "preview/persons?organization=Sales")["total"] == 5
    assert asked(client, record, "preview/persons?q=P31")["total"] == 1


def test_one_person_has_both_timelines(client: Client, tenant: Tenant) -> None:
    record = a_waiting_import(tenant)
    (row,) = asked(client, record, "preview/persons?q=p31")["persons"]
    said = asked(client, record, f"preview/persons/{row['person']}")
    assert said["after"] == []
    assert said["before"] == [
        {
            "StartDate": "2026-01-01",
            "EndDate": None,
            "ManagerId": "p00@contoso.com",
            "Organization": "Sales",
        }
    ]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("kind=x", 422, "bad_parameter"),
        ("field=Nothing", 400, "bad_input"),
        ("limit=0", 422, "bad_parameter"),
        ("limit=1001", 422, "bad_parameter"),
        ("limit=x", 422, "bad_parameter"),
        ("cursor=-1", 422, "bad_parameter"),
    ],
)
def test_a_query_that_means_nothing_is_a_problem(
    query: str, status: int, code: str, client: Client, tenant: Tenant
) -> None:
    response = client.get(url_of(a_waiting_import(tenant), f"preview/persons?{query}"))
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == code


def test_an_approval_goes_on_and_a_second_one_conflicts(client: Client, tenant: Tenant) -> None:
    record = a_waiting_import(tenant)
    assert decide(client, record, "approve", {"note": "Sold."}).json()["status"] == "Processing"
    record.refresh_from_db()
    assert (record.state, record.decided_by) == ("processing", "ada@contoso.com")
    assert decide(client, record, "reject", {"note": "No."}).status_code == 409


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([], 400),
        ({"note": ""}, 400),
        ("{", 400),
        ({"note": 1}, 422),
        ("[1]", 422),
        ({"notes": "No."}, 422),
    ],
)
def test_a_rejection_needs_a_note_in_a_json_object(
    body: object, status: int, client: Client, tenant: Tenant
) -> None:
    response = decide(client, a_waiting_import(tenant), "reject", body)
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"


def test_a_number_that_is_nobodys_is_not_found(client: Client, tenant: Tenant) -> None:
    record = a_waiting_import(tenant)
    for number in ("0", "99999999", "9" * 40):
        assert client.get(url_of(record, f"preview/persons/{number}")).status_code == 404


def test_who_submitted_it_may_not_decide(client: Client, tenant: Tenant) -> None:
    record = a_waiting_import(tenant, submitted_by="ada@contoso.com")
    assert decide(client, record, "approve").status_code == 403


def test_nothing_is_found_from_another_tenant(tenant: Tenant) -> None:
    record = a_waiting_import(tenant)
    other = a_tenant("Fabrikam")
    stranger = a_client(other, *Role)
    for part in ("preview", "preview/persons", "preview/persons/1"):
        assert stranger.get(url_of(record, part)).status_code == 404
        by_other = url_of(record, part).replace(str(record.tenant_id), str(other.id))
        assert stranger.get(by_other).status_code == 404
    for act in ("approve", "reject"):
        assert decide(stranger, record, act, {"note": "x"}).status_code == 404


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_what_it_may(role: Role, tenant: Tenant) -> None:
    record = a_waiting_import(tenant)
    client = a_client(tenant, role)
    reads = role in (Role.INSIGHTS_ADMIN, Role.APPROVER)
    assert client.get(url_of(record)).status_code == (200 if reads else 403)
    decided = decide(client, record, "approve").status_code
    assert decided == (200 if role is Role.APPROVER else 403)


def test_who_is_not_signed_in_is_told_so(tenant: Tenant) -> None:
    response = Client().get(url_of(an_import(tenant)))
    assert response.status_code == 401
    assert response.json()["code"] == "sign_in_failed"


def test_a_running_import_has_no_preview_yet(client: Client, tenant: Tenant) -> None:
    assert client.get(url_of(an_import(tenant, State.VALIDATING))).status_code == 409


def test_an_unknown_import_is_not_found(client: Client, tenant: Tenant) -> None:
    url = f"/api/v1/tenants/{tenant.id}/imports/{uuid.uuid4()}/preview"
    assert client.get(url).status_code == 404
