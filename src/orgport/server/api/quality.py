"""Figures of data quality on any day: fields, the insights that they allow, and who lacks a value."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Field, Query, Router, Schema

from orgport.history.insights import Availability
from orgport.server.api.callers import caller
from orgport.server.api.people import READS_PERSONS, Known
from orgport.server.records.models import Role
from orgport.server.wiring import quality as wiring
from orgport.server.wiring.places import now
from orgport.server.wiring.quality import Asked

READS_FIGURES = (Role.INSIGHTS_ADMIN, Role.ANALYST)

router = Router(tags=["data quality"])


class QualityQuery(Known):
    """Which day."""

    as_of: date | None = Field(None, alias="asOf", description="YYYY-MM-DD; else today, UTC")


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
    persons: int
    incomplete: int = Field(description="persons who lack a value in a field that is sent")
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
        "availableInsights": sum(one is Availability.AVAILABLE for one in standing.values()),
        "fields": [
            {
                "field": one.field,
                "qualityScore": one.share,
                "isGood": one.is_good,
                "employees": one.with_value,
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
