"""Saved extracts over the API: what consumers of the data ask for again and again."""

from __future__ import annotations

import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from ninja import Field, Query, Router, Schema, Status

from orgport.server.api.callers import caller
from orgport.server.api.people import READS_PERSONS, as_file
from orgport.server.records.models import Role
from orgport.server.wiring.extracts import (
    Extract,
    delete_extract,
    extract_of,
    extracts_of,
    rows_of,
    save_extract,
)

router = Router(tags=["extracts"])


class ExtractToSave(Schema):
    """What to extract, and under which name."""

    name: str
    fields: list[str] = Field(description="names of fields in use, in the order of the columns")
    day: datetime.date | None = Field(
        None, description="YYYY-MM-DD; else the day that it is read on"
    )


class SavedExtract(Schema):
    """An extract as things are; disabled means that it answers as after the import `knownAt`."""

    id: UUID
    name: str
    fields: list[str]
    day: datetime.date | None
    made_by: str = Field(alias="madeBy")
    made_at: datetime.datetime = Field(alias="madeAt")
    disabled: bool
    missing_fields: list[str] = Field(alias="missingFields")
    known_at: int | None = Field(alias="knownAt")


class RowsQuery(Schema):
    """How the rows are wanted."""

    format: Literal["csv", "parquet"] = "csv"
    spreadsheet: bool = Field(
        False,  # noqa: FBT003  # a default
        description="csv only: an apostrophe before what a spreadsheet program takes for a formula",
    )


@router.get("/tenants/{uuid:tenant}/extracts", response=list[SavedExtract], by_alias=True)
def extracts(request: HttpRequest, tenant: UUID) -> list[dict[str, Any]]:
    """The saved extracts, by name."""
    who = caller(request, tenant, *READS_PERSONS)
    return [_said(one) for one in extracts_of(who.tenant)]


@router.post("/tenants/{uuid:tenant}/extracts", response={201: SavedExtract}, by_alias=True)
def save(request: HttpRequest, tenant: UUID, body: ExtractToSave) -> Status[dict[str, Any]]:
    """Save an extract; an import or a deletion that removes a field of it disables it."""
    who = caller(request, tenant, Role.INSIGHTS_ADMIN)
    made = save_extract(who.tenant, name=body.name, fields=body.fields, day=body.day, by=who.actor)
    return Status(201, _said(made))


@router.get("/tenants/{uuid:tenant}/extracts/{uuid:extract}/rows", response={200: None})
def rows(
    request: HttpRequest, tenant: UUID, extract: UUID, query: Query[RowsQuery]
) -> HttpResponseBase:
    """The rows of an extract, as csv or Parquet; a disabled one answers with what was known last."""
    who = caller(request, tenant, *READS_PERSONS)
    day, frames = rows_of(extract_of(who.tenant, extract), who.tenant)
    return as_file(
        frames, f"extract-{day.isoformat()}", query.format, is_for_spreadsheets=query.spreadsheet
    )


@router.delete("/tenants/{uuid:tenant}/extracts/{uuid:extract}", response={204: None})
def delete(request: HttpRequest, tenant: UUID, extract: UUID) -> Status[None]:
    """Delete a saved extract; the history stays as it is."""
    who = caller(request, tenant, Role.INSIGHTS_ADMIN)
    delete_extract(who.tenant, extract, by=who.actor)
    return Status(204, None)


def _said(extract: Extract) -> dict[str, Any]:
    saved = extract.saved
    return {
        "id": saved.id,
        "name": saved.name,
        "fields": saved.fields,
        "day": saved.day,
        "madeBy": saved.made_by,
        "madeAt": saved.made_at,
        "disabled": extract.is_disabled,
        "missingFields": list(extract.missing),
        "knownAt": extract.known_at,
    }
