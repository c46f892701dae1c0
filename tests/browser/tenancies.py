"""Tenants on a live server with an account for each role that does something there."""

from __future__ import annotations

import json
from dataclasses import dataclass

from live import Live, Sender

PASSWORD = "a long enough password"

_MAKE = """
import json, sys
import django
django.setup()
from datetime import UTC, datetime
from django.contrib.auth.hashers import make_password
from orgport.identity.certificates import new_certificate
from orgport.server.records.models import Account, RoleGrant, Tenant
from orgport.server.wiring.connections import activate_connection, create_connection
from orgport.server.wiring.registrations import Actor, add_certificate, register_app
password, *tenants = sys.argv[1:]
hashed, now = make_password(password), datetime.now(UTC)
people = {role: [role] for role in ("tenant_admin", "insights_admin", "data_source_admin", "approver")}
people["deciding_admin"] = ["insights_admin", "approver"]
made = []
for argument in tenants:
    name, is_ready = argument.split(":")
    tenant = Tenant.objects.create(name=name)
    slug = name.lower().replace(" ", "-")
    for who, roles in people.items():
        account = Account.objects.create(email=f"{who}.{slug}@contoso.com", password=hashed)
        for role in roles:
            RoleGrant.objects.create(account=account, tenant=tenant, role=role)
    sender = None
    if is_ready == "ready":
        actor = Actor(f"tenant_admin.{slug}@contoso.com", now)
        app = register_app(tenant, "HRIS push", by=actor)
        certificate = new_certificate("contoso-hris", days=90, now=now)
        add_certificate(app, certificate.certificate_pem, description="Export server", by=actor)
        connection = create_connection(tenant, name="HRIS nightly", app=app, by=actor.name, at=now)
        activate_connection(connection, by=actor.name, at=now)
        sender = {"tenant": str(tenant.id), "app": str(app.id), "connection": str(connection.id),
                  "key": certificate.private_key_pem.decode(),
                  "certificate": certificate.certificate_pem.decode()}
    made.append({"name": name, "slug": slug, "sender": sender})
print(json.dumps(made))
"""


@dataclass(frozen=True, slots=True)
class Tenancy:
    """A tenant with its people, and what its app signs in with when it has one."""

    name: str
    slug: str
    sender: Sender | None

    @property
    def tenant_admin(self) -> str:
        return f"tenant_admin.{self.slug}@contoso.com"

    @property
    def insights_admin(self) -> str:
        return f"insights_admin.{self.slug}@contoso.com"

    @property
    def data_source_admin(self) -> str:
        return f"data_source_admin.{self.slug}@contoso.com"

    @property
    def approver(self) -> str:
        return f"approver.{self.slug}@contoso.com"

    @property
    def deciding_admin(self) -> str:
        """An Insights admin who is an approver too."""
        return f"deciding_admin.{self.slug}@contoso.com"

    @property
    def ready_sender(self) -> Sender:
        """What the app of a tenant that was made ready signs in with."""
        assert self.sender is not None
        return self.sender


def make_tenancies(live: Live, *, new: list[str], ready: list[str]) -> dict[str, Tenancy]:
    """Tenants by name: new ones have only people, ready ones also an app and an active connection."""
    arguments = [*(f"{name}:new" for name in new), *(f"{name}:ready" for name in ready)]
    made = json.loads(live.run(_MAKE, PASSWORD, *arguments).splitlines()[-1])
    return {
        one["name"]: Tenancy(
            one["name"], one["slug"], Sender(**one["sender"]) if one["sender"] else None
        )
        for one in made
    }
