"""An import past a guard rail waits; somebody else than its sender decides, once and in time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from orgport.errors import BadInput, Forbidden, WrongState
from orgport.imports.guard_rails import Limits
from orgport.imports.lifecycle import State
from orgport.imports.previews import read_preview
from orgport.imports.stages import run_compare, run_process
from orgport.server.records.models import (
    AppRegistration,
    AuditEntry,
    Connection,
    ImportRecord,
    Notice,
)
from orgport.server.wiring import approvals, imports
from orgport.server.wiring.places import artifacts_of, bench, history_of
from orgport.server.wiring.registrations import Actor
from tenants import a_connection, a_pushed_import, a_tenant, a_zip, now

pytestmark = pytest.mark.django_db

APPROVER = "ada@contoso.com"


def by(name: str = APPROVER) -> Actor:
    return Actor(name, now(), "127.0.0.1")


def rows(count: int, **cells: str) -> list[dict[str, str]]:
    return [
        {
            "PersonId": f"p{number}@contoso.com",
            "ManagerId": "" if number == 0 else "p0@contoso.com",
            "Organization": "Sales" if number % 2 else "Stores",
            "EffectiveDate": "01/01/2026",
            **cells,
        }
        for number in range(count)
    ]


def a_filled_connection(count: int = 40) -> Connection:
    connection = a_connection(a_tenant())
    assert a_pushed_import(connection, a_zip(rows(count))).status is State.SUCCEEDED
    return connection


def limited(connection: Connection, **limits: object) -> Connection:
    connection.guard_rails = limits
    connection.save()
    return connection


def a_waiting_import(count: int = 30, **columns: str) -> ImportRecord:
    """One that would remove ten of forty persons."""
    return a_pushed_import(a_filled_connection(), a_zip(rows(count)), **columns)


def codes(record: ImportRecord) -> list[tuple[str, str | None]]:
    return [(breach.code, breach.organization) for breach in record.past_limits]


def person_count(record: ImportRecord) -> int:
    return int(history_of(record.tenant_id).as_of(now().date()).height)


def actions(record: ImportRecord) -> list[str]:
    entries = AuditEntry.objects.filter(subject=str(record.id)).order_by("id")
    return [entry.action for entry in entries]


def test_an_import_that_removes_too_many_waits_and_changes_nothing() -> None:
    record = a_waiting_import()
    assert record.status is State.AWAITING_APPROVAL
    assert codes(record) == [("POP_REMOVED_SHARE", None)]
    assert person_count(record) == 40
    assert record.decide_by is not None
    assert timedelta(hours=47) < record.decide_by - now() <= timedelta(hours=48)


def test_the_notice_and_the_trail_say_how_many_of_how_many() -> None:
    record = a_waiting_import()
    notice = Notice.objects.get(about=record, kind="approval_needed")
    assert "10 of 40 persons would be removed, 25.0%." in notice.text
    entry = AuditEntry.objects.get(subject=str(record.id), action="import.ask_approval")
    assert entry.detail["breaches"][0]["count"] == 10


@pytest.mark.parametrize(("count", "state"), [(36, State.SUCCEEDED), (35, State.AWAITING_APPROVAL)])
def test_exactly_the_limit_is_within_it(count: int, state: State) -> None:
    assert a_waiting_import(count).status is state


def test_a_first_import_has_nothing_to_remove() -> None:
    assert a_filled_connection().tenant.imports.get().breaches == []


@pytest.mark.parametrize(
    ("limits", "package", "wanted"),
    [
        ({"always_approve": True}, rows(40), [("ALWAYS_APPROVE", None)]),
        ({"removed_share": None}, rows(30), []),
        ({"removed_share": 0.3}, rows(30), []),
        ({}, [*rows(40)[:-1], {**rows(40)[-1], "ManagerId": "p1@contoso.com"}], []),
        (
            {"manager_moves_share": 0.0},
            [*rows(40)[:-1], {**rows(40)[-1], "ManagerId": "p1@contoso.com"}],
            [("POP_MANAGER_MOVES", None)],
        ),
        (
            {"removed_share": None, "organization_removed_share": 0.2},
            [row for row in rows(40) if row["Organization"] == "Sales"]
            + [row for row in rows(40) if row["Organization"] == "Stores"][:15],
            [("POP_REMOVED_SHARE", "Stores")],
        ),
        (
            {
                "removed_share": None,
                "organization_removed_share": 0.2,
                "smallest_organization": 21,
            },
            rows(30),
            [],
        ),
        (
            {"organization_manager_moves_share": 0.5},
            [
                {
                    **row,
                    "ManagerId": "p1@contoso.com"
                    if number and not number % 2
                    else row["ManagerId"],
                }
                for number, row in enumerate(rows(40))
            ],
            [("POP_MANAGER_MOVES", "Stores")],
        ),
    ],
)
def test_the_limits_are_those_of_the_connection(
    limits: dict[str, object], package: Sequence[dict[str, str]], wanted: list[object]
) -> None:
    connection = limited(a_filled_connection(), **limits)
    record = a_pushed_import(connection, a_zip(package))
    assert codes(record) == wanted


def test_a_field_that_turns_blank_counts_by_its_cells() -> None:
    connection = a_connection(a_tenant())
    a_pushed_import(connection, a_zip(rows(40, Location="Bonn")))
    fewer = rows(30, Location="Bonn") + rows(40, Location="")[30:]
    record = a_pushed_import(connection, a_zip(fewer))
    (breach,) = record.past_limits
    assert (breach.code, breach.field, breach.count, breach.base) == (
        "POP_BLANKED_SHARE",
        "Location",
        10,
        40,
    )


def test_history_older_than_the_months_of_the_limit_asks() -> None:
    connection = limited(a_filled_connection(), rewritten_share=0.0, rewritten_months=600)
    moved = rows(40)
    moved[3] = {**moved[3], "Organization": "Legal"}
    assert a_pushed_import(connection, a_zip(moved)).status is State.SUCCEEDED
    limited(connection, rewritten_share=0.0, rewritten_months=0)
    record = a_pushed_import(connection, a_zip(rows(40)))
    assert codes(record) == [("POP_HISTORY_REWRITTEN", None)]


def test_an_approved_import_goes_on_and_the_limits_stay() -> None:
    record = a_waiting_import()
    approvals.approve(record, note="Stores were sold.", by=by())
    assert record.state == "processing"
    run_process(record.id, bench(worker="test"))
    record.refresh_from_db()
    assert record.state == "succeeded"
    assert person_count(record) == 30
    assert (record.decided_by, record.decision_note) == (APPROVER, "Stores were sold.")
    assert Connection.objects.get(imports=record).limits == Limits()
    assert actions(record)[-3:] == ["import.ask_approval", "import.approve", "import.succeed"]


def test_a_rejected_import_is_abandoned_with_its_reason() -> None:
    record = a_waiting_import()
    approvals.reject(record, note=" The export lacks a region. ", by=by())
    record.refresh_from_db()
    assert record.status is State.ABANDONED
    assert person_count(record) == 40
    entry = AuditEntry.objects.get(subject=str(record.id), action="import.reject")
    assert (entry.actor, entry.address) == (APPROVER, "127.0.0.1")
    assert entry.detail["why"] == "The export lacks a region."
    assert not artifacts_of(record).accepted.exists()
    preview = read_preview(artifacts_of(record))
    assert preview is not None
    assert preview.proposal.periods(1) is None
    assert preview.proposal.figures.changes.persons_removed == 10


def test_who_submitted_an_import_cannot_decide_on_it() -> None:
    record = a_waiting_import(submitted_by="Ada@contoso.com")
    for decide in (approvals.approve, approvals.reject):
        with pytest.raises(Forbidden, match="You submitted"):
            decide(record, note="It is fine.", by=by())
    record.refresh_from_db()
    assert record.status is State.AWAITING_APPROVAL


@pytest.mark.parametrize("part", ["registered the app", "gave it its certificate"])
def test_who_may_hold_the_key_of_the_app_that_pushed_cannot_decide_on_it(part: str) -> None:
    record = a_waiting_import()
    app = record.app
    assert app is not None
    if part == "registered the app":
        AppRegistration.objects.update(created_by="Ada@contoso.com")
    else:
        app.certificates.update(added_by="Ada@contoso.com")
    record = ImportRecord.objects.get(id=record.id)
    with pytest.raises(Forbidden, match="set up the app"):
        approvals.approve(record, note="It is fine.", by=by())
    approvals.approve(record, note="It is fine.", by=by("bo@contoso.com"))


@pytest.mark.parametrize("note", ["\x00", "fine\x00", "\ud800", "x\x1b[2J"])
def test_a_note_that_cannot_be_kept_is_refused_and_says_what_is_in_it(note: str) -> None:
    record = a_waiting_import()
    for decide in (approvals.approve, approvals.reject):
        with pytest.raises(BadInput, match=r"The note holds .*\(U\+"):
            decide(record, note=note, by=by())


def test_a_note_may_have_lines() -> None:
    record = a_waiting_import()
    approvals.approve(record, note="Sold.\r\n\tAll.", by=by())


@pytest.mark.parametrize("note", ["", "   "])
def test_a_rejection_needs_a_reason(note: str) -> None:
    with pytest.raises(BadInput, match="why"):
        approvals.reject(a_waiting_import(), note=note, by=by())


def test_a_note_has_a_limit() -> None:
    with pytest.raises(BadInput, match="1,001 characters"):
        approvals.approve(a_waiting_import(), note="x" * 1001, by=by())


def test_the_second_decision_is_refused() -> None:
    record = a_waiting_import()
    late = ImportRecord.objects.get(id=record.id)
    approvals.approve(record, note="", by=by())
    with pytest.raises(WrongState):
        approvals.reject(late, note="No.", by=by("bo@contoso.com"))


def test_an_undecided_import_is_abandoned_when_the_time_is_over() -> None:
    record = a_waiting_import()
    assert approvals.abandon_undecided(at=now()) == 0
    later = now() + timedelta(hours=49)
    with pytest.raises(WrongState, match="time to decide"):
        approvals.approve(record, note="", by=Actor(APPROVER, later))
    assert approvals.abandon_undecided(at=later) == 1
    record.refresh_from_db()
    assert record.status is State.ABANDONED
    assert actions(record)[-1] == "import.expire"
    assert Notice.objects.filter(about=record, kind="approval_missed").exists()


def test_a_waiting_import_can_be_abandoned() -> None:
    record = a_waiting_import()
    imports.abandon(record.id, by="admin@contoso.com", at=now())
    with pytest.raises(WrongState):
        approvals.approve(ImportRecord.objects.get(id=record.id), note="", by=by())


def test_stages_that_run_again_leave_a_waiting_import_waiting() -> None:
    record = a_waiting_import()
    assert not run_compare(record.id, bench(worker="test"))
    assert not run_process(record.id, bench(worker="test"))
    record.refresh_from_db()
    assert record.status is State.AWAITING_APPROVAL
    assert actions(record).count("import.ask_approval") == 1


def test_an_approved_import_goes_back_to_the_queue_under_a_name_of_its_own() -> None:
    from orgport.server.wiring import queue

    record = a_waiting_import()
    assert queue.workflow_id(record) == str(record.id)
    approvals.approve(record, note="", by=by())
    assert queue.workflow_id(record) == f"{record.id}-approved"
