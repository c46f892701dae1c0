"""Undo an import, or go back to what held after it: first what that would change, then the act."""

from __future__ import annotations

import uuid
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from orgport.errors import Gone, ImportRunning, WrongState
from orgport.history.acts import Act
from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.portal.dialogs import confirm
from orgport.server.portal.import_page import import_of
from orgport.server.portal.requests import actor_of
from orgport.server.records.models import ImportRecord, Role
from orgport.server.wiring import reversals
from orgport.server.wiring.reversal_texts import consequences, extent

_VERBS = {Act.UNDO: "Undo", Act.RESTORE: "Go back to"}


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.INSIGHTS_ADMIN)
def undo(request: PortalRequest, import_id: UUID) -> HttpResponse:
    """Take an import back."""
    return _reverse(request, import_of(request, import_id), Act.UNDO)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.INSIGHTS_ADMIN)
def restore(request: PortalRequest, import_id: UUID) -> HttpResponse:
    """Make hold again what held after an import."""
    return _reverse(request, import_of(request, import_id), Act.RESTORE)


def _reverse(request: PortalRequest, record: ImportRecord, act: Act) -> HttpResponse:
    by = actor_of(request)
    title = f"{_VERBS[act]} import {record.number}"
    try:
        if request.method == "POST":
            made = reversals.reverse(record, act, by=by, import_id=uuid.uuid4())
            messages.success(request, f"{made.name} has begun as import {made.number}.")
            return redirect("import", made.id)
        said = reversals.preview(record, act, by=by)
    except (Gone, ImportRunning, WrongState) as refused:
        status = 409 if request.method == "POST" else 200
        return _dialog(request, record, title, [refused.message], act="", status=status)
    button = f"{title}: {extent(said.changes)}"
    return _dialog(request, record, title, consequences(record, act, said), act=button)


def _dialog(
    request: PortalRequest,
    record: ImportRecord,
    title: str,
    consequences: list[str],
    *,
    act: str,
    status: int = 200,
) -> HttpResponse:
    return confirm(
        request,
        title=title,
        consequences=consequences,
        act=act,
        cancel=reverse("import", args=[record.id]),
        crumbs=[
            ("Organizational data", reverse("data-connections")),
            (record.name, reverse("import", args=[record.id])),
        ],
        status=status,
        is_possible=bool(act),
    )
