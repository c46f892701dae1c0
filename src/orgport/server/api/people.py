"""Questions to the history: who was there on a day, one person's periods, a snapshot of everybody.

Every question has two clocks: the day that it asks about, and the import after which it is asked.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any, Literal
from uuid import UUID

import polars as pl
from django.http import FileResponse, HttpRequest, HttpResponseBase, StreamingHttpResponse
from ninja import Field, Query, Router, Schema

from orgport.errors import BadInput
from orgport.history.columns import PERSON_ID
from orgport.history.spreadsheets import without_formulas
from orgport.server.api.asked import Parameters
from orgport.server.api.callers import caller
from orgport.server.api.days import Day
from orgport.server.records.models import Role
from orgport.server.wiring.places import history_of, now
from orgport.server.wiring.snapshots import as_parquet

MOST_PERSONS = 1000
READS_PERSONS = (Role.INSIGHTS_ADMIN,)

router = Router(tags=["people"])


class Known(Parameters):
    """The clock of what was known."""

    known_at: str | None = Field(None, alias="knownAt", description="number or id of an import")

    @property
    def after(self) -> UUID | int | None:
        """The import by its number or id; raises BadInput."""
        text = (self.known_at or "").strip()
        if not text:
            return None
        if text.isascii() and text.isdecimal() and len(text) < 10:
            return int(text)
        try:
            return uuid.UUID(text)
        except ValueError:
            raise BadInput("knownAt is neither the number nor the id of an import.") from None


class PeopleQuery(Known):
    """Which persons, on which day."""

    as_of: Day | None = Field(None, alias="asOf", description="YYYY-MM-DD; else today, UTC")
    q: str = Field("", max_length=254, description="part of an address")
    manager: str = Field("", max_length=254, description="only those who report to this address")
    limit: int = Field(100, ge=1, le=MOST_PERSONS)
    cursor: str = Field("", max_length=1000, description="nextCursor of the page before")


class SnapshotQuery(Known):
    """Everybody on a day, with chosen fields."""

    date_: Day | None = Field(None, alias="date", description="YYYY-MM-DD; else today, UTC")
    fields: str = Field("", max_length=10_000, description="names with commas between; else all")
    format: Literal["csv", "parquet"] = "csv"
    spreadsheet: bool = Field(
        False,  # noqa: FBT003  # a default
        description="csv only: an apostrophe before what a spreadsheet program takes for a formula",
    )


class People(Schema):
    """A page of persons; values stand under the names of their fields."""

    as_of: date = Field(alias="asOf")
    total: int = Field(description="how many there are in all pages")
    count: int = Field(description="how many are in this page")
    people: list[dict[str, Any]]
    next_cursor: str | None = Field(alias="nextCursor")


class Periods(Schema):
    """A person's periods in order; EndDate is the first day that a period does not hold."""

    person_id: str = Field(alias="personId")
    periods: list[dict[str, Any]]


@router.get("/tenants/{uuid:tenant}/people", response=People, by_alias=True)
def people(request: HttpRequest, tenant: UUID, query: Query[PeopleQuery]) -> dict[str, Any]:
    """Who was there on a day, by address; the cursor leads from page to page."""
    who = caller(request, tenant, *READS_PERSONS)
    day = query.as_of or now().date()
    history, after = history_of(who.tenant.id), _address(query.cursor)
    chosen: dict[str, Any] = {
        "known_at": query.after,
        "manager": query.manager or None,
        "contains": query.q,
    }
    found = history.page(day, **chosen, after=after, limit=query.limit + 1)
    page = found.head(query.limit)
    has_more = found.height > query.limit
    return {
        "asOf": day,
        "total": history.count(day, **chosen),
        "count": page.height,
        "people": page.to_dicts(),
        "nextCursor": _cursor(str(page[PERSON_ID][-1])) if has_more else None,
    }


@router.get("/tenants/{uuid:tenant}/people/{email}/periods", response=Periods, by_alias=True)
def periods(request: HttpRequest, tenant: UUID, email: str, query: Query[Known]) -> dict[str, Any]:
    """The whole history of one person."""
    who = caller(request, tenant, *READS_PERSONS)
    found = history_of(who.tenant.id).person(email, known_at=query.after)
    person_id = str(found[PERSON_ID][0]) if found.height else email
    return {"personId": person_id, "periods": found.drop(PERSON_ID).to_dicts()}


@router.get("/tenants/{uuid:tenant}/snapshot", response={200: None})
def snapshot(request: HttpRequest, tenant: UUID, query: Query[SnapshotQuery]) -> HttpResponseBase:
    """Everybody on a day, as csv or Parquet, in no particular order; streamed, whatever its size."""
    who = caller(request, tenant, *READS_PERSONS)
    day = query.date_ or now().date()
    fields = [name.strip() for name in query.fields.split(",") if name.strip()] or None
    frames = history_of(who.tenant.id).snapshot(day, known_at=query.after, fields=fields)
    name = f"snapshot-{day.isoformat()}"
    return as_file(frames, name, query.format, is_for_spreadsheets=query.spreadsheet)


def as_file(
    frames: Iterator[pl.DataFrame], name: str, kind: str, *, is_for_spreadsheets: bool
) -> HttpResponseBase:
    """Frames as an answer to be kept as a file of this name and kind, csv or parquet."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    if kind == "csv":
        content_type = "text/csv; charset=utf-8"
        written = map(without_formulas, frames) if is_for_spreadsheets else frames
        return StreamingHttpResponse(_csv(written), content_type=content_type, headers=headers)
    content_type = "application/vnd.apache.parquet"
    return FileResponse(as_parquet(frames), content_type=content_type, headers=headers)


def _csv(frames: Iterator[pl.DataFrame]) -> Iterator[str]:
    has_header = True
    for frame in frames:
        yield frame.write_csv(include_header=has_header, line_terminator="\r\n")
        has_header = False


def _cursor(address: str) -> str:
    return base64.urlsafe_b64encode(address.encode()).decode()


def _address(cursor: str) -> str:
    try:
        return base64.b64decode(cursor.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise BadInput("The cursor is none that this API gave. Begin again without one.") from None
