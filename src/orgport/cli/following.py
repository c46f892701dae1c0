"""An import that was begun beside the server, followed to its end; and what is said of one that waits.

Who waits for an approver has done nothing yet, so that is no success: exit 10.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

from orgport.cli.terminal import out, print_json, say

if TYPE_CHECKING:
    from orgport.client import Ingestion
    from orgport.errors import ImportRunning
    from orgport.server.records.models import ImportRecord

EXIT_CODES = {"Completed": 0, "ValidationFailed": 6, "ProcessingFailed": 7, "Abandoned": 9}
EXIT_WAITS = 10
_PATIENCE_SECONDS = 5
_LOOK_EVERY_SECONDS = 0.3


def follow(made: ImportRecord, wait: bool, as_json: bool) -> None:  # flags of a command
    """Wait for an import beside the server and say how it ended; exits unless it was a success."""
    from orgport.imports.lifecycle import State
    from orgport.server.wiring.naming import page_of

    began, has_said = time.monotonic(), False
    while wait and made.status.is_running and made.status is not State.AWAITING_APPROVAL:
        time.sleep(_LOOK_EVERY_SECONDS)
        made.refresh_from_db()
        is_waiting = made.status is State.RECEIVED and not has_said
        if is_waiting and time.monotonic() - began > _PATIENCE_SECONDS:
            say(
                "No worker has taken it up yet. Is `orgport serve` or `orgport worker` running? "
                f"Ctrl-C leaves it waiting: orgport status {made.id}"
            )
            has_said = True
    if as_json:
        facts = {"import": str(made.id), "number": made.number, "state": made.state}
        print_json(facts | {"page": page_of(made)})
    else:
        out.print(f"{made.status.label}  import {made.number}  {made.id}", markup=False)
    if made.failure:
        say(made.failure)
    if made.status is State.AWAITING_APPROVAL:
        _say_who_decides(made)
        raise typer.Exit(EXIT_WAITS)
    raise typer.Exit(EXIT_CODES.get(made.status.wire_status, 0))


def ingestion_of(record: ImportRecord) -> Ingestion:
    """An import of this server's records as a push client is told of it."""
    from orgport.client import Ingestion
    from orgport.imports.lifecycle import State
    from orgport.server.wiring.naming import page_of

    waits = record.status is State.AWAITING_APPROVAL
    return Ingestion(
        id=str(record.id),
        status=record.status.wire_status,
        started=record.received_at.isoformat(),
        ended=record.ended_at.isoformat() if record.ended_at else None,
        error_detail=record.failure or None,
        stage=record.status.label if waits else None,
        page=page_of(record) if waits else None,
    )


def held(import_id: str, page: str | None, *, deciders: Iterable[str] = ()) -> str:
    """What an import waits for, where that is decided and by whom."""
    named = ", ".join(deciders)
    return (
        f"Import {import_id} waits for approval, and nothing has changed yet: it would change more than the "
        "limits of its connection allow. Somebody with the role approver who did not send it"
        f"{f' ({named})' if named else ''} sees what would change, and decides, at "
        f"{page or 'the page of the import in the portal'}"
    )


def which_runs(other: ImportRunning) -> str:
    """Which import keeps the next one from starting, and how far it is."""
    from orgport.imports.lifecycle import State

    stages = {state.value: state.label for state in State}
    if not other.import_id:
        return "Another import is running"
    return f"Import {other.import_id} is running ({stages.get(other.stage, other.stage)})"


def _say_who_decides(made: ImportRecord) -> None:
    from orgport.server.wiring.approvals import deciders
    from orgport.server.wiring.naming import page_of

    known = deciders(made)
    say(held(str(made.id), page_of(made), deciders=known))
    if not known:
        say("Nobody may decide yet. Make an account: orgport user create EMAIL --role approver")
    say(f"How it ended: orgport status {made.id}")
