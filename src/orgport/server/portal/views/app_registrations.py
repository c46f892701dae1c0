"""App registrations: the list, a new one, one app's page, another name, removal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from orgport.errors import WrongState
from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.portal.dialogs import confirm, render_dialog
from orgport.server.portal.expiry import Expiry, expiry_of
from orgport.server.portal.forms import AppNameForm
from orgport.server.portal.requests import actor_of
from orgport.server.portal.texts import for_data_source_admin, for_insights_admin
from orgport.server.records.models import AppCertificate, AppPermission, AppRegistration, Role
from orgport.server.wiring import registrations

LIST = "App registrations"
PERMISSIONS = {
    "User.Read": ("Delegated", "Sign in and read the user\u2019s profile"),
}


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A certificate with its time left."""

    certificate: AppCertificate
    expiry: Expiry


@dataclass(frozen=True, slots=True)
class PermissionRow:
    """An API permission with what it allows."""

    permission: AppPermission
    type: str
    description: str


@dataclass(frozen=True, slots=True)
class AppRow:
    """An app in the list."""

    app: AppRegistration
    valid: int
    longest: Expiry | None


@require_safe
@for_roles(Role.TENANT_ADMIN)
def app_list(request: PortalRequest) -> HttpResponse:
    """Every app of the tenant."""
    now = timezone.now()
    apps = AppRegistration.objects.of(request.viewer.tenant).prefetch_related(
        "certificates", "permissions", "connections"
    )
    rows = [_row(app, now) for app in apps]
    return render(request, "portal/app_list.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.TENANT_ADMIN)
def register(request: PortalRequest) -> HttpResponse:
    """A form with a name; registering leads to the new app's page."""
    form = AppNameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        app = registrations.register_app(
            request.viewer.tenant, form.cleaned_data["name"], by=actor_of(request)
        )
        messages.success(request, f"{app.name} is registered. Upload a certificate next.")
        return redirect("app", app.id)
    context = {"form": form, "crumbs": [(LIST, reverse("app-registrations"))]}
    return render(request, "portal/app_register.html", context, status=400 if form.errors else 200)


@require_safe
@for_roles(Role.TENANT_ADMIN)
def app_page(request: PortalRequest, app_id: UUID) -> HttpResponse:
    """IDs, certificates, API permissions and the texts to share."""
    app = app_of(request, app_id)
    now = timezone.now()
    certificates = [
        CertificateRow(certificate, expiry_of(certificate, at=now))
        for certificate in app.certificates.all()
    ]
    context = {
        "app": app,
        "crumbs": [(LIST, reverse("app-registrations"))],
        "certificates": certificates,
        "valid_count": sum(row.expiry.is_valid for row in certificates),
        "permissions": [
            PermissionRow(permission, *PERMISSIONS.get(permission.name, ("Delegated", "")))
            for permission in app.permissions.all()
        ],
        "connections": app.connections.all(),
        "for_insights_admin": for_insights_admin(app),
        "for_data_source_admin": for_data_source_admin(
            app, registrations.valid_certificates(app, at=now).first()
        ),
    }
    return render(request, "portal/app.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.TENANT_ADMIN)
def rename(request: PortalRequest, app_id: UUID) -> HttpResponse:
    """Another name for the app; its IDs stay."""
    app = app_of(request, app_id)
    form = AppNameForm(request.POST or None, initial={"name": app.name})
    if request.method == "POST" and form.is_valid():
        registrations.rename_app(app, form.cleaned_data["name"], by=actor_of(request))
        messages.success(request, f"The app is now called {app.name}. Its IDs are the same.")
        return redirect("app", app.id)
    context = {"form": form, "app": app, "crumbs": app_crumbs(app), "title": f"Rename {app.name}"}
    status = 400 if form.errors else 200
    return render_dialog(request, "portal/app_rename.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.TENANT_ADMIN)
def remove(request: PortalRequest, app_id: UUID) -> HttpResponse:
    """Remove an app that no connection uses, after a confirmation."""
    app = app_of(request, app_id)
    try:
        consequences, refused = registrations.consequences_of_removing(app), False
        if request.method == "POST":
            registrations.remove_app(app, by=actor_of(request))
            messages.success(request, f"{app.name} is removed.")
            return redirect("app-registrations")
    except WrongState as refusal:
        consequences, refused = [refusal.message], True
    return confirm(
        request,
        title=f"Remove {app.name}",
        consequences=consequences,
        act=f"Remove {app.name}",
        cancel=reverse("app", args=[app.id]),
        crumbs=app_crumbs(app),
        status=WrongState.http_status if refused and request.method == "POST" else 200,
        is_possible=not refused,
    )


def app_of(request: PortalRequest, app_id: UUID) -> AppRegistration:
    """The app, if it belongs to the viewer's tenant."""
    apps = AppRegistration.objects.of(request.viewer.tenant).prefetch_related(
        "certificates", "permissions", "connections"
    )
    app: AppRegistration = get_object_or_404(apps, id=app_id)
    return app


def app_crumbs(app: AppRegistration) -> list[tuple[str, str]]:
    """The way to a page below an app."""
    return [(LIST, reverse("app-registrations")), (app.name, reverse("app", args=[app.id]))]


def _row(app: AppRegistration, now: datetime) -> AppRow:
    # Certificates come longest first: the first valid one says how long the app can sign in.
    expiries = [expiry_of(certificate, at=now) for certificate in app.certificates.all()]
    valid = [expiry for expiry in expiries if expiry.is_valid]
    return AppRow(app, len(valid), valid[0] if valid else None)
