"""Organizational data > Organization: who reports to whom on a day, as a tree opened a node at a time."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django_htmx.http import replace_url

from orgport.errors import Gone, NotFound
from orgport.history.hierarchy import Standing
from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.portal.clocks import Clocks
from orgport.server.portal.org_tree import FOUND_AT_ONCE, Tree
from orgport.server.portal.requests import whole
from orgport.server.records.models import Role
from orgport.server.wiring.organization import organization_of


@require_safe
@for_roles(Role.INSIGHTS_ADMIN)
def organization(request: PortalRequest) -> HttpResponse:
    """The tree with its figures; the address says which person is opened and what is searched for."""
    clocks = Clocks.of(request)
    text, at = request.GET.get("q", "").strip()[:254], request.GET.get("at", "")[:254]
    context = {
        "clocks": clocks,
        "q": text,
        "at": at,
        "crumbs": [("Organizational data", reverse("data-connections"))],
    }
    try:
        found = organization_of(request.viewer.tenant, clocks.as_of, known_at=clocks.known_at)
    except (Gone, NotFound) as refused:
        context["refusal"] = refused.message
        return render(request, "portal/organization.html", context, status=404)
    tree, start = Tree(found, clocks), _start(request)
    way = tree.way_to(at, start) if at else None
    hits = tree.found(text) if text else []
    shape = found.shape()
    context |= {
        "shape": shape,
        "largest_layer": max((layer.persons for layer in shape.layers), default=0),
        "hits": hits[:FOUND_AT_ONCE],
        "has_more_hits": len(hits) > FOUND_AT_ONCE,
        "way": way,
        "start": start,
        "groups": [] if way else tree.groups(_standing(request), start),
    }
    return render(request, "portal/organization.html", context)


@require_safe
@for_roles(Role.INSIGHTS_ADMIN)
def reports(request: PortalRequest) -> HttpResponse:
    """The reports of one person, to go below them; the page's address then says that it is open."""
    clocks = Clocks.of(request)
    try:
        found = organization_of(request.viewer.tenant, clocks.as_of, known_at=clocks.known_at)
    except (Gone, NotFound) as refused:
        raise Http404(refused.message) from refused
    branch = Tree(found, clocks).reports(request.GET.get("at", "")[:254], _start(request))
    if branch is None:
        raise Http404("Nobody with this address was there on this day.")
    answer = render(request, "portal/parts/org_reports.html", {"branch": branch})
    return replace_url(answer, branch.reports_url.partition("#")[0])


def _start(request: PortalRequest) -> int:
    return max(0, whole(request.GET.get("start")) or 0)


def _standing(request: PortalRequest) -> Standing | None:
    try:
        return Standing(request.GET.get("root", ""))
    except ValueError:
        return None
