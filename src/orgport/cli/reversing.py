"""`orgport undo` and `orgport restore`, beside the server: what would change first, then the act."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from orgport.cli.following import follow
from orgport.cli.terminal import confirm, print_json, say

if TYPE_CHECKING:
    from orgport.history.acts import Act

Import = Annotated[
    str, typer.Argument(metavar="IMPORT", help="Its number, its id, or how the id begins.")
]
Tenant = Annotated[str, typer.Option("--tenant-id", help="Needed where there are several.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the worker is done.")]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(undo)
    app.command()(restore)


def undo(
    import_: Import,
    tenant_id: Tenant = "",
    yes: Yes = False,
    dry_run: DryRun = False,
    wait: Wait = True,
    as_json: JsonFlag = False,
) -> None:
    """Take IMPORT back.

    The history becomes the one in which it never was.
    """
    from orgport.history.acts import Act

    _reverse(import_, tenant_id, Act.UNDO, yes=yes, dry_run=dry_run, wait=wait, as_json=as_json)


def restore(
    version: Annotated[
        str, typer.Argument(help="The number or id of an import, or how the id begins.")
    ],
    tenant_id: Tenant = "",
    yes: Yes = False,
    dry_run: DryRun = False,
    wait: Wait = True,
    as_json: JsonFlag = False,
) -> None:
    """Go back to VERSION: what held after that import holds again."""
    from orgport.history.acts import Act

    _reverse(version, tenant_id, Act.RESTORE, yes=yes, dry_run=dry_run, wait=wait, as_json=as_json)


def _reverse(
    named: str,
    tenant_id: str,
    act: Act,
    *,
    yes: bool,
    dry_run: bool,
    wait: bool,
    as_json: bool,
) -> None:
    from orgport.cli.beside_server import import_named

    record = import_named(named, tenant_id)
    from orgport.server.wiring import reversals
    from orgport.server.wiring.registrations import Actor
    from orgport.server.wiring.reversal_texts import consequences, figures

    by = Actor("orgport", datetime.now(UTC))
    said = reversals.preview(record, act, by=by)
    goes_on = asked_to_go_on(
        consequences(record, act, said),
        figures(record, said),
        yes=yes,
        dry_run=dry_run,
        as_json=as_json,
    )
    if goes_on:
        follow(reversals.reverse(record, act, by=by, import_id=uuid.uuid4()), wait, as_json)


def asked_to_go_on(
    consequences: Iterable[str],
    figures: Mapping[str, object],
    *,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> bool:
    """Say what would follow and ask; False where only that was wanted, Abort for a no."""
    for sentence in consequences:
        say(sentence)
    if dry_run:
        if as_json:
            print_json(figures)
        return False
    if not yes and not confirm("Go on?"):
        raise typer.Abort
    return True
