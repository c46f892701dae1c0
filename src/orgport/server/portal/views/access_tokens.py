"""Access tokens: one's own keys to the native API in this tenant; each is shown once, when it is made."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.portal.dialogs import confirm
from orgport.server.portal.forms import AccessTokenForm
from orgport.server.portal.requests import actor_of
from orgport.server.records.models import PersonalToken
from orgport.server.wiring.personal_tokens import make_token, revoke_token

LIST = "Access tokens"


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles()
def token_list(request: PortalRequest) -> HttpResponse:
    """The tokens of the viewer, and a form that makes one and shows it."""
    form = AccessTokenForm(request.POST or None)
    shown, viewer = "", request.viewer
    if request.method == "POST" and form.is_valid():
        _, shown = make_token(
            viewer.account,
            viewer.tenant,
            name=form.cleaned_data["name"],
            days=int(form.cleaned_data["days"]),
            by=actor_of(request),
        )
        form = AccessTokenForm()
    context = {
        "form": form,
        "shown": shown,
        "tokens": _own(request),
        "now": timezone.now(),
        "address": f"/api/v1/tenants/{viewer.tenant.id}/people",
    }
    response = render(request, "portal/access_tokens.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles()
def revoke(request: PortalRequest, token_id: UUID) -> HttpResponse:
    """Make a token useless, after a confirmation."""
    token = get_object_or_404(_own(request), id=token_id)
    if request.method == "POST":
        revoke_token(token, by=actor_of(request))
        messages.success(request, f"{token.name} is revoked.")
        return redirect("access-tokens")
    return confirm(
        request,
        title=f"Revoke {token.name}",
        consequences=["Whatever uses this token is refused from now on. It cannot be had back."],
        act="Revoke this token",
        cancel=reverse("access-tokens"),
        crumbs=[(LIST, reverse("access-tokens"))],
    )


def _own(request: PortalRequest) -> QuerySet[PersonalToken]:
    viewer = request.viewer
    tokens: QuerySet[PersonalToken] = PersonalToken.objects.of(viewer.tenant)
    return tokens.filter(account=viewer.account)
