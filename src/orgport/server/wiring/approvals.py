"""Deciding on an import that is past a guard rail: once, by somebody else than who sent it, in time.

Each decision is a transition with its entry in the audit trail. The limits stay as they are: an
approval lets this one import pass.
"""

from __future__ import annotations

from datetime import datetime

from orgport.errors import BadInput, Forbidden, WrongState
from orgport.imports.lifecycle import State, Transition
from orgport.imports.ports import SYSTEM
from orgport.server.records.ledger import RecordsLedger
from orgport.server.records.models import ImportRecord, Role, RoleGrant
from orgport.server.wiring import queue
from orgport.server.wiring.places import artifacts_of
from orgport.server.wiring.registrations import Actor
from orgport.server.wiring.texts import a_note, refuse_addresses

NOTE_LIMIT = 1000


def submitted_by(record: ImportRecord, account: str) -> bool:
    """Whether this account sent the import itself, or can through its app.

    Whoever registered the app or gave it a certificate may hold the key that it pushes with.
    """
    behind = {record.submitted_by}
    if record.app is not None:
        behind |= {
            record.app.created_by,
            *record.app.certificates.values_list("added_by", flat=True),
        }
    return account.casefold() in {name.casefold() for name in behind}


def deciders(record: ImportRecord) -> list[str]:
    """The accounts that may decide on an import."""
    approvers = RoleGrant.objects.filter(
        tenant=record.tenant, role=Role.APPROVER, account__is_active=True
    )
    emails = approvers.order_by("account__email").values_list("account__email", flat=True)
    return [email for email in emails if not submitted_by(record, email)]


def approve(record: ImportRecord, *, note: str, by: Actor) -> None:
    """Let an import pass its guard rails and go on; what it changes is what the preview says.

    Raises Forbidden for who submitted it, BadInput for a note that is too long, WrongState when it
    does not wait, or the time to decide is over.
    """
    note = _checked(record, note, by)
    RecordsLedger().advance(
        record.id, Transition.APPROVE, by=by.name, at=by.at, why=note, address=by.address
    )
    record.refresh_from_db()
    queue.enqueue_soon(record)


def reject(record: ImportRecord, *, note: str, by: Actor) -> None:
    """Turn an import away for the reason given; the data stays as it is. Raises as `approve` does."""
    if not note.strip():
        raise BadInput("Say why you reject this import: who sent it reads your note.")
    note = _checked(record, note, by)
    RecordsLedger().advance(
        record.id, Transition.REJECT, by=by.name, at=by.at, why=note, address=by.address
    )
    artifacts_of(record).drop_accepted_rows()


def abandon_undecided(*, at: datetime) -> int:
    """Abandon the imports on which nobody decided in time, and say how many."""
    waiting = ImportRecord.objects.filter(
        state=State.AWAITING_APPROVAL.value, decide_by__lte=at
    ).select_related("tenant")
    abandoned = 0
    for record in waiting:
        try:
            RecordsLedger().advance(record.id, Transition.EXPIRE, by=SYSTEM, at=at)
        except WrongState:
            continue  # decided in this very moment
        artifacts_of(record).drop_accepted_rows()
        abandoned += 1
    return abandoned


def _checked(record: ImportRecord, note: str, by: Actor) -> str:
    if submitted_by(record, by.name):
        raise Forbidden(
            "You submitted this import, or set up the app that did: somebody else decides on it."
        )
    note = a_note(note, most=NOTE_LIMIT)
    refuse_addresses(note, "note")
    if record.status is not State.AWAITING_APPROVAL:
        raise WrongState(
            f"There is nothing to decide: {record.name} is {record.status.label.lower()}. "
            "Reload to see where it is now."
        )
    if record.decide_by is not None and record.decide_by <= by.at:
        raise WrongState("The time to decide is over, and the import is being abandoned.")
    return note
