"""Undo and restore: GET says what would change, POST does it as an import of its own."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from orgport.history.acts import Act
from orgport.server.api.asked import Parameters
from orgport.server.api.callers import Caller, caller
from orgport.server.api.imports import import_of
from orgport.server.records.models import ImportRecord, Role
from orgport.server.wiring import reversals
from orgport.server.wiring.reversal_texts import consequences, figures

router = Router(tags=["imports"])


class Asked(Parameters):
    """The id that the new import is to have: asked twice under one id, it is one import."""

    import_id: UUID | None = Field(None, alias="importId")


class Started(Schema):
    """The import that the act became."""

    id: UUID
    number: int
    state: str
    name: str


class Said(Schema):
    """What the act would do, in numbers and in sentences."""

    figures: dict[str, Any]
    consequences: list[str]


@router.get("/tenants/{uuid:tenant}/imports/{import_id}/undo", response=Said)
def preview_undo(request: HttpRequest, tenant: UUID, import_id: str) -> dict[str, Any]:
    """What would be taken back, and what stays because a later import said so."""
    return _preview(caller(request, tenant, Role.INSIGHTS_ADMIN), import_id, Act.UNDO)


@router.get("/tenants/{uuid:tenant}/imports/{import_id}/restore", response=Said)
def preview_restore(request: HttpRequest, tenant: UUID, import_id: str) -> dict[str, Any]:
    """What would be otherwise if what held after this import held again."""
    return _preview(caller(request, tenant, Role.INSIGHTS_ADMIN), import_id, Act.RESTORE)


@router.post("/tenants/{uuid:tenant}/imports/{import_id}/undo", response={202: Started})
def undo(
    request: HttpRequest, tenant: UUID, import_id: str, query: Query[Asked]
) -> Status[ImportRecord]:
    """Take an import back."""
    who = caller(request, tenant, Role.INSIGHTS_ADMIN)
    return Status(202, _reverse(who, import_id, Act.UNDO, query.import_id))


@router.post("/tenants/{uuid:tenant}/imports/{import_id}/restore", response={202: Started})
def restore(
    request: HttpRequest, tenant: UUID, import_id: str, query: Query[Asked]
) -> Status[ImportRecord]:
    """Make hold again what held after an import."""
    who = caller(request, tenant, Role.INSIGHTS_ADMIN)
    return Status(202, _reverse(who, import_id, Act.RESTORE, query.import_id))


def _preview(who: Caller, import_id: str, act: Act) -> dict[str, Any]:
    record = import_of(who, import_id)
    said = reversals.preview(record, act, by=who.actor)
    return {"figures": figures(record, said), "consequences": consequences(record, act, said)}


def _reverse(who: Caller, import_id: str, act: Act, new_id: UUID | None) -> ImportRecord:
    record = import_of(who, import_id)
    return reversals.reverse(record, act, by=who.actor, import_id=new_id or uuid.uuid4())
