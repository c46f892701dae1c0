"""Figures of data quality on any day: fields, the insights that they allow, and who lacks a value."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Field, Query, Router, Schema, Status

from orgport.history.insights import Availability
from orgport.server.api.callers import by_senders_of_files, caller
from orgport.server.api.days import Day
from orgport.server.api.people import READS_PERSONS, Known
from orgport.server.records.models import Role
from orgport.server.wiring import quality as wiring
from orgport.server.wiring.measured import clear_measured, measured_csv, set_measured
from orgport.server.wiring.places import now
from orgport.server.wiring.quality import Asked

READS_FIGURES = (Role.INSIGHTS_ADMIN, Role.ANALYST)

_CHUNK_BYTES = 1 << 16

router = Router(tags=["data quality"])


class QualityQuery(Known):
    """Which day."""

    as_of: Day | None = Field(None, alias="asOf", description="YYYY-MM-DD; else today, UTC")


class FieldFigures(Schema):
    """One field; the quality score is a share, 0 to 1, and good above 0.95."""

    field: str
    quality_score: float = Field(alias="qualityScore")
    is_good: bool = Field(alias="isGood")
    employees: int
    unique_values: int = Field(alias="uniqueValues")


class InsightFigures(Schema):
    """One insight: available, low quality or missing."""

    key: str
    name: str
    fields: list[str]
    availability: str


class Figures(Schema):
    """The quality of each field, the worst first, and what insights that allows."""

    as_of: date = Field(alias="asOf")
    persons: int = Field(description="measured persons: those of the list, else everybody")
    incomplete: int = Field(description="measured persons who lack a value in a field that is sent")
    absent: int = Field(description="measured persons without data; they are incomplete too")
    available_insights: int = Field(alias="availableInsights")
    fields: list[FieldFigures]
    insights: list[InsightFigures]


@router.get("/tenants/{uuid:tenant}/data-quality", response=Figures, by_alias=True)
def data_quality(request: HttpRequest, tenant: UUID, query: Query[QualityQuery]) -> dict[str, Any]:
    """How complete the data are on a day, as known after an import."""
    who = caller(request, tenant, *READS_FIGURES)
    day = query.as_of or now().date()
    found = wiring.quality_on(Asked(who.tenant, day, query.after))
    standing = wiring.standing_on(found)
    ordered = sorted(found.fields.values(), key=lambda one: (one.share, one.field))
    return {
        "asOf": day,
        "persons": found.persons,
        "incomplete": found.incomplete,
        "absent": found.absent,
        "availableInsights": sum(one is Availability.AVAILABLE for one in standing.values()),
        "fields": [
            {
                "field": one.field,
                "qualityScore": one.share,
                "isGood": one.is_good,
                "employees": one.employees,
                "uniqueValues": one.distinct,
            }
            for one in ordered
        ],
        "insights": [
            {
                "key": insight.key,
                "name": insight.name,
                "fields": list(insight.fields),
                "availability": how.value,
            }
            for insight, how in standing.items()
        ],
    }


@router.get("/tenants/{uuid:tenant}/data-quality/missing.csv", response={200: None})
def missing(
    request: HttpRequest, tenant: UUID, query: Query[QualityQuery]
) -> StreamingHttpResponse:
    """Who lacks a value in a field that is sent, with all fields, to be completed and sent."""
    who = caller(request, tenant, *READS_PERSONS)
    day = query.as_of or now().date()
    return StreamingHttpResponse(
        wiring.missing_csv(Asked(who.tenant, day, query.after)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="missing-{day}.csv"'},
    )


class Measured(Schema):
    """Who is measured, in figures."""

    persons: int
    set_by: str = Field(alias="setBy")
    set_at: datetime = Field(alias="setAt")


@router.get("/tenants/{uuid:tenant}/measured", response={200: None})
def measured(request: HttpRequest, tenant: UUID) -> StreamingHttpResponse:
    """The measured persons as csv; 404 where there is no list and everybody with data is measured."""
    who = caller(request, tenant, *READS_PERSONS)
    return StreamingHttpResponse(
        measured_csv(who.tenant),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="measured.csv"'},
    )


@router.put(
    "/tenants/{uuid:tenant}/measured",
    response=Measured,
    by_alias=True,
    auth=by_senders_of_files(Role.INSIGHTS_ADMIN),
)
def measure(request: HttpRequest, tenant: UUID) -> dict[str, Any]:
    """Measure the persons of the csv in the body, with the one column PersonId, instead of others."""
    who = caller(request, tenant, Role.INSIGHTS_ADMIN)
    made = set_measured(who.tenant, iter(partial(request.read, _CHUNK_BYTES), b""), by=who.actor)
    return {"persons": len(made.addresses), "setBy": made.set_by, "setAt": made.set_at}


@router.delete("/tenants/{uuid:tenant}/measured", response={204: None})
def measure_everybody(request: HttpRequest, tenant: UUID) -> Status[None]:
    """Measure everybody with data again."""
    who = caller(request, tenant, Role.INSIGHTS_ADMIN)
    clear_measured(who.tenant, by=who.actor)
    return Status(204, None)
