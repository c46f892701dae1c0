"""Which imports a history is made of, when some of them undo others or restore an older version.

Every act is an import of its own and stands in the log for ever; nothing there is marked afterwards.
What holds is found by reading the log backwards, and so what held after any import is found the same
way from the part of the log that ends with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from uuid import UUID

from orgport.attributes.types import ValueType
from orgport.package.model import Refresh


class Act(Enum):
    """What an import does to the history."""

    UPLOAD = "upload"  # folds the rows of a package in
    UNDO = "undo"  # takes an earlier import back
    RESTORE = "restore"  # makes hold again what held after an earlier import
    DELETE_FIELDS = "delete_fields"
    DELETE_EMPLOYEES = "delete_employees"
    ERASE = "erase"  # rewrites what all imports brought, so that persons never were

    @property
    def is_reversal(self) -> bool:
        """Whether it only says which imports count."""
        return self in (Act.UNDO, Act.RESTORE)

    @property
    def is_step(self) -> bool:
        """Whether it brings something that is folded; an erase leaves less in what others brought."""
        return not self.is_reversal and self is not Act.ERASE


@dataclass(frozen=True, slots=True)
class Entry:
    """One import in the log of the history, and what it brought."""

    import_id: UUID
    number: int
    act: Act
    at: datetime
    of: UUID | None = None  # the import that is undone, or after which things were as restored
    refresh: Refresh | None = None  # of an upload
    fields: Mapping[str, ValueType] = field(default_factory=dict)  # that an upload sent
    deleted_fields: frozenset[str] = frozenset()

    @property
    def replaces_all(self) -> bool:
        """Whether nothing from before it is left after it."""
        return self.act is Act.UPLOAD and self.refresh is Refresh.FULL

    @property
    def names_persons(self) -> bool:
        """Whether it changes only persons who stand in its rows."""
        return self.act is Act.DELETE_EMPLOYEES or (
            self.act is Act.UPLOAD and self.refresh is Refresh.INCREMENTAL
        )


def in_force(log: Iterable[Entry]) -> list[Entry]:
    """The entries of a log (oldest first) that count at its end, oldest first.

    An undo that counts takes one earlier entry out, be that an upload, a restore or another undo; a
    restore that counts leads back to its import, and nothing in between counts, undone or not.
    """
    log = list(log)
    out = taken_out(log)
    return [entry for entry in log if entry.import_id not in out]


def taken_out(log: Iterable[Entry]) -> dict[UUID, Entry]:
    """Which undo or restore took an entry of a log (oldest first) out; who is not named counts."""
    out: dict[UUID, Entry] = {}
    restore: Entry | None = None
    for entry in reversed(list(log)):
        if restore is not None and entry.import_id != restore.of:
            out[entry.import_id] = restore
            continue
        restore = None
        if entry.import_id in out:
            continue
        if entry.act is Act.UNDO and entry.of is not None:
            out[entry.of] = entry
        elif entry.act is Act.RESTORE:
            restore = entry
    return out


def steps(log: Iterable[Entry]) -> list[Entry]:
    """Of the entries in force those that bring something: folded in order they give the history."""
    counting = [entry for entry in in_force(log) if entry.act.is_step]
    last_full = max((at for at, one in enumerate(counting) if one.replaces_all), default=0)
    return counting[last_full:]
