"""`orgport connection`, and what a sender needs to push to one; asked on the server's own machine."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from orgport.cli.administration import (
    ACTOR,
    AppName,
    JsonFlag,
    TenantName,
    app_named,
    apps,
    chosen_tenant,
    ready,
    tell,
    tell_all,
)
from orgport.cli.reversing import Yes
from orgport.cli.terminal import confirm, out, say
from orgport.errors import BadInput

if TYPE_CHECKING:
    from orgport.server.records.models import AppRegistration, Connection

connections = typer.Typer(help="Connections that apps push to.", no_args_is_help=True)


@connections.command("create")
def create(
    name: str,
    app: Annotated[
        str, typer.Option(help="The app that pushes to it: its name, its id, or how that begins.")
    ],
    tenant: TenantName = "",
    yes: Yes = False,
    as_json: JsonFlag = False,
) -> None:
    """Make an automated import that an app pushes to, and make it the data source.

    Where another connection is the data source, it is named first, for it rests afterwards.
    """
    ready()
    from django.db import transaction

    from orgport.server.wiring import connections as wiring
    from orgport.server.wiring.registrations import valid_certificates

    pushing, now = app_named(app, tenant), datetime.now(UTC)
    if not valid_certificates(pushing, at=now).exists():
        raise BadInput(
            f"{pushing.name} has no certificate to sign in with. Add one first: "
            f"orgport app certificate add {shlex.quote(pushing.name)} CERTIFICATE"
        )
    if before := wiring.active_connection(pushing.tenant):
        say(_replacing(before, pushing))
        if not yes and not confirm(f"Make {name} the data source instead?"):
            raise typer.Abort
    with transaction.atomic():  # one that cannot become the data source is not made at all
        made = wiring.create_connection(pushing.tenant, name=name, app=pushing, by=ACTOR, at=now)
        wiring.activate_connection(made, by=ACTOR, at=now)
    tell({"id": str(made.id), "name": made.name, "app": pushing.name}, as_json)
    if not as_json:
        say(
            "It is the data source now. What its sender sets: "
            f"orgport app variables {shlex.quote(pushing.name)}"
        )


def _replacing(before: Connection, pushing: AppRegistration) -> str:
    back = "An Insights admin can make it the data source again under Organizational data."
    if before.app is None:
        return f"{before.name} is the data source now; it would rest. {back}"
    pushes = (
        f"what {pushing.name} pushes would go to the new one"
        if before.app == pushing
        else f"what {before.app.name} pushes to it would be refused"
    )
    return f"{before.name} is the data source now; it would rest, and {pushes}. {back}"


@connections.command("list")
def list_connections(tenant: TenantName = "", as_json: JsonFlag = False) -> None:
    """List the connections of a tenant."""
    ready()
    from orgport.server.records.models import Connection

    found = [
        {"id": str(one.id), "name": one.name, "kind": one.kind, "isActive": one.is_active}
        for one in Connection.objects.of(chosen_tenant(tenant)).order_by("name")
    ]
    empty = "There is no connection yet. Make one: orgport connection create NAME --app APP"
    tell_all(found, as_json, empty)


@apps.command("variables")
def variables(
    app: AppName,
    certificate: Annotated[
        str, typer.Option(help="What the sender signs in with: a name in its store, or a file.")
    ] = "",
    tenant: TenantName = "",
) -> None:
    """Print the variables with which `orgport push FILE` needs no flag; none of them is a secret."""
    ready()
    from orgport.cli.settings import variable
    from orgport.server.settings import settings
    from orgport.server.tls import authority_folder

    found = app_named(app, tenant)
    own = settings().tls_certificate  # browsers and clients know who vouches for that one
    authority = "" if own else str(authority_folder(settings()) / "ca.pem")
    values = {
        "login_url": settings().bases[0],
        "tenant_id": str(found.tenant_id),
        "app_id": str(found.id),
        "certificate": certificate,
        "ca": authority,
    }
    for field, value in values.items():
        if value:
            out.print(f"{variable(field)}={shlex.quote(value)}", markup=False)
