"""Sending the package of a failed import again: with some rows replaced, a column read otherwise, or as is.

The package is not sent, nor written to, again: a correction file lies beside it in the inbox, and the new
import names both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from orgport.attributes.types import ValueType
from orgport.errors import BadInput, ImportRunning, WrongState
from orgport.history.acts import Act
from orgport.imports.inbox import Received
from orgport.imports.lifecycle import State
from orgport.package.corrected import corrections_for
from orgport.package.corrections import Corrections
from orgport.package.limits import CORRECTION_BYTES
from orgport.package.model import PackageForm, Refresh
from orgport.server.records.models import AppRegistration, Connection, ImportRecord
from orgport.server.wiring import pushes
from orgport.server.wiring.imports import opened_package
from orgport.server.wiring.leavings import gone
from orgport.server.wiring.places import inbox
from orgport.server.wiring.reversals import counting


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
    changes: Corrections = field(default_factory=Corrections)


def correct(
    record: ImportRecord,
    chunks: Iterable[bytes] | None,
    *,
    by: Sender,
    retyped: Mapping[str, ValueType] | None = None,
) -> Corrected:
    """Make the package of a failed import, with the rows of a correction file, an import and run it.

    `retyped` names columns by their headers that are to be read as another type; then there may be no
    file. Raises WrongState for an import that did not fail in validation or was mended already, Gone when
    its package was removed, BadInput for what is no correction file of this package, ImportRunning while
    another runs.
    """
    _refuse_unless_failed(record)
    push = _push_of(record, by)
    pushes.refuse_at_once(push)
    if not pushes.is_repeated(push):
        _refuse_when_mended(record)
    files, changes = list(record.corrections), Corrections()
    if chunks is not None:
        sent = inbox().receive(chunks, limit_bytes=CORRECTION_BYTES)
        with opened_package(record) as package:
            changes = corrections_for(package, sent.path)
        if not retyped:
            changes.need_any()
        files.append(sent.sha256)
    types = {source: type_.value for source, type_ in (retyped or {}).items()}
    push = replace(
        push,
        corrects=record,
        corrections=tuple(files),
        corrected_rows={
            "replaced": changes.replaced,
            "removed": changes.removed,
            "added": changes.added_rows,
        },
        retyped={**record.retyped, **types},
    )
    return Corrected(_send(record, push), changes)


def repeat(record: ImportRecord, *, by: Sender) -> ImportRecord:
    """Make the package of an import that could not be processed an import again.

    Raises WrongState for one that ended otherwise, Gone when its package was removed, ImportRunning while
    another import runs.
    """
    if record.status is not State.PROCESSING_FAILED or record.act != Act.UPLOAD.value:
        raise WrongState(
            f"The import ended as {record.status.label}; only an upload that could not be processed is "
            "tried again."
        )
    _refuse_without_package(record)
    push = _push_of(record, by)
    pushes.refuse_at_once(push)
    push = replace(
        push,
        corrects=record.corrects,
        corrections=tuple(record.corrections),
        retyped=record.retyped,
        repeats=record,
    )
    return _send(record, push)


def refuse_unless_correctable(record: ImportRecord) -> None:
    """Raise ImportRunning, WrongState, BadInput or Gone when there is nothing to correct."""
    _refuse_unless_failed(record)
    _refuse_when_mended(record)


def mended_by(record: ImportRecord) -> ImportRecord | None:
    """The import that brought its package in with corrections and counts now, if there is one."""
    made = list(record.corrected_by.all())
    counts = counting(record.tenant) if made else frozenset()
    for later in made:
        if later.id in counts:
            return later
        made.extend(later.corrected_by.all())
    return None


def _refuse_unless_failed(record: ImportRecord) -> None:
    if record.status.is_running:
        raise ImportRunning(import_id=str(record.id), stage=record.state)
    if record.status is not State.VALIDATION_FAILED:
        raise WrongState(
            f"The import ended as {record.status.label}; only one that failed in validation is corrected."
        )
    if record.package_form == PackageForm.JSON.value:
        raise BadInput("Rows sent as json cannot be corrected by a csv. Push the mended json.")
    _refuse_without_package(record)


def _refuse_when_mended(record: ImportRecord) -> None:
    """Raise WrongState when a correction has brought the package in, and nobody has undone that.

    It would come in once more, over all that was imported since.
    """
    if later := mended_by(record):
        raise WrongState(
            f"Import {record.number} was mended already: import {later.number} brought its package in with "
            "the corrections. Push what is still to be changed as a package of its own, or undo import "
            f"{later.number} first."
        )


def _refuse_without_package(record: ImportRecord) -> None:
    if not inbox().path_of(record.package_sha256).exists():
        raise gone(record, "package", "Push the whole package again.")


def _push_of(record: ImportRecord, by: Sender) -> pushes.Push:
    return pushes.Push(
        connection=_connection_of(record),
        app=by.app,
        form=PackageForm(record.package_form),
        at=by.at,
        requested_refresh=Refresh(record.requested_refresh) if record.requested_refresh else None,
        idempotency_key=by.idempotency_key,
        address=by.address,
        person=by.person,
        name=record.name,
    )


def _connection_of(record: ImportRecord) -> Connection:
    if record.connection is None:
        raise WrongState("The connection of this import is gone. Push the package to another one.")
    return record.connection


def _send(record: ImportRecord, push: pushes.Push) -> ImportRecord:
    package = Received(
        record.package_sha256, record.package_size_bytes, inbox().path_of(record.package_sha256)
    )
    return pushes.receive_push(push, package, file_name=record.package_name)
