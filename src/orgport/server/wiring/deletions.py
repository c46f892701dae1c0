"""Deletions: optional fields or employees leave the history, as imports that can be undone like any other."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orgport.attributes.catalogue import attribute
from orgport.errors import BadInput, Gone, NotFound
from orgport.history.acts import Act
from orgport.history.insights import using
from orgport.imports.addresses import read_addresses
from orgport.imports.deletions import find_persons, kept_list
from orgport.server.records.models import ImportRecord, Tenant
from orgport.server.wiring.consumers import switched
from orgport.server.wiring.leavings import gone
from orgport.server.wiring.places import artifacts_of, history_of
from orgport.server.wiring.pushes import store_package
from orgport.server.wiring.registrations import Actor
from orgport.server.wiring.reversals import already, start
from orgport.server.wiring.sheets import sheet
from orgport.server.wiring.texts import a_name, refuse_addresses

_NAME_LIMIT = 128
_WAY_BACK = "It becomes an import of its own in the history; an undo of it has everything back."


def optional_fields(tenant: Tenant) -> list[str]:
    """The fields in use that can be deleted."""
    return [name for name in history_of(tenant.id).stored().fields if not _is_required(name)]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a deletion would do, in sentences and as JSON values."""

    consequences: list[str]
    figures: dict[str, Any]


def preview_fields(tenant: Tenant, fields: Iterable[str]) -> Foreseen:
    """What deleting optional fields would do, those first who use them; raises as `delete_fields` does."""
    chosen = _chosen(tenant, fields)
    lost = {insight.name: insight for field in chosen for insight in using(field)}
    users = [
        f"{insight.name} needs {' and '.join(f for f in insight.fields if f in chosen)}."
        for insight in lost.values()
    ] or ["No insight needs them."]
    in_use = history_of(tenant.id).stored().fields
    extracts = switched(tenant, before=in_use, after=in_use.keys() - chosen)
    return Foreseen(
        [
            *users,
            *extracts.sentences,
            f"{', '.join(chosen)} {'leaves' if len(chosen) == 1 else 'leave'} all snapshots of "
            "everybody.",
            _WAY_BACK,
        ],
        {"fields": chosen, "insightsLost": list(lost), **extracts.figures},
    )


def preview_employees(tenant: Tenant, file: Path) -> Foreseen:
    """What deleting the persons of a csv would do; raises BadInput for another file."""
    found = find_persons(read_addresses(file), history_of(tenant.id).stored())
    asked, known = found.frame.height, found.frame.height - found.unknown
    return Foreseen(
        [
            f"{known:,} of {asked:,} addresses are persons in the history; they leave with all of it.",
            f"{found.unknown:,} of {asked:,} addresses nobody has.",
            f"Of those who stay, {found.reports_without_manager:,} report to somebody who leaves.",
            _WAY_BACK,
        ],
        {
            "addresses": asked,
            "personsRemoved": known,
            "personsUnknown": found.unknown,
            "reportsWithoutManager": found.reports_without_manager,
        },
    )


def delete_fields(
    tenant: Tenant, *, name: str, fields: Iterable[str], by: Actor, import_id: uuid.UUID
) -> ImportRecord:
    """Remove optional fields from all snapshots; raises BadInput for none, required or unknown ones."""
    first = already(tenant, import_id, Act.DELETE_FIELDS)
    if first is not None:
        return first
    chosen = _chosen(tenant, fields)
    record = ImportRecord(
        id=import_id,
        tenant=tenant,
        act=Act.DELETE_FIELDS.value,
        deleted_fields=chosen,
        name=_name(name),
    )
    return start(record, by=by)


def delete_employees(
    tenant: Tenant,
    *,
    name: str,
    chunks: Iterable[bytes],
    file_name: str,
    by: Actor,
    import_id: uuid.UUID,
) -> ImportRecord:
    """Remove the persons of a csv with the one column PersonId, with all their history; raises BadInput."""
    name = _name(name)
    package = store_package(chunks)
    read_addresses(package.path)
    record = ImportRecord(
        id=import_id,
        tenant=tenant,
        act=Act.DELETE_EMPLOYEES.value,
        name=name,
        package_sha256=package.sha256,
        package_name=file_name[:255],
        package_size_bytes=package.size_bytes,
    )
    return start(record, by=by)


def deleted_employees(record: ImportRecord) -> Iterator[str]:
    """The list of a deletion of employees as csv text: PersonId and Result, one address a line.

    Raises NotFound for another import, Gone when the list is not there yet or not any more.
    """
    if record.act != Act.DELETE_EMPLOYEES.value:
        raise NotFound(f"Import {record.number} deletes no employees.")
    found = kept_list(artifacts_of(record).folder)
    if found is None:
        if record.status.is_running:
            raise Gone("The list is there when the import has ended. Wait for it.")
        raise gone(record, "list")
    columns = ("PersonId", "Result")
    return sheet(columns, found.frame.select(columns).iter_rows(), has_bom=False)


def _chosen(tenant: Tenant, fields: Iterable[str]) -> list[str]:
    chosen = sorted(set(fields))
    if not chosen:
        raise BadInput("Name at least one optional field to delete.")
    known = history_of(tenant.id).stored().fields
    for field in chosen:
        if _is_required(field):
            raise BadInput(f"{field} is required and cannot be deleted.")
        if field not in known:
            raise BadInput(f"There is no field {field}. In use are: {', '.join(known)}.")
    return chosen


def _is_required(field: str) -> bool:
    entry = attribute(field)
    return entry is not None and entry.is_required


def _name(name: str) -> str:
    name = a_name(name, of="A deletion", most=_NAME_LIMIT)
    refuse_addresses(name, "name")
    return name
