"""`orgport serve` and `orgport worker`: the server's processes."""

from __future__ import annotations

from typing import Annotated

import typer

from orgport.cli.terminal import say
from orgport.errors import BadInput


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(serve)
    app.command()(worker)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "",
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65_535, help="Port to listen on, else ORGPORT_PORT or 8443."),
    ] = None,
    with_worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Run one worker beside the server.")
    ] = True,
) -> None:
    """Run the server over TLS, and beside it one worker."""
    _need_server()
    from orgport.server.serving import serve as run
    from orgport.server.settings import Settings

    changes = {"host": host, "port": port}
    settings = Settings().model_copy(update={k: v for k, v in changes.items() if v})
    run(
        settings,
        with_worker=with_worker,
        on_ready=lambda ready: say(f"orgport answers at {ready.bases[0]}"),
    )


def worker() -> None:
    """Run one more worker."""
    _need_server()
    from orgport.server.settings import Settings
    from orgport.server.worker import run_worker

    run_worker(Settings())


def _need_server() -> None:
    try:
        import django  # noqa: F401 (only whether it is there)
    except ImportError as missing:
        raise BadInput("Install the server: pip install 'orgport[server]'") from missing
