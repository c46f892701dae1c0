"""The native API lists every import, whatever became of it, and takes a number for an id."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from orgport.imports.lifecycle import State
from orgport.server.records.models import ImportRecord, Role, SourceKind, Tenant
from tenants import a_client, a_connection, a_pushed_import, a_tenant, a_zip, an_import

pytestmark = pytest.mark.django_db

ROW = {"PersonId": "p@contoso.com", "ManagerId": "", "Organization": "Sales"}


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant("Contoso")


@pytest.fixture
def imports(tenant: Tenant) -> list[ImportRecord]:
    """One that landed, one that failed, and one that runs."""
    nightly = a_connection(tenant, "Nightly")
    landed = a_pushed_import(nightly, a_zip([ROW | {"EffectiveDate": "01/01/2025"}]))
    failed = a_pushed_import(nightly, a_zip([ROW | {"EffectiveDate": "soon"}]))
    return [
        landed,
        failed,
        an_import(tenant, State.RECEIVED, name="By hand", source=SourceKind.CSV),
    ]


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return a_client(tenant, Role.INSIGHTS_ADMIN)


def listed(client: Client, tenant: Tenant, **query: Any) -> dict[str, Any]:
    response = client.get(f"/api/v1/tenants/{tenant.id}/imports", query)
    assert response.status_code == 200, response.content
    said: dict[str, Any] = response.json()
    return said


def numbers(said: dict[str, Any]) -> list[int]:
    return [one["number"] for one in said["imports"]]


def test_the_list_has_imports_that_failed_and_that_run_the_newest_first(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    said = listed(client, tenant)
    assert (said["total"], said["count"], said["nextCursor"]) == (3, 3, None)
    running, failed, landed = said["imports"]
    assert [one["id"] for one in (landed, failed, running)] == [str(one.id) for one in imports]
    assert (landed["state"], landed["status"], landed["refresh"]) == (
        *("succeeded", "Success"),
        "full",
    )
    assert (landed["rowsRead"], landed["rowsAccepted"], landed["rowsExcluded"]) == (1, 1, 0)
    assert (failed["state"], failed["errors"], failed["firstError"]) == (
        "validation_failed",
        1,
        "VAL_DATE",
    )
    assert (failed["connection"], failed["source"], failed["act"]) == (
        *("Nightly", "automated"),
        "upload",
    )
    assert (running["name"], running["status"]) == ("By hand", "In progress")
    assert (running["connection"], running["endedAt"], running["rowsRead"]) == (None, None, None)
    assert landed["page"].endswith(f"/imports/{imports[0].id}/")


def test_the_list_comes_in_pages(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    first = listed(client, tenant, limit=2)
    assert (numbers(first), first["total"], first["nextCursor"]) == ([3, 2], 3, 2)
    rest = listed(client, tenant, limit=2, cursor=first["nextCursor"])
    assert (numbers(rest), rest["total"], rest["nextCursor"]) == ([1], 3, None)


def test_the_list_is_narrowed_by_state_and_source(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    assert numbers(listed(client, tenant, state="validation_failed")) == [2]
    assert numbers(listed(client, tenant, source="csv")) == [3]
    assert listed(client, tenant, source="csv", state="succeeded")["total"] == 0


@pytest.mark.parametrize(
    ("name", "value"), [("state", "done"), ("source", "ftp"), ("cursor", "0"), ("limit", "1001")]
)
def test_what_the_list_cannot_be_narrowed_to_is_named(
    client: Client, tenant: Tenant, name: str, value: str
) -> None:
    response = client.get(f"/api/v1/tenants/{tenant.id}/imports", {name: value})
    assert response.status_code == 422
    assert [one["parameter"] for one in response.json()["errors"]] == [name]


def test_a_path_takes_the_number_of_an_import_its_id_or_how_that_begins(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    landed = imports[0]
    for named in ("1", str(landed.id), str(landed.id).upper(), str(landed.id)[:13]):
        response = client.get(f"/api/v1/tenants/{tenant.id}/imports/{named}")
        assert response.json()["id"] == str(landed.id), response.content
    undo = client.get(f"/api/v1/tenants/{tenant.id}/imports/1/undo")
    assert "consequences" in undo.json(), undo.content


@pytest.mark.parametrize(
    "named", ["4", "0", str(uuid.UUID(int=4)), "nightly", "9" * 40, "%00", "-1"]
)
def test_an_import_that_there_is_not_is_not_found(
    client: Client, tenant: Tenant, imports: list[ImportRecord], named: str
) -> None:
    for path in (named, f"{named}/undo", f"{named}/preview"):
        response = client.get(f"/api/v1/tenants/{tenant.id}/imports/{path}")
        assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_the_imports_of_another_tenant_are_neither_listed_nor_found(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    other = a_tenant("Fabrikam")
    stranger = a_client(other, *Role)
    assert listed(stranger, other)["total"] == 0
    assert stranger.get(f"/api/v1/tenants/{tenant.id}/imports").status_code == 404
    for named in ("1", str(imports[0].id)):
        assert stranger.get(f"/api/v1/tenants/{other.id}/imports/{named}").status_code == 404


def test_every_state_can_be_asked_for(client: Client, tenant: Tenant) -> None:
    for state in State:
        assert listed(client, tenant, state=state.value)["total"] == 0
