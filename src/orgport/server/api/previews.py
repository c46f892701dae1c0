"""The change preview by the native API, and deciding on it.

Permission is in the query: what a caller may not see is not found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from orgport.errors import BadInput
from orgport.history.differences import Kind
from orgport.history.listing import Chosen
from orgport.server.api.asked import Body, Parameters
from orgport.server.api.callers import Caller, caller
from orgport.server.api.imports import READERS, import_of
from orgport.server.records.models import Role
from orgport.server.wiring import approvals, previews

MOST_PERSONS = 1000
_HIGHEST = 2**31 - 1  # persons are numbered from 1

router = Router(tags=["previews"])


class Narrowed(Parameters):
    """Which of those who differ, and which page of them."""

    kind: Kind | None = None
    organization: str = Field("", max_length=1000)
    field: str = Field("", max_length=200, description="one that is set before or after")
    q: str = Field("", max_length=254, description="part of an address")
    limit: int = Field(100, ge=1, le=MOST_PERSONS)
    cursor: int = Field(0, ge=0, le=_HIGHEST, description="nextCursor of the page before")


class Decision(Body):
    """What the one who decides has to say; a rejection needs it."""

    note: str = ""


class Decided(Schema):
    """The import that was decided on, and what it does now."""

    import_id: UUID = Field(alias="import")
    status: str


@router.get("/tenants/{uuid:tenant}/imports/{import_id}/preview", response=dict[str, Any])
def preview(request: HttpRequest, tenant: UUID, import_id: str) -> dict[str, Any]:
    """The figures of a change preview."""
    record = import_of(caller(request, tenant, *READERS), import_id)
    return previews.document(record, previews.preview_of(record))


@router.get("/tenants/{uuid:tenant}/imports/{import_id}/preview/persons", response=dict[str, Any])
def persons(
    request: HttpRequest, tenant: UUID, import_id: str, query: Query[Narrowed]
) -> dict[str, Any]:
    """A page of those who differ."""
    found = previews.preview_of(import_of(caller(request, tenant, *READERS), import_id))
    if query.field and query.field not in found.proposal.fields:
        raise BadInput("field is none of the fields before or after this import.")
    chosen = Chosen(
        kind=query.kind,
        organization=query.organization or None,
        field=query.field or None,
        text=query.q,
    )
    return previews.persons_document(found, chosen, offset=query.cursor, limit=query.limit)


@router.get(
    "/tenants/{uuid:tenant}/imports/{import_id}/preview/persons/{int:number}",
    response=dict[str, Any],
)
def person(request: HttpRequest, tenant: UUID, import_id: str, number: int) -> dict[str, Any]:
    """One person's periods before and after."""
    record = import_of(caller(request, tenant, *READERS), import_id)
    lines = previews.timelines(record, previews.preview_of(record), min(number, _HIGHEST))
    return previews.timelines_document(lines)


@router.post("/tenants/{uuid:tenant}/imports/{import_id}/approve", response=Decided, by_alias=True)
def approve(
    request: HttpRequest, tenant: UUID, import_id: str, body: Decision | None = None
) -> dict[str, Any]:
    """Let an import pass its guard rails; the body may hold a note."""
    return _decided(caller(request, tenant, Role.APPROVER), import_id, body, approvals.approve)


@router.post("/tenants/{uuid:tenant}/imports/{import_id}/reject", response=Decided, by_alias=True)
def reject(
    request: HttpRequest, tenant: UUID, import_id: str, body: Decision | None = None
) -> dict[str, Any]:
    """Turn an import away; the body holds a note with the reason."""
    return _decided(caller(request, tenant, Role.APPROVER), import_id, body, approvals.reject)


def _decided(
    who: Caller, import_id: str, body: Decision | None, decide: Callable[..., None]
) -> dict[str, Any]:
    record = import_of(who, import_id)
    decide(record, note=body.note if body else "", by=who.actor)
    record.refresh_from_db()
    return {"import": record.id, "status": record.status.label}
