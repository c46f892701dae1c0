"""`orgport tenant`, `user` and `app`: administration on the server's own machine."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orgport.cli.certificates import stored
from orgport.cli.files import clean_path
from orgport.cli.reversing import DryRun, Yes
from orgport.cli.terminal import confirm, out, print_json, say
from orgport.errors import BadInput, NotFound, WrongState

if TYPE_CHECKING:
    from orgport.server.records.models import AppRegistration, Tenant
    from orgport.server.wiring.registrations import Actor

ACTOR = "orgport"
_TENANT_NAME_LIMIT = 128

tenants = typer.Typer(help="Tenants of this server.", no_args_is_help=True)
users = typer.Typer(help="Accounts of people.", no_args_is_help=True)
apps = typer.Typer(help="App registrations.", no_args_is_help=True)
app_certificates = typer.Typer(help="Certificates of an app.", no_args_is_help=True)
apps.add_typer(app_certificates, name="certificate")

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
AppName = Annotated[str, typer.Argument(help="Its name, its id, or how the id begins.")]
TenantName = Annotated[str, typer.Option("--tenant", help="Name or id; needed for several.")]


@tenants.command("create")
def create_tenant(
    name: str,
    time_zone: Annotated[str, typer.Option(help="Gives the upload date its day.")] = "UTC",
    as_json: JsonFlag = False,
) -> None:
    """Make a tenant; its id is the Directory (tenant) ID."""
    from orgport.cli.beside_server import migrate

    migrate(begins=True)
    from orgport.server.records.models import Tenant
    from orgport.server.wiring.texts import a_name

    name = a_name(name, of="A tenant", most=_TENANT_NAME_LIMIT)
    if Tenant.objects.filter(name__iexact=name).exists():
        raise BadInput(f"There is a tenant {name} already.")
    tenant = Tenant.objects.create(name=name, time_zone=_zone(time_zone))
    tell({"id": str(tenant.id), "name": tenant.name, "timeZone": tenant.time_zone}, as_json)


@tenants.command("list")
def list_tenants(as_json: JsonFlag = False) -> None:
    """List the tenants."""
    ready()
    from orgport.server.records.models import Tenant

    found = [{"id": str(t.id), "name": t.name} for t in Tenant.objects.order_by("name")]
    tell_all(found, as_json, "There is no tenant yet. Make one: orgport tenant create NAME")


@users.command("create")
def create_user(
    email: str,
    role: Annotated[
        list[str],
        typer.Option(
            help="tenant_admin, insights_admin, data_source_admin, approver or analyst; repeatable."
        ),
    ],
    tenant: TenantName = "",
    name: Annotated[str, typer.Option(help="The person's name, for the portal.")] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Make an account with roles in a tenant; asks for its password."""
    ready()
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    from orgport.server.records.models import Account, Role, RoleGrant

    unknown = [text for text in role if text not in Role.values]
    if unknown:
        raise BadInput(f"There is no role {unknown[0]}. Known: {', '.join(Role.values)}.")
    try:
        validate_email(email)
    except ValidationError:
        raise BadInput(f"{email} is not an e-mail address.") from None
    found = chosen_tenant(tenant)
    if Account.objects.filter(email=email.lower()).exists():
        raise BadInput(f"There is an account {email} already.")
    password = sys.stdin.readline().rstrip("\n") if password_stdin else _new_password()
    _check_password(password)
    account = Account.objects.create_user(email, password, name=name)
    for text in role:
        RoleGrant.objects.create(account=account, tenant=found, role=text)
    _actor().note(found, "account.created", account.id, {"roles": role})
    out.print(f"{account.email} may sign in as {', '.join(role)} of {found.name}", markup=False)


@users.command("list")
def list_users(as_json: JsonFlag = False) -> None:
    """List the accounts and their roles."""
    ready()
    from orgport.server.records.models import RoleGrant

    grants = RoleGrant.objects.select_related("account", "tenant").order_by(
        "account__email", "role"
    )
    found = [{"email": g.account.email, "tenant": g.tenant.name, "role": g.role} for g in grants]
    tell_all(found, as_json, "There is no account yet. Make one: orgport user create EMAIL")


@apps.command("create")
def create_app(name: str, tenant: TenantName = "", as_json: JsonFlag = False) -> None:
    """Register an app; prints the two ids that its data source admin needs."""
    ready()
    from orgport.server.wiring.registrations import register_app

    found = chosen_tenant(tenant)
    if there := found.apps.filter(name=name.strip()).first():
        raise WrongState(
            f"There is an app {there.name} already: {there.id}. Use it, or choose another name."
        )
    app = register_app(found, name, by=_actor())
    tell({"appId": str(app.id), "tenantId": str(found.id), "name": app.name}, as_json)


@apps.command("list")
def list_apps(tenant: TenantName = "", as_json: JsonFlag = False) -> None:
    """List the app registrations of a tenant."""
    ready()
    from orgport.server.records.models import AppRegistration

    registered = AppRegistration.objects.of(chosen_tenant(tenant))
    found = [
        {"appId": str(app.id), "name": app.name, "certificates": app.certificates.count()}
        for app in registered
    ]
    tell_all(found, as_json, "There is no app yet. Register one: orgport app create NAME")


@apps.command("remove")
def remove(
    app: AppName, tenant: TenantName = "", yes: Yes = False, dry_run: DryRun = False
) -> None:
    """Remove an app that no connection uses, with its certificates; what follows is said first."""
    ready()
    from orgport.server.wiring.registrations import consequences_of_removing, remove_app

    found = app_named(app, tenant)
    say(f"{found.name} ({found.id}) would be removed.")
    for sentence in consequences_of_removing(found):
        say(sentence)
    if dry_run:
        return
    if not yes and not confirm("Go on?"):
        raise typer.Abort
    app_id = found.id
    remove_app(found, by=_actor())
    out.print(f"Removed {found.name}  {app_id}", markup=False)


@app_certificates.command("add")
def add_certificate(
    app: AppName,
    certificate: Annotated[
        str, typer.Argument(help="A file, or the name of a certificate in the local store.")
    ],
    description: Annotated[str, typer.Option(help="Else the certificate's subject.")] = "",
) -> None:
    """Add the public part of a certificate to an app."""
    ready()
    from orgport.server.wiring.registrations import add_certificate as add

    content = _public_file(certificate).read_bytes()
    added = add(app_named(app), content, description=description, by=_actor())
    out.print(f"{added.description}  {added.thumbprint_sha1}", markup=False)
    if added.expires_at <= datetime.now(UTC):
        say(
            f"It expired on {added.expires_at:%d %B %Y}: nothing can be pushed with it. "
            "Make another one, and add that: orgport certificate new NAME"
        )
    else:
        say(f"It expires on {added.expires_at:%d %B %Y}.")


def ready() -> None:
    """Make the records of the server that is here usable, in this version's form; raises NotFound."""
    from orgport.cli.beside_server import migrate

    migrate()


def _actor() -> Actor:
    from orgport.server.wiring.registrations import Actor

    return Actor(ACTOR, datetime.now(UTC))


def chosen_tenant(text: str) -> Tenant:
    """The tenant of a name or an id; without one the only one there is."""
    from orgport.server.records.models import Tenant

    found = list(Tenant.objects.all())
    if text:
        found = [t for t in found if text.casefold() in (t.name.casefold(), str(t.id))]
    if len(found) == 1:
        return found[0]
    if not text and found:
        raise BadInput(f"There are {len(found)} tenants. Say which with --tenant.")
    raise NotFound(
        f"There is no tenant {text}. See: orgport tenant list" if text else "Make a tenant."
    )


def app_named(text: str, tenant: str = "") -> AppRegistration:
    """The app of a name, an id, or the beginning of one; raises NotFound, BadInput for several."""
    from orgport.imports.naming import beginning_of
    from orgport.server.records.models import AppRegistration

    apps = AppRegistration.objects.select_related("tenant")
    if tenant:
        apps = apps.filter(tenant=chosen_tenant(tenant))
    found = list(apps.filter(name__iexact=text.strip()))
    if not found and (beginning := beginning_of(text.strip().casefold())):
        found = list(apps.filter(id__startswith=beginning))
        if len(found) > 1:
            raise BadInput(f"The ids of {len(found)} apps begin with {text}. Give more of it.")
    if not found:
        raise NotFound(f"There is no app {text}. See: orgport app list")
    if len(found) > 1:
        raise BadInput(f"{len(found)} apps are named {text}. Give the id. See: orgport app list")
    return found[0]


def _public_file(certificate: str) -> Path:
    given = clean_path(certificate)
    if given.is_file():
        return given
    if (found := stored(certificate)) is None:
        raise BadInput(
            f"There is no certificate {certificate}, neither as a file nor in the local store. "
            "See: orgport certificate list"
        )
    return found[0]


def _new_password() -> str:
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return password


def _check_password(password: str) -> None:
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    try:
        validate_password(password)
    except ValidationError as weak:
        raise BadInput(
            f"{' '.join(weak.messages)} Choose another one: a sentence of your own is easy to keep."
        ) from None


def _zone(name: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError):
        raise BadInput(f"{name!r} is not a time zone such as Europe/Paris.") from None


def tell(facts: dict[str, Any], as_json: bool) -> None:
    """Print what was made."""
    if as_json:
        print_json(facts)
        return
    for label, value in facts.items():
        out.print(f"{label:<12}{value}", markup=False)


def tell_all(found: list[dict[str, Any]], as_json: bool, empty: str) -> None:
    """Print what there is, or say what to do where there is nothing."""
    if as_json:
        print_json(found)
        return
    for facts in found:
        out.print("  ".join(str(value) for value in facts.values()), markup=False)
    if not found:
        say(empty)
