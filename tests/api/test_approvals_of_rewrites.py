"""Undo, restore and deletions keep within the limits of the active source, as what is pushed does."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import strip_tags

from orgport.errors import Forbidden
from orgport.imports.guard_rails import BLANKED, REMOVED
from orgport.imports.lifecycle import State
from orgport.imports.previews import read_preview
from orgport.imports.rewrites import run_rewrite
from orgport.server.records.models import AuditEntry, Connection, ImportRecord, Role, Tenant
from orgport.server.wiring import approvals
from orgport.server.wiring.places import artifacts_of, bench, history_of
from orgport.server.wiring.registrations import Actor
from tenants import a_client, a_connection, a_pushed_import, a_tenant, a_zip, now

pytestmark = pytest.mark.django_db

ADMIN = "admin.of.insights@contoso.com"


def rows(first: int, last: int) -> list[dict[str, str]]:
    return [
        {
            "PersonId": f"p{number}@contoso.com",
            "ManagerId": "" if number == 0 else "p0@contoso.com",
            "Organization": "Sales",
            "Location": "Bilbao",
            "EffectiveDate": "01/01/2025",
        }
        for number in range(first, last)
    ]


@pytest.fixture
def connection() -> Connection:
    made = a_connection(a_tenant())
    a_pushed_import(made, a_zip(rows(0, 20)))
    return made


@pytest.fixture
def tenant(connection: Connection) -> Tenant:
    return connection.tenant


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return a_client(tenant, Role.INSIGHTS_ADMIN, Role.APPROVER, email=ADMIN)


@pytest.fixture
def newcomers(connection: Connection) -> ImportRecord:
    """An import of ten more persons: to undo it removes a third."""
    return a_pushed_import(connection, a_zip(rows(20, 30), is_full=False))


def run(record_id: str) -> ImportRecord:
    run_rewrite(ImportRecord(id=record_id).id, bench(worker="test"))
    record: ImportRecord = ImportRecord.objects.get(id=record_id)
    return record


def undo(client: Client, of: ImportRecord, **query: str) -> Any:
    url = f"/api/v1/tenants/{of.tenant_id}/imports/{of.id}/undo"
    return client.post(url, query_params=query)


def person_count(tenant: Tenant) -> int:
    return int(history_of(tenant.id).as_of(now().date()).height)


def test_an_undo_past_a_limit_waits_and_its_sender_cannot_approve_it(
    client: Client, tenant: Tenant, newcomers: ImportRecord
) -> None:
    record = run(undo(client, newcomers).json()["id"])
    assert record.status is State.AWAITING_APPROVAL
    assert [breach.code for breach in record.past_limits] == [REMOVED]
    assert person_count(tenant) == 30
    page = client.get(f"/imports/{record.id}/preview/").content.decode()
    assert "10 of 30 persons would be removed" in page
    own = " ".join(strip_tags(client.get(f"/imports/{record.id}/").content.decode()).split())
    assert f"Import {record.number}, begun by {ADMIN}." in own  # nobody pushed an undo
    with pytest.raises(Forbidden):
        approvals.approve(record, note="Mine.", by=Actor(ADMIN, now()))
    assert run(str(record.id)).status is State.AWAITING_APPROVAL


def test_an_approved_undo_does_what_its_preview_says(
    client: Client, tenant: Tenant, newcomers: ImportRecord
) -> None:
    record = run(undo(client, newcomers).json()["id"])
    approvals.approve(record, note="They never came.", by=Actor("ada@contoso.com", now()))
    record = run(str(record.id))
    assert record.status is State.SUCCEEDED
    assert person_count(tenant) == 20
    preview = read_preview(artifacts_of(record))
    assert preview is not None
    assert preview.proposal.figures.changes.persons_removed == 10
    assert (record.summary or {})["history"]["personsRemoved"] == 10
    actions = AuditEntry.objects.filter(subject=str(record.id)).order_by("id")
    assert [entry.action for entry in actions] == [
        "import.undo",
        "import.ask_approval",
        "import.approve",
        "import.succeed",
    ]


def test_a_rejected_deletion_leaves_everybody(client: Client, tenant: Tenant) -> None:
    content = "PersonId\n" + "".join(f"p{number}@contoso.com\n" for number in range(10, 15))
    url = f"/api/v1/tenants/{tenant.id}/deletions/employees"
    body = {"name": "Leavers", "file": SimpleUploadedFile("leavers.csv", content.encode())}
    record = run(client.post(url, body).json()["id"])
    assert [(b.code, b.count, b.base) for b in record.past_limits] == [(REMOVED, 5, 20)]
    approvals.reject(record, note="Not these.", by=Actor("ada@contoso.com", now()))
    assert run(str(record.id)).status is State.ABANDONED
    assert person_count(tenant) == 20


def test_deleting_a_field_of_everybody_asks_an_approver(client: Client, tenant: Tenant) -> None:
    url = f"/api/v1/tenants/{tenant.id}/deletions/fields"
    body = {"name": "No places", "fields": ["Location"]}
    record = run(client.post(url, body, content_type="application/json").json()["id"])
    assert [(b.code, b.field) for b in record.past_limits] == [(BLANKED, "Location")]


def test_what_stays_within_the_limits_is_done_at_once(
    client: Client, tenant: Tenant, connection: Connection
) -> None:
    one = a_pushed_import(connection, a_zip(rows(20, 21), is_full=False))
    assert run(undo(client, one).json()["id"]).status is State.SUCCEEDED
    assert person_count(tenant) == 20


def test_the_id_of_another_import_is_refused_and_the_same_act_is_begun_once(
    client: Client, newcomers: ImportRecord
) -> None:
    refused = undo(client, newcomers, importId=str(newcomers.id))
    assert refused.status_code == 409
    assert "so nothing was done" in refused.json()["detail"]
    wanted = str(uuid4())
    answers = [undo(client, newcomers, importId=wanted) for _ in range(2)]
    assert [answer.json()["id"] for answer in answers] == [wanted, wanted]
