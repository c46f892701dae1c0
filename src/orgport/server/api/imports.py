"""The import history over the API: every import, whatever became of it, and which one a path means."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from orgport.imports.lifecycle import State
from orgport.server.api.asked import Parameters
from orgport.server.api.callers import Caller, caller
from orgport.server.records.models import ImportRecord, Role, SourceKind
from orgport.server.wiring.naming import import_named, page_of

READERS = (Role.INSIGHTS_ADMIN, Role.APPROVER)
MOST_IMPORTS = 1000
_HIGHEST = 2**31 - 1

router = Router(tags=["imports"])


class ImportsQuery(Parameters):
    """Which imports, and which page of them."""

    state: State | None = None
    source: SourceKind | None = Field(None, description="automated, csv, directory or history")
    limit: int = Field(100, ge=1, le=MOST_IMPORTS)
    cursor: int | None = Field(None, ge=1, le=_HIGHEST, description="nextCursor of the page before")


class Import(Schema):
    """An import, how far it came and what was found in it; null is what is not known yet."""

    id: UUID
    number: int
    name: str
    state: str
    status: str = Field(description="the state as people read it")
    act: str = Field(description="what it does to the history: upload, undo, restore or a deletion")
    of: UUID | None = Field(description="the import that is undone or restored")
    source: str
    connection: str | None = Field(description="the name of the connection")
    refresh: str | None = Field(description="full or incremental")
    submitted_by: str = Field(alias="submittedBy")
    received_at: datetime = Field(alias="receivedAt")
    ended_at: datetime | None = Field(alias="endedAt")
    rows_read: int | None = Field(alias="rowsRead")
    rows_accepted: int | None = Field(alias="rowsAccepted")
    rows_excluded: int | None = Field(alias="rowsExcluded")
    errors: int
    warnings: int
    advice: int
    first_error: str | None = Field(alias="firstError", description="the code of a rule")
    failure: str | None = Field(description="why it could not be processed")
    page: str = Field(description="where people look at it")


class Imports(Schema):
    """A page of imports, the newest first."""

    total: int = Field(description="how many there are in all pages")
    count: int = Field(description="how many are in this page")
    imports: list[Import]
    next_cursor: int | None = Field(alias="nextCursor")


@router.get("/tenants/{uuid:tenant}/imports", response=Imports, by_alias=True)
def imports(request: HttpRequest, tenant: UUID, query: Query[ImportsQuery]) -> dict[str, Any]:
    """All imports, those that failed, run or wait among them."""
    who = caller(request, tenant, *READERS)
    chosen = ImportRecord.objects.of(who.tenant).select_related("connection")
    if query.state is not None:
        chosen = chosen.filter(state=query.state.value)
    if query.source is not None:
        chosen = chosen.filter(source=query.source)
    behind = chosen.filter(number__lt=query.cursor) if query.cursor else chosen
    found = list(behind.order_by("-number")[: query.limit + 1])
    page = found[: query.limit]
    return {
        "total": chosen.count(),
        "count": len(page),
        "imports": [_document(record) for record in page],
        "nextCursor": page[-1].number if len(found) > query.limit else None,
    }


@router.get("/tenants/{uuid:tenant}/imports/{import_id}", response=Import, by_alias=True)
def one(request: HttpRequest, tenant: UUID, import_id: str) -> dict[str, Any]:
    """One import, by its number or id."""
    return _document(import_of(caller(request, tenant, *READERS), import_id))


def import_of(who: Caller, named: str) -> ImportRecord:
    """The import of this tenant that a path means by its number or id; raises NotFound, BadInput."""
    among = ImportRecord.objects.of(who.tenant).select_related("tenant", "connection")
    return import_named(named, among)


def _document(record: ImportRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "number": record.number,
        "name": record.name,
        "state": record.state,
        "status": record.status.label,
        "act": record.act,
        "of": record.of_id,
        "source": record.source,
        "connection": record.connection.name if record.connection else None,
        "refresh": record.refresh or None,
        "submittedBy": record.submitted_by,
        "receivedAt": record.received_at,
        "endedAt": record.ended_at,
        "rowsRead": record.rows_read,
        "rowsAccepted": record.rows_accepted,
        "rowsExcluded": record.rows_excluded,
        "errors": record.error_count,
        "warnings": record.warning_count,
        "advice": record.advice_count,
        "firstError": record.first_error or None,
        "failure": record.failure or None,
        "page": page_of(record),
    }
