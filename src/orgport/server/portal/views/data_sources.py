"""The list of data sources, and the window that leads from one to another."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.portal.dialogs import render_dialog
from orgport.server.portal.sources import source_cards
from orgport.server.records.models import Connection, Role, SourceKind
from orgport.server.wiring.connection_changes import current_source


@require_safe
@for_roles(Role.INSIGHTS_ADMIN)
def data_sources(request: PortalRequest) -> HttpResponse:
    """Every kind of source, and the automated imports that are saved."""
    viewer = request.viewer
    connections = Connection.objects.of(viewer.tenant).filter(kind=SourceKind.AUTOMATED)
    context = {
        "current": current_source(viewer.tenant),
        "sources": source_cards(viewer),
        "connections": connections.select_related("app").order_by("-is_active", "name"),
        "crumbs": [("Organizational data", reverse("data-connections"))],
    }
    return render(request, "portal/data_sources.html", context)


@require_safe
@for_roles(Role.INSIGHTS_ADMIN)
def switch_to_automated(request: PortalRequest) -> HttpResponse:
    """The window *Switch to: Automated import*; Start leads to the page of the connection."""
    context = {
        "title": "Switch to: Automated import",
        "current": current_source(request.viewer.tenant),
        "crumbs": [
            ("Organizational data", reverse("data-connections")),
            ("Data sources", reverse("data-sources")),
        ],
    }
    return render_dialog(request, "portal/switch.html", context)
