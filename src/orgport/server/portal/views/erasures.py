"""Erase persons for good: addresses first, then what that would reach and what has to be typed."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from orgport.errors import BadInput, ImportRunning
from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.portal.forms import EraseForm
from orgport.server.portal.refusals import refuse
from orgport.server.portal.requests import actor_of
from orgport.server.records.models import Role
from orgport.server.wiring import erasures


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.INSIGHTS_ADMIN)
def erase_persons(request: PortalRequest) -> HttpResponse:
    """Addresses are posted, never in the address of a page; the act needs its confirmation."""
    form = EraseForm(request.POST or None)
    erasure = None
    if request.method == "POST" and form.is_valid():
        tenant = request.viewer.tenant
        try:
            addresses = erasures.addresses_of([form.cleaned_data["addresses"]])
        except BadInput as refused:
            form.add_error("addresses", refused.message)
        else:
            erasure = None if "change" in request.POST else erasures.preview(tenant, addresses)
    if erasure is not None and "begin" in request.POST:
        try:
            made = erasures.erase(
                tenant,
                erasure.addresses,
                confirmation=form.cleaned_data["confirmation"],
                by=actor_of(request),
                import_id=uuid.uuid4(),
            )
        except BadInput as refused:
            form.add_error("confirmation", refused.message)
        except ImportRunning as refused:
            refuse(form, refused)
        else:
            messages.success(request, f"{made.name} has begun as import {made.number}.")
            return redirect("import", made.id)
    context = {
        "form": form,
        "erasure": erasure,
        "consequences": erasures.consequences(erasure) if erasure else [],
        "crumbs": [
            ("Organizational data", reverse("data-connections")),
            ("Persons", reverse("persons")),
        ],
    }
    return render(request, "portal/erase_persons.html", context)
