"""What the log of the history says of an import: written with its commit, read back from there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from orgport.attributes.types import ValueType
from orgport.history.acts import Act, Entry
from orgport.history.compare import Changes
from orgport.package.model import Refresh


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed(Changes):
    """An import that is part of the history: which, in which version, and what it changed."""

    import_id: UUID
    number: int
    refresh: Refresh | None  # of an upload
    at: datetime
    version: int  # of the table of periods
    fields: Mapping[str, ValueType]  # in use after it, in the order of the table
    act: Act = Act.UPLOAD
    of: UUID | None = None  # the import that it undoes, or after which things were as restored
    deleted_fields: tuple[str, ...] = ()


def message(
    import_id: UUID,
    *,
    number: int,
    refresh: Refresh | None,
    at: datetime,
    fields: Mapping[str, ValueType],
    changes: Changes | None = None,
    act: Act = Act.UPLOAD,
    of: UUID | None = None,
    deleted_fields: Collection[str] = (),
) -> dict[str, Any]:
    """What to write into the log of a table: JSON values only, no cell of the data."""
    said: dict[str, Any] = {
        "import": str(import_id),
        "number": number,
        "act": act.value,
        "of": str(of) if of else None,
        "deletedFields": sorted(deleted_fields),
        "refresh": refresh.value if refresh else None,
        "at": at.isoformat(),
        "fields": {name: value_type.value for name, value_type in fields.items()},
    }
    return said if changes is None else {**said, "changes": asdict(changes)}


def committed(version: int, said: Mapping[str, Any]) -> Committed:
    """The import that a message in the log of periods speaks of."""
    counts = {f.name: said["changes"][f.name] for f in fields(Changes)}
    return Committed(
        **counts,
        import_id=UUID(said["import"]),
        number=said["number"],
        refresh=Refresh(said["refresh"]) if said["refresh"] else None,
        at=datetime.fromisoformat(said["at"]),
        version=version,
        fields={name: ValueType(token) for name, token in said["fields"].items()},
        act=Act(said.get("act", Act.UPLOAD.value)),
        of=UUID(said["of"]) if said.get("of") else None,
        deleted_fields=tuple(said.get("deletedFields", ())),
    )


def entry_of(said: Mapping[str, Any], sent: Mapping[str, Any] | None) -> Entry:
    """The entry of the log that a message speaks of; `sent` is what the log of uploads says of it."""
    refresh, of = said["refresh"], said.get("of")
    return Entry(
        import_id=UUID(said["import"]),
        number=said["number"],
        act=Act(said.get("act", Act.UPLOAD.value)),
        at=datetime.fromisoformat(said["at"]),
        of=UUID(of) if of else None,
        refresh=Refresh(refresh) if refresh else None,
        fields={name: ValueType(token) for name, token in (sent or said)["fields"].items()},
        deleted_fields=frozenset(said.get("deletedFields", ())),
    )
