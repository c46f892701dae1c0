"""API permissions of an app: a push needs none, so each can be removed, or all at once."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.portal.dialogs import confirm
from orgport.server.portal.requests import actor_of
from orgport.server.portal.views.app_registrations import app_crumbs, app_of
from orgport.server.records.models import AppPermission, Role
from orgport.server.wiring import registrations


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.TENANT_ADMIN)
def remove(request: PortalRequest, app_id: UUID, permission_id: int) -> HttpResponse:
    """Remove one permission after a confirmation."""
    app = app_of(request, app_id)
    permission: AppPermission = get_object_or_404(app.permissions, id=permission_id)
    if request.method == "POST":
        registrations.remove_permissions(
            app.permissions.filter(id=permission.id), by=actor_of(request)
        )
        messages.success(request, f"{permission.name} is removed.")
        return redirect("app", app.id)
    return confirm(
        request,
        title=f"Remove permission {permission.name}",
        consequences=[f"A push never needs it: {app.name} signs in and pushes as before."],
        act="Remove permission",
        cancel=reverse("app", args=[app.id]),
        crumbs=app_crumbs(app),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.TENANT_ADMIN)
def remove_all(request: PortalRequest, app_id: UUID) -> HttpResponse:
    """Remove every permission after a confirmation."""
    app = app_of(request, app_id)
    if request.method == "POST":
        count = registrations.remove_permissions(app.permissions.all(), by=actor_of(request))
        plural = "permission is" if count == 1 else "permissions are"
        messages.success(request, f"{count} {plural} removed.")
        return redirect("app", app.id)
    names = [permission.name for permission in app.permissions.all()]
    count_words = "1 permission" if len(names) == 1 else f"{len(names)} permissions"
    return confirm(
        request,
        title="Remove all permissions",
        consequences=[
            f"This removes {count_words}: {', '.join(names)}. "
            f"A push never needs any: {app.name} signs in and pushes as before."
        ]
        if names
        else [f"{app.name} holds no permission."],
        act=f"Remove {count_words}",
        cancel=reverse("app", args=[app.id]),
        crumbs=app_crumbs(app),
        is_possible=bool(names),
    )
