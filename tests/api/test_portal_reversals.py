"""Undo and restore in the portal: what is said before, the import that they become, who may."""

from __future__ import annotations

import pytest
from django.test import Client

from orgport.history.acts import Act
from orgport.imports.lifecycle import State
from orgport.imports.rewrites import run_rewrite
from orgport.server.records.models import AuditEntry, ImportRecord, Notice, Role, Tenant
from orgport.server.wiring.places import bench, history_of
from tenants import a_client, a_connection, a_pushed_import, a_tenant, a_zip, an_import, now

pytestmark = pytest.mark.django_db

A, B, C = "a@contoso.com", "b@contoso.com", "c@contoso.com"


def a_row(person: str, organization: str, day: str = "01/01/2025") -> dict[str, str]:
    return {
        "PersonId": person,
        "ManagerId": "" if person == A else A,
        "Organization": organization,
        "EffectiveDate": day,
    }


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant()


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return a_client(tenant, Role.INSIGHTS_ADMIN, email="admin@contoso.com")


@pytest.fixture
def imports(tenant: Tenant) -> list[ImportRecord]:
    """Everybody, an edit of two persons, and a later word on one of them."""
    connection = a_connection(tenant)
    everybody = a_zip([a_row(person, "Sales") for person in (A, B, C)])
    edit = a_zip([a_row(p, "Legal", "02/01/2025") for p in (B, C)], is_full=False)
    later = a_zip([a_row(C, "Finance", "02/01/2025")], is_full=False)
    return [a_pushed_import(connection, package) for package in (everybody, edit, later)]


def ended(record: ImportRecord) -> ImportRecord:
    run_rewrite(record.id, bench(worker="test"))
    record.refresh_from_db()
    return record


def undo(client: Client, record: ImportRecord) -> ImportRecord:
    """Undo an import in the portal and let the worker end it."""
    response = client.post(f"/imports/{record.id}/undo/")
    assert response.status_code == 302, response.content.decode()
    return ended(ImportRecord.objects.get(of=record, state=State.RECEIVED.value))


def organizations(tenant: Tenant) -> list[str]:
    return history_of(tenant.id).as_of(now().date())["Organization"].to_list()


def test_the_dialog_says_what_goes_and_what_stays(
    client: Client, imports: list[ImportRecord]
) -> None:
    page = client.get(f"/imports/{imports[1].id}/undo/").content.decode()
    assert "Of 3 persons 1 changes; 5 periods become 4." in page
    assert "Of 4 values that it gave, 1 is taken back." in page
    assert "2 values stay because import 3, which came later, said so." in page
    assert "1 value stays because the same held before." in page  # the manager of b
    assert "can be undone like any other" in page
    assert "Undo import 2: 1 person of 3" in page


def test_an_undo_is_an_import_that_counts(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    made = undo(client, imports[1])
    assert (made.state, made.act, made.number) == ("succeeded", Act.UNDO.value, 4)
    assert made.submitted_by == "admin@contoso.com"
    assert organizations(tenant) == ["Sales", "Sales", "Finance"]
    page = client.get("/organizational-data/").content.decode()
    assert f"Undo of {imports[1].name} (import 2)" in page
    actions = AuditEntry.objects.filter(subject=str(made.id)).values_list("action", "actor")
    assert list(actions) == [
        ("import.undo", "admin@contoso.com"),
        ("import.rewrite", "orgport"),
        ("import.succeed", "orgport"),
    ]
    assert list(Notice.objects.filter(about=made).values_list("kind", flat=True)) == [
        "processing_succeeded"
    ]


def test_what_was_undone_says_so_and_can_be_had_back(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    made = undo(client, imports[1])
    assert "It does not count now" in client.get(f"/imports/{imports[1].id}/").content.decode()
    again = client.post(f"/imports/{imports[1].id}/undo/")
    assert again.status_code == 409
    assert "does not count any more" in again.content.decode()
    undo(client, made)
    assert organizations(tenant) == ["Sales", "Legal", "Finance"]
    assert "It does not count now" not in client.get(f"/imports/{imports[1].id}/").content.decode()


def test_a_restore_leads_back_to_a_version(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    page = client.get(f"/imports/{imports[0].id}/restore/").content.decode()
    assert "No import after it counts any more" in page
    assert client.post(f"/imports/{imports[0].id}/restore/").status_code == 302
    made = ended(ImportRecord.objects.get(act=Act.RESTORE.value))
    assert made.state == "succeeded"
    assert organizations(tenant) == ["Sales", "Sales", "Sales"]
    page = client.get(f"/imports/{made.id}/").content.decode()
    assert "Restore: import 4 of the history" in page
    assert client.get("/").status_code == 200
    assert client.get(f"/imports/{made.id}/summary/").status_code == 200


def test_the_newest_import_is_nothing_to_go_back_to(
    client: Client, imports: list[ImportRecord]
) -> None:
    assert "is the newest" in client.get(f"/imports/{imports[2].id}/restore/").content.decode()
    assert client.post(f"/imports/{imports[2].id}/restore/").status_code == 409


def test_an_import_that_failed_has_nothing_to_take_back(client: Client, tenant: Tenant) -> None:
    failed = an_import(tenant, State.VALIDATION_FAILED)
    assert client.post(f"/imports/{failed.id}/undo/").status_code == 409
    assert client.get(f"/imports/{failed.id}/undo/").status_code == 200


def test_an_undo_waits_for_nobody_but_is_refused_while_an_import_runs(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    an_import(tenant, State.VALIDATING, name="Nightly")
    response = client.post(f"/imports/{imports[1].id}/undo/")
    assert response.status_code == 409
    assert "Nightly is still being imported" in response.content.decode()


def test_a_stage_that_runs_twice_undoes_once(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    made = undo(client, imports[1])
    ImportRecord.objects.filter(id=made.id).update(state=State.PROCESSING.value)
    run_rewrite(made.id, bench(worker="another"))
    assert [one.number for one in history_of(tenant.id).imports()] == [4, 3, 2, 1]
