"""Who is measured: a csv of persons, read back, taken back."""

from __future__ import annotations

from contextlib import suppress
from typing import cast

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from orgport.errors import BadInput, NotFound
from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.portal.dialogs import confirm
from orgport.server.portal.forms import MeasuredForm
from orgport.server.portal.requests import actor_of
from orgport.server.portal.views.downloads import CSV, stream
from orgport.server.records.models import Role
from orgport.server.wiring.measured import clear_measured, measured_csv, measured_of, set_measured


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.INSIGHTS_ADMIN, takes_file=True)
def measured(request: PortalRequest) -> HttpResponse:
    """Upload a list of persons to be measured."""
    tenant = request.viewer.tenant
    form = MeasuredForm(request.POST or None, request.FILES or None)
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
    context = {"form": form, "measured": measured_of(tenant), "crumbs": _crumbs()}
    return render(request, "portal/measured.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.INSIGHTS_ADMIN)
def clear(request: PortalRequest) -> HttpResponse:
    """Drop the list after a confirmation, and measure everybody with data again."""
    tenant = request.viewer.tenant
    if request.method == "POST":
        with suppress(NotFound):  # in another tab
            clear_measured(tenant, by=actor_of(request))
        messages.success(request, "Everybody with data is measured.")
        return redirect("data-quality")
    dropped = measured_of(tenant)
    if dropped is None:
        return redirect("measured")
    count = len(dropped.addresses)
    persons = "1 person" if count == 1 else f"{count:,} persons"
    set_at = timezone.localtime(dropped.set_at)
    return confirm(
        request,
        title="Measure everybody with data",
        consequences=[
            f"The list of {persons} that {dropped.set_by} set on {set_at.day} {set_at:%B %Y} is dropped.",
            "Quality counts everybody with data then; who should be there and is not is no longer told.",
            "Download the list first: uploaded again, it holds again.",
        ],
        act=f"Drop the list of {persons}",
        cancel=reverse("measured"),
        crumbs=[*_crumbs(), ("Measured persons", reverse("measured"))],
    )


@require_safe
@for_roles(Role.INSIGHTS_ADMIN)
def measured_list(request: PortalRequest) -> StreamingHttpResponse:
    """The list as csv."""
    try:
        lines = measured_csv(request.viewer.tenant)
    except NotFound as refused:
        raise Http404(refused.message) from refused
    return stream(lines, "measured.csv", CSV)


def _crumbs() -> list[tuple[str, str]]:
    return [
        ("Organizational data", reverse("data-connections")),
        ("Data quality", reverse("data-quality")),
    ]
