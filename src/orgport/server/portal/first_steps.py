"""The five steps to the first import, who does each, and which are done."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from orgport.server.portal.access import Viewer
from orgport.server.records.models import (
    AppCertificate,
    AppRegistration,
    Connection,
    ImportRecord,
    Role,
    SourceKind,
)
from orgport.server.wiring.registrations import valid_certificates


@dataclass(frozen=True, slots=True)
class Step:
    """One step; the link is there when it is next and the viewer is the one to do it."""

    title: str
    text: str
    who: Role
    is_done: bool
    is_next: bool = False
    link: str = ""
    act: str = ""


def first_steps(viewer: Viewer) -> list[Step]:
    """The steps in order; the first that is not done is next."""
    tenant = viewer.tenant
    now = timezone.now()
    has_certificate = AppCertificate.objects.filter(app__tenant=tenant).exists()
    ready = [
        (app, valid_certificates(app, at=now).count()) for app in AppRegistration.objects.of(tenant)
    ]
    app, valid = next(((one, count) for one, count in ready if count), (None, 0))
    saved = Connection.objects.of(tenant).filter(kind=SourceKind.AUTOMATED)
    connection: Connection | None = saved.order_by("-is_active", "created_at").first()
    failed = ImportRecord.objects.of(tenant).first()
    plural = "certificate" if valid == 1 else "certificates"
    page = reverse("connection", args=[connection.id]) if connection else ""
    steps = [
        Step(
            "Make a certificate",
            "The public part goes to the tenant admin. The private key never leaves the sending "
            "machine.",
            Role.DATA_SOURCE_ADMIN,
            is_done=has_certificate,
        ),
        Step(
            "Register an app",
            f"{app.name}, with {valid} valid {plural}."
            if app
            else "Give it a name, upload the certificate, and hand out its application (client) ID.",
            Role.TENANT_ADMIN,
            is_done=app is not None,
            link=reverse("app-registrations"),
            act="Open App registrations",
        ),
        Step(
            "Create a connection",
            f"{connection.name} is saved."
            if connection
            else "Name it and enter the app ID that the tenant admin gave you.",
            Role.INSIGHTS_ADMIN,
            is_done=connection is not None,
            link=reverse("automated-import"),
            act="Create connection",
        ),
        Step(
            "Use it as data source",
            "One source is active at a time. Until then every push is refused.",
            Role.INSIGHTS_ADMIN,
            is_done=bool(connection and connection.is_active),
            link=page,
            act="Open the connection",
        ),
        Step(
            "Push the first package",
            f"{failed.name}: {failed.status.label}."
            if failed
            else "You get a text to send, with the endpoint, both IDs and the template.",
            Role.DATA_SOURCE_ADMIN,
            is_done=False,
        ),
    ]
    return _with_next(steps, viewer)


def _with_next(steps: list[Step], viewer: Viewer) -> list[Step]:
    following = next((index for index, step in enumerate(steps) if not step.is_done), -1)
    return [
        Step(
            step.title,
            step.text,
            step.who,
            step.is_done,
            is_next=index == following,
            link=step.link if index == following and viewer.may(step.who) else "",
            act=step.act,
        )
        for index, step in enumerate(steps)
    ]
