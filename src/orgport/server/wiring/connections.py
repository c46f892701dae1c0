"""Connections: making one, and choosing the one that is the active file source of its tenant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from orgport.errors import BadInput, ImportRunning, WrongState
from orgport.server.records import audit
from orgport.server.records.imports import RUNNING_STATES
from orgport.server.records.models import (
    AppRegistration,
    Connection,
    ImportRecord,
    SourceKind,
    Tenant,
)
from orgport.server.wiring.texts import a_name

CONNECTION_NAME_LIMIT = 64


def create_connection(
    tenant: Tenant,
    *,
    name: str,
    kind: SourceKind = SourceKind.AUTOMATED,
    app: AppRegistration | None = None,
    by: str,
    at: datetime,
    **options: Any,
) -> Connection:
    """A new connection, not yet active; `options` are further columns of it, such as allow_custom_fields.

    Raises BadInput for a name that is blank, too long or taken, or an app of another tenant.
    """
    name = a_name(name, of="A connection", most=CONNECTION_NAME_LIMIT)
    if kind == SourceKind.AUTOMATED and app is None:
        raise BadInput("An automated import needs the app registration that pushes to it.")
    if app is not None and app.tenant_id != tenant.id:
        raise BadInput("The app ID belongs to no app registration of this tenant.")
    try:
        with transaction.atomic():
            connection: Connection = Connection.objects.create(
                tenant=tenant,
                name=name,
                kind=kind,
                app=app,
                created_by=by,
                created_at=at,
                **options,
            )
            audit.record(
                tenant,
                "connection.created",
                at=at,
                actor=by,
                subject=str(connection.id),
                detail={"name": name, "kind": str(kind), "app": str(app.id) if app else None},
            )
    except IntegrityError as error:
        raise BadInput(
            f"There is a connection named {name} already. Choose another name."
        ) from error
    return connection


def active_connection(tenant: Tenant) -> Connection | None:
    """The connection that is the file source of a tenant."""
    active: Connection | None = (
        Connection.objects.of(tenant).select_related("app").filter(is_active=True).first()
    )
    return active


def activate_connection(connection: Connection, *, by: str, at: datetime) -> Connection:
    """Make a connection the active file source; the one before it rests.

    Raises WrongState for a connection that is switched off, ImportRunning while an import runs.
    """
    if not connection.is_enabled:
        raise WrongState(
            f"{connection.name} is switched off. Switch it on before making it active."
        )
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update().get(pk=connection.tenant_id)
        running = ImportRecord.objects.of(tenant).filter(state__in=RUNNING_STATES).first()
        before = active_connection(tenant)
        if before is not None and before.pk == connection.pk:
            return connection
        if running is not None:
            raise ImportRunning(
                f"{running.name} is still being imported. Wait until it has ended, or abandon it.",
                import_id=str(running.id),
                stage=running.state,
            )
        Connection.objects.of(tenant).filter(is_active=True).update(is_active=False)
        connection.is_active = True
        connection.save(update_fields=["is_active"])
        audit.record(
            tenant,
            "connection.activated",
            at=at,
            actor=by,
            subject=str(connection.id),
            detail={"before": str(before.id) if before else None},
        )
    return connection
