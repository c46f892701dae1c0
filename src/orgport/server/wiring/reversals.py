"""Undo and restore: what they would do, and how each becomes an import of its own.

An import counts as long as the log of the history says so; the rows here are read for what people are
shown, the log itself decides when the stage runs.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from orgport.errors import BadInput, ImportRunning, WrongState
from orgport.history.acts import Act, Entry, in_force
from orgport.history.reversal import Reversal
from orgport.imports.lifecycle import State
from orgport.server.records.imports import RUNNING_STATES
from orgport.server.records.models import ImportRecord, SourceKind, Tenant
from orgport.server.wiring import queue
from orgport.server.wiring.places import history_of
from orgport.server.wiring.registrations import Actor

_NAMES = {Act.UNDO: "Undo of {}", Act.RESTORE: "Back to {}"}


def preview(of: ImportRecord, act: Act, *, by: Actor) -> Reversal:
    """What an undo of an import, or a restore of what held after it, would do.

    Raises WrongState where there is nothing to take back or to go back to.
    """
    last = ImportRecord.objects.of(of.tenant).aggregate(last=Max("number"))["last"] or 0
    entry = Entry(uuid.uuid4(), last + 1, act, by.at, of=of.id)
    return history_of(of.tenant_id).preview_rewrite(entry)


def reverse(of: ImportRecord, act: Act, *, by: Actor, import_id: uuid.UUID) -> ImportRecord:
    """Make an undo or a restore an import and have it run; the same id twice is one import.

    Raises WrongState where it cannot be, ImportRunning while another import of the tenant runs.
    """
    first = already(of.tenant, import_id, act, of=of)
    if first is not None:
        return first
    if of.state != State.SUCCEEDED.value:
        raise WrongState(
            f"{of.name} (import {of.number}) is not part of the history: its status is "
            f"{of.status.label}. Only imports with the status Success can be undone or restored."
        )
    if act is Act.UNDO and of.act == Act.ERASE.value:
        raise WrongState(f"Import {of.number} erased persons for good: nothing of them is left.")
    if act is Act.UNDO and of.id not in counting(of.tenant):
        raise WrongState(
            f"{of.name} (import {of.number}) does not count any more: it was undone, or an older "
            "version was restored since. Undo that one to have it back."
        )
    if act is Act.RESTORE and of.id == newest(of.tenant):
        raise WrongState(f"Import {of.number} is the newest: what held after it holds now.")
    name = _NAMES[act].format(f"{of.name} (import {of.number})")
    return start(
        ImportRecord(id=import_id, tenant=of.tenant, act=act.value, of=of, name=name[:128]), by=by
    )


def already(
    tenant: Tenant, import_id: uuid.UUID, act: Act, *, of: ImportRecord | None = None
) -> ImportRecord | None:
    """The import that an act became when it was asked for before under the same id.

    Raises WrongState when the id is that of another import.
    """
    first: ImportRecord | None = ImportRecord.objects.of(tenant).filter(id=import_id).first()
    if first is None:
        return None
    if first.act != act.value or first.of_id != (of.id if of else None):
        raise WrongState(
            f"The importId is that of {first.name} (import {first.number}), so nothing was done. "
            "Choose a new id for a new import."
        )
    return first


def start(
    record: ImportRecord, *, by: Actor, detail: Mapping[str, Any] | None = None
) -> ImportRecord:
    """Insert the row of an import that brings no package, with its entry in the audit trail."""
    try:
        with transaction.atomic():
            tenant = Tenant.objects.select_for_update().get(pk=record.tenant_id)
            first: ImportRecord | None = (
                ImportRecord.objects.of(tenant).filter(id=record.id).first()
            )
            if first is not None:
                return first
            last = ImportRecord.objects.of(tenant).aggregate(last=Max("number"))["last"] or 0
            record.number = last + 1
            record.source = SourceKind.HISTORY
            record.submitted_by = by.name
            record.received_at = record.state_at = by.at
            record.package_form, record.package_size_bytes = "csv", record.package_size_bytes or 0
            record.save(force_insert=True)
            said = {"of": str(record.of_id) if record.of_id else None, **(detail or {})}
            if record.deleted_fields:
                said["fields"] = record.deleted_fields
            by.note(tenant, f"import.{record.act}", record.id, said)
    except IntegrityError as error:
        running = ImportRecord.objects.of(record.tenant).filter(state__in=RUNNING_STATES).first()
        if running is None and ImportRecord.objects.filter(id=record.id).exists():
            raise BadInput("This id for the import is taken. Choose another one.") from error
        raise ImportRunning(
            f"{running.name if running else 'Another import'} is still being imported. "
            "Wait until it has ended, or abandon it.",
            import_id=str(running.id) if running else "",
            stage=running.state if running else "",
        ) from error
    queue.enqueue_soon(record)
    return record


def counting(tenant: Tenant) -> frozenset[uuid.UUID]:
    """The ids of the imports that count now: neither undone nor left behind by a restore."""
    return frozenset(entry.import_id for entry in in_force(_log(tenant)))


def newest(tenant: Tenant) -> uuid.UUID | None:
    """The id of the newest import of the history."""
    log = _log(tenant)
    return log[-1].import_id if log else None


def _log(tenant: Tenant) -> list[Entry]:
    rows = ImportRecord.objects.of(tenant).filter(state=State.SUCCEEDED.value).order_by("number")
    return [
        Entry(id_, number, Act(act), at, of=of)
        for id_, number, act, at, of in rows.values_list("id", "number", "act", "received_at", "of")
    ]
