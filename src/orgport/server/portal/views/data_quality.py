"""Organizational data > Data quality: each field's share of persons with a value."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from orgport.history.insights import INSIGHTS
from orgport.server.portal.access import READS_DATA_HUB, PortalRequest, for_roles
from orgport.server.wiring.quality import last_success, quality_on


@require_safe
@for_roles(*READS_DATA_HUB)
def data_quality(request: PortalRequest) -> HttpResponse:
    """The table of fields on today's date, worst first, and what each insight needs."""
    tenant = request.viewer.tenant
    last = last_success(tenant)
    today = timezone.localdate()
    fields = quality_on(tenant, today, after=last) if last else {}
    rows = sorted(fields.values(), key=lambda one: (one.share, one.field))
    context = {
        "rows": rows,
        "today": today,
        "last": last,
        "person_count": rows[0].persons if rows else 0,
        "insights": INSIGHTS,
        "crumbs": [("Organizational data", reverse("data-quality"))],
    }
    return render(request, "portal/data_quality.html", context)
