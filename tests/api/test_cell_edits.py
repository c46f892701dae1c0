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
from orgport.server.wiring.cell_edits import edits_of
from orgport.server.wiring.imports import opened_package
from orgport.server.wiring.places import history_of
from tenants import a_client, a_connection, a_pushed_import, a_tenant, a_zip, an_import, now, run

pytestmark = pytest.mark.django_db

MANAGER = 2


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant()


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return a_client(tenant, Role.INSIGHTS_ADMIN, email="mender@contoso.com")


def a_failure(tenant: Tenant, **of_person_5: str) -> ImportRecord:
    """Persons 4 to 8 report to `person0@`; more can be wrong with person 5, in line 7."""
    people = [
        a_person(number, **({"ManagerId": "person0@"} if number > 3 else {})) for number in range(9)
    ]
    people[5] |= of_person_5
    people[0]["Organization"] = f"Unit {uuid.uuid4()}"  # else the same bytes are the same file
    return a_pushed_import(a_connection(tenant), a_zip(people))


def cell(column: object = MANAGER, old: object = "person0@", line: object = None) -> str:
    return json.dumps([column, old, line])


def post(
    client: Client,
    record: ImportRecord,
    new: str,
    act: str = "keep",
    query: str = "",
    **fields: Any,
) -> Any:
    sent = {"cell": cell(), "new": new, "act": act} | fields
    return client.post(f"/imports/{record.id}/cells/{query}", sent)


def page_of(client: Client, record: ImportRecord, part: str = "") -> str:
    return str(client.get(f"/imports/{record.id}/{part}").content.decode())


def test_the_page_sends_to_its_cells_where_it_has_some(client: Client, tenant: Tenant) -> None:
    page = client.get(f"/imports/{a_failure(tenant).id}/").content.decode()
    assert "Correct the cells here, or mend the rows of the correction file" in page


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


def test_an_import_that_was_mended_names_the_import_that_did_it_and_offers_nothing_to_correct(
    client: Client, tenant: Tenant
) -> None:
    failed = a_failure(tenant)
    post(client, failed, "person0@contoso.com", "validate")
    made = ImportRecord.objects.get(corrects=failed)
    assert "mended" not in page_of(client, failed)
    run(made)
    for part in ("", "findings/"):
        page = page_of(client, failed, part)
        assert f'href="/imports/{made.id}/">Open import {made.number}' in page
        assert 'name="new"' not in page
        assert 'id="cells"' not in page
    page = page_of(client, failed)
    assert f"/imports/{failed.id}/corrections/" not in page
    assert f"/imports/{failed.id}/correction-file.csv" not in page


def test_of_an_import_that_was_mended_no_edit_is_kept(client: Client, tenant: Tenant) -> None:
    failed = a_failure(tenant)
    post(client, failed, "person0@contoso.com", "validate")
    run(ImportRecord.objects.get(corrects=failed))
    refused = post(client, failed, "person2@contoso.com")
    assert refused.status_code == 409
    assert "was mended already" in refused.content.decode()
    assert CellEdit.objects.filter(of=failed).count() == 1


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


def test_every_edit_is_kept_with_who_and_when_also_when_another_follows(
    client: Client, tenant: Tenant
) -> None:
    failed = a_failure(tenant)
    post(client, failed, "person1@contoso.com")
    other = a_client(tenant, Role.DATA_SOURCE_ADMIN, email="sender@contoso.com")
    post(other, failed, "person2@contoso.com")
    post(client, failed, "", "discard")
    rows = CellEdit.objects.filter(of=failed)
    assert [(row.new, row.by, row.is_taken_back) for row in rows] == [
        ("person1@contoso.com", "mender@contoso.com", False),
        ("person2@contoso.com", "sender@contoso.com", False),
        ("person0@", "mender@contoso.com", True),
    ]
    assert all(row.at for row in rows)


def test_an_edit_of_one_line_goes_before_that_of_all_equal_cells(
    client: Client, tenant: Tenant
) -> None:
    failed = a_failure(tenant)
    post(client, failed, "person0@contoso.com")
    post(client, failed, "person1@contoso.com", query="?by=line", cell=cell(line=7))
    client.post(f"/imports/{failed.id}/cells/", {"act": "validate"})
    made = ImportRecord.objects.get(corrects=failed)
    run(made)
    assert made.status is State.SUCCEEDED
    stored = history_of(tenant.id).as_of(now().date())
    managers = dict(stored.select("PersonId", "ManagerId").iter_rows())
    assert managers["person5@contoso.com"] == "person1@contoso.com"
    assert managers["person6@contoso.com"] == "person0@contoso.com"


def test_line_by_line_a_cell_is_edited_alone_and_the_page_comes_back_as_it_was(
    client: Client, tenant: Tenant
) -> None:
    failed = a_failure(tenant)
    part = f"findings/?code=VAL_EMAIL&column={MANAGER}"
    assert page_of(client, failed, part).count('name="new"') == 5
    query = f"?code=VAL_EMAIL&column={MANAGER}&by=line"
    answer = post(client, failed, "person0@contoso.com", query=query, cell=cell(line=7))
    assert answer["Location"] == f"/imports/{failed.id}/{part}"
    page = page_of(client, failed, part)
    assert page.count("<s>person0@</s>") == 1
    assert "1 row corrected</b> in 1 cause" in page
    assert "4 of 5 errors left" in page
    refused = post(client, failed, "nobody", query=query, cell=cell(line=8))
    assert refused.status_code == 400
    assert "A correction here is of its line alone" in refused.content.decode()


def test_the_bar_says_how_far_the_corrections_reach(client: Client, tenant: Tenant) -> None:
    failed = a_failure(tenant, EffectiveDate="31/12/2025")
    assert "Nothing corrected yet" in page_of(client, failed)
    post(client, failed, "person0@contoso.com")
    page = page_of(client, failed)
    assert "5 rows corrected</b> in 1 cause" in page
    assert "1 of 6 errors left" in page
    assert "all corrected" in page


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
    assert not edits_of(failed)
    assert "Validate again with" not in page_of(client, failed)


def test_all_edits_are_discarded_at_once(client: Client, tenant: Tenant) -> None:
    failed = a_failure(tenant)
    post(client, failed, "person0@contoso.com")
    client.post(f"/imports/{failed.id}/cells/", {"act": "discard"})
    assert not edits_of(failed)
    assert AuditEntry.objects.get(action="import.cell_edits_discarded").detail == {"values": 1}


@pytest.mark.parametrize(
    "fields",
    [
        {"cell": cell("x")},
        {"cell": cell(99)},
        {"cell": cell(-1)},
        {"cell": cell(line="7")},
        {"cell": cell(old=3)},
        {"cell": "{"},
        {"cell": "[" * 5000},
        {"cell": [cell(), cell()]},
    ],
)
def test_a_form_that_the_page_does_not_send_is_refused(
    client: Client, tenant: Tenant, fields: dict[str, Any]
) -> None:
    assert post(client, a_failure(tenant), "x@contoso.com", **fields).status_code == 400
    assert not CellEdit.objects.exists()


def test_cells_that_begin_like_a_formula_are_edited_and_kept_as_they_are(
    client: Client, tenant: Tenant
) -> None:
    failed = a_failure(tenant, ManagerId="=person0@", Organization="+Sales")
    post(client, failed, "person0@contoso.com")
    post(client, failed, "-person0@contoso.com", "validate", cell=cell(old="=person0@"))
    made = ImportRecord.objects.get(corrects=failed)
    run(made)
    with opened_package(made) as package, package.open_data() as stream:
        assert "person5@contoso.com,-person0@contoso.com,+Sales" in stream.read().decode()


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
