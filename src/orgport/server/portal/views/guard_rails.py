"""The page with the guard rails of a connection: what its imports may change unasked."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.portal.guard_rails_form import GuardRailsForm
from orgport.server.portal.requests import actor_of
from orgport.server.records.models import Connection, Role
from orgport.server.wiring import connection_changes


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.INSIGHTS_ADMIN)
def guard_rails(request: PortalRequest, connection_id: UUID) -> HttpResponse:
    """The limits of a connection, to be changed."""
    record: Connection = get_object_or_404(
        Connection.objects.of(request.viewer.tenant), id=connection_id
    )
    form = GuardRailsForm.of(record, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        connection_changes.set_limits(record, form.limits(), by=actor_of(request))
        messages.success(request, f"The guard rails of {record.name} are saved.")
        return redirect("connection", record.id)
    context = {
        "connection": record,
        "form": form,
        "crumbs": [
            ("Organizational data", reverse("data-connections")),
            (record.name, reverse("connection", args=[record.id])),
        ],
    }
    status = 400 if form.errors else 200
    return render(request, "portal/guard_rails.html", context, status=status)
