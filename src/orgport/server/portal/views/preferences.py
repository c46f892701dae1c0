"""What a viewer chooses for themselves: the theme, and which tenant they look at."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from orgport.server.portal.access import TENANT_IN_SESSION, PortalRequest, for_roles
from orgport.server.portal.shell import THEME_COOKIE, THEMES

_YEAR_SECONDS = 31_536_000


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme in a cookie, so that the server renders it and nothing flashes."""
    chosen = request.POST.get("theme", "")
    if chosen not in THEMES:
        return HttpResponseBadRequest("The theme is system, light or dark.")
    response = redirect(_back(request))
    response.set_cookie(
        THEME_COOKIE,
        chosen,
        max_age=_YEAR_SECONDS,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


@require_POST
@for_roles()
def tenant(request: PortalRequest) -> HttpResponse:
    """Look at another tenant in which the account has a role."""
    chosen = request.POST.get("tenant", "")
    if chosen in {str(tenant.id) for tenant in request.viewer.tenants}:
        request.session[TENANT_IN_SESSION] = chosen
    return redirect("data-hub")


def _back(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else "/"
