"""Deletions in the portal: what and who would go is looked at first, and only that goes."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from test_deletions import delete_employees, ended, persons

from orgport.history.acts import Act
from orgport.imports.lifecycle import State
from orgport.imports.rewrites import run_rewrite
from orgport.server.records.models import ImportRecord, Role, Tenant
from orgport.server.wiring.measured import set_measured
from orgport.server.wiring.places import bench, history_of, inbox
from tenants import (
    a_client,
    a_connection,
    a_pushed_import,
    a_tenant,
    a_tenant_of,
    a_zip,
    an_import,
    by_admin,
    html_of,
)

pytestmark = pytest.mark.django_db

FIELDS = "/organizational-data/delete-fields/"
DELETE = "/organizational-data/delete-employees/"
A, B, C = "a@contoso.com", "b@contoso.com", "c@contoso.com"


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant_of(A, B, C)


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return a_client(tenant, Role.INSIGHTS_ADMIN)


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


def test_a_field_in_which_nobody_has_a_value_is_shown_without_a_day(
    client: Client, tenant: Tenant
) -> None:
    ended(delete_employees(client, tenant, f"PersonId\n{A}\n{B}\n{C}\n"))
    page = fields_looked_at(client, "Location")
    assert 'data-label="Since">–</td>' in page
    assert ">Delete 1 field</button>" in page


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
    page = html_of(confirmed(client, page))
    assert "Nothing was deleted: nobody in the history has x@contoso.com." in page
    assert "Nobody to delete" in page
    assert not ImportRecord.objects.filter(act=Act.DELETE_EMPLOYEES.value).exists()


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
