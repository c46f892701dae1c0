"""Cells of a failed import, edited where their findings stand: keep, discard, or validate again."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from orgport.errors import (
    BadInput,
    Gone,
    ImportRunning,
    NotFound,
    StorageFull,
    TooLarge,
    WrongState,
)
from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.portal.causes import verdict_of
from orgport.server.portal.cells import place_of
from orgport.server.portal.finding_filters import FindingFilters
from orgport.server.portal.import_page import about, import_of, refused_page
from orgport.server.portal.requests import actor_of, whole
from orgport.server.portal.templatetags.portal import type_name
from orgport.server.portal.views.findings import findings_page
from orgport.server.records.models import ImportRecord, Role, SourceKind
from orgport.server.wiring.cell_edits import Typed, discard_edits, keep_edits, validate_again
from orgport.server.wiring.corrections import Corrected, Sender
from orgport.server.wiring.cures import apply_cure

_REFUSALS = (BadInput, Gone, ImportRunning, NotFound, StorageFull, TooLarge, WrongState)


@require_POST
@for_roles(Role.INSIGHTS_ADMIN, Role.DATA_SOURCE_ADMIN)
def edit(request: PortalRequest, import_id: UUID) -> HttpResponse:
    """Keep what was typed, and do what the button says; a refused value is told at its field."""
    record = import_of(request, import_id)
    by = _sender(request)
    act = request.POST.get("act")
    try:
        if act == "discard":
            count = discard_edits(record, by=by)
            messages.success(request, f"Corrections discarded: {count:,}.")
            return _back(request, record)
        refused = keep_edits(record, _typed(request), by=by)
        if refused and _is_by_line(request):
            return findings_page(request, record, refused=refused)
        if refused:
            return render(
                request, "portal/import.html", about(request, record, refused=refused), status=400
            )
        if act == "validate":
            return _opened(request, validate_again(record, by=by))
    except _REFUSALS as failure:
        return refused_page(request, record, failure)
    return _back(request, record)


@require_POST
@for_roles(Role.INSIGHTS_ADMIN, Role.DATA_SOURCE_ADMIN)
def cure(request: PortalRequest, import_id: UUID) -> HttpResponse:
    """Make the one change that mends many findings."""
    record = import_of(request, import_id)
    number = whole(request.POST.get("cure"))
    try:
        made = apply_cure(record, -1 if number is None else number, by=_sender(request))
    except _REFUSALS as failure:
        return refused_page(request, record, failure)
    if isinstance(made, Corrected):
        return _opened(request, made)
    values = "1 value is" if made == 1 else f"{made:,} values are"
    messages.success(request, f"{values} corrected. Validate again when the others are, too.")
    return _back(request, record)


def _opened(request: PortalRequest, made: Corrected) -> HttpResponse:
    old = made.record.corrects
    types = made.record.retyped.items() - (old.retyped.items() if old else set())
    parts = [f"{source} is read as {type_name(type_)}" for source, type_ in sorted(types)]
    if made.changes.rows or made.changes.added:
        parts.append(made.changes.in_words())
    said = ". ".join(parts)
    is_pushed = made.record.source == SourceKind.AUTOMATED
    advice = (
        " Change the type in metadata.json too, for the next push." if types and is_pushed else ""
    )
    messages.success(request, f"{said}. The whole package is validated again.{advice}")
    return redirect("import", made.record.id)


def _back(request: PortalRequest, record: ImportRecord) -> HttpResponse:
    """To the page that the form stood on, as it was filtered."""
    verdict = verdict_of(record)
    filters = FindingFilters.of(request.GET, verdict.counts if verdict else ())
    name = "import-findings" if _is_by_line(request) else "import"
    query = f"?{filters.here}" if filters.here else ""
    return redirect(reverse(name, args=[record.id]) + query)


def _is_by_line(request: PortalRequest) -> bool:
    return request.GET.get("by") == "line"


def _sender(request: PortalRequest) -> Sender:
    actor = actor_of(request)
    return Sender(None, person=actor.name, at=actor.at, address=actor.address)


def _typed(request: PortalRequest) -> list[Typed]:
    """The fields of the form; raises BadInput for what the page does not send."""
    fields = request.POST.getlist("cell"), request.POST.getlist("new")
    try:
        typed = []
        for cell, new in zip(*fields, strict=True):
            column, old, line = place_of(cell)
            typed.append(Typed(column, old, new, line))
    except (ValueError, RecursionError) as broken:
        raise BadInput("The form is not complete. Load the page again.") from broken
    return typed
