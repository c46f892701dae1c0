"""The `orgport` command: its sub-commands, and the one place where errors become exit codes.

0 succeeded, 1 a fault of ours, 2 bad input or usage, 3 sign-in, 4 forbidden or no connection, 5 another
import is running, 6 validation failed, 7 processing failed, 8 network or time-out, 9 abandoned, 10 waits
for an approver.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import Annotated

import typer

from orgport import __version__
from orgport.cli import (
    administration,
    beside_server,
    certificates,
    checking,
    connections,
    deleting,
    demo,
    doctor,
    fixing,
    history,
    packages,
    people,
    previewing,
    profiles,
    pushing,
    reversing,
    server,
)
from orgport.cli.following import which_runs
from orgport.cli.terminal import say, speak_any_encoding
from orgport.errors import BadInput, ImportRunning, OrgportError

_INTERRUPTED = 130  # as shells say it

app = typer.Typer(
    name="orgport",
    help="The port of entry for organizational data.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"orgport {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Push, check and ask organizational data."""


packages.add_to(app)
checking.add_to(app)
pushing.add_to(app)
fixing.add_to(app)
people.add_to(app)
history.add_to(app)
previewing.add_to(app)
reversing.add_to(app)
deleting.add_to(app)
doctor.add_to(app)
app.add_typer(certificates.app, name="certificate")
app.add_typer(profiles.app, name="profile")
server.add_to(app)
demo.add_to(app)
app.add_typer(administration.tenants, name="tenant")
app.add_typer(administration.users, name="user")
app.add_typer(administration.apps, name="app")
app.add_typer(connections.connections, name="connection")


def main() -> None:
    """Run the command line and exit with its code; a person never sees a traceback."""
    # A command is short: Python would look for garbage in what it imports, again and again and at the end.
    gc.set_threshold(500_000)
    atexit.register(gc.freeze)
    speak_any_encoding()
    try:
        app()
    except SystemExit as end:
        _drop_what_nobody_reads()
        # Typer ends with 1 where a person breaks a question off: no fault of ours.
        sys.exit(_INTERRUPTED if isinstance(end.__context__, typer.Abort) else end.code)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except Exception as fault:
        error = _mendable(fault)
        if error is not None:
            say(f"orgport: {error.message}")
            if isinstance(error, ImportRunning) and error.import_id:
                say(f"{which_runs(error)}. See: orgport status {error.import_id}")
            sys.exit(error.exit_code)
        from orgport.cli.settings import ClientSettings

        if ClientSettings().trace:
            raise
        say(
            f"orgport: a fault of ours ({type(fault).__name__}). "
            "Run it again with ORGPORT_TRACE=1 to see where, and report that."
        )
        sys.exit(1)


def _drop_what_nobody_reads() -> None:
    """Write out what is left, or drop it when its reader has gone: Python would complain at its end."""
    if sys.__stdout__ is None:
        return
    try:
        sys.__stdout__.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno())


def _mendable(fault: Exception) -> OrgportError | None:
    """What the person can mend: our own errors, those of settings, files, packages and the database."""
    from pydantic import ValidationError

    match fault:
        case OrgportError():
            return fault
        case ValidationError():
            wrong = fault.errors()[0]
            name = f"ORGPORT_{wrong['loc'][0]}".upper()
            return BadInput(f"{name}={wrong['input']}: {wrong['msg']}. Correct or unset it.")
        case ModuleNotFoundError() if (fault.name or "").partition(".")[0] != "orgport":
            return BadInput(
                f"This needs the package {fault.name}, which is not installed. "
                "Install the server's: pip install 'orgport[server]'"
            )
        case OSError() if fault.filename is not None:
            return BadInput(f"{fault.filename}: {fault.strerror}. Mend that, or take another file.")
    return beside_server.mendable(fault)
