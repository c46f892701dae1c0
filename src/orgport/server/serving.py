"""`orgport serve`: the web server over TLS, and beside it one worker that is started again when it dies.

Migrations run first. Without a configured certificate a local authority under the home folder issues
one for the names of the public base URLs.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from orgport.errors import BadInput
from orgport.server.settings import Settings
from orgport.server.settings import settings as load_settings
from orgport.server.tls import certificate_files

_MOST_PORTS = 50
_BLOCKING_THREADS = 32  # a push holds one while its body comes
_STOP_WORKER_SECONDS = 15.0
_RESTART_AFTER_SECONDS = (0.2, 1.0, 5.0)

logger = logging.getLogger(__name__)


def serve(
    settings: Settings,
    *,
    moves_on_busy_port: bool = False,
    with_worker: bool = True,
    on_ready: Callable[[Settings], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then let running requests end.

    A busy port raises BadInput, or with `moves_on_busy_port` the next free one is taken and becomes
    part of the default base URL. `on_ready` is called in a thread, with the settings in force, when
    the server answers.
    """
    settings = _with_free_port(settings, moves_on=moves_on_busy_port)
    certificate, key = prepare(settings)
    # A web process that is forked while threads run here inherits the locks that they hold, and
    # a sign-in that needs one of them never ends.
    multiprocessing.set_start_method("spawn", force=True)
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces, SSLProtocols
    from granian.log import LogLevels

    server = Granian(
        "orgport.server.wsgi:application",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.web_processes,
        blocking_threads=_BLOCKING_THREADS,
        http=HTTPModes.auto,
        websockets=False,
        ssl_cert=certificate,
        ssl_key=key,
        ssl_protocol_min=SSLProtocols.tls12,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
        log_level=LogLevels.error,
    )
    worker = SupervisedWorker(settings) if with_worker else None
    if worker:
        worker.start()
    if on_ready:
        threading.Thread(target=_tell_when_ready, args=(settings, on_ready), daemon=True).start()
    try:
        server.serve()
    finally:
        if worker:
            worker.stop()


def prepare(settings: Settings) -> tuple[Path, Path]:
    """Make the settings those of this process and its children, migrate, and have a certificate.

    Returns the files of the certificate chain and of its key.
    """
    os.environ.update(settings.as_environment())
    load_settings.cache_clear()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orgport.server.django_settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    from orgport.server.wiring import queue

    queue.prepare()
    return certificate_files(settings, now=datetime.now(UTC))


class SupervisedWorker:
    """A worker in a process of its own, started again whenever it ends."""

    def __init__(self, settings: Settings) -> None:
        self._environment = {
            **os.environ,
            **settings.as_environment(),
            "ORGPORT_SUPERVISED_BY": str(os.getpid()),
        }
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._supervise, daemon=True)

    @property
    def process_id(self) -> int | None:
        """The process id of the worker that runs now."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the worker, and watch it."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the worker to stop, and wait; one that does not is killed, which harms no import."""
        self._stopping.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(_STOP_WORKER_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._thread.join(timeout=1.0)

    def _supervise(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "orgport.server.worker"],
                env=self._environment,
                stdin=subprocess.DEVNULL,
            )
            code = self._process.wait()
            if self._stopping.is_set():
                return
            failures = 0 if time.monotonic() - began > 60 else failures + 1
            pause = _RESTART_AFTER_SECONDS[min(failures, len(_RESTART_AFTER_SECONDS)) - 1]
            logger.warning("the worker ended with %s; a new one starts in %s s", code, pause)
            self._stopping.wait(pause)


def free_port(host: str, port: int) -> int:
    """The port, or the next one that is free; raises BadInput when many in a row are busy."""
    for candidate in range(port, port + _MOST_PORTS):
        if _is_free(host, candidate):
            return candidate
    raise BadInput(f"The ports from {port} on are in use. Set ORGPORT_PORT to another.")


def _with_free_port(settings: Settings, *, moves_on: bool) -> Settings:
    if not moves_on and not _is_free(settings.host, settings.port):
        raise BadInput(
            f"Port {settings.port} of {settings.host} is in use. "
            "Stop what listens there, or set ORGPORT_PORT to another."
        )
    port = free_port(settings.host, settings.port)
    return settings if port == settings.port else settings.model_copy(update={"port": port})


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _tell_when_ready(settings: Settings, on_ready: Callable[[Settings], None]) -> None:
    # The certificate is our own and the address is this machine: only the answer matters here.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    host = "127.0.0.1" if settings.host in ("", "0.0.0.0") else settings.host  # noqa: S104
    while True:
        try:
            with urlopen(f"https://{host}:{settings.port}/healthz", timeout=2, context=context):
                break
        except (URLError, OSError):
            time.sleep(0.05)
    on_ready(settings)
