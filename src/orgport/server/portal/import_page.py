"""What the pages of one import show: where it stands, its findings, and the fields to correct them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from orgport.errors import OrgportError
from orgport.imports.guard_rails import sentence
from orgport.imports.lifecycle import State
from orgport.package.model import PackageForm
from orgport.server.portal.access import READS_ALL_IMPORTS, PortalRequest
from orgport.server.portal.causes import CausePage, cause_page, verdict_of
from orgport.server.portal.cells import Fields
from orgport.server.portal.change_preview import limit_of
from orgport.server.portal.finding_filters import FindingFilters
from orgport.server.portal.stages import failed_stages_of, stages_of
from orgport.server.records.models import ImportRecord
from orgport.server.settings import settings
from orgport.server.wiring import previews
from orgport.server.wiring.cell_edits import Typed, edits_of, reach
from orgport.server.wiring.corrections import mended_by
from orgport.server.wiring.reversals import counting

FAILED = (State.VALIDATION_FAILED, State.PROCESSING_FAILED)


def import_of(request: PortalRequest, import_id: UUID) -> ImportRecord:
    """The import, if the viewer may see it."""
    records = request.viewer.imports().select_related("connection", "app", "tenant", "corrects")
    record: ImportRecord = get_object_or_404(records, id=import_id)
    return record


def crumbs_of(record: ImportRecord) -> list[tuple[str, str]]:
    """What stands above the pages of an import."""
    return [
        ("Organizational data", reverse("data-connections")),
        (record.name, reverse("import", args=[record.id])),
    ]


def about(
    request: PortalRequest,
    record: ImportRecord,
    *,
    refused: Mapping[Typed, str] | None = None,
    is_read_only: bool = False,
) -> dict[str, Any]:
    """The import with its verdict, its causes, and how long its logs are kept."""
    verdict = None if record.status.is_running else verdict_of(record)
    filters = FindingFilters.of(request.GET, verdict.counts if verdict else ())
    later = mended_by(record)
    may_correct = later is None and may_correct_rows(request, record)
    corrected = correcting(record, refused or {}) if may_correct and not is_read_only else {}
    kept_until = None
    if record.ended_at is not None:
        kept_until = record.ended_at + timedelta(days=settings().keep_packages_days)
    shown = CausePage()
    if verdict is not None:
        shown = cause_page(record, verdict, filters=filters, fields=corrected.get("fields"))
    may_preview = request.viewer.may(*READS_ALL_IMPORTS)
    return {
        "record": record,
        "crumbs": [("Organizational data", reverse("data-connections"))],
        "verdict": verdict,
        "shown": shown,
        "filters": filters,
        "may_correct": may_correct,
        "mended_by": later,
        "has_log": verdict is not None and record.state != State.ABANDONED.value,
        "counts": record.state == State.SUCCEEDED.value and record.id in counting(record.tenant),
        "cause_count": len(verdict.counts) if verdict else 0,
        "finding_count": sum(one.count for one in verdict.counts) if verdict else 0,
        "days_kept": max(0, (kept_until - timezone.now()).days) if kept_until else None,
        "asks": [sentence(breach) for breach in record.past_limits],
        "limit": limit_of(record.past_limits),
        "has_preview": may_preview and previews.has_preview(record),
        **corrected,
        **_stages(record),
    }


def correcting(record: ImportRecord, refused: Mapping[Typed, str]) -> dict[str, Any]:
    """What the fields of wrong cells are made of, for who may correct the import."""
    if record.status is not State.VALIDATION_FAILED:
        return {}
    edits = edits_of(record)
    try:
        reached = reach(record, edits)
    except FileNotFoundError:
        return {}  # the log is gone
    return {
        "fields": Fields(edits, refused),
        "edit_count": len(edits),
        "reached": reached,
        "left": record.error_count + record.warning_count - reached.findings,
    }


def may_correct_rows(request: PortalRequest, record: ImportRecord) -> bool:
    """Whether there are rows that this viewer may mend and send back, if nobody did."""
    has_rows = bool(record.rows_read) and record.package_form != PackageForm.JSON.value
    return has_rows and request.viewer.sends_corrections


def refused_page(
    request: PortalRequest, record: ImportRecord, refused: OrgportError
) -> HttpResponse:
    """Why an import does not give what was asked for."""
    context = {"record": record, "crumbs": crumbs_of(record), "reason": refused.message}
    return render(request, "portal/import_refused.html", context, status=refused.http_status)


def _stages(record: ImportRecord) -> dict[str, Any]:
    arrived = f"{timezone.localtime(record.received_at):%H:%M:%S}"
    if record.status.is_running:
        return {"stages": stages_of(record, arrived=arrived), "poll_seconds": 2}
    if record.status in FAILED:
        return {"stages": failed_stages_of(record, arrived=arrived)}
    return {}
