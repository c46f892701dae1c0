"""The pages of one import: where it stands, its summary, its mapping, its findings; and abandoning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from orgport.errors import Gone, OrgportError, WrongState
from orgport.finding import Severity
from orgport.imports.lifecycle import State
from orgport.package.model import PackageForm
from orgport.server.portal.access import (
    READS_ALL_IMPORTS,
    READS_IMPORTS,
    PortalRequest,
    for_roles,
)
from orgport.server.portal.causes import causes_of, title_of, verdict_of
from orgport.server.portal.cells import cell_of
from orgport.server.portal.dialogs import confirm
from orgport.server.portal.requests import actor_of
from orgport.server.portal.stages import stages_of
from orgport.server.records.models import ImportRecord, Role
from orgport.server.settings import settings
from orgport.server.wiring import imports as wiring
from orgport.server.wiring import previews
from orgport.server.wiring.cell_edits import Typed, edits_of
from orgport.server.wiring.reversals import counting

FINDINGS_A_PAGE = 50


@require_safe
@for_roles(*READS_IMPORTS)
def import_page(request: PortalRequest, import_id: UUID) -> HttpResponse:
    """The import as it stands: running, failed with its causes, or done."""
    record = import_of(request, import_id)
    may_preview = request.viewer.may(*READS_ALL_IMPORTS)
    context = _about(record) | {
        "has_preview": may_preview and previews.has_preview(record),
        "may_correct": _may_correct(request, record),
    }
    context |= _edited(record, context, {})
    if record.status.is_running:
        arrived = f"{timezone.localtime(record.received_at):%H:%M:%S}"
        context |= {"stages": stages_of(record, arrived=arrived), "poll_seconds": 2}
        if getattr(request, "htmx", False):
            return render(request, "portal/parts/strip_only.html", context)
    elif getattr(request, "htmx", False):
        # It has ended while the page was open: let the browser load the page of its end.
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "portal/import.html", context)


@require_safe
@for_roles(*READS_IMPORTS)
def summary(request: PortalRequest, import_id: UUID) -> HttpResponse:
    """What the eye icon shows."""
    record = import_of(request, import_id)
    context = _about(record) | {"summary": wiring.summary(record), "crumbs": crumbs_of(record)}
    return render(request, "portal/import_summary.html", context)


@require_safe
@for_roles(*READS_IMPORTS)
def mapping(request: PortalRequest, import_id: UUID) -> HttpResponse:
    """Which column of the file was which field."""
    record = import_of(request, import_id)
    return render(
        request, "portal/import_mapping.html", {"record": record, "crumbs": crumbs_of(record)}
    )


@require_safe
@for_roles(*READS_IMPORTS)
def findings(request: PortalRequest, import_id: UUID) -> HttpResponse:
    """The findings line by line, fifty a page; of one cause when the address names it."""
    record = import_of(request, import_id)
    verdict = verdict_of(record)
    code = request.GET.get("code") or None
    column = _whole(request.GET.get("column"))
    page = max(1, _whole(request.GET.get("page")) or 1)
    offset = (page - 1) * FINDINGS_A_PAGE
    try:
        found = wiring.findings(
            record, code=code, column=column, offset=offset, limit=FINDINGS_A_PAGE + 1
        )
    except (Gone, WrongState) as refused:
        return refused_page(request, record, refused)
    counts = [
        count
        for count in (verdict.counts if verdict else ())
        if code in (None, count.code) and column in (None, count.column)
    ]
    total = sum(count.count for count in counts)
    context = {
        "record": record,
        "crumbs": crumbs_of(record),
        "findings": found[:FINDINGS_A_PAGE],
        "has_more": len(found) > FINDINGS_A_PAGE,
        "page": page,
        "first": offset + 1,
        "last": offset + min(len(found), FINDINGS_A_PAGE),
        "total": total,
        "code": code,
        "column": column,
        "cause": title_of(counts[0]) if code and counts else "",
    }
    return render(request, "portal/import_findings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.INSIGHTS_ADMIN)
def abandon(request: PortalRequest, import_id: UUID) -> HttpResponse:
    """Give up a running import after a confirmation; the data stay as they are."""
    record = import_of(request, import_id)
    by = actor_of(request)
    refusal = "" if record.status.is_running else f"It has ended already: {record.status.label}."
    status = 409 if refusal and request.method == "POST" else 200
    if request.method == "POST" and not refusal:
        try:
            wiring.abandon(record.id, by=by.name, at=by.at)
        except WrongState as refused:
            status, refusal = refused.http_status, refused.message
        else:
            messages.success(request, f"{record.name} is abandoned. Data is unchanged.")
            return redirect("data-connections")
    days = settings().keep_packages_days
    return confirm(
        request,
        title=f"Abandon {record.name}",
        consequences=[refusal]
        if refusal
        else [
            "The import stops where it is, and nothing of it reaches the data.",
            f"The package is kept for {days} days. The data source admin can push it again at once.",
        ],
        act="Abandon this import",
        cancel=reverse("data-connections"),
        crumbs=crumbs_of(record),
        status=status,
        is_possible=not refusal,
    )


def failed_page(
    request: PortalRequest, record: ImportRecord, *, refused: Mapping[Typed, str]
) -> HttpResponse:
    """The page of a failed import with the reasons at those fields whose text is refused."""
    context = _about(record) | {"may_correct": _may_correct(request, record)}
    context |= _edited(record, context, refused)
    return render(request, "portal/import.html", context, status=400)


def _edited(
    record: ImportRecord, context: dict[str, Any], refused: Mapping[Typed, str]
) -> dict[str, Any]:
    """The causes with fields for their values, when the viewer may correct the import."""
    if not context["may_correct"] or record.status is not State.VALIDATION_FAILED:
        return {}
    edits = edits_of(record)
    told = {(one.column, one.old): (one.new, reason) for one, reason in refused.items()}
    causes = [
        replace(
            cause,
            cells=tuple(
                cell_of(one, cause.count.column, edits, told)
                for one in cause.values
                if cause.count.column is not None
            ),
        )
        if cause.count.severity is not Severity.ADVICE
        else cause
        for cause in context["causes"]
    ]
    has_cells = any(cause.cells for cause in causes)
    return {"causes": causes, "edit_count": len(edits), "has_cells": has_cells}


def _may_correct(request: PortalRequest, record: ImportRecord) -> bool:
    """Whether there are rows that this viewer may mend and send back."""
    has_rows = bool(record.rows_read) and record.package_form != PackageForm.JSON.value
    return has_rows and request.viewer.may(Role.INSIGHTS_ADMIN, Role.DATA_SOURCE_ADMIN)


def import_of(request: PortalRequest, import_id: UUID) -> ImportRecord:
    """The import, if the viewer may see it."""
    records = request.viewer.imports().select_related("connection", "app", "tenant", "corrects")
    record: ImportRecord = get_object_or_404(records, id=import_id)
    return record


def _about(record: ImportRecord) -> dict[str, Any]:
    """The import with its verdict, causes and how long its logs are kept."""
    verdict = None if record.status.is_running else verdict_of(record)
    causes = causes_of(record, verdict) if verdict else []
    kept_until = None
    if record.ended_at is not None:
        kept_until = record.ended_at + timedelta(days=settings().keep_packages_days)
    has_log = verdict is not None and record.state != State.ABANDONED.value
    return {
        "record": record,
        "crumbs": [("Organizational data", reverse("data-connections"))],
        "verdict": verdict,
        "causes": causes,
        "has_log": has_log,
        "counts": record.state == State.SUCCEEDED.value and record.id in counting(record.tenant),
        "finding_count": sum(cause.count.count for cause in causes),
        "days_kept": max(0, (kept_until - timezone.now()).days) if kept_until else None,
    }


def crumbs_of(record: ImportRecord) -> list[tuple[str, str]]:
    """What stands above the pages of an import."""
    return [
        ("Organizational data", reverse("data-connections")),
        (record.name, reverse("import", args=[record.id])),
    ]


def refused_page(
    request: PortalRequest, record: ImportRecord, refused: OrgportError
) -> HttpResponse:
    """Why an import does not give what was asked for."""
    context = {"record": record, "crumbs": crumbs_of(record), "reason": refused.message}
    return render(request, "portal/import_refused.html", context, status=refused.http_status)


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else None
