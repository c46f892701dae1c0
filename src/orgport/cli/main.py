"""The `orgport` command: its sub-commands, and the one place where errors become exit codes.

0 succeeded, 1 a fault of ours, 2 bad input or usage, 3 sign-in, 4 forbidden or no connection, 5 another
import is running, 6 validation failed, 7 processing failed, 8 network or time-out, 9 abandoned.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from orgport import __version__
from orgport.cli import administration, certificates, demo, packages, people, pushing, server
from orgport.cli.settings import ClientSettings
from orgport.cli.terminal import err
from orgport.errors import OrgportError

app = typer.Typer(
    name="orgport",
    help="The port of entry for organizational data.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)
    ] = False,
) -> None:
    """Push, check and ask organizational data."""
    if version:
        typer.echo(f"orgport {__version__}")
        raise typer.Exit


packages.add_to(app)
pushing.add_to(app)
people.add_to(app)
app.add_typer(certificates.app, name="certificate")
server.add_to(app)
demo.add_to(app)
app.add_typer(administration.tenants, name="tenant")
app.add_typer(administration.users, name="user")
app.add_typer(administration.apps, name="app")


def main() -> None:
    """Run the command line and exit with its code; a person never sees a traceback."""
    try:
        app(standalone_mode=True)
    except OrgportError as error:
        err.print(f"orgport: {error.message}", markup=False)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    except Exception as fault:
        if ClientSettings().trace:
            raise
        err.print(
            f"orgport: a fault of ours ({type(fault).__name__}). "
            "Run it again with ORGPORT_TRACE=1 to see where, and report that.",
            markup=False,
        )
        sys.exit(1)
