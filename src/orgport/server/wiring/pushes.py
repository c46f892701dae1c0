"""Receiving a push: what is checked before the body is read, and how it becomes an import.

The body is stored first; then one transaction inserts the import's row. Whether another import is
running is decided there, by a constraint of the database: of two simultaneous pushes one loses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet

from orgport.errors import BadInput, BadPackage, ImportRunning, WrongState
from orgport.imports.inbox import Received
from orgport.package.model import PackageForm, Refresh
from orgport.package.read import quick_check
from orgport.rule import known_rule_set
from orgport.server.records import audit
from orgport.server.records.imports import RUNNING_STATES
from orgport.server.records.models import AppRegistration, Connection, ImportRecord, Tenant
from orgport.server.settings import settings
from orgport.server.wiring import queue
from orgport.server.wiring.places import inbox

IDEMPOTENCY_LIFE = timedelta(hours=24)
_NAME_LIMIT = 255


@dataclass(frozen=True, slots=True)
class Push:
    """A push whose sender has been let in; everything but its body."""

    connection: Connection
    app: AppRegistration | None  # None when a person sends it
    form: PackageForm
    at: datetime
    requested_refresh: Refresh | None = None
    idempotency_key: str = ""
    address: str = ""  # where it came from, for the audit trail
    person: str = ""  # who sends it when no app does
    name: str = ""  # of the import; that of its connection where there is none
    corrects: ImportRecord | None = None  # the failed import whose package it is
    corrections: tuple[str, ...] = ()  # SHA-256 of the correction files to apply
    corrected_rows: Mapping[str, int] = field(default_factory=dict)
    retyped: Mapping[str, str] = field(default_factory=dict)  # types by header
    repeats: ImportRecord | None = None  # the import that could not be processed

    @property
    def sender(self) -> str:
        """Who sends it, as people read it."""
        return self.app.name if self.app else self.person


def is_repeated(push: Push) -> bool:
    """Whether the push carries a key under which the sender's was taken already."""
    return bool(push.idempotency_key) and _with_key(push.connection.tenant, push) is not None


def refuse_at_once(push: Push) -> None:
    """Raise ImportRunning while another import of the tenant runs; no need to read the body then.

    Raises WrongState when the connection is bound to a rule set that this server does not have. A
    repeated push with a known key is let through: it is answered with the first one's import.
    """
    tenant = push.connection.tenant
    if is_repeated(push):
        return
    _refuse_unknown_rule_set(push.connection)
    running = _running(tenant)
    if running is not None:
        raise _already(running)


def store_package(chunks: Iterable[bytes], *, expected_bytes: int = 0) -> Received:
    """Keep the bytes durably in the inbox; raises TooLarge or StorageFull."""
    return inbox().receive(
        chunks, limit_bytes=settings().max_body_bytes, expected_bytes=expected_bytes
    )


def receive_push(push: Push, package: Received, *, file_name: str) -> ImportRecord:
    """Make a stored package an import and have it run; the answer is the import's row.

    Raises BadPackage for what can be seen at once, ImportRunning when another import of the tenant
    is running, WrongState when the idempotency key was used for other content.
    """
    finding = quick_check(package.path, push.form)
    if finding is not None:
        raise BadPackage(f"{finding.message} {finding.hint}".strip(), rule=finding.code)
    try:
        record, is_new = _insert(push, package, file_name)
    except IntegrityError:
        record, is_new = _lost(push, package), False
    if is_new:
        queue.enqueue_soon(record)
    return record


def _refuse_unknown_rule_set(connection: Connection) -> None:
    try:
        known_rule_set(connection.rule_set)
    except BadInput as unknown:
        raise WrongState(
            f"The connection {connection.name} is to be judged by a rule set that this server does not "
            f"have. {unknown.message} An Insights admin chooses one under Rules of this connection."
        ) from unknown


def _insert(push: Push, package: Received, file_name: str) -> tuple[ImportRecord, bool]:
    connection = push.connection
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update().get(pk=connection.tenant_id)
        if push.idempotency_key:
            first = _with_key(tenant, push)
            if first is not None:
                return _same(first, package, push), False
            _of_sender(tenant, push).filter(idempotency_key=push.idempotency_key).update(
                idempotency_key=""  # its 24 hours are over
            )
        last = ImportRecord.objects.of(tenant).aggregate(last=Max("number"))["last"] or 0
        record: ImportRecord = ImportRecord.objects.create(
            tenant=tenant,
            number=last + 1,
            connection=connection,
            source=connection.kind,
            name=push.name or connection.name,
            submitted_by=push.sender,
            app=push.app,
            received_at=push.at,
            state_at=push.at,
            package_sha256=package.sha256,
            package_name=file_name[:_NAME_LIMIT],
            package_form=push.form.value,
            package_size_bytes=package.size_bytes,
            requested_refresh=push.requested_refresh.value if push.requested_refresh else "",
            idempotency_key=push.idempotency_key,
            corrects=push.corrects,
            corrections=list(push.corrections),
            retyped=dict(push.retyped),
        )
        audit.record(
            tenant,
            "import.received",
            at=push.at,
            actor=push.sender,
            subject=str(record.id),
            detail={
                "connection": str(connection.id),
                "app": str(push.app.id) if push.app else None,
                "sha256": package.sha256,
                "size_bytes": package.size_bytes,
                **_correction_of(push),
            },
            address=push.address,
        )
    return record, True


def _correction_of(push: Push) -> dict[str, Any]:
    """What the audit trail says besides of a package that is sent again."""
    if push.repeats is not None:
        return {"repeats": str(push.repeats.id)}
    if push.corrects is None:
        return {}
    return {
        "corrects": str(push.corrects.id),
        "correction_sha256": list(push.corrections[len(push.corrects.corrections) :]),
        "rows": dict(push.corrected_rows),
        "retyped": dict(push.retyped),
    }


def _lost(push: Push, package: Received) -> ImportRecord:
    tenant = push.connection.tenant
    first = _with_key(tenant, push) if push.idempotency_key else None
    if first is not None:
        return _same(first, package, push)
    running = _running(tenant)
    raise _already(running) if running is not None else ImportRunning()


def _with_key(tenant: Tenant, push: Push) -> ImportRecord | None:
    found: ImportRecord | None = (
        _of_sender(tenant, push)
        .filter(idempotency_key=push.idempotency_key, received_at__gt=push.at - IDEMPOTENCY_LIFE)
        .first()
    )
    return found


def _of_sender(tenant: Tenant, push: Push) -> QuerySet[ImportRecord]:
    """The imports among which a key is looked for: those of the same app, for another's says too much."""
    mine: QuerySet[ImportRecord] = ImportRecord.objects.of(tenant).filter(app=push.app)
    return mine


def _same(first: ImportRecord, package: Received, push: Push) -> ImportRecord:
    is_same = (first.package_sha256, first.corrections, first.retyped) == (
        package.sha256,
        [*push.corrections],
        {**push.retyped},
    )
    if not is_same:
        raise WrongState(
            f"The idempotency key was used for import {first.id} with other content. "
            "Use a new key for a new package."
        )
    return first


def _running(tenant: Tenant) -> ImportRecord | None:
    found: ImportRecord | None = (
        ImportRecord.objects.of(tenant).filter(state__in=RUNNING_STATES).first()
    )
    return found


def _already(running: ImportRecord) -> ImportRunning:
    return ImportRunning(import_id=str(running.id), stage=running.state)
