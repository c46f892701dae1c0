"""Saved extracts over the API: what consumers of the data ask for again and again."""

from __future__ import annotations

import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from ninja import Field, Query, Router, Schema, Status

from orgport.attributes.catalogue import MAX_FIELDS
from orgport.server.api.asked import Body, Parameters
from orgport.server.api.callers import caller
from orgport.server.api.days import Day
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


class ExtractToSave(Body):
    """What to extract, and under which name."""

    name: str
    fields: list[str] = Field(
        max_length=MAX_FIELDS, description="names of fields in use, in the order of the columns"
    )
    day: Day | None = Field(None, description="YYYY-MM-DD; else the day that it is read on")


class DroppedBy(Schema):
    """An import that dropped fields of an extract, and those that have been missing since."""

    import_id: UUID = Field(alias="import")
    number: int
    at: datetime.datetime
    fields: list[str]


class SavedExtract(Schema):
    """An extract as things are; a disabled one answers of the day `asOf`, as after the import `knownAt`."""

    id: UUID
    name: str
    fields: list[str]
    day: datetime.date | None
    made_by: str = Field(alias="madeBy")
    made_at: datetime.datetime = Field(alias="madeAt")
    disabled: bool
    as_of: datetime.date = Field(
        alias="asOf", description="the day that its rows are of: when disabled, of the loss"
    )
    missing_fields: list[str] = Field(alias="missingFields")
    dropped_by: list[DroppedBy] = Field(alias="droppedBy")
    known_at: int | None = Field(alias="knownAt")


class RowsQuery(Parameters):
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


@router.get("/tenants/{uuid:tenant}/extracts/{uuid:extract}", response=SavedExtract, by_alias=True)
def one(request: HttpRequest, tenant: UUID, extract: UUID) -> dict[str, Any]:
    """One saved extract: whether it works, and which imports dropped what it lacks."""
    who = caller(request, tenant, *READS_PERSONS)
    return _said(extract_of(who.tenant, extract))


@router.get("/tenants/{uuid:tenant}/extracts/{uuid:extract}/rows", response={200: None})
def rows(
    request: HttpRequest, tenant: UUID, extract: UUID, query: Query[RowsQuery]
) -> HttpResponseBase:
    """The rows of an extract, as csv or Parquet; a disabled one keeps its last result.

    The header `x-orgport-as-of` has the day that they are of; while the extract is disabled
    `x-orgport-known-at` and `x-orgport-dropped-by` have the numbers of imports.
    """
    who = caller(request, tenant, *READS_PERSONS)
    asked = extract_of(who.tenant, extract)
    day = asked.as_of.isoformat()
    answer = as_file(
        rows_of(asked, who.tenant),
        f"extract-{day}",
        query.format,
        is_for_spreadsheets=query.spreadsheet,
    )
    answer["x-orgport-as-of"] = day
    if asked.is_disabled:
        answer["x-orgport-known-at"] = str(asked.known_at)
        numbers = (str(one.by.number) for one in asked.standing.dropped)
        answer["x-orgport-dropped-by"] = ", ".join(numbers)
    return answer


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
        "asOf": extract.as_of,
        "missingFields": list(extract.standing.missing),
        "droppedBy": [
            {
                "import": one.by.import_id,
                "number": one.by.number,
                "at": one.by.at,
                "fields": list(one.fields),
            }
            for one in extract.standing.dropped
        ],
        "knownAt": extract.known_at,
    }
