"""Deletions over the API and in the portal: who and what leaves is listed, and comes back by an undo."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from orgport.history.acts import Act
from orgport.imports.lifecycle import State
from orgport.imports.rewrites import run_rewrite
from orgport.server.records.models import Connection, ImportRecord, Role, Tenant
from orgport.server.wiring.measured import set_measured
from orgport.server.wiring.places import bench, history_of, inbox
from tenants import (
    a_client,
    a_connection,
    a_pushed_import,
    a_tenant,
    a_zip,
    an_import,
    by_admin,
    html_of,
    now,
)

pytestmark = pytest.mark.django_db

FIELDS = "/organizational-data/delete-fields/"
A, B, C = "a@contoso.com", "b@contoso.com", "c@contoso.com"


@pytest.fixture
def tenant() -> Tenant:
    made = a_tenant()
    rows = [
        {
            "PersonId": person,
            "ManagerId": manager,
            "Organization": "Sales",
            "Location": "Bilbao",
            "EffectiveDate": "01/01/2025",
        }
        for person, manager in ((A, ""), (B, A), (C, B))
    ]
    connection = a_connection(made)
    connection.guard_rails = {"removed_share": None, "blanked_share": None}
    connection.save()
    a_pushed_import(connection, a_zip(rows))
    return made


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
    page = fields_looked_at(client, "Location")
    assert 'data-label="Since">–</td>' in page
    assert ">Delete 1 field</button>" in page


def fields_looked_at(client: Client, *ticked: str, **more: str) -> str:
    """The page that says what of some fields would go."""
    answer = client.post(FIELDS, {"name": "No places", "ticked": ticked, **more})
    return " ".join(html_of(answer).split())


def test_the_portal_says_how_much_of_a_field_would_go_and_who_uses_it_before_it_does(
    client: Client, tenant: Tenant
) -> None:
    url = "/organizational-data/consumers/"
    client.post(url, {"name": "Places", "ticked": ["Organization", "Location"]})
    page = fields_looked_at(client, "Location")
    assert 'Fields that leave</dt><dd class="figure">1</dd><dd>of 1 optional field' in page
    assert 'Cells that leave</dt><dd class="figure">3</dd>' in page
    assert 'data-label="Persons">3</td>' in page
    assert "1 Jan 2025</time>" in page
    assert "Places<br>" in page
    assert "loses Location; its last result stays" in page
    assert 'By location<br><span class="small">needs Location</span>' in page
    assert "Nothing is deleted yet." in page
    assert not ImportRecord.objects.filter(act=Act.DELETE_FIELDS.value).exists()


def test_the_portal_deletes_the_fields_that_were_looked_at(client: Client, tenant: Tenant) -> None:
    page = html_of(client.get(FIELDS))
    assert 'value="Location"' in page
    assert 'value="Organization"' not in page
    refused = client.post(FIELDS, {"name": "No places", "ticked": ["Organization"], "begin": "1"})
    assert "before the fields can be deleted" in html_of(refused)
    posted = re.findall(
        r'<input type="hidden" name="(name|ticked)" value="([^"]*)">',
        fields_looked_at(client, "Location"),
    )
    assert posted == [("name", "No places"), ("ticked", "Location")]
    answer = client.post(FIELDS, {**dict(posted), "begin": "1"})
    made = ImportRecord.objects.get(act=Act.DELETE_FIELDS.value)
    assert answer["Location"] == f"/imports/{made.id}/"
    run_rewrite(made.id, bench(worker="test"))
    assert "<dt>Field</dt> <dd>Location</dd>" in " ".join(
        html_of(client.get(answer["Location"])).split()
    )
    assert "Location" not in history_of(tenant.id).stored().fields
    assert "no optional fields" in html_of(client.get(FIELDS))


def test_other_fields_are_chosen_with_what_was_ticked_still_there(client: Client) -> None:
    page = fields_looked_at(client, "Location", change="1")
    assert re.search(r'<input type="checkbox" name="ticked" value="Location"[^>]* checked>', page)
    assert 'name="name" value="No places"' in page
    assert ">Show what would be deleted</button>" in page


def test_a_deletion_that_a_running_import_blocks_says_so_and_leads_to_it(
    client: Client, tenant: Tenant
) -> None:
    running = an_import(tenant, State.VALIDATING)
    page = fields_looked_at(client, "Location", begin="1")
    assert "Something has to be done before the fields can be deleted." in page
    assert f'<a href="/imports/{running.id}/">Open the running import</a>' in page
    assert ">Delete 1 field</button>" in page


def test_a_deletion_is_not_named_after_a_person(client: Client) -> None:
    page = html_of(client.post(FIELDS, {"name": f"As {B} asked", "ticked": ["Location"]}))
    assert "1 field needs a change before the fields can be deleted." in page
    assert 'href="#id_name"' in page


DELETE = "/organizational-data/delete-employees/"


def looked_at(client: Client, content: str, name: str = "Leavers") -> str:
    """The page that says who of a file would go."""
    file = SimpleUploadedFile("leavers.csv", content.encode())
    return " ".join(client.post(DELETE, {"name": name, "file": file}).content.decode().split())


def confirmed(client: Client, page: str) -> Any:
    """What its form posts."""
    fields = dict(re.findall(r'<input type="hidden" name="(name|list)" value="([^"]*)">', page))
    return client.post(DELETE, {**fields, "begin": "1"})


def test_the_portal_deletes_the_persons_of_a_file_and_has_their_list(
    client: Client, tenant: Tenant
) -> None:
    assert "a csv in UTF-8 with one column, PersonId" in looked_at(client, f"Person\n{B}\n")
    answer = confirmed(client, looked_at(client, f"PersonId\n{B}\n"))
    made = ImportRecord.objects.get(act=Act.DELETE_EMPLOYEES.value)
    assert answer["Location"] == f"/imports/{made.id}/"
    assert (made.name, made.package_name) == ("Leavers", "leavers.csv")
    listed = f"/imports/{made.id}/deleted-employees.csv"
    assert client.get(listed).status_code == 404
    run_rewrite(made.id, bench(worker="test"))
    assert "Deleted employees" in client.get(f"/imports/{made.id}/").content.decode()
    assert "b@contoso.com,deleted" in client.get(listed).getvalue().decode()
    assert persons(tenant) == [A, C]


def test_the_portal_says_who_would_go_and_who_reads_them_before_anybody_does(
    client: Client, tenant: Tenant
) -> None:
    url = "/organizational-data/consumers/"
    client.post(url, {"name": "Monthly headcount", "ticked": ["Organization"]})
    set_measured(tenant, [f"PersonId\n{B}\n{A}\n".encode()], by=by_admin())
    page = looked_at(client, f"PersonId\n{B.upper()}\nx@contoso.com\n")
    assert 'Persons who leave</dt><dd class="figure">1</dd><dd>of 2 addresses' in page
    assert 'Addresses nobody has</dt><dd class="figure">1</dd>' in page
    assert 'Reports without a manager</dt><dd class="figure">1</dd>' in page
    assert 'Measured persons</dt><dd class="figure">1</dd>' in page
    assert 'class="wrap">Sales</th><td class="number">1</td>' in page
    assert "Monthly headcount" in page
    assert ">Delete 1 person</button>" in page
    assert persons(tenant) == [A, B, C]
    assert not ImportRecord.objects.filter(act=Act.DELETE_EMPLOYEES.value).exists()


def test_a_file_of_nobody_cannot_be_confirmed(client: Client) -> None:
    page = looked_at(client, "PersonId\nx@contoso.com\n")
    assert "No address of this file is that of a person in the history." in page
    assert 'name="begin"' not in page


def test_a_list_of_another_tenant_or_of_long_ago_has_to_be_chosen_again(
    client: Client, tenant: Tenant
) -> None:
    page = looked_at(client, f"PersonId\n{B}\n")
    stranger = a_client(a_tenant("Fabrikam"), Role.INSIGHTS_ADMIN)
    assert confirmed(stranger, page)["Location"] == DELETE
    inbox().path_of(sha256(f"PersonId\n{B}\n".encode()).hexdigest()).unlink()
    assert confirmed(client, page)["Location"] == DELETE
    nameless = page.replace('name="name" value="Leavers"', 'name="name" value=""')
    assert confirmed(client, nameless)["Location"] == DELETE
    for one in (stranger, client):
        assert "Choose it again." in one.get(DELETE).content.decode()
    assert not ImportRecord.objects.filter(act=Act.DELETE_EMPLOYEES.value).exists()


def test_an_address_that_means_two_persons_by_now_has_to_be_chosen_again() -> None:
    tenant, own = a_tenant(), {"Organization": "Sales"}
    connection = a_connection(tenant)
    connection.guard_rails = {"removed_share": None, "blanked_share": None}
    connection.save()
    rows = [
        {"PersonId": "+a@contoso.com", "ManagerId": "", **own},
        {"PersonId": B, "ManagerId": "+a@contoso.com", **own},
    ]
    a_pushed_import(connection, a_zip(rows))
    client = a_client(tenant, Role.INSIGHTS_ADMIN)
    page = looked_at(client, "PersonId\n'+a@contoso.com\n")
    another = {"PersonId": "'+a@contoso.com", "ManagerId": "+a@contoso.com", **own}
    assert a_pushed_import(connection, a_zip([*rows, another])).state == State.SUCCEEDED.value
    assert confirmed(client, page)["Location"] == DELETE
    assert "may mean two persons" in client.get(DELETE).content.decode()
    assert not ImportRecord.objects.filter(act=Act.DELETE_EMPLOYEES.value).exists()


def test_a_running_import_is_told_beside_what_would_go(client: Client, tenant: Tenant) -> None:
    page = looked_at(client, f"PersonId\n{B}\n")
    running = an_import(tenant, State.VALIDATING)
    again = " ".join(confirmed(client, page).content.decode().split())
    assert f'<a href="/imports/{running.id}/">Open the running import</a>' in again
    assert ">Delete 1 person</button>" in again
