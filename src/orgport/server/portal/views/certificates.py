"""Certificates of an app: upload, details, removal. Only public parts; a private key is refused."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from orgport.errors import BadInput
from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.portal.dialogs import confirm, render_dialog
from orgport.server.portal.expiry import expiry_of
from orgport.server.portal.forms import CertificateForm
from orgport.server.portal.requests import actor_of
from orgport.server.portal.views.app_registrations import app_crumbs, app_of
from orgport.server.records.models import AppCertificate, AppRegistration, Role
from orgport.server.wiring import registrations


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.TENANT_ADMIN)
def upload(request: PortalRequest, app_id: UUID) -> HttpResponse:
    """Add the public part of a certificate."""
    app = app_of(request, app_id)
    form = CertificateForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            added = registrations.add_certificate(
                app,
                form.cleaned_data["file"],
                description=form.cleaned_data["description"],
                by=actor_of(request),
            )
        except BadInput as refused:
            form.add_error("file", refused.message)
        else:
            _say_what_it_is_good_for(request, app, added)
            return redirect("app", app.id)
    context = {"form": form, "app": app, "crumbs": app_crumbs(app), "title": "Upload certificate"}
    status = 400 if form.errors else 200
    return render_dialog(request, "portal/certificate_upload.html", context, status=status)


def _say_what_it_is_good_for(
    request: PortalRequest, app: AppRegistration, added: AppCertificate
) -> None:
    now = timezone.now()
    what = f"{added.description} is added"
    if added.expires_at <= now:
        messages.warning(request, f"{what}, but it has expired. Upload one that is valid.")
    elif added.starts_at > now:
        messages.warning(request, f"{what}. It is not valid yet; {app.name} must wait for it.")
    else:
        messages.success(request, f"{what}. {app.name} can sign in.")


@require_safe
@for_roles(Role.TENANT_ADMIN)
def details(request: PortalRequest, app_id: UUID, certificate_id: UUID) -> HttpResponse:
    """Everything known of a certificate."""
    app = app_of(request, app_id)
    certificate: AppCertificate = get_object_or_404(app.certificates, id=certificate_id)
    context = {
        "app": app,
        "certificate": certificate,
        "expiry": expiry_of(certificate, at=timezone.now()),
        "crumbs": app_crumbs(app),
        "title": certificate.description,
    }
    return render_dialog(request, "portal/certificate.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.TENANT_ADMIN)
def remove(request: PortalRequest, app_id: UUID, certificate_id: UUID) -> HttpResponse:
    """Remove a certificate after a confirmation that says who loses what."""
    app = app_of(request, app_id)
    certificate: AppCertificate = get_object_or_404(app.certificates, id=certificate_id)
    if request.method == "POST":
        registrations.remove_certificate(certificate, by=actor_of(request))
        messages.success(request, f"{certificate.description} is removed.")
        return redirect("app", app.id)
    valid = registrations.valid_certificates(app, at=timezone.now())
    is_last = valid.filter(id=certificate.id).exists() and valid.count() == 1
    consequences = ["Nobody can sign in with it any more. The same file can be uploaded again."]
    if is_last:
        used_by = [connection.name for connection in app.connections.all()]
        then = f", and pushes to {', '.join(used_by)} are refused" if used_by else ""
        consequences.insert(
            0, f"It is the last valid certificate: {app.name} can no longer sign in{then}."
        )
    return confirm(
        request,
        title=f"Remove {certificate.description}",
        consequences=consequences,
        act="Remove certificate",
        cancel=reverse("app", args=[app.id]),
        crumbs=app_crumbs(app),
    )
