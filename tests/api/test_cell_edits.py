"""Cells of a failed import edited in the browser: kept, refused, discarded, and validated again."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from factories import a_person
from orgport.imports.lifecycle import State
from orgport.server.records.models import AuditEntry, CellEdit, ImportRecord, Role, Tenant
from orgport.server.wiring import retention
from tenants import a_client, a_connection, a_pushed_import, a_tenant, a_zip, an_import, run

pytestmark = pytest.mark.django_db

MANAGER = 2


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant()


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return a_client(tenant, Role.INSIGHTS_ADMIN, email="mender@contoso.com")


def a_failure(tenant: Tenant) -> ImportRecord:
    people = [
        a_person(number, **({"ManagerId": "person0@"} if number > 3 else {})) for number in range(9)
    ]
    people[0]["Organization"] = f"Unit {uuid.uuid4()}"  # else the same bytes are the same file
    return a_pushed_import(a_connection(tenant), a_zip(people))


def post(client: Client, record: ImportRecord, new: str, act: str = "keep", **fields: Any) -> Any:
    sent = {"column": MANAGER, "old": json.dumps("person0@"), "new": new, "act": act} | fields
    return client.post(f"/imports/{record.id}/cells/", sent)


def page_of(client: Client, record: ImportRecord) -> str:
    return str(client.get(f"/imports/{record.id}/").content.decode())


def test_one_edit_mends_all_equal_cells_of_its_column(client: Client, tenant: Tenant) -> None:
    failed = a_failure(tenant)
    answer = post(client, failed, "person0@contoso.com", "validate")
    made = ImportRecord.objects.get(corrects=failed)
    assert (answer.status_code, answer["Location"]) == (302, f"/imports/{made.id}/")
    assert (made.package_sha256, made.submitted_by) == (
        failed.package_sha256,
        "mender@contoso.com",
    )
    run(made)
    assert (made.status, made.rows_accepted) == (State.SUCCEEDED, 9)


def test_a_kept_edit_shows_what_stood_there_and_who_typed_it_is_known(
    client: Client, tenant: Tenant
) -> None:
    failed = a_failure(tenant)
    assert 'name="new"' in page_of(client, failed)
    assert post(client, failed, "person0@contoso.com").status_code == 302
    page = page_of(client, failed)
    assert "<s>person0@</s>" in page
    assert "Validate again with 1 correction" in page
    edit = CellEdit.objects.get(of=failed)
    assert (edit.old, edit.new, edit.by) == (
        "person0@",
        "person0@contoso.com",
        "mender@contoso.com",
    )


def test_the_audit_trail_counts_edits_and_holds_no_cell(client: Client, tenant: Tenant) -> None:
    failed = a_failure(tenant)
    post(client, failed, "person0@contoso.com")
    entry = AuditEntry.objects.get(action="import.cells_edited")
    assert (entry.actor, entry.detail) == ("mender@contoso.com", {"values": 1})


def test_a_text_that_still_breaks_the_rule_is_refused_at_its_field(
    client: Client, tenant: Tenant
) -> None:
    failed = a_failure(tenant)
    answer = post(client, failed, "head of sales", "validate")
    page = answer.content.decode()
    assert answer.status_code == 400
    assert 'value="head of sales"' in page
    assert 'aria-invalid="true"' in page
    assert not CellEdit.objects.exists()
    assert ImportRecord.objects.count() == 1


def test_the_old_value_typed_again_takes_the_edit_back(client: Client, tenant: Tenant) -> None:
    failed = a_failure(tenant)
    post(client, failed, "person0@contoso.com")
    post(client, failed, "person0@")
    assert not CellEdit.objects.exists()


def test_all_edits_are_discarded_at_once(client: Client, tenant: Tenant) -> None:
    failed = a_failure(tenant)
    post(client, failed, "person0@contoso.com")
    client.post(f"/imports/{failed.id}/cells/", {"act": "discard"})
    assert not CellEdit.objects.exists()
    assert AuditEntry.objects.get(action="import.cell_edits_discarded").detail == {"values": 1}


@pytest.mark.parametrize(
    "fields",
    [
        {"column": "x"},
        {"column": 99},
        {"column": -1},
        {"old": "{"},
        {"old": "3"},
        {"old": ["1", "2"]},
    ],
)
def test_a_form_that_the_page_does_not_send_is_refused(
    client: Client, tenant: Tenant, fields: dict[str, Any]
) -> None:
    assert post(client, a_failure(tenant), "x@contoso.com", **fields).status_code == 400
    assert not CellEdit.objects.exists()


def test_without_an_edit_there_is_nothing_to_validate_again(client: Client, tenant: Tenant) -> None:
    failed = a_failure(tenant)
    assert client.post(f"/imports/{failed.id}/cells/", {"act": "validate"}).status_code == 400


def test_neither_another_tenant_nor_an_approver_edits_cells(tenant: Tenant) -> None:
    failed = a_failure(tenant)
    stranger = a_client(a_tenant("Fabrikam"), Role.INSIGHTS_ADMIN)
    assert post(stranger, failed, "person0@contoso.com").status_code == 404
    approver = a_client(tenant, Role.APPROVER)
    assert post(approver, failed, "person0@contoso.com").status_code == 403
    assert 'name="new"' not in page_of(approver, failed)
    assert not CellEdit.objects.exists()


def test_the_form_is_taken_from_the_page_of_this_server_only(tenant: Tenant) -> None:
    failed = a_failure(tenant)
    signed_in = a_client(tenant, Role.INSIGHTS_ADMIN)
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = signed_in.cookies
    assert post(careful, failed, "person0@contoso.com").status_code == 403


def test_only_an_import_that_failed_in_validation_is_edited(client: Client, tenant: Tenant) -> None:
    running = an_import(tenant, State.VALIDATING)
    assert post(client, running, "person0@contoso.com").status_code in (400, 409)
    assert not CellEdit.objects.exists()


def test_edits_go_when_the_package_goes(client: Client, tenant: Tenant) -> None:
    failed = a_failure(tenant)
    post(client, failed, "person0@contoso.com")
    retention.remove_what_is_over(at=timezone.now() + timedelta(days=400))
    assert not CellEdit.objects.exists()
