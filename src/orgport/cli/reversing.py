"""`orgport undo` and `orgport restore`, beside the server: what would change first, then the act."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from orgport.cli.terminal import confirm, out, print_json, say
from orgport.errors import BadInput, NotFound

if TYPE_CHECKING:
    from orgport.history.acts import Act
    from orgport.server.records.models import ImportRecord

EXIT_FAILED = 7
_PATIENCE_SECONDS = 5
_LOOK_EVERY_SECONDS = 0.3

Import = Annotated[str, typer.Argument(metavar="IMPORT", help="Its number or id.")]
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
    version: Annotated[str, typer.Argument(help="The number or id of an import.")],
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
    from orgport.cli.beside_server import set_up

    set_up()
    from orgport.server.wiring import reversals
    from orgport.server.wiring.registrations import Actor
    from orgport.server.wiring.reversal_texts import consequences, figures

    record = found_import(named, tenant_id)
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


def follow(made: ImportRecord, wait: bool, as_json: bool) -> None:  # flags of a command
    """Wait for an import beside the server and say how it ended; exit 7 where it failed."""
    from orgport.imports.lifecycle import State

    began, has_said = time.monotonic(), False
    while wait and made.status.is_running and made.status is not State.AWAITING_APPROVAL:
        time.sleep(_LOOK_EVERY_SECONDS)
        made.refresh_from_db()
        is_waiting = made.status is State.RECEIVED and not has_said
        if is_waiting and time.monotonic() - began > _PATIENCE_SECONDS:
            say(
                "No worker has taken it up yet. Is `orgport serve` or `orgport worker` running? "
                "Ctrl-C leaves it waiting."
            )
            has_said = True
    if as_json:
        print_json({"import": str(made.id), "number": made.number, "state": made.state})
    else:
        out.print(f"{made.status.label}  import {made.number}  {made.id}", markup=False)
    if made.failure:
        say(made.failure)
        raise typer.Exit(EXIT_FAILED)


def found_import(named: str, tenant_id: str) -> ImportRecord:
    """The import of a number or an id, in a tenant where there are several; raises NotFound."""
    from orgport.server.records.models import ImportRecord

    records = ImportRecord.objects.select_related("tenant")
    try:
        if tenant_id:
            records = records.filter(tenant_id=uuid.UUID(tenant_id))
        found = list(
            records.filter(number=int(named))
            if named.isdecimal()
            else records.filter(id=uuid.UUID(named))
        )
    except ValueError:
        raise BadInput("Give the number or the id of an import. See: orgport history") from None
    if not found:
        raise NotFound(f"There is no import {named}. See: orgport history")
    if len(found) > 1:
        raise BadInput(f"{len(found)} tenants have an import {named}. Give --tenant-id too.")
    return found[0]
