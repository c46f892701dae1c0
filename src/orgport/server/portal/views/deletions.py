"""Delete optional fields, delete employee data: what follows is said first; and the list of who went."""

from __future__ import annotations

import uuid
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from orgport.errors import BadInput, Gone, ImportRunning, NotFound, OrgportError
from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.portal.forms import DeleteEmployeesForm, DeleteFieldsForm, DeletionForm
from orgport.server.portal.import_page import import_of
from orgport.server.portal.kept_list import KeptList
from orgport.server.portal.refusals import refuse
from orgport.server.portal.requests import actor_of
from orgport.server.records.extracts import names_by_field
from orgport.server.records.models import ImportRecord, Role
from orgport.server.wiring import deletions

MOST_ORGANIZATIONS = 10


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.INSIGHTS_ADMIN)
def delete_fields(request: PortalRequest) -> HttpResponse:
    """Tick optional fields, look at what would go; then these leave all snapshots of everybody."""
    tenant = request.viewer.tenant
    optional = deletions.optional_fields(tenant)
    form = DeleteFieldsForm(
        request.POST or None, optional=optional, extracts=names_by_field(tenant.id)
    )
    if "change" in request.POST or not form.is_valid():
        return _page(request, "portal/delete_fields.html", form)
    chosen = form.cleaned_data["ticked"]
    if "begin" in request.POST:
        try:
            made = deletions.delete_fields(
                tenant,
                name=form.cleaned_data["name"],
                fields=chosen,
                by=actor_of(request),
                import_id=uuid.uuid4(),
            )
        except (BadInput, ImportRunning) as refused:
            refuse(form, refused)
        else:
            return _begun(request, made)
    return _page(
        request,
        "portal/delete_fields_preview.html",
        form,
        said=deletions.preview_fields(tenant, chosen),
        optional=len(optional),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.INSIGHTS_ADMIN, takes_file=True)
def delete_employees(request: PortalRequest) -> HttpResponse:
    """Give a csv of addresses, look at who would go; then these persons leave with all their history."""
    if "begin" in request.POST:
        return _delete_employees(request)
    form = DeleteEmployeesForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = cast("UploadedFile[bytes]", form.cleaned_data["file"])
        try:
            kept = deletions.keep_addresses(request.viewer.tenant, file.chunks())
        except BadInput as refused:
            form.add_error("file", refused.message)
        except OrgportError as refused:
            refuse(form, refused)
        else:
            return _foreseen(request, form, KeptList(kept.sha256, file.name or ""))
    return _page(request, "portal/delete_employees.html", form)


def _delete_employees(request: PortalRequest) -> HttpResponse:
    """What was looked at is done; a list that is no longer kept has to be chosen again."""
    tenant = request.viewer.tenant
    form = DeletionForm(request.POST)
    try:
        kept = KeptList.opened(request.POST.get("list", ""), tenant)
        if form.is_valid():
            made = deletions.delete_employees(
                tenant,
                name=form.cleaned_data["name"],
                chunks=[kept.path.read_bytes()],
                file_name=kept.file_name,
                by=actor_of(request),
                import_id=uuid.uuid4(),
            )
            return _begun(request, made)
    except Gone as refused:
        return _chosen_again(request, refused)
    except OrgportError as refused:
        refuse(form, refused)
    return _foreseen(request, form, kept)


def _chosen_again(request: PortalRequest, refused: OrgportError) -> HttpResponse:
    messages.error(request, refused.message)
    return redirect("delete-employees")


def _foreseen(request: PortalRequest, form: DeletionForm, kept: KeptList) -> HttpResponse:
    tenant = request.viewer.tenant
    try:
        said = deletions.preview_employees(tenant, kept.path)
    except OrgportError as refused:  # the list is not kept any more, or means somebody else by now
        return _chosen_again(request, refused)
    organizations = list(said.figures["organizations"].items())
    return _page(
        request,
        "portal/delete_employees_preview.html",
        form,
        said=said,
        unlisted=said.figures["personsUnknown"] - len(said.figures["unknownAddresses"]),
        organizations=organizations[:MOST_ORGANIZATIONS],
        others=organizations[MOST_ORGANIZATIONS:],
        other_persons=sum(count for _, count in organizations[MOST_ORGANIZATIONS:]),
        kept=kept,
        sealed=kept.sealed(tenant),
    )


@require_safe
@for_roles(Role.INSIGHTS_ADMIN)
def deleted_employees(request: PortalRequest, import_id: UUID) -> StreamingHttpResponse:
    """The list of a deletion of employees, as long as its logs are kept."""
    try:
        lines = deletions.deleted_employees(import_of(request, import_id))
    except (Gone, NotFound) as refused:
        raise Http404(refused.message) from refused
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="deleted-employees.csv"'},
    )


def _begun(request: PortalRequest, made: ImportRecord) -> HttpResponse:
    messages.success(request, f"{made.name} has begun as import {made.number}.")
    return redirect("import", made.id)


def _page(
    request: PortalRequest, template: str, form: DeletionForm, **context: object
) -> HttpResponse:
    crumbs = [("Organizational data", reverse("data-connections")), ("Persons", reverse("persons"))]
    return render(request, template, {"form": form, "crumbs": crumbs, **context})
