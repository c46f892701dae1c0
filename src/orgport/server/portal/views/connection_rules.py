"""The page with the rules of a connection: how its packages are judged."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.portal.requests import actor_of
from orgport.server.portal.rules_form import RulesForm
from orgport.server.records.models import Connection, Role
from orgport.server.wiring import connection_changes

_SWITCHES = (
    ("strict_values", "IC, Mngr and Mngr+. Off: other values are kept with advice."),
    ("self_report_means_top", "Off: a person who is their own manager fails the import."),
    ("lenient_integers", "Off: digits only."),
    ("allow_custom_fields", "Off: a column that is no field of the catalogue fails the import."),
    ("typed_custom_fields", "Integer, Double, Date and Boolean beside String."),
)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.INSIGHTS_ADMIN)
def connection_rules(request: PortalRequest, connection_id: UUID) -> HttpResponse:
    """How the packages of a connection are judged, to be changed."""
    record: Connection = get_object_or_404(
        Connection.objects.of(request.viewer.tenant), id=connection_id
    )
    form = RulesForm.of(record, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        connection_changes.set_rules(record, form.rules(), by=actor_of(request))
        messages.success(request, f"The rules of {record.name} are saved.")
        return redirect("connection", record.id)
    context = {
        "connection": record,
        "form": form,
        "switches": [(form[name], hint) for name, hint in _SWITCHES],
        "crumbs": [
            ("Organizational data", reverse("data-connections")),
            (record.name, reverse("connection", args=[record.id])),
        ],
    }
    status = 400 if form.errors else 200
    return render(request, "portal/connection_rules.html", context, status=status)
