"""A server of a test's own: real processes, a home of its own, TLS by the local authority, a free port.

The web server and its workers are started and killed one by one, as a machine would do it.
"""

from __future__ import annotations

import atexit
import base64
import hashlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import jwt
import psycopg

from postgres import postgres

RESOURCE = "9d827643-d003-4cca-9dc8-71213a8f1644/.default"
BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONG = 60.0  # seconds until a test gives up waiting

_PREPARE = """
import json
from datetime import UTC, datetime
from orgport.server.settings import settings
from orgport.server.serving import prepare
prepare(settings())
from orgport.identity.certificates import new_certificate
from orgport.server.records.models import Tenant
from orgport.server.wiring.connections import activate_connection, create_connection
from orgport.server.wiring.registrations import Actor, add_certificate, register_app
now = datetime.now(UTC)
actor = Actor("a@contoso.com", now)
tenant = Tenant.objects.create(name="Contoso")
app = register_app(tenant, "HR sender", by=actor)
certificate = new_certificate("HR sender", days=90, now=now)
add_certificate(app, certificate.certificate_pem, description="", by=actor)
# Tests share a server and replace each other's persons: no import waits for an approver.
no_limits = {"removed_share": None, "blanked_share": None}
connection = create_connection(
    tenant, name="HR", app=app, by=actor.name, at=now, guard_rails=no_limits
)
activate_connection(connection, by=actor.name, at=now)
print(json.dumps({
    "tenant": str(tenant.id), "app": str(app.id), "connection": str(connection.id),
    "key": certificate.private_key_pem.decode(), "certificate": certificate.certificate_pem.decode(),
}))
"""
_SERVE = """
from orgport.server.settings import settings
from orgport.server.serving import serve
serve(settings(), with_worker=False)
"""


@dataclass(frozen=True, slots=True)
class Sender:
    """A tenant with an app that may push, and what the app signs in with."""

    tenant: str
    app: str
    connection: str
    key: str
    certificate: str


_prepared: dict[str, tuple[Live, Sender]] = {}


@dataclass
class Live:
    """A server with its home and settings; nothing runs until it is started."""

    home: Path
    database_url: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    worker: subprocess.Popen[bytes] | None = None  # the one started last

    def __post_init__(self) -> None:
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if "ORGPORT" not in name}
        own = {
            "ORGPORT_HOME": str(self.home),
            "ORGPORT_PORT": str(self.port),
            "ORGPORT_DATABASE_URL": self.database_url,
            "ORGPORT_HEARTBEAT_SECONDS": "0.3",
            "ORGPORT_STALE_AFTER_SECONDS": "2",
            "ORGPORT_REQUESTS_PER_MINUTE": "0",
            "ORGPORT_PUSHES_PER_MINUTE": "0",
            "DJANGO_SETTINGS_MODULE": "orgport.server.django_settings",
            "PYTHONWARNINGS": "ignore",
        }
        return {**clean, **own, **self.settings}

    def run(self, program: str, *arguments: str) -> str:
        """Run a program of Python to its end with this server's settings."""
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def prepare(self) -> Sender:
        """Make a tenant with everything that a push needs, in migrated databases.

        It is made once for each kind of database, and copied from then on.
        """
        kind = "postgresql" if self.database_url else "sqlite"
        if kind not in _prepared:
            home = Path(tempfile.mkdtemp(prefix="orgport-prepared-"))
            atexit.register(shutil.rmtree, home, ignore_errors=True)
            database = postgres().new_database() if self.database_url else ""
            maker = Live(home, database)
            sender = Sender(**json.loads(maker.run(_PREPARE).splitlines()[-1]))
            _prepared[kind] = (maker, sender)
        maker, sender = _prepared[kind]
        shutil.copytree(maker.home, self.home, dirs_exist_ok=True)
        if self.database_url:
            self.database_url = postgres().new_database(like=maker.database_url)
        return sender

    def start_web(self) -> subprocess.Popen[bytes]:
        """Start the web server and wait until it answers."""
        process = self.start("-c", _SERVE)
        wait_until(lambda: self.answers() or process.poll() is not None)
        assert process.poll() is None, "the web server has ended"
        return process

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start a worker."""
        self.worker = self.start("-m", "orgport.server.worker")
        return self.worker

    @contextmanager
    def without_worker(self) -> Iterator[None]:
        """While the last worker is away, what is pushed stays a running import; then another works."""
        assert self.worker is not None
        self.worker.terminate()
        self.worker.wait(20)
        yield
        self.start_worker()

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a program of Python with this server's settings."""
        log = (self.home / "log.txt").open("ab")
        process = subprocess.Popen(
            [sys.executable, *arguments], env=self.environment, stdout=log, stderr=log
        )
        log.close()
        self.processes.append(process)
        return process

    def stop(self) -> None:
        """End everything that still runs."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @property
    def log(self) -> str:
        return (self.home / "log.txt").read_text(errors="replace")

    def client(self, **options: Any) -> httpx.Client:
        """An HTTP client that trusts the local authority."""
        context = ssl.create_default_context(cafile=str(self.home / "tls" / "ca.pem"))
        return httpx.Client(base_url=self.url, verify=context, timeout=LONG, **options)

    def answers(self) -> bool:
        try:
            with self.client() as client:
                return client.get("/healthz").status_code == 200
        except (httpx.TransportError, OSError):
            return False

    def token(self, sender: Sender) -> str:
        """A token from the token endpoint."""
        endpoint = f"{self.url}/{sender.tenant}/oauth2/v2.0/token"
        with self.client() as client:
            answer = client.post(
                endpoint,
                data={
                    "grant_type": "client_credentials",
                    "client_id": sender.app,
                    "scope": RESOURCE,
                    "client_assertion_type": BEARER,
                    "client_assertion": an_assertion(sender, audience=endpoint),
                },
            )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the records directly, behind the server's back."""
        if self.database_url:
            with psycopg.connect(self.database_url) as connection:
                return list(connection.execute(sql.encode()).fetchall())
        with closing(sqlite3.connect(self.home / "records.sqlite3", timeout=30)) as lite:
            return lite.execute(sql).fetchall()

    def state(self, import_id: str) -> str:
        """The state of an import, as the records have it now."""
        wanted = import_id if self.database_url else UUID(import_id).hex
        sql = f"SELECT state FROM records_importrecord WHERE id = '{wanted}'"  # noqa: S608
        return str(self.query(sql)[0][0])


def an_assertion(sender: Sender, *, audience: str) -> str:
    """A client assertion signed with the sender's certificate."""
    der = base64.b64decode("".join(sender.certificate.splitlines()[1:-1]))
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")
    now = int(time.time())
    claims = {
        "aud": audience,
        "iss": sender.app,
        "sub": sender.app,
        "jti": str(uuid.uuid4()),
        "nbf": now,
        "exp": now + 600,
    }
    return jwt.encode(claims, sender.key, algorithm="PS256", headers={"x5t#S256": thumbprint})


def wait_until(is_so: Callable[[], object], *, seconds: float = LONG, every: float = 0.05) -> None:
    """Wait until something is so; fails when it takes too long."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, f"it was not so within {seconds} s"
        time.sleep(every)


@contextmanager
def live_server(
    home: Path, *, database_url: str = "", settings: Mapping[str, str] | None = None
) -> Iterator[Live]:
    """A server that is stopped in any case when the test is over."""
    home.mkdir(parents=True, exist_ok=True)
    live = Live(home, database_url, settings or {})
    try:
        yield live
    finally:
        live.stop()
