"""Correcting a failed import: its package with some rows replaced becomes an import of its own.

The package is not sent, nor written to, again: the correction file lies beside it in the inbox, and the new
import names both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from orgport.errors import BadInput, Gone, ImportRunning, WrongState
from orgport.imports.inbox import Received
from orgport.imports.lifecycle import State
from orgport.package.corrected import corrections_for
from orgport.package.corrections import Corrections
from orgport.package.limits import CORRECTION_BYTES
from orgport.package.model import PackageForm, Refresh
from orgport.server.records.models import AppRegistration, ImportRecord
from orgport.server.wiring import pushes
from orgport.server.wiring.imports import opened_package
from orgport.server.wiring.places import inbox


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends a correction: an app with its key, or a person."""

    app: AppRegistration | None
    person: str
    at: datetime
    address: str = ""
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True)
class Corrected:
    """The new import, and what the correction changed in the package."""

    record: ImportRecord
    changes: Corrections


def correct(record: ImportRecord, chunks: Iterable[bytes], *, by: Sender) -> Corrected:
    """Make the package of a failed import, with the rows of a correction file, an import and run it.

    Raises WrongState for an import that did not fail in validation, Gone when its package was removed,
    BadInput for what is no correction file of this package, ImportRunning while another import runs.
    """
    refuse_unless_failed(record)
    connection = record.connection
    if connection is None:
        raise WrongState("The connection of this import is gone. Push the package to another one.")
    pushes.refuse_while_running(
        pushes.Push(
            connection,
            by.app,
            PackageForm(record.package_form),
            by.at,
            idempotency_key=by.idempotency_key,
        )
    )
    sent = inbox().receive(chunks, limit_bytes=CORRECTION_BYTES)
    with opened_package(record) as package:
        changes = corrections_for(package, sent.path)
    push = pushes.Push(
        connection=connection,
        app=by.app,
        form=PackageForm(record.package_form),
        at=by.at,
        requested_refresh=Refresh(record.requested_refresh) if record.requested_refresh else None,
        idempotency_key=by.idempotency_key,
        address=by.address,
        person=by.person,
        corrects=record,
        corrections=(*record.corrections, sent.sha256),
        corrected_rows={
            "replaced": changes.replaced,
            "removed": changes.removed,
            "added": changes.added_rows,
        },
    )
    package_kept = Received(
        record.package_sha256, record.package_size_bytes, inbox().path_of(record.package_sha256)
    )
    made = pushes.receive_push(push, package_kept, file_name=record.package_name)
    return Corrected(made, changes)


def refuse_unless_failed(record: ImportRecord) -> None:
    """Raise ImportRunning, WrongState, BadInput or Gone when there is nothing to correct."""
    if record.status.is_running:
        raise ImportRunning(import_id=str(record.id), stage=record.state)
    if record.status is not State.VALIDATION_FAILED:
        raise WrongState(
            f"The import ended as {record.status.label}; only one that failed in validation is corrected."
        )
    if record.package_form == PackageForm.JSON.value:
        raise BadInput("Rows sent as json cannot be corrected by a csv. Push the mended json.")
    if not inbox().path_of(record.package_sha256).exists():
        raise Gone(
            "The package was kept for its time and then removed. Push the whole package again."
        )
