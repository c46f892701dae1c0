"""Organizational data > Data quality: each field's share of persons with a value, on any day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from orgport.errors import Gone, NotFound
from orgport.history.insights import INSIGHTS, Availability, Insight
from orgport.history.quality import DOMAIN, FieldQuality, Quality
from orgport.server.portal import charts
from orgport.server.portal.access import READS_DATA_HUB, PortalRequest, for_roles
from orgport.server.portal.clocks import Clocks
from orgport.server.portal.views.downloads import CSV, stream
from orgport.server.records.models import ImportRecord, Role
from orgport.server.wiring import quality as wiring
from orgport.server.wiring.measured import measured_of
from orgport.server.wiring.quality import Asked, TrendPoint

MOST_GROUPS = 100


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field with the import that sent it last, and the page of its values."""

    quality: FieldQuality
    source: ImportRecord | None
    url: str


@dataclass(frozen=True, slots=True)
class InsightRow:
    """An insight, whether the data allow it, and whether they did before the last import."""

    insight: Insight
    availability: Availability
    is_lost: bool
    is_gained: bool


@require_safe
@for_roles(*READS_DATA_HUB)
def data_quality(request: PortalRequest) -> HttpResponse:
    """The table of fields on a day, worst first, and which insights they allow."""
    clocks = Clocks.of(request)
    asked = Asked(request.viewer.tenant, clocks.as_of, clocks.known_at)
    found, refusal, sources = Quality(), "", dict[str, ImportRecord]()
    if clocks.imports:
        try:
            found = wiring.quality_on(asked)
            sources = wiring.sources_of_fields(asked)
        except (Gone, NotFound) as refused:
            refusal = refused.message
    ordered = sorted(found.fields.values(), key=lambda one: (one.share, one.field))
    query = urlencode(clocks.query)
    before = wiring.standing_before(asked) if found.persons else None
    insights = _insights(found, before[1] if before else {})
    context = {
        "clocks": clocks,
        "refusal": refusal,
        "quality": found,
        "measured": measured_of(request.viewer.tenant),
        "rows": [
            FieldRow(
                one,
                sources.get(one.field),
                f"{reverse('quality-field')}?{urlencode({'field': one.field, **clocks.query})}",
            )
            for one in ordered
        ],
        # Everybody of the day has an address, and so a domain.
        "everybody": found.fields[DOMAIN].employees if DOMAIN in found.fields else 0,
        "good_count": sum(one.is_good for one in ordered),
        "insights": insights,
        "available_count": sum(one.availability is Availability.AVAILABLE for one in insights),
        "lost": [one.insight.name for one in insights if one.is_lost],
        "gained": [one.insight.name for one in insights if one.is_gained],
        "before": before[0] if before else None,
        "missing_url": f"{reverse('quality-missing')}?{query}",
        "crumbs": [("Organizational data", reverse("data-quality"))],
    }
    return render(request, "portal/data_quality.html", context, status=404 if refusal else 200)


@require_safe
@for_roles(*READS_DATA_HUB)
def field(request: PortalRequest) -> HttpResponse:
    """How many persons have each value of one field; small groups are told together."""
    clocks = Clocks.of(request)
    name = request.GET.get("field", "")[:128]
    asked = Asked(request.viewer.tenant, clocks.as_of, clocks.known_at)
    try:
        found = wiring.distribution_on(asked, name)
    except (Gone, NotFound) as refused:
        raise Http404(refused.message) from refused
    context = {
        "clocks": clocks,
        "field": name,
        "distribution": found,
        "groups": found.groups[:MOST_GROUPS],
        "most": found.groups[0][1] if found.groups else 0,
        "crumbs": [
            ("Organizational data", reverse("data-quality")),
            ("Data quality", f"{reverse('data-quality')}?{urlencode(clocks.query)}"),
        ],
    }
    return render(request, "portal/quality_field.html", context)


@require_safe
@for_roles(*READS_DATA_HUB)
def trend(request: PortalRequest) -> HttpResponse:
    """How complete the data were after each of the last imports; a part of the page or a page."""
    points = wiring.trend(request.viewer.tenant)
    context: dict[str, Any] = {
        "points": points[::-1],
        "picture": _picture(points),
        "crumbs": [
            ("Organizational data", reverse("data-quality")),
            ("Data quality", reverse("data-quality")),
        ],
    }
    is_part = bool(request.headers.get("HX-Request"))
    template = "portal/parts/quality_trend.html" if is_part else "portal/quality_trend.html"
    return render(request, template, context)


@require_safe
@for_roles(Role.INSIGHTS_ADMIN)
def missing(request: PortalRequest) -> StreamingHttpResponse:
    """Who lacks a value, with all their fields, to be completed and sent."""
    clocks = Clocks.of(request)
    asked = Asked(request.viewer.tenant, clocks.as_of, clocks.known_at)
    try:
        lines = wiring.missing_csv(asked)
    except (Gone, NotFound) as refused:
        raise Http404(refused.message) from refused
    return stream(lines, f"missing-{clocks.as_of.isoformat()}.csv", CSV)


def _insights(found: Quality, before: dict[Insight, Availability]) -> list[InsightRow]:
    standing, available = wiring.standing_on(found), Availability.AVAILABLE
    return [
        InsightRow(
            one,
            standing[one],
            is_lost=before.get(one) is available and standing[one] is not available,
            is_gained=bool(before) and before[one] is not available and standing[one] is available,
        )
        for one in INSIGHTS
    ]


def _picture(points: list[TrendPoint]) -> str:
    if len(points) < 2:
        return ""
    shares = [point.quality.score for point in points]
    sentence = (
        f"Share of cells with a value after the last {len(points)} imports: from "
        f"{shares[0]:.1%} to {shares[-1]:.1%}; the table says each."
    )
    return charts.sparkline(shares, sentence=sentence)
