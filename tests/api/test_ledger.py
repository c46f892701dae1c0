"""Imports move by lifecycle transitions only; each leaves its audit entry and notice with it."""

from __future__ import annotations

import itertools
import threading
import uuid
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connections, transaction

from orgport.errors import NotFound, WrongState
from orgport.imports.lifecycle import State, Transition
from orgport.imports.ports import Outcome
from orgport.server.records.ledger import RecordsLedger
from orgport.server.records.models import (
    AppRegistration,
    AuditEntry,
    Connection,
    ImportRecord,
    Notice,
    Tenant,
)

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_numbers = itertools.count(1)


def a_tenant(name: str = "Contoso") -> Tenant:
    return Tenant.objects.create(name=name)


def an_import(tenant: Tenant, state: State = State.RECEIVED) -> ImportRecord:
    app = AppRegistration.objects.create(tenant=tenant, name="HR sender")
    number = next(_numbers)
    connection = Connection.objects.create(
        tenant=tenant, kind="automated", name=f"HR {number}", app=app
    )
    record: ImportRecord = ImportRecord.objects.create(
        tenant=tenant,
        number=number,
        connection=connection,
        source="automated",
        name="HR",
        submitted_by="HR sender",
        app=app,
        state=state.value,
        received_at=AT,
        package_sha256="0" * 64,
        package_name="info.zip",
        package_form="zip",
        package_size_bytes=1,
    )
    return record


@pytest.mark.django_db
def test_a_transition_is_written_with_its_audit_entry() -> None:
    record = an_import(a_tenant())
    state = RecordsLedger().advance(record.id, Transition.EXTRACT, by="orgport", at=AT)
    record.refresh_from_db()
    entry = AuditEntry.objects.get()
    assert state is State.EXTRACTING
    assert (record.state, record.state_at, record.ended_at) == ("extracting", AT, None)
    assert (entry.action, entry.actor, entry.subject) == (
        "import.extract",
        "orgport",
        str(record.id),
    )
    assert entry.detail == {"from": "received", "to": "extracting"}


@pytest.mark.django_db
def test_a_transition_that_the_lifecycle_forbids_changes_nothing() -> None:
    record = an_import(a_tenant())
    with pytest.raises(WrongState):
        RecordsLedger().advance(record.id, Transition.SUCCEED, by="orgport", at=AT)
    record.refresh_from_db()
    assert record.state == "received"
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_an_unknown_import_is_not_found() -> None:
    with pytest.raises(NotFound):
        RecordsLedger().advance(uuid.uuid4(), Transition.EXTRACT, by="orgport", at=AT)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "transition", "kind"),
    [
        (State.VALIDATING, Transition.PROCESS, "validation_succeeded"),
        (State.VALIDATING, Transition.FAIL_VALIDATION, "validation_failed"),
        (State.PROCESSING, Transition.SUCCEED, "processing_succeeded"),
        (State.PROCESSING, Transition.FAIL_PROCESSING, "processing_failed"),
    ],
)
def test_people_are_told_how_validation_and_processing_ended(
    state: State, transition: Transition, kind: str
) -> None:
    record = an_import(a_tenant(), state)
    RecordsLedger().advance(
        record.id, transition, by="orgport", at=AT, outcome=Outcome(failure="No room.")
    )
    assert [notice.kind for notice in Notice.objects.all()] == [kind]


@pytest.mark.django_db
def test_an_import_that_ended_has_an_end() -> None:
    record = an_import(a_tenant(), State.PROCESSING)
    RecordsLedger().advance(record.id, Transition.SUCCEED, by="orgport", at=AT)
    record.refresh_from_db()
    assert record.ended_at == AT


@pytest.mark.django_db
def test_abandoning_is_refused_from_the_commit_on() -> None:
    record = an_import(a_tenant(), State.PROCESSING)
    ledger = RecordsLedger()
    ledger.begin_commit(record.id, at=AT)
    with pytest.raises(WrongState, match="can no longer be abandoned"):
        ledger.advance(record.id, Transition.ABANDON, by="a@contoso.com", at=AT)


@pytest.mark.django_db
def test_a_commit_is_refused_once_the_import_was_abandoned() -> None:
    record = an_import(a_tenant(), State.PROCESSING)
    ledger = RecordsLedger()
    ledger.advance(record.id, Transition.ABANDON, by="a@contoso.com", at=AT)
    with pytest.raises(WrongState):
        ledger.begin_commit(record.id, at=AT)


@pytest.mark.django_db
def test_progress_answers_that_the_import_was_abandoned_and_changes_nothing_then() -> None:
    record = an_import(a_tenant(), State.ABANDONED)
    state = RecordsLedger().progress(record.id, share=0.5, rows=10, at=AT)
    record.refresh_from_db()
    assert state is State.ABANDONED
    assert record.progress_rows == 0


@pytest.mark.django_db
def test_the_tries_of_a_stage_count_up_and_begin_anew_in_the_next() -> None:
    record = an_import(a_tenant(), State.EXTRACTING)
    ledger = RecordsLedger(worker="host/0")
    assert [ledger.begin_stage(record.id, at=AT) for _ in range(2)] == [1, 2]
    ledger.advance(record.id, Transition.VALIDATE, by="orgport", at=AT)
    assert ledger.begin_stage(record.id, at=AT) == 1


@pytest.mark.django_db
def test_the_day_of_an_upload_is_the_day_in_the_time_zone_of_the_tenant() -> None:
    tenant = Tenant.objects.create(name="Contoso", time_zone="Pacific/Auckland")
    record = an_import(tenant)
    ImportRecord.objects.filter(id=record.id).update(
        received_at=datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
    )
    assert RecordsLedger().load(record.id).upload_date.isoformat() == "2026-03-03"


@pytest.mark.django_db
def test_the_database_lets_one_import_of_a_tenant_run_and_no_second() -> None:
    tenant = a_tenant()
    an_import(tenant, State.VALIDATING)
    with pytest.raises(IntegrityError), transaction.atomic():
        an_import(tenant, State.RECEIVED)
    an_import(tenant, State.SUCCEEDED)
    an_import(a_tenant("Fabrikam"), State.RECEIVED)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_move_an_import_at_once_exactly_one_succeeds() -> None:
    record = an_import(a_tenant(), State.VALIDATING)
    begin = threading.Barrier(4)
    outcomes: list[str] = []

    def move(transition: Transition) -> None:
        begin.wait()
        try:
            RecordsLedger().advance(record.id, transition, by="orgport", at=AT)
            outcomes.append("moved")
        except WrongState:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=move, args=(transition,))
        for transition in (Transition.ABANDON, Transition.FAIL_VALIDATION) * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["moved", "refused", "refused", "refused"]
    assert AuditEntry.objects.count() == 1
