"""Deletions: optional fields or employees leave the history, as imports that can be undone like any other."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orgport.attributes.catalogue import attribute
from orgport.attributes.formats import person_key
from orgport.errors import BadInput, Gone, NotFound
from orgport.history.acts import Act
from orgport.history.as_of import Extent
from orgport.history.columns import ORGANIZATION, PERSON_ID
from orgport.history.insights import using
from orgport.history.stored import Stored
from orgport.imports.addresses import read_addresses
from orgport.imports.deletions import DeletionList, find_persons, kept_list, refusal, unknown_named
from orgport.imports.inbox import Received
from orgport.server.records.models import ImportRecord, Tenant
from orgport.server.wiring.consumers import Switched, switched
from orgport.server.wiring.extracts import extracts_of
from orgport.server.wiring.leavings import gone
from orgport.server.wiring.measured import measured_of
from orgport.server.wiring.places import artifacts_of, history_of, inbox, now
from orgport.server.wiring.pushes import store_package
from orgport.server.wiring.registrations import Actor
from orgport.server.wiring.reversals import already, start
from orgport.server.wiring.sheets import sheet
from orgport.server.wiring.texts import a_name, refuse_addresses
from orgport.validation.people import keys_of

KEPT_OVER = "The file was kept for an hour and then removed. Choose it again."
_NAME_LIMIT = 128
_MOST_ORGANIZATIONS = 10
_MOST_UNKNOWN = 25
_NO_INSIGHT = "No insight needs them."
_WAY_BACK = "It becomes an import of its own in the history; an undo of it has everything back."


def optional_fields(tenant: Tenant) -> list[str]:
    """The fields in use that can be deleted."""
    return [name for name in history_of(tenant.id).stored().fields if not _is_required(name)]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What deleting employees would do, in sentences and as JSON values."""

    consequences: list[str]
    figures: dict[str, Any]
    refusal: str  # why it cannot begin; empty where it can


@dataclass(frozen=True, slots=True)
class FieldsForeseen:
    """What deleting optional fields would do: how much goes, and who uses it."""

    extents: Mapping[str, Extent]  # by field, in order
    needs: Mapping[str, Sequence[str]]  # by the insights that need one of them
    extracts: Switched

    @property
    def cells(self) -> int:
        """How many values go in all."""
        return sum(one.cells for one in self.extents.values())

    @property
    def consequences(self) -> list[str]:
        """The same in sentences, those first who use the fields."""
        users = [f"{name} needs {' and '.join(of)}." for name, of in self.needs.items()]
        going = [_goes(name, of) for name, of in self.extents.items()]
        return [*(users or [_NO_INSIGHT]), *self.extracts.sentences, *going, _WAY_BACK]

    @property
    def figures(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "fields": list(self.extents),
            "byField": {
                name: {
                    "cells": of.cells,
                    "persons": of.persons,
                    "since": of.since.isoformat() if of.since else None,
                }
                for name, of in self.extents.items()
            },
            "insightsLost": list(self.needs),
            **self.extracts.figures,
        }


def preview_fields(tenant: Tenant, fields: Iterable[str]) -> FieldsForeseen:
    """What deleting optional fields would do; raises as `delete_fields` does."""
    chosen = _chosen(tenant, fields)
    history = history_of(tenant.id)
    in_use = history.stored().fields
    lost = dict.fromkeys(insight for field in chosen for insight in using(field))
    return FieldsForeseen(
        history.extent(chosen),
        {one.name: [field for field in one.fields if field in chosen] for one in lost},
        switched(tenant, before=in_use, after=in_use.keys() - chosen),
    )


def preview_employees(tenant: Tenant, file: Path) -> Foreseen:
    """What deleting the persons of a csv would do; raises BadInput for another file."""
    stored = history_of(tenant.id).stored()
    found = find_persons(read_addresses(file), stored)
    asked, known = found.frame.height, found.frame.height - found.unknown
    going = {person_key(one) for one in found.deleted}
    organizations = _organizations(tenant, going)
    extracts = [extract.saved.name for extract in extracts_of(tenant)] if known else []
    measured = measured_of(tenant)
    missed = sum(person_key(one) in going for one in measured.addresses) if measured else 0
    unknown = unknown_named(found, stored) if found.unknown else ""
    return Foreseen(
        [
            f"{known:,} of {asked:,} addresses are persons in the history; they leave with all of it.",
            *_where(organizations, known),
            f"{found.unknown:,} of {asked:,} addresses nobody has{f': {unknown}' if unknown else ''}.",
            f"Of those who stay, {found.reports_without_manager:,} report to somebody who leaves.",
            *([f"They leave what these extracts give: {', '.join(extracts)}."] if extracts else []),
            *([f"{missed:,} of them are measured: they count as missing then."] if missed else []),
            _WAY_BACK,
        ],
        {
            "addresses": asked,
            "personsRemoved": known,
            "personsUnknown": found.unknown,
            "unknownAddresses": found.unknown_addresses[:_MOST_UNKNOWN],
            "reportsWithoutManager": found.reports_without_manager,
            "personsMeasured": missed,
            "organizations": organizations,
            "extracts": extracts,
        },
        "" if known else refusal(unknown),
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
    """Remove the persons of a csv with the one column PersonId, with all their history.

    Raises BadInput as `keep_addresses` does, and where nobody has any of the addresses.
    """
    first = already(tenant, import_id, Act.DELETE_EMPLOYEES)
    if first is not None:
        return first
    name = _name(name)
    package, found, stored = _keep(tenant, chunks)
    if not found.deleted:
        raise BadInput(refusal(unknown_named(found, stored)))
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


def keep_addresses(tenant: Tenant, chunks: Iterable[bytes]) -> Received:
    """Keep the csv of a deletion until it is confirmed.

    Raises BadInput for another file, and for an address that may mean two persons.
    """
    return _keep(tenant, chunks)[0]


def kept_addresses(sha256: str) -> Path:
    """The csv that was kept for a deletion; raises Gone when that was too long ago."""
    path = inbox().path_of(sha256)
    if not path.exists():
        raise Gone(KEPT_OVER)
    return path


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


def _keep(tenant: Tenant, chunks: Iterable[bytes]) -> tuple[Received, DeletionList, Stored]:
    """The csv as it is kept, who of it is there, and what is stored."""
    package = store_package(chunks)
    stored = history_of(tenant.id).stored()
    return package, find_persons(read_addresses(package.path), stored), stored


def _organizations(tenant: Tenant, going: set[str]) -> dict[str, int]:
    """How many of these persons are in each organization today, the largest first; blank for none."""
    history = history_of(tenant.id)
    if ORGANIZATION not in history.stored().fields:
        return {}
    counts = Counter[str]()
    for part in history.snapshot(now().date(), fields=[ORGANIZATION]):
        leaves = keys_of(part[PERSON_ID], is_ascii=False).is_in(list(going))
        counts.update(part.filter(leaves)[ORGANIZATION].fill_null("").to_list())
    return dict(counts.most_common())


def _where(organizations: Mapping[str, int], known: int) -> list[str]:
    """In which organizations those are who leave, and how many of them are in none today."""
    named = [(name, count) for name, count in organizations.items() if name]
    told = [f"{name} ({count:,})" for name, count in named[:_MOST_ORGANIZATIONS]]
    if more := len(named) - len(told):
        told.append(f"{more:,} more")
    nowhere = known - sum(count for _, count in named)
    return [
        *([f"Today they are in {', '.join(told)}."] if told else []),
        *([f"{nowhere:,} of them are in no organization today."] if nowhere else []),
    ]


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


def _goes(field: str, extent: Extent) -> str:
    """How much of a field leaves the history."""
    if extent.since is None:
        return f"{field} leaves all snapshots; nobody has a value in it."
    cells = "1 value" if extent.cells == 1 else f"{extent.cells:,} values"
    persons = "1 person" if extent.persons == 1 else f"{extent.persons:,} persons"
    since = f"{extent.since.day} {extent.since:%B %Y}"
    return f"{field} leaves all snapshots: {cells} of {persons}, since {since}."


def _is_required(field: str) -> bool:
    entry = attribute(field)
    return entry is not None and entry.is_required


def _name(name: str) -> str:
    name = a_name(name, of="A deletion", most=_NAME_LIMIT)
    refuse_addresses(name, "name")
    return name
