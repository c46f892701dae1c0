"""`orgport history`: the imports that the history is made of, asked beside the server."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

import typer

from orgport.cli import beside_server
from orgport.cli.people import store_of
from orgport.cli.reversing import JsonFlag, Tenant
from orgport.cli.terminal import out, print_json, say
from orgport.errors import BadInput

if TYPE_CHECKING:
    from orgport.history.acts import Entry
    from orgport.history.committed import Committed

_MARGIN = 6  # of what stands below the number
_OUT_BY = {"undo": "undone by import {}", "restore": "left behind by the restore, import {}"}


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(history)


def history(tenant_id: Tenant = "", as_json: JsonFlag = False) -> None:
    """List the imports that the history is made of, newest first.

    Each with its number, day, kind, name, what it changed, and id; and where it does not count any more,
    which undo or restore did that.
    """
    from orgport.history.acts import taken_out

    store = store_of(tenant_id)
    made = store.imports()
    out_by = taken_out(store.log())
    if as_json:
        print_json([_document(committed, out_by.get(committed.import_id)) for committed in made])
        return
    names = _names() if made else {}
    width = max((len(names.get(committed.import_id, "")) for committed in made), default=0)
    for committed in made:
        name = names.get(committed.import_id, "").ljust(width)
        _print(committed, name, out_by.get(committed.import_id))
    if not made:
        say("Nothing was imported yet.")


def _print(committed: Committed, name: str, out_by: Entry | None) -> None:
    """One line for tools to search; on a terminal that is too narrow for it, a line for each part."""
    head = "  ".join(
        part for part in (f"{committed.at:%Y-%m-%d}", f"{_kind(committed):<19}", name) if part
    )
    changes = (
        f"+{committed.persons_added:,} −{committed.persons_removed:,} ~{committed.persons_changed:,} "
        f"persons, {committed.periods_after:,} periods"
    )
    mark = [_OUT_BY[out_by.act.value].format(out_by.number)] if out_by is not None else []
    parts = [head, changes, *mark, str(committed.import_id)]
    line = "  ".join(parts)
    if out.is_terminal and _MARGIN + len(line) > out.width:
        line = f"\n{' ' * _MARGIN}".join(part.rstrip() for part in parts)
    out.print(f"{committed.number:>{_MARGIN - 2}}  {line}", markup=False)


def _kind(committed: Committed) -> str:
    if committed.refresh is not None:
        return f"{committed.refresh.value} refresh"
    return committed.act.value.replace("_", " ")


def _names() -> dict[uuid.UUID, str]:
    """What people call the imports; nothing where the records do not answer, for they are not the history."""
    if not beside_server.is_here():
        return {}
    try:
        beside_server.set_up()
    except BadInput:
        return {}
    from django.db import Error

    from orgport.imports.lifecycle import State
    from orgport.server.records.models import ImportRecord

    succeeded = ImportRecord.objects.filter(state=State.SUCCEEDED.value)
    try:
        return dict(succeeded.values_list("id", "name"))
    except Error:
        return {}


def _document(committed: Committed, out_by: Entry | None) -> dict[str, Any]:
    from dataclasses import asdict

    facts = {name: _json_value(value) for name, value in asdict(committed).items()}
    words = {name: name.split("_") for name in facts}
    said = {
        first + "".join(word.capitalize() for word in rest): facts[name]
        for name, (first, *rest) in words.items()
    }
    did = None
    if out_by is not None:
        did = {"act": out_by.act.value, "number": out_by.number, "importId": str(out_by.import_id)}
    return {**said, "counts": did is None, "takenOutBy": did}


def _json_value(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case uuid.UUID():
            return str(value)
        case Mapping():
            return {str(name): _json_value(inner) for name, inner in value.items()}
    return value
