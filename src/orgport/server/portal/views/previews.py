"""The change preview of an import: its figures, its list, one person before and after; and deciding on it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from orgport.errors import BadInput, Forbidden, Gone, NotFound, WrongState
from orgport.history import listing
from orgport.imports.lifecycle import State
from orgport.imports.previews import Preview
from orgport.server.portal import change_preview
from orgport.server.portal.access import READS_ALL_IMPORTS, PortalRequest, for_roles
from orgport.server.portal.import_page import import_of
from orgport.server.portal.requests import actor_of, page_number
from orgport.server.portal.stretch import Stretch
from orgport.server.portal.views.downloads import CSV, note_download, stream
from orgport.server.records.models import ImportRecord, Role
from orgport.server.wiring import approvals
from orgport.server.wiring import previews as wiring

PERSONS_A_PAGE = 25

Show = Callable[[PortalRequest, ImportRecord, Preview], HttpResponseBase]


@require_safe
@for_roles(*READS_ALL_IMPORTS)
def preview(request: PortalRequest, import_id: UUID) -> HttpResponseBase:
    """What would change, or has changed; with the decision where one is asked for."""
    return _shown(request, import_id, _page)


@require_safe
@for_roles(*READS_ALL_IMPORTS)
def persons(request: PortalRequest, import_id: UUID) -> HttpResponseBase:
    """The list of those who differ, narrowed by the address, 25 a page."""
    return _shown(request, import_id, _persons)


def _persons(request: PortalRequest, record: ImportRecord, found: Preview) -> HttpResponse:
    filters = change_preview.Filters.of(request.GET, found.proposal)
    total = listing.count(found.proposal, filters.chosen)
    stretch = Stretch(page_number(request.GET), PERSONS_A_PAGE, total)
    query = urlencode(filters.as_query())
    context = {
        "record": record,
        "preview": found,
        "filters": filters,
        "kinds": change_preview.KIND_NAMES,
        "organizations": listing.organization_names(found.proposal)[
            : change_preview.MOST_IN_A_CHOICE
        ],
        "rows": listing.listed(
            found.proposal, filters.chosen, offset=stretch.offset, limit=PERSONS_A_PAGE
        ),
        "stretch": stretch,
        "query": f"{query}&" if query else "",
        "crumbs": [*_crumbs(record), ("Change preview", reverse("preview", args=[record.id]))],
    }
    return render(request, "portal/preview_persons.html", context)


@require_safe
@for_roles(*READS_ALL_IMPORTS)
def person(request: PortalRequest, import_id: UUID, person: int) -> HttpResponseBase:
    """One person's periods before and after, beside each other."""
    return _shown(request, import_id, partial(_person, person=person))


def _person(
    request: PortalRequest, record: ImportRecord, found: Preview, *, person: int
) -> HttpResponse:
    try:
        lines = wiring.timelines(record, found, person)
    except NotFound as missing:
        raise Http404(missing.message) from missing
    fields, lasting = change_preview.fields_of(lines)
    context = {
        "record": record,
        "row": lines.row,
        "before_count": lines.before.height,
        "after_count": 0 if lines.after is None else lines.after.height,
        "before": change_preview.periods(lines.before, lines.after, fields),
        "after": (
            None
            if lines.after is None
            else change_preview.periods(lines.after, lines.before, fields)
        ),
        "fields": fields,
        "lasting": lasting,
        "crumbs": [
            *_crumbs(record),
            ("Change preview", reverse("preview", args=[record.id])),
            ("Persons", reverse("preview-persons", args=[record.id])),
        ],
    }
    return render(request, "portal/preview_person.html", context)


@require_safe
@for_roles(*READS_ALL_IMPORTS)
def changes_csv(request: PortalRequest, import_id: UUID) -> HttpResponseBase:
    """Everybody who differs, for spreadsheet programs."""
    return _shown(request, import_id, _changes_csv)


def _changes_csv(request: PortalRequest, record: ImportRecord, found: Preview) -> HttpResponseBase:
    note_download(request, record, "import.changes_downloaded")
    return stream(wiring.changes_csv(found), f"{record.name}_{record.id}_changes.csv", CSV)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.APPROVER)
def decide(request: PortalRequest, import_id: UUID) -> HttpResponseBase:
    """Approve or reject an import that waits; the answer to a refusal says why.

    Whoever loads the address of that answer again is sent to the import.
    """
    if request.method != "POST":
        return redirect("import", import_of(request, import_id).id)
    return _shown(request, import_id, _decide)


def _decide(request: PortalRequest, record: ImportRecord, found: Preview) -> HttpResponse:
    note, decision = request.POST.get("note", ""), request.POST.get("decision")
    shown = partial(_page, request, record, found, note=note)
    by = actor_of(request)
    try:
        if decision == "approve":
            approvals.approve(record, note=note, by=by)
            messages.success(request, f"{record.name} is approved and goes on.")
        elif decision == "reject":
            approvals.reject(record, note=note, by=by)
            messages.success(request, f"{record.name} is rejected. Data is unchanged.")
        else:
            return shown(refusal="Choose whether to approve or to reject this import.", status=400)
    except BadInput as refused:
        return shown(note_error=refused.message, status=refused.http_status)
    except (Forbidden, WrongState) as refused:
        record.refresh_from_db()
        return shown(refusal=refused.message, status=refused.http_status)
    return redirect("preview", record.id)


def _shown(request: PortalRequest, import_id: UUID, show: Show) -> HttpResponseBase:
    """What is shown of an import's preview, or why there is none."""
    record = import_of(request, import_id)
    try:
        return show(request, record, wiring.preview_of(record))
    except (Gone, WrongState) as refused:
        context = {"record": record, "reason": refused.message, "crumbs": _crumbs(record)}
        return render(request, "portal/import_refused.html", context, status=refused.http_status)


def _page(
    request: PortalRequest,
    record: ImportRecord,
    found: Preview,
    *,
    refusal: str = "",
    note: str = "",
    note_error: str = "",
    status: int = 200,
) -> HttpResponse:
    wanted = request.GET.get("kind", "")
    context = {
        "record": record,
        "preview": found,
        "page": change_preview.page_of(found, record, sample_of=wanted),
        "extracts": wiring.extracts_of(record, found),
        "is_waiting": record.status is State.AWAITING_APPROVAL,
        "is_approver": request.viewer.may(Role.APPROVER),
        "is_submitter": approvals.submitted_by(record, request.viewer.account.email),
        "note_limit": approvals.NOTE_LIMIT,
        "refusal": refusal,
        "note": note,
        "note_error": note_error,
        "crumbs": _crumbs(record),
    }
    return render(request, "portal/preview.html", context, status=status)


def _crumbs(record: ImportRecord) -> list[tuple[str, str]]:
    return [
        ("Organizational data", reverse("data-connections")),
        (record.name, reverse("import", args=[record.id])),
    ]
