"""The Data hub: how complete the data are, which insights they allow, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from orgport.errors import Gone, NotFound
from orgport.history.insights import INSIGHTS, Availability, Insight
from orgport.history.quality import FieldQuality, Quality
from orgport.server.portal import charts
from orgport.server.portal.access import READS_DATA_HUB, PortalRequest, Viewer, for_roles
from orgport.server.portal.clocks import Clocks
from orgport.server.portal.first_steps import first_steps
from orgport.server.portal.shell import home_of
from orgport.server.portal.sources import source_cards
from orgport.server.wiring.connection_changes import current_source
from orgport.server.wiring.quality import (
    Asked,
    last_success,
    quality_on,
    standing_before,
    standing_on,
)


@dataclass(frozen=True, slots=True)
class InsightRow:
    """An insight that the data do not fully allow."""

    insight: Insight
    availability: Availability
    is_chosen: bool
    is_related: bool  # needs the chosen field


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field that is missing or of low quality; without figures it is in no import."""

    name: str
    quality: FieldQuality | None
    is_chosen: bool
    is_related: bool  # needed by the chosen insight

    @property
    def share(self) -> str:
        """The share of persons with a value, one decimal, rounded down."""
        share = self.quality.share if self.quality else 0.0
        return f"{int(share * 1000) / 10:.1f}%"


@require_safe
@for_roles()
def data_hub(request: PortalRequest) -> HttpResponse:
    """The landing page; who may not see it gets the first page that they may."""
    viewer = request.viewer
    if not viewer.may(*READS_DATA_HUB):
        return redirect(home_of(viewer))
    last = last_success(viewer.tenant)
    context = {"sources": source_cards(viewer), "insight_count": len(INSIGHTS)}
    if last is None:
        steps = first_steps(viewer)
        context |= {
            "steps": steps,
            "done_count": sum(step.is_done for step in steps),
            "donut": charts.empty_donut(),
        }
        return render(request, "portal/data_hub_empty.html", context)
    clocks = Clocks.of(request)
    asked = Asked(viewer.tenant, clocks.as_of, clocks.known_at)
    found, refusal = Quality(), ""
    try:
        found = quality_on(asked)
    except (Gone, NotFound) as refused:
        refusal = refused.message
    quality, standing = found.fields, standing_on(found)
    before = standing_before(asked)
    counts = {
        name: sum(one is wanted for one in standing.values())
        for name, wanted in (
            ("available", Availability.AVAILABLE),
            ("low", Availability.LOW_QUALITY),
            ("missing", Availability.MISSING),
        )
    }
    insights, fields, chosen = _choices(
        standing, quality, request.GET.get("insight"), request.GET.get("field")
    )
    missing = sum(not row.quality or not row.quality.with_value for row in fields)
    finished = last.ended_at or last.received_at
    context |= {
        "clocks": clocks,
        "refusal": refusal,
        "quality": found,
        "than_before": counts["available"] - _available(before[1]) if before else None,
        "before": before[0] if before else None,
        "counts": counts,
        "donut": charts.donut(counts["available"], counts["low"], counts["missing"]),
        "insights": insights,
        "fields": fields,
        "missing_field_count": missing,
        "low_field_count": len(fields) - missing,
        "chosen": chosen,
        "request_url": _request_url(viewer),
        "last_refresh": finished,
        "days_since": (timezone.localdate() - timezone.localdate(finished)).days,
    }
    return render(request, "portal/data_hub.html", context, status=404 if refusal else 200)


def _available(standing: Mapping[Insight, Availability]) -> int:
    return sum(one is Availability.AVAILABLE for one in standing.values())


def _request_url(viewer: Viewer) -> str:
    """Where the text that asks for data stands; blank while there is no automated import."""
    current = current_source(viewer.tenant)
    if current is None or current.app is None or not viewer.manages_connections:
        return ""
    return reverse("connection", args=[current.id]) + "#request"


def _choices(
    standing: dict[Insight, Availability],
    quality: Mapping[str, FieldQuality],
    chosen_key: str | None,
    chosen_field: str | None,
) -> tuple[list[InsightRow], list[FieldRow], Insight | None]:
    """The insights and fields to mend, what is chosen of them, and the insight to describe."""
    order = {Availability.MISSING: 0, Availability.LOW_QUALITY: 1}
    lacking = sorted(
        (insight for insight, how in standing.items() if how in order),
        key=lambda insight: order[standing[insight]],
    )
    names = list(
        dict.fromkeys(
            field
            for insight in lacking
            for field in insight.fields
            if field not in quality or not quality[field].is_good
        )
    )
    if chosen_field not in names:
        chosen_field = None
    chosen = next((one for one in lacking if one.key == chosen_key), None)
    if chosen is None and chosen_field is None and lacking:
        chosen = lacking[0]
    described = chosen or next((one for one in lacking if chosen_field in one.fields), None)
    insight_rows = [
        InsightRow(
            one,
            standing[one],
            is_chosen=one is chosen,
            is_related=chosen_field is not None and chosen_field in one.fields,
        )
        for one in lacking
    ]
    field_rows = [
        FieldRow(
            name,
            quality.get(name),
            is_chosen=name == chosen_field,
            is_related=chosen is not None and name in chosen.fields,
        )
        for name in names
    ]
    return insight_rows, field_rows, described
