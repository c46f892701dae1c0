"""What the log of the history says of an import: written with its commit, read back from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from orgport.attributes.types import ValueType
from orgport.history.compare import Changes
from orgport.package.model import Refresh


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed(Changes):
    """An import that is part of the history: which, in which version, and what it changed."""

    import_id: UUID
    number: int
    refresh: Refresh
    at: datetime
    version: int  # of the table of periods
    fields: Mapping[str, ValueType]  # in use after it, in the order of the table


def message(
    import_id: UUID,
    *,
    number: int,
    refresh: Refresh,
    at: datetime,
    fields: Mapping[str, ValueType],
    changes: Changes | None = None,
) -> dict[str, Any]:
    """What to write into the log of a table: JSON values only, no cell of the data."""
    said: dict[str, Any] = {
        "import": str(import_id),
        "number": number,
        "refresh": refresh.value,
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
        refresh=Refresh(said["refresh"]),
        at=datetime.fromisoformat(said["at"]),
        version=version,
        fields={name: ValueType(token) for name, token in said["fields"].items()},
    )
