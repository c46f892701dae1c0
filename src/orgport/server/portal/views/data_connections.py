"""Organizational data > Data connections: the current source, what is arriving, what has arrived.

The page asks the server every two seconds while an import runs, else every five, and gets nothing
back unless something changed; a change of state brings strip, history, notices and bell.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from orgport.imports.lifecycle import State
from orgport.server.portal.access import READS_IMPORTS, PortalRequest, Viewer, for_roles
from orgport.server.portal.expiry import expiry_of
from orgport.server.portal.history_table import Filters, history_table
from orgport.server.portal.sources import source_cards
from orgport.server.portal.stages import stages_of
from orgport.server.records.imports import RUNNING_STATES
from orgport.server.records.models import Connection, ImportRecord
from orgport.server.wiring.connection_changes import current_source
from orgport.server.wiring.sheets import sheet

_COLUMNS = (
    "Name",
    "Id",
    "Source",
    "Type",
    "Submitted by",
    "Started (UTC)",
    "Ended (UTC)",
    "Rows read",
    "Rows accepted",
    "Rows excluded",
    "Status",
)


@require_safe
@for_roles(*READS_IMPORTS)
def data_connections(request: PortalRequest) -> HttpResponse:
    """The whole page."""
    viewer = request.viewer
    crumbs = [("Organizational data", reverse("data-connections"))]
    context = _live(viewer, request) | _source(viewer) | {"crumbs": crumbs}
    return render(request, "portal/data_connections.html", context)


@require_safe
@for_roles(*READS_IMPORTS)
def live(request: PortalRequest) -> HttpResponse:
    """What changed since the page was last told: 204 for nothing."""
    viewer = request.viewer
    context = _live(viewer, request)
    seen = request.GET.get("seen", "")
    if context["running"] is None and seen == context["seen"]:
        return HttpResponse(status=204)
    context |= {"has_changed": seen != context["seen"]}
    if context["has_changed"]:
        context |= _source(viewer)
    return render(request, "portal/parts/live.html", context)


@require_safe
@for_roles(*READS_IMPORTS)
def history_csv(request: PortalRequest) -> StreamingHttpResponse:
    """The import history as csv, with the filters of the address."""
    records = Filters.of(request.GET).narrow(request.viewer.imports())
    return StreamingHttpResponse(
        sheet(_COLUMNS, map(_cells, records.iterator(chunk_size=500))),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="import-history.csv"'},
    )


def _live(viewer: Viewer, request: PortalRequest) -> dict[str, Any]:
    running = viewer.imports().filter(state__in=RUNNING_STATES).select_related("connection").first()
    notices = list(viewer.new_notices()[:1])
    latest = viewer.imports().first()
    seen = "-".join(
        [
            f"{latest.id}.{latest.state}" if latest else "none",
            f"{notices[0].id}.{viewer.new_notices().count()}" if notices else "none",
        ]
    )
    arrived = f"{timezone.localtime(running.received_at):%H:%M:%S}" if running else ""
    return {
        "running": running,
        "stages": stages_of(running, arrived=arrived) if running else [],
        "poll_seconds": 2 if running else 5,
        "seen": seen,
        "latest": latest,
        "toast": notices[0] if notices else None,
        "more_notices": max(0, viewer.new_notices().count() - 1),
        "table": history_table(viewer, request.GET),
        "zone": timezone.get_current_timezone_name(),
    }


def _source(viewer: Viewer) -> dict[str, Any]:
    current = current_source(viewer.tenant)
    records = ImportRecord.objects.of(viewer.tenant).filter(state=State.SUCCEEDED.value)
    return {
        "current": current,
        "sources": source_cards(viewer),
        "last_success": records.order_by("-ended_at").first(),
        "certificates": _certificates(current),
    }


def _certificates(current: Connection | None) -> dict[str, Any] | None:
    """How many certificates of the source's app are valid, and how long the next to end has."""
    if current is None or current.app is None:
        return None
    now = timezone.now()
    expiries = [expiry_of(one, at=now) for one in current.app.certificates.all()]
    valid = [expiry for expiry in expiries if expiry.is_valid]
    return {"valid": len(valid), "next": min(valid, key=lambda one: one.left, default=None)}


def _cells(record: ImportRecord) -> list[object]:
    return [
        record.name,
        record.id,
        record.get_source_display(),
        record.type_label,
        record.submitted_by,
        f"{record.received_at:%Y-%m-%d %H:%M:%S}",
        f"{record.ended_at:%Y-%m-%d %H:%M:%S}" if record.ended_at else "",
        record.rows_read,
        record.rows_accepted,
        record.rows_excluded,
        record.status.label,
    ]
