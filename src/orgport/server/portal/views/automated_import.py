"""The page Automated organizational data import: a named connection that one app may push to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from orgport.errors import BadInput, ImportRunning, WrongState
from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.portal.expiry import expiry_of
from orgport.server.portal.forms import ConnectionForm, SwitchesForm
from orgport.server.portal.requests import actor_of
from orgport.server.portal.texts import endpoint, push_request
from orgport.server.records.models import Connection, ImportRecord, Role, SourceKind
from orgport.server.settings import settings
from orgport.server.wiring import connection_changes, registrations
from orgport.server.wiring.connections import activate_connection, create_connection

CRUMBS = ("Organizational data", "data-connections")


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.INSIGHTS_ADMIN)
def new_connection(request: PortalRequest) -> HttpResponse:
    """The page for a new connection, with those that are saved already."""
    tenant = request.viewer.tenant
    form = ConnectionForm(request.POST or None, tenant=tenant)
    if request.method == "POST" and form.is_valid():
        by = actor_of(request)
        try:
            connection = create_connection(
                tenant,
                name=form.cleaned_data["name"],
                app=form.cleaned_data["app_id"],
                by=by.name,
                at=by.at,
            )
        except BadInput as refused:
            form.add_error("name", refused.message)
        else:
            return redirect("connection", connection.id)
    saved = Connection.objects.of(tenant).filter(kind=SourceKind.AUTOMATED).select_related("app")
    context = {"form": form, "connections": saved, "crumbs": _crumbs(), "steps": _steps(None)}
    status = 400 if form.errors else 200
    return render(request, "portal/automated_import.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.INSIGHTS_ADMIN)
def connection(request: PortalRequest, connection_id: UUID) -> HttpResponse:
    """The page of a saved connection."""
    record = _connection(request, connection_id)
    form = ConnectionForm(
        request.POST or None,
        tenant=request.viewer.tenant,
        connection=record,
        initial={"name": record.name, "app_id": record.app_id or ""},
    )
    if request.method == "POST" and form.is_valid():
        name, app = form.cleaned_data["name"], form.cleaned_data["app_id"]
        try:
            connection_changes.change_connection(record, name=name, app=app, by=actor_of(request))
        except BadInput as refused:
            form.add_error("name", refused.message)
        else:
            messages.success(request, f"{record.name} is saved.")
            return redirect("connection", record.id)
    if form.errors:
        record = _connection(request, connection_id)
    return _page(request, record, form)


@require_POST
@for_roles(Role.INSIGHTS_ADMIN)
def switches(request: PortalRequest, connection_id: UUID) -> HttpResponse:
    """Save the settings of a connection."""
    record = _connection(request, connection_id)
    form = SwitchesForm(request.POST)
    form.full_clean()
    chosen = connection_changes.ConnectionSwitches(**form.cleaned_data)
    connection_changes.set_switches(record, chosen, by=actor_of(request))
    messages.success(request, f"The settings of {record.name} are saved.")
    return redirect("connection", record.id)


@require_POST
@for_roles(Role.INSIGHTS_ADMIN)
def use_as_data_source(request: PortalRequest, connection_id: UUID) -> HttpResponse:
    """Make this connection the active source; the previous one becomes inactive."""
    record = _connection(request, connection_id)
    by = actor_of(request)
    try:
        activate_connection(record, by=by.name, at=by.at)
    except (ImportRunning, WrongState) as refused:
        messages.error(request, refused.message)
    else:
        messages.success(
            request, f"{record.name} is the data source. Ask for the first package next."
        )
    return redirect("connection", record.id)


def _page(request: PortalRequest, record: Connection, form: ConnectionForm) -> HttpResponse:
    app = record.app
    now = timezone.now()
    valid = list(registrations.valid_certificates(app, at=now)) if app else []
    template_url = f"{endpoint()}{reverse('package-template')}"
    good = ""
    if app and valid:
        plural = "certificate" if len(valid) == 1 else "certificates"
        good = f"Found: {app.name}, {len(valid)} valid {plural}"
    context: dict[str, Any] = {
        "connection": record,
        "app": app,
        "permission_count": app.permissions.count() if app else 0,
        "form": form,
        "found": good,
        "expiry": expiry_of(valid[0], at=now) if valid else None,
        "current": connection_changes.current_source(record.tenant),
        "endpoint": endpoint(),
        "scale_unit": settings().scale_unit,
        "request_text": push_request(record, template_url=template_url),
        "steps": _steps(record),
        "crumbs": _crumbs(),
        "may_open_app": request.viewer.may(Role.TENANT_ADMIN),
    }
    status = 400 if form.errors else 200
    return render(request, "portal/connection.html", context, status=status)


def _connection(request: PortalRequest, connection_id: UUID) -> Connection:
    connections = Connection.objects.of(request.viewer.tenant).select_related("app", "tenant")
    record: Connection = get_object_or_404(connections, id=connection_id, kind=SourceKind.AUTOMATED)
    return record


def _steps(record: Connection | None) -> list[tuple[str, str]]:
    """The three steps of setting up, each with where it stands: done, now or next."""
    done = [
        record is not None,
        record is not None and record.is_active,
        record is not None and ImportRecord.objects.filter(connection=record).exists(),
    ]
    now = next((index for index, is_done in enumerate(done) if not is_done), -1)
    titles = ("Save the connection", "Use it as data source", "Ask for the first package")
    return [
        (title, "done" if done[index] else "now" if index == now else "next")
        for index, title in enumerate(titles)
    ]


def _crumbs() -> list[tuple[str, str]]:
    name, view = CRUMBS
    return [(name, reverse(view))]
