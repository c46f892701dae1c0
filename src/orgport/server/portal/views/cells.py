"""Cells of a failed import, edited where their findings stand: keep, discard, or validate again."""

from __future__ import annotations

import json
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from orgport.errors import BadInput, Gone, ImportRunning, StorageFull, TooLarge, WrongState
from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.portal.requests import actor_of
from orgport.server.portal.views.imports import failed_page, import_of, refused_page
from orgport.server.records.models import Role
from orgport.server.wiring.cell_edits import Typed, discard_edits, keep_edits, validate_again
from orgport.server.wiring.corrections import Sender


@require_POST
@for_roles(Role.INSIGHTS_ADMIN, Role.DATA_SOURCE_ADMIN)
def edit(request: PortalRequest, import_id: UUID) -> HttpResponse:
    """Keep what was typed, and do what the button says; a refused value is told at its field."""
    record = import_of(request, import_id)
    actor = actor_of(request)
    by = Sender(None, person=actor.name, at=actor.at, address=actor.address)
    act = request.POST.get("act")
    try:
        if act == "discard":
            count = discard_edits(record, by=by)
            messages.success(request, f"Corrections discarded: {count:,}.")
            return redirect("import", record.id)
        refused = keep_edits(record, _typed(request), by=by)
        if refused:
            return failed_page(request, record, refused=refused)
        if act == "validate":
            made = validate_again(record, by=by)
            messages.success(
                request, f"{made.changes.in_words()}. The whole package is validated again."
            )
            return redirect("import", made.record.id)
    except (BadInput, Gone, ImportRunning, StorageFull, TooLarge, WrongState) as failure:
        return refused_page(request, record, failure)
    return redirect("import", record.id)


def _typed(request: PortalRequest) -> list[Typed]:
    """The fields of the form; raises BadInput for what the page does not send."""
    fields = (request.POST.getlist(name) for name in ("column", "old", "new"))
    try:
        return [
            Typed(int(column), _text(json.loads(old)), new)
            for column, old, new in zip(*fields, strict=True)
        ]
    except ValueError as broken:
        raise BadInput("The form is not complete. Load the page again.") from broken


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value
