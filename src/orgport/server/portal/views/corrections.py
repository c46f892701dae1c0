"""Uploading the mended correction file of a failed import, which is then judged again as a new import."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from orgport.errors import BadInput, Gone, ImportRunning, StorageFull, TooLarge, WrongState
from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.portal.dialogs import render_dialog
from orgport.server.portal.forms import CorrectionForm
from orgport.server.portal.import_page import crumbs_of, import_of
from orgport.server.portal.requests import actor_of
from orgport.server.records.models import Role
from orgport.server.wiring.corrections import Sender, correct


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.INSIGHTS_ADMIN, Role.DATA_SOURCE_ADMIN, takes_file=True)
def upload(request: PortalRequest, import_id: UUID) -> HttpResponse:
    """Take the file and open the import that it became; what is wrong with it is said at the field."""
    record = import_of(request, import_id)
    form = CorrectionForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST" and not form.is_valid():
        status = 400
    elif request.method == "POST":
        by = actor_of(request)
        sender = Sender(None, person=by.name, at=by.at, address=by.address)
        try:
            made = correct(record, form.cleaned_data["file"].chunks(), by=sender)
        except (BadInput, Gone, ImportRunning, StorageFull, TooLarge, WrongState) as refused:
            form.add_error("file", refused.message)
            status = refused.http_status
        else:
            messages.success(
                request, f"{made.changes.in_words()}. The whole package is validated again."
            )
            return redirect("import", made.record.id)
    context = {
        "form": form,
        "record": record,
        "crumbs": crumbs_of(record),
        "title": "Upload corrected file",
    }
    return render_dialog(request, "portal/corrections_upload.html", context, status=status)
