"""`orgport demo`: a whole orgport with a sample organization, through the real command line and API.

Everything lies under the home folder; `demo.env` there points any other client at it.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orgport.cli.terminal import out, say
from orgport.errors import BadInput, Fault

if TYPE_CHECKING:
    from orgport.server.records.models import AppRegistration, Tenant
    from orgport.server.settings import Settings

TENANT_NAME = "Contoso"
CONNECTION_NAME = "Contoso HRIS nightly"
APP_NAME = "HRIS push"
CERTIFICATE_NAME = "contoso-hris"
PFX_PASSWORD = ""
ACCOUNTS = {
    "tenant_admin": "tenant.admin@contoso.com",
    "insights_admin": "insights.admin@contoso.com",
    "data_source_admin": "data.admin@contoso.com",
    "approver": "approver@contoso.com",
}
_PERSONS, _MONTHS = 500, 13
_START_SECONDS = 90


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(demo)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the demo keeps its things."""

    home: Path

    @property
    def environment(self) -> Path:
        """Variables for other clients."""
        return self.home / "demo.env"

    @property
    def authority(self) -> Path:
        """Who vouches for the server's certificate."""
        return self.home / "tls" / "ca.pem"

    @property
    def package(self) -> Path:
        """The sample package."""
        return self.home / "sample.zip"

    @property
    def sign_in(self) -> Path:
        """The password of the demo's accounts, made once."""
        return self.home / "sign-in.json"


def demo(
    stops: Annotated[
        bool, typer.Option("--exit", help="End after the first import's Success.")
    ] = False,
) -> None:
    """Start a server with a sample organization.

    Pushes it, and shows where to look.
    """
    home = Path(os.environ.get("ORGPORT_HOME", "var/demo")).resolve()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = Place(home)
    if answering := _answering(place):
        raise BadInput(f"A demo is running here already: {answering}. Stop it with Ctrl-C first.")
    settings = _settings(home)
    os.environ.update(settings.as_environment() | {"ORGPORT_STORE": str(home / "client")})
    from orgport.cli.beside_server import migrate

    migrate(begins=True)
    from orgport.imports.lifecycle import State
    from orgport.server.records.models import ImportRecord

    tenant, app = _furnish(place)
    server = _start(home)
    try:
        _wait_until_ready(settings, server, place)
        variables = _write_environment(place, settings, tenant, app)
        os.environ.update({k: v for k, v in variables.items() if k.startswith("ORGPORT_")})
        if ImportRecord.objects.of(tenant).filter(state=State.SUCCEEDED.value).exists():
            out.print(
                f"The data are those of the last time. To begin anew: rm -r {home}", markup=False
            )
        else:
            _push(place)
        _show(place, settings, variables)
        if not stops:
            out.print("\nIt stays up until Ctrl-C.")
            sys.stdout.flush()
            _wait_for_interrupt(server)
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()


def _answering(place: Place) -> str:
    """The portal's address of a demo that runs in this place; empty where none does."""
    if not place.environment.exists():
        return ""
    lines = place.environment.read_text().splitlines()
    base = dict(line.split("=", 1) for line in lines if "=" in line).get("BASE_URL", "").strip("'")
    return f"{base}/" if base and _is_ready(base, place.authority) else ""


def _is_ready(base: str, authority: Path) -> bool:
    """Whether the server of this authority answers: another one at the port has another."""
    import ssl
    from urllib.error import URLError
    from urllib.request import urlopen

    try:
        context = ssl.create_default_context(cafile=authority)
        with urlopen(f"{base}/readyz", context=context, timeout=2):  # noqa: S310
            return True
    except (URLError, OSError):  # nor is the authority there before the server has made it
        return False


def _settings(home: Path) -> Settings:
    from orgport.server.serving import free_port
    from orgport.server.settings import Settings

    settings = Settings(home=home)
    port = free_port(settings.host, settings.port)
    if port != settings.port:
        say(f"Port {settings.port} is busy; the demo takes {port}.")
    return settings.model_copy(
        update={"port": port, "requests_per_minute": 0, "pushes_per_minute": 0}
    )


def _furnish(place: Place) -> tuple[Tenant, AppRegistration]:
    from orgport.cli.certificates import new, stored
    from orgport.server.records.models import (
        Account,
        AppRegistration,
        Connection,
        RoleGrant,
        Tenant,
    )
    from orgport.server.wiring.connections import activate_connection, create_connection
    from orgport.server.wiring.registrations import (
        Actor,
        add_certificate,
        register_app,
        remove_permissions,
    )

    now = datetime.now(UTC)
    actor = Actor("orgport demo", now)
    tenant, _ = Tenant.objects.get_or_create(name=TENANT_NAME)
    password = _password(place)
    for role, email in ACCOUNTS.items():
        account = Account.objects.filter(email=email).first()
        account = account or Account.objects.create_user(email, password)
        RoleGrant.objects.get_or_create(account=account, tenant=tenant, role=role)
    app = AppRegistration.objects.of(tenant).filter(name=APP_NAME).first()
    if app is None:
        app = register_app(tenant, APP_NAME, by=actor)
        remove_permissions(app.permissions.all(), by=actor)
    if stored(CERTIFICATE_NAME) is None:
        new(CERTIFICATE_NAME, days=365, as_json=False)
    files = stored(CERTIFICATE_NAME)
    if files is None:
        raise Fault("The demo's certificate is not in its store.")
    if not app.certificates.exists():
        add_certificate(app, files[0].read_bytes(), description="Made by the demo", by=actor)
    connection = Connection.objects.of(tenant).filter(name=CONNECTION_NAME).first()
    if connection is None:
        connection = create_connection(tenant, name=CONNECTION_NAME, app=app, by=actor.name, at=now)
    if not connection.is_active:
        activate_connection(connection, by=actor.name, at=now)
    return tenant, app


def _password(place: Place) -> str:
    if not place.sign_in.exists():
        descriptor = os.open(place.sign_in, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({"password": secrets.token_urlsafe(12)}, file)
    return str(json.loads(place.sign_in.read_text())["password"])


def _start(home: Path) -> subprocess.Popen[bytes]:
    log = (home / "server.log").open("ab")
    return subprocess.Popen(
        [sys.executable, "-m", "orgport.cli", "serve"],
        stdout=log,
        stderr=log,
        start_new_session=True,  # Ctrl-C goes to the demo, which ends the server in order
    )


def _wait_until_ready(settings: Settings, server: subprocess.Popen[bytes], place: Place) -> None:
    """Wait until this demo's own server answers."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        if _is_ready(settings.bases[0], place.authority):
            return
        time.sleep(0.1)
    raise Fault(f"The server did not start. {place.home / 'server.log'} says why.")


def _write_environment(
    place: Place, settings: Settings, tenant: Tenant, app: AppRegistration
) -> dict[str, str]:
    from orgport.cli.certificates import stored
    from orgport.cli.files import write_secret
    from orgport.client.credentials import load_credentials
    from orgport.identity.certificates import as_pfx

    files = stored(CERTIFICATE_NAME)
    if files is None:
        raise Fault("The demo's certificate is not in its store.")
    credentials = load_credentials(*files)
    pfx = place.home / "client.pfx"
    if not pfx.exists():
        write_secret(
            pfx, as_pfx(CERTIFICATE_NAME, credentials.certificate_der, files[1].read_bytes())
        )
    base, ca = settings.bases[0], place.authority
    password = _password(place)
    variables = {
        "BASE_URL": base,
        "LOGIN_URL": base,
        "TENANT": str(tenant.id),
        "CLIENT_ID": str(app.id),
        "CERT_PEM": str(files[0]),
        "KEY_PEM": str(files[1]),
        "CERT_PFX": str(pfx),
        "CA_PEM": str(ca),
        "ZIP": str(place.package),
        "PORTAL_URL": f"{base}/",
        **{f"{role.upper()}_EMAIL": email for role, email in ACCOUNTS.items()},
        "PASSWORD": password,
        "ORGPORT_HOME": str(place.home),
        "ORGPORT_PORT": str(settings.port),
        "ORGPORT_STORE": str(place.home / "client"),
        "ORGPORT_LOGIN_URL": base,
        "ORGPORT_API_URL": base,
        "ORGPORT_TENANT_ID": str(tenant.id),
        "ORGPORT_APP_ID": str(app.id),
        "ORGPORT_CERTIFICATE": CERTIFICATE_NAME,
        "ORGPORT_CA": str(ca),
    }
    text = "".join(f"{name}='{value}'\n" for name, value in variables.items())
    place.environment.unlink(missing_ok=True)
    write_secret(place.environment, text.encode())
    return variables


def _push(place: Place) -> None:
    csv = place.home / "sample.csv"
    commands = [
        ["sample", "--persons", str(_PERSONS), "--months", str(_MONTHS), "--out", str(csv)],
        ["pack", str(csv), "--full", "--yes", "--out", str(place.package)],
        ["push", str(place.package), "--wait"],
    ]
    for command in commands:
        shown = " ".join(part.replace(str(place.home), "$ORGPORT_HOME") for part in command)
        out.print(f"$ orgport {shown}", style="bold", markup=False)
        sys.stdout.flush()
        done = subprocess.run([sys.executable, "-m", "orgport.cli", *command], check=False)  # noqa: S603
        if done.returncode:
            raise typer.Exit(done.returncode)


def _show(place: Place, settings: Settings, variables: dict[str, str]) -> None:
    from orgport.cli.people import people
    from orgport.package.sample import SampleOptions

    day = SampleOptions().last_month
    out.print(f"\n$ orgport people --as-of {day}", style="bold", markup=False)
    people(as_of=str(day))
    out.print(f"\nPortal     {variables['PORTAL_URL']}", markup=False)
    for role, email in ACCOUNTS.items():
        label = role.replace("_", " ")
        out.print(f"  {label:<18} {email:<28} {variables['PASSWORD']}", markup=False)
    out.print(
        f"Authority  {variables['CA_PEM']}  (tell the browser to trust it, or go on)", markup=False
    )
    out.print(
        f"Variables  {place.environment}  (set -a; . that file; orgport push FILE)", markup=False
    )
    out.print(f"Log        {settings.home / 'server.log'}", markup=False)


def _wait_for_interrupt(server: subprocess.Popen[bytes]) -> None:
    # Both, since a shell starts what runs in the background with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        if server.wait():
            raise Fault("The server ended by itself. See server.log in the demo's home folder.")
    except KeyboardInterrupt:
        say("Stopping.")
