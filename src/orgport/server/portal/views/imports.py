"""The pages of one import: where it stands, its summary, its mapping, its findings; and abandoning."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from orgport.errors import Gone, ImportRunning, StorageFull, WrongState
from orgport.imports.lifecycle import State
from orgport.server.portal.access import READS_IMPORTS, PortalRequest, for_roles
from orgport.server.portal.dialogs import confirm
from orgport.server.portal.import_page import about, crumbs_of, import_of
from orgport.server.portal.requests import actor_of
from orgport.server.records.models import ImportRecord, Role
from orgport.server.settings import settings
from orgport.server.wiring import imports as wiring
from orgport.server.wiring.corrections import Sender, repeat


@require_safe
@for_roles(*READS_IMPORTS)
def import_page(request: PortalRequest, import_id: UUID) -> HttpResponse:
    """The import as it stands: running, failed with its causes, or done."""
    record = import_of(request, import_id)
    is_poll = bool(getattr(request, "htmx", False)) and request.htmx.target == "strip"  # type: ignore[attr-defined]  # of its middleware
    if is_poll and _is_another_page(record, seen=request.GET.get("seen", "")):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    template = "portal/parts/strip_only.html" if is_poll else "portal/import.html"
    return render(request, template, about(request, record))


def _is_another_page(record: ImportRecord, *, seen: str) -> bool:
    """Whether more than the strip tells of the state that a page left open has come to since `seen`."""
    waits = State.AWAITING_APPROVAL.value
    return not record.status.is_running or (record.state == waits) != (seen == waits)


@require_safe
@for_roles(*READS_IMPORTS)
def summary(request: PortalRequest, import_id: UUID) -> HttpResponse:
    """What the eye icon shows."""
    record = import_of(request, import_id)
    context = about(request, record, is_read_only=True) | {
        "summary": wiring.summary(record),
        "crumbs": crumbs_of(record),
        "is_summary": True,
    }
    return render(request, "portal/import_summary.html", context)


@require_safe
@for_roles(*READS_IMPORTS)
def mapping(request: PortalRequest, import_id: UUID) -> HttpResponse:
    """Which column of the file was which field."""
    record = import_of(request, import_id)
    return render(
        request, "portal/import_mapping.html", {"record": record, "crumbs": crumbs_of(record)}
    )


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


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.INSIGHTS_ADMIN, Role.DATA_SOURCE_ADMIN)
def retry(request: PortalRequest, import_id: UUID) -> HttpResponse:
    """Try an import again that could not be processed; its package need not be sent again."""
    record = import_of(request, import_id)
    refusal, status = "", 200
    if request.method == "POST":
        by = actor_of(request)
        try:
            made = repeat(record, by=Sender(None, person=by.name, at=by.at, address=by.address))
        except (Gone, ImportRunning, StorageFull, WrongState) as refused:
            status, refusal = refused.http_status, refused.message
        else:
            messages.success(request, f"{record.name} is tried again as import {made.number}.")
            return redirect("import", made.id)
    return confirm(
        request,
        title=f"Try {record.name} again",
        consequences=[
            refusal
            or f"The package of import {record.number} is validated and processed again, as a new import. "
            "It need not be pushed again."
        ],
        act="Try again",
        cancel=reverse("import", args=[record.id]),
        crumbs=crumbs_of(record),
        status=status,
        is_possible=not refusal,
        is_removal=False,
    )
