"""Consumers: the saved extracts, with what each of them lacks; one is saved, read, deleted."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from orgport.errors import BadInput, NotFound, WrongState
from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.portal.dialogs import confirm
from orgport.server.portal.forms import ExtractForm
from orgport.server.portal.requests import actor_of
from orgport.server.records.models import Role
from orgport.server.wiring.extracts import (
    delete_extract,
    extract_of,
    extracts_of,
    fields_in_use,
    save_extract,
)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.INSIGHTS_ADMIN)
def extracts(request: PortalRequest) -> HttpResponse:
    """The saved extracts, and a form that saves another one."""
    tenant = request.viewer.tenant
    form = ExtractForm(request.POST or None, in_use=fields_in_use(tenant))
    if request.method == "POST" and form.is_valid():
        try:
            made = save_extract(
                tenant,
                name=form.cleaned_data["name"],
                fields=form.cleaned_data["ticked"],
                day=form.cleaned_data["day"],
                by=actor_of(request),
            )
        except (BadInput, WrongState) as refused:
            form.add_error("name", refused.message)
        else:
            messages.success(request, f"{made.saved.name} is saved.")
            return redirect("extracts")
    context = {
        "form": form,
        "extracts": extracts_of(tenant),
        "api": f"/api/v1/tenants/{tenant.id}/extracts",
        "crumbs": [("Organizational data", reverse("data-connections"))],
    }
    return render(request, "portal/extracts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.INSIGHTS_ADMIN)
def delete(request: PortalRequest, extract_id: UUID) -> HttpResponse:
    """Delete a saved extract, after a confirmation."""
    tenant = request.viewer.tenant
    try:
        saved = extract_of(tenant, extract_id).saved
    except NotFound as refused:
        raise Http404(refused.message) from refused
    if request.method == "POST":
        delete_extract(tenant, extract_id, by=actor_of(request))
        messages.success(request, f"{saved.name} is deleted.")
        return redirect("extracts")
    return confirm(
        request,
        title=f"Delete the extract {saved.name}",
        consequences=["Whoever reads it gets 404 from then on. The history stays as it is."],
        act="Delete this extract",
        cancel=reverse("extracts"),
        crumbs=[
            ("Organizational data", reverse("data-connections")),
            ("Consumers", reverse("extracts")),
        ],
    )
