"""The csv upload: switch to it, choose what it does, prepare and upload, map the columns, validate."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgport.errors import BadInput, Gone, ImportRunning, StorageFull, TooLarge, WrongState
from orgport.package.model import Refresh
from orgport.package.template import template_csv
from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.portal.csv_mapping import mapping_rows, panel, posted
from orgport.server.portal.dialogs import render_dialog
from orgport.server.portal.forms import CsvUploadForm
from orgport.server.portal.requests import actor_of
from orgport.server.records.models import CsvDraft, Role
from orgport.server.wiring import csv_uploads
from orgport.server.wiring.connection_changes import current_source
from orgport.server.wiring.places import history_of

_RUNNING = (
    "Another import is still running. Wait until it has ended, or abandon it; the mapping is kept."
)
_CRUMB = ("Organizational data", "data-connections")


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.INSIGHTS_ADMIN)
def switch_to_csv(request: PortalRequest) -> HttpResponse:
    """The window *Switch to: .csv upload*; Start makes it the data source."""
    refusal = ""
    if request.method == "POST":
        try:
            csv_uploads.use_csv_upload(request.viewer.tenant, by=actor_of(request))
        except (ImportRunning, WrongState) as refused:
            refusal = refused.message
        else:
            return redirect("csv-upload")
    context = {
        "title": "Switch to: .csv upload",
        "current": current_source(request.viewer.tenant),
        "refusal": refusal,
        "crumbs": [_crumb(), ("Data sources", reverse("data-sources"))],
    }
    return render_dialog(request, "portal/switch_csv.html", context, status=409 if refusal else 200)


@require_safe
@for_roles(Role.INSIGHTS_ADMIN)
def actions(request: PortalRequest) -> HttpResponse:
    """What an upload can do; a first one has no choice but to bring all data."""
    tenant = request.viewer.tenant
    if not _is_active(request):
        return redirect("data-sources")
    drafts = csv_uploads.drafts_of(tenant, at=timezone.now())
    if not drafts and not history_of(tenant.id).stored().has_uploads:
        return redirect("csv-prepare")
    context = {"drafts": drafts, "crumbs": [_crumb()]}
    return render(request, "portal/csv_actions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.INSIGHTS_ADMIN, takes_file=True)
def prepare(request: PortalRequest) -> HttpResponse:
    """Step 1 of 2: a name and the file."""
    tenant = request.viewer.tenant
    if not _is_active(request):
        return redirect("data-sources")
    adds = request.GET.get("refresh") == Refresh.INCREMENTAL.value
    refresh = Refresh.INCREMENTAL if adds else Refresh.FULL
    form = CsvUploadForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        file = cast("UploadedFile[bytes]", form.cleaned_data["file"])
        try:
            draft = csv_uploads.begin(
                tenant,
                name=form.cleaned_data["name"],
                refresh=refresh,
                chunks=file.chunks(),
                file_name=file.name or "",
                size_bytes=file.size or 0,
                by=actor_of(request),
            )
        except (BadInput, StorageFull, TooLarge, WrongState) as refused:
            form.add_error("file", refused.message)
            status = refused.http_status
        else:
            return redirect("csv-mapping", draft.id)
    context = {
        "form": form,
        "replaces": refresh is Refresh.FULL,
        "crumbs": [_crumb(), (".csv upload", reverse("csv-upload"))],
        "steps": _steps(1),
    }
    return render(request, "portal/csv_prepare.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.INSIGHTS_ADMIN)
def mapping(request: PortalRequest, draft_id: UUID) -> HttpResponse:
    """Step 2 of 2: a field for each column; *Next* validates once every column is right."""
    draft = _draft(request, draft_id)
    excludes = _excludes(request, draft)
    wants_next = request.method == "POST" and "next" in request.POST
    confirmed = request.POST.get("confirmed", "")
    refusal = ""
    try:
        if request.method == "POST":
            csv_uploads.change_mapping(draft, posted(request.POST, draft), at=timezone.now())
        judged = csv_uploads.judged(draft)
        if wants_next and judged.is_valid and judged.agreement in ("", confirmed):
            record = csv_uploads.submit(draft, by=actor_of(request), exclude_invalid_rows=excludes)
            messages.success(request, f"{record.name} is being validated.")
            return redirect("import", record.id)
    except Gone as gone:
        messages.error(request, gone.message)
        return redirect("csv-upload")
    except (BadInput, ImportRunning, StorageFull, TooLarge, WrongState) as refused:
        refusal = _RUNNING if isinstance(refused, ImportRunning) else refused.message
        judged = csv_uploads.judged(draft)
    context = {
        "draft": draft,
        "judged": judged,
        "rows": mapping_rows(judged),
        "panel": panel(judged),
        "excludes": excludes,
        "only_invalid": "only" in request.POST,
        "refusal": refusal,
        "is_refused": wants_next and not judged.is_valid,
        "asks": wants_next and judged.is_valid and bool(judged.losses) and not refusal,
        "asks_again": bool(confirmed),
        "crumbs": [_crumb(), (".csv upload", reverse("csv-upload"))],
        "steps": _steps(2),
    }
    status = 400 if refusal or context["is_refused"] else 200
    return render(request, "portal/csv_mapping.html", context, status=status)


@require_POST
@for_roles(Role.INSIGHTS_ADMIN)
def cancel(request: PortalRequest, draft_id: UUID) -> HttpResponse:
    """Give the upload up; the data stay as they are."""
    draft = _draft(request, draft_id)
    csv_uploads.cancel(draft, by=actor_of(request))
    messages.success(request, f"{draft.name} is cancelled. The data are as they were.")
    return redirect("data-connections")


@require_safe
@for_roles(Role.INSIGHTS_ADMIN)
def template(_request: PortalRequest) -> HttpResponse:
    """The csv template: the headers of the catalogue, and a row that shows how values are written."""
    return HttpResponse(
        template_csv(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="data.csv"'},
    )


def _draft(request: PortalRequest, draft_id: UUID) -> CsvDraft:
    draft: CsvDraft = get_object_or_404(CsvDraft.objects.of(request.viewer.tenant), id=draft_id)
    if draft.changed_at < timezone.now() - csv_uploads.DRAFT_LIFE:
        raise Http404("The upload was given up 24 hours after its last change. Start a new one.")
    return draft


def _excludes(request: PortalRequest, draft: CsvDraft) -> bool:
    if request.method == "POST":
        return "exclude" in request.POST
    connection = csv_uploads.csv_connection(draft.tenant)
    return connection is not None and connection.exclude_invalid_rows


def _is_active(request: PortalRequest) -> bool:
    connection = csv_uploads.csv_connection(request.viewer.tenant)
    if connection is not None and connection.is_active:
        return True
    messages.error(request, "csv upload is not the data source. Start it here first.")
    return False


def _crumb() -> tuple[str, str]:
    return _CRUMB[0], reverse(_CRUMB[1])


def _steps(now: int) -> list[tuple[str, str]]:
    titles = ("Step 1 of 2: Prepare and upload", "Step 2 of 2: Mapping")
    standings = {-1: "done", 0: "now", 1: "later"}
    return [
        (title, standings[(number > now) - (number < now)])
        for number, title in enumerate(titles, 1)
    ]
