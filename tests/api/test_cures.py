"""The one change that mends many findings, made by a button on the page of the failed import."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from factories import a_person
from orgport.imports.lifecycle import State
from orgport.server.records.models import AuditEntry, ImportRecord, Role, Tenant
from orgport.server.wiring.cell_edits import edits_of
from orgport.server.wiring.places import inbox
from tenants import a_client, a_connection, a_pushed_import, a_tenant, a_zip, an_import, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant()


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return a_client(tenant, Role.INSIGHTS_ADMIN, email="mender@contoso.com")


def written_day_first(tenant: Tenant, **more: str) -> ImportRecord:
    people = [a_person(number, EffectiveDate=f"{number + 13}/01/2025") for number in range(9)]
    people[3] |= more
    return a_pushed_import(a_connection(tenant), a_zip(people))


def number_of_cure(client: Client, failed: ImportRecord) -> str:
    page = client.get(f"/imports/{failed.id}/").content.decode()
    return str(re.findall(r'name="cure" value="(\d+)"', page)[0])


def cure(client: Client, failed: ImportRecord) -> ImportRecord:
    """Press the button of the first change, and run what comes of it."""
    number = number_of_cure(client, failed)
    answer = client.post(f"/imports/{failed.id}/cure/", {"cure": number})
    made = ImportRecord.objects.latest("number")
    assert answer["Location"] == f"/imports/{made.id}/"
    run(made)
    return made


def test_a_change_of_the_mapping_is_made_and_the_whole_validated_again(
    client: Client, tenant: Tenant
) -> None:
    failed = written_day_first(tenant)
    page = client.get(f"/imports/{failed.id}/").content.decode()
    assert "Change mapping and validate again, mends 9" in page
    assert 'name="new"' not in page  # nobody goes through values that a mapping mends
    assert "Correct the cells here" not in page
    assert "Mend the rows of the correction file" in page
    made = cure(client, failed)
    assert (made.status, made.rows_accepted) == (State.SUCCEEDED, 9)
    assert made.package_sha256 == failed.package_sha256
    types = {column["source"]: column["type"] for column in made.mapping or []}
    assert types["EffectiveDate"] == "DateTime_DDMMYYYY"
    assert "EffectiveDate read as Date, DD/MM/YYYY" in (
        client.get(f"/imports/{made.id}/").content.decode()
    )


def test_what_mends_an_upload_keeps_the_name_of_the_upload(client: Client, tenant: Tenant) -> None:
    failed = written_day_first(tenant)
    ImportRecord.objects.filter(id=failed.id).update(name="Leavers of October")
    made = cure(client, failed)
    assert made.name == "Leavers of October"
    page = client.get(f"/imports/{made.id}/").content.decode()
    assert "EffectiveDate is read as Date, DD/MM/YYYY" in page


def test_who_changed_the_mapping_is_in_the_audit_trail(client: Client, tenant: Tenant) -> None:
    made = cure(client, written_day_first(tenant))
    entry = AuditEntry.objects.get(action="import.received", subject=str(made.id))
    assert entry.actor == "mender@contoso.com"
    assert entry.detail["retyped"] == {"EffectiveDate": "DateTime_DDMMYYYY"}


def test_cells_edited_before_go_with_the_change_of_the_mapping(
    client: Client, tenant: Tenant
) -> None:
    failed = written_day_first(tenant, ManagerId="nobody")
    cells = {"cell": '[2, "nobody", null]', "new": "person0@contoso.com", "act": "keep"}
    client.post(f"/imports/{failed.id}/cells/", cells)
    made = cure(client, failed)
    assert (made.status, made.rows_accepted) == (State.SUCCEEDED, 9)


def test_the_changed_mapping_holds_for_the_corrections_that_follow(
    client: Client, tenant: Tenant
) -> None:
    second = cure(client, written_day_first(tenant, ManagerId="nobody"))
    assert second.error_count == 1
    cells = {"cell": '[2, "nobody", null]', "new": "person0@contoso.com", "act": "validate"}
    client.post(f"/imports/{second.id}/cells/", cells)
    third = ImportRecord.objects.get(corrects=second)
    run(third)
    assert (third.status, third.rows_accepted) == (State.SUCCEEDED, 9)


def test_a_near_domain_is_replaced_in_every_value_that_has_it(
    client: Client, tenant: Tenant
) -> None:
    people = [a_person(number) for number in range(30)]
    for number in (4, 5, 6):
        people[number]["ManagerId"] = f"person{number - 3}@contosocom"
    failed = a_pushed_import(a_connection(tenant), a_zip(people))
    address = f"/imports/{failed.id}/cure/?code=VAL_EMAIL"
    answer = client.post(address, {"cure": number_of_cure(client, failed)})
    assert answer["Location"] == f"/imports/{failed.id}/?code=VAL_EMAIL"
    kept = edits_of(failed).kept
    assert {place[1]: edit.new for place, edit in kept.items()} == {
        f"person{chief}@contosocom": f"person{chief}@contoso.com" for chief in (1, 2, 3)
    }


@pytest.mark.parametrize("number", ["", "x", "-1", "99"])
def test_a_change_that_there_is_not_is_not_found(
    client: Client, tenant: Tenant, number: str
) -> None:
    failed = written_day_first(tenant)
    assert client.post(f"/imports/{failed.id}/cure/", {"cure": number}).status_code == 404


def test_neither_another_tenant_nor_an_approver_makes_the_change(tenant: Tenant) -> None:
    failed = written_day_first(tenant)
    address = f"/imports/{failed.id}/"
    stranger = a_client(a_tenant("Fabrikam"), Role.INSIGHTS_ADMIN)
    assert stranger.post(f"{address}cure/", {"cure": 0}).status_code == 404
    approver = a_client(tenant, Role.APPROVER)
    assert approver.post(f"{address}cure/", {"cure": 0}).status_code == 403
    page = approver.get(address).content.decode()
    assert "One change mends 9" in page
    assert 'name="cure"' not in page


def test_an_import_that_could_not_be_processed_is_tried_again(
    client: Client, tenant: Tenant
) -> None:
    received = inbox().receive([a_zip([a_person(0), a_person(1)])], limit_bytes=10_000)
    broken = an_import(
        tenant,
        State.PROCESSING_FAILED,
        connection=a_connection(tenant),
        package_sha256=received.sha256,
        rows_read=2,
    )
    assert f"/imports/{broken.id}/retry/" in client.get("/organizational-data/").content.decode()
    page = client.get(f"/imports/{broken.id}/").content.decode()
    assert 'class="failed"' in page
    assert "It need not be pushed again" in (
        client.get(f"/imports/{broken.id}/retry/").content.decode()
    )
    answer = client.post(f"/imports/{broken.id}/retry/")
    made = ImportRecord.objects.latest("number")
    assert answer["Location"] == f"/imports/{made.id}/"
    run(made)
    assert (made.status, made.rows_accepted) == (State.SUCCEEDED, 2)
    entry = AuditEntry.objects.get(action="import.received", subject=str(made.id))
    assert entry.detail["repeats"] == str(broken.id)


def test_an_import_that_ended_otherwise_is_not_tried_again(client: Client, tenant: Tenant) -> None:
    failed = written_day_first(tenant)
    assert client.post(f"/imports/{failed.id}/retry/").status_code == 409
    assert ImportRecord.objects.count() == 1
