"""Acts on app registrations: each in one transaction with its entry in the audit trail.

Who may act is the caller's question; what is refused is raised as BadInput or WrongState.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from orgport.errors import BadInput, WrongState
from orgport.identity.certificates import read_public_certificate
from orgport.server.records import audit
from orgport.server.records.models import (
    AppCertificate,
    AppPermission,
    AppRegistration,
    Tenant,
)
from orgport.server.records.registrations import DEFAULT_PERMISSION
from orgport.server.wiring.texts import a_name

APP_NAME_LIMIT = 120
DESCRIPTION_LIMIT = 256


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, when and from where: what every entry of the audit trail says."""

    name: str  # an account's address, or "orgport" on the server's own command line
    at: datetime
    address: str = ""

    def note(
        self, tenant: Tenant, action: str, subject: object, detail: dict[str, Any] | None = None
    ) -> None:
        """Append to the audit trail in the caller's transaction."""
        audit.record(
            tenant,
            action,
            at=self.at,
            actor=self.name,
            subject=str(subject),
            detail=detail,
            address=self.address,
        )


@transaction.atomic
def register_app(tenant: Tenant, name: str, *, by: Actor) -> AppRegistration:
    """A new app of the tenant, with the one permission that every new app starts with.

    Raises BadInput for a name that is blank, too long or more than a line.
    """
    name = a_name(name, of="An app", most=APP_NAME_LIMIT)
    app = AppRegistration.objects.create(
        tenant=tenant, name=name, created_by=by.name, created_at=by.at
    )
    AppPermission.objects.create(app=app, name=DEFAULT_PERMISSION)
    by.note(tenant, "app.registered", app.id, {"name": name})
    return app


@transaction.atomic
def rename_app(app: AppRegistration, name: str, *, by: Actor) -> None:
    """Give the app another name; its ids stay. Raises as `register_app` does."""
    name = a_name(name, of="An app", most=APP_NAME_LIMIT)
    by.note(app.tenant, "app.renamed", app.id, {"from": app.name, "to": name})
    app.name = name
    app.save(update_fields=["name"])


def consequences_of_removing(app: AppRegistration) -> list[str]:
    """What removing the app would do; raises WrongState while a connection uses it."""
    names = list(app.connections.order_by("name").values_list("name", flat=True))
    if names:
        raise WrongState(
            f"{app.name} is used by the connection {', '.join(names)}. "
            "Give that connection another app first."
        )
    count = app.certificates.count()
    certificates = {0: [], 1: ["Its certificate goes with it."]}
    return [
        *certificates.get(count, [f"Its {count} certificates go with it."]),
        "Whoever uses its application (client) ID can no longer sign in. "
        "A new registration gets another ID, so this cannot be undone.",
    ]


@transaction.atomic
def remove_app(app: AppRegistration, *, by: Actor) -> None:
    """Remove the app with its certificates; raises as `consequences_of_removing`."""
    consequences_of_removing(app)
    by.note(app.tenant, "app.removed", app.id, {"name": app.name})
    app.delete()


@transaction.atomic
def add_certificate(
    app: AppRegistration, data: bytes, *, description: str, by: Actor
) -> AppCertificate:
    """Add the public part of a certificate; without a description its subject describes it.

    Raises BadInput for a private key, a weak key, an unreadable file, or a certificate that the
    app has already.
    """
    public = read_public_certificate(data)
    if app.certificates.filter(thumbprint_sha256=public.thumbprint_sha256).exists():
        raise BadInput(
            f"{app.name} has this certificate already (thumbprint {public.thumbprint_sha1}). "
            "Upload another one."
        )
    certificate: AppCertificate = AppCertificate.objects.create(
        app=app,
        description=(description.strip() or public.subject)[:DESCRIPTION_LIMIT],
        subject=public.subject[:512],
        thumbprint_sha1=public.thumbprint_sha1,
        thumbprint_sha256=public.thumbprint_sha256,
        der=public.der,
        starts_at=public.starts_at,
        expires_at=public.expires_at,
        added_at=by.at,
        added_by=by.name,
    )
    by.note(
        app.tenant, "app.certificate_added", app.id, {"thumbprint": certificate.thumbprint_sha1}
    )
    return certificate


@transaction.atomic
def remove_certificate(certificate: AppCertificate, *, by: Actor) -> None:
    """Remove a certificate: from now on nobody signs in with it."""
    app = certificate.app
    by.note(
        app.tenant, "app.certificate_removed", app.id, {"thumbprint": certificate.thumbprint_sha1}
    )
    certificate.delete()


@transaction.atomic
def remove_permissions(permissions: QuerySet[AppPermission], *, by: Actor) -> int:
    """Remove these API permissions and return how many there were."""
    removed = list(permissions.select_related("app__tenant"))
    for permission in removed:
        app = permission.app
        by.note(app.tenant, "app.permission_removed", app.id, {"permission": permission.name})
        permission.delete()
    return len(removed)


def valid_certificates(app: AppRegistration, *, at: datetime) -> QuerySet[AppCertificate]:
    """The certificates that the app can sign in with at this instant, longest first."""
    return app.certificates.filter(is_enabled=True, starts_at__lte=at, expires_at__gt=at)
