"""Who is measured: a csv of persons, read back, taken back."""

from __future__ import annotations

from contextlib import suppress
from typing import cast

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from orgport.errors import BadInput, NotFound
from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.portal.forms import MeasuredForm
from orgport.server.portal.requests import actor_of
from orgport.server.portal.views.downloads import CSV, stream
from orgport.server.records.models import Role
from orgport.server.wiring.measured import clear_measured, measured_csv, measured_of, set_measured


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.INSIGHTS_ADMIN, takes_file=True)
def measured(request: PortalRequest) -> HttpResponse:
    """Upload a list of persons, or measure everybody with data again."""
    tenant = request.viewer.tenant
    clears = "clear" in request.POST
    form = MeasuredForm(None if clears else request.POST or None, request.FILES or None)
    if clears:
        with suppress(NotFound):  # in another tab
            clear_measured(tenant, by=actor_of(request))
        messages.success(request, "Everybody with data is measured.")
        return redirect("data-quality")
    if request.method == "POST" and form.is_valid():
        file = cast("UploadedFile[bytes]", form.cleaned_data["file"])
        try:
            made = set_measured(tenant, file.chunks(), by=actor_of(request))
        except BadInput as refused:
            form.add_error("file", refused.message)
        else:
            count = len(made.addresses)
            who = "1 person is" if count == 1 else f"{count:,} persons are"
            messages.success(request, f"{who} measured from now on.")
            return redirect("data-quality")
    crumbs = [
        ("Organizational data", reverse("data-connections")),
        ("Data quality", reverse("data-quality")),
    ]
    context = {"form": form, "measured": measured_of(tenant), "crumbs": crumbs}
    return render(request, "portal/measured.html", context)


@require_safe
@for_roles(Role.INSIGHTS_ADMIN)
def measured_list(request: PortalRequest) -> StreamingHttpResponse:
    """The list as csv."""
    try:
        lines = measured_csv(request.viewer.tenant)
    except NotFound as refused:
        raise Http404(refused.message) from refused
    return stream(lines, "measured.csv", CSV)
