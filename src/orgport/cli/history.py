"""`orgport history`: the imports, with what they changed or how far they are, asked beside the server.

The history says itself what is in it. What failed, waits or was abandoned is in the server's records alone:
where they do not answer, it is left out, and so are the names.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orgport.cli import beside_server
from orgport.cli.people import store_of
from orgport.cli.reversing import JsonFlag, Tenant
from orgport.cli.terminal import out, print_json, say
from orgport.errors import BadInput, NotFound
from orgport.imports.lifecycle import STATUSES, State

if TYPE_CHECKING:
    from orgport.history.acts import Entry
    from orgport.history.committed import Committed
    from orgport.history.store import HistoryStore
    from orgport.server.records.models import ImportRecord

_MARGIN = 6  # of what stands below the number
_OUT_BY = {"undo": "undone by import {}", "restore": "left behind by the restore, import {}"}

Status = Annotated[str, typer.Option(help=f"Only those with it: {', '.join(STATUSES)}.")]


@dataclass(frozen=True, slots=True)
class _Import:
    """An import as it is listed: of the history, or of the records alone.

    The facts are what the history says of one, by its names; None for what it does not say.
    """

    facts: Mapping[str, Any]
    state: State
    outcome: str  # what it changed, or its status and what is wrong with it
    record: ImportRecord | None
    out_by: Entry | None = None  # the undo or restore by which it does not count any more

    @property
    def number(self) -> int:
        number: int = self.facts["number"]
        return number

    @property
    def name(self) -> str:
        return self.record.name if self.record else ""

    @property
    def kind(self) -> str:
        refresh, act = self.facts["refresh"], self.facts["act"]
        return f"{refresh.value} refresh" if refresh else act.value.replace("_", " ")


def _landed(committed: Committed, record: ImportRecord | None, out_by: Entry | None) -> _Import:
    changed = (
        f"+{committed.persons_added:,} −{committed.persons_removed:,} ~{committed.persons_changed:,} "
        f"persons, {committed.periods_after:,} periods"
    )
    # Its record may not say yet that it has succeeded.
    return _Import(asdict(committed), State.SUCCEEDED, changed, record, out_by)


def _recorded(record: ImportRecord) -> _Import:
    from orgport.history.acts import Act
    from orgport.history.committed import Committed
    from orgport.package.model import Refresh

    known = {
        "import_id": record.id,
        "number": record.number,
        "at": record.received_at,
        "act": Act(record.act),
        "refresh": Refresh(record.refresh) if record.refresh else None,
        "of": record.of_id,
        "deleted_fields": tuple(record.deleted_fields),
    }
    errors = "1 error" if record.error_count == 1 else f"{record.error_count:,} errors"
    why = f": {errors}, first {record.first_error}" if record.error_count else ""
    facts = dict.fromkeys(field.name for field in fields(Committed)) | known
    return _Import(facts, record.status, f"{record.status.label}{why}", record)


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(history)


def history(tenant_id: Tenant = "", status: Status = "", as_json: JsonFlag = False) -> None:
    """List the imports, newest first.

    Each with its number, day, kind, name, what it changed, and id; one that is not in the history with its
    status instead; and where one does not count any more, which undo or restore did that.
    """
    if status and status not in STATUSES:
        raise BadInput(f"There is no status {status}. Give one of {', '.join(STATUSES)}.")
    found = _imports(_store(tenant_id))
    if status:
        found = [one for one in found if one.state in STATUSES[status][1]]
    if as_json:
        print_json([_document(one) for one in found])
        return
    width = max((len(one.name) for one in found), default=0)
    for one in found:
        _print(one, one.name.ljust(width))
    if not found:
        say(f"No import has the status {status}." if status else "Nothing was imported yet.")


def _store(tenant_id: str) -> HistoryStore:
    """The history of a tenant; of the only one of the records where nothing is in a history yet."""
    try:
        return store_of(tenant_id)
    except NotFound:
        if tenant_id or not _has_records():
            raise
    from orgport.server.records.models import Tenant as TenantRecord

    only = list(TenantRecord.objects.values_list("id", flat=True)[:2])
    return store_of(str(only[0]) if len(only) == 1 else "")


def _imports(store: HistoryStore) -> list[_Import]:
    from orgport.history.acts import taken_out

    made = store.imports()
    out_by = taken_out(store.log())
    records = _records(store.tenant_id)
    found = [
        _landed(one, records.pop(one.import_id, None), out_by.get(one.import_id)) for one in made
    ]
    found += map(_recorded, records.values())
    return sorted(found, key=lambda one: one.number, reverse=True)


def _print(one: _Import, name: str) -> None:
    """One line for tools to search; on a terminal that is too narrow for it, a line for each part."""
    head = "  ".join(
        part for part in (f"{one.facts['at']:%Y-%m-%d}", f"{one.kind:<19}", name) if part
    )
    by = one.out_by
    mark = [_OUT_BY[by.act.value].format(by.number)] if by is not None else []
    parts = [head, one.outcome, *mark, str(one.facts["import_id"])]
    line = "  ".join(parts)
    if out.is_terminal and _MARGIN + len(line) > out.width:
        line = f"\n{' ' * _MARGIN}".join(part.rstrip() for part in parts)
    out.print(f"{one.number:>{_MARGIN - 2}}  {line}", markup=False)


def _has_records() -> bool:
    if not beside_server.is_here():
        return False
    try:
        beside_server.set_up()
    except BadInput:
        return False
    return True


def _records(tenant_id: uuid.UUID) -> dict[uuid.UUID, ImportRecord]:
    """The imports of the records; none where they do not answer, for they are not the history."""
    if not _has_records():
        return {}
    from django.db import Error

    from orgport.server.records.models import ImportRecord

    try:
        return {
            one.id: one
            for one in ImportRecord.objects.filter(tenant_id=tenant_id).defer("summary", "mapping")
        }
    except Error:
        return {}


def _document(one: _Import) -> dict[str, Any]:
    words = {name: name.split("_") for name in one.facts}
    said = {
        first + "".join(word.capitalize() for word in rest): _json_value(one.facts[name])
        for name, (first, *rest) in words.items()
    }
    did = None
    if one.out_by is not None:
        by = one.out_by
        did = {"act": by.act.value, "number": by.number, "importId": str(by.import_id)}
    return {
        **said,
        "counts": one.facts["version"] is not None and did is None,
        "takenOutBy": did,
        "name": one.name or None,
        "state": one.state.value,
        "status": one.state.label,
        "errorCount": one.record.error_count if one.record else None,
        "firstError": (one.record.first_error or None) if one.record else None,
    }


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
