"""How two states of the history differ: persons, periods and cells, counted.

A cell is one field in one stretch of time between neighbouring change points, of either state, of a
person who is in both. It has changed when the value in force there is another; before a person's
first snapshot that is blank.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from orgport.history.columns import PERIOD_COLUMNS, START
from orgport.history.keys import (
    NOWHERE,
    Mask,
    Positions,
    gathered,
    keys,
    person_starts,
    persons_of,
    positions,
    union,
)


@dataclass(frozen=True, slots=True)
class Changes:
    """What an import does to the history, in numbers."""

    persons_added: int = 0
    persons_removed: int = 0
    persons_changed: int = 0
    persons_unchanged: int = 0
    periods_before: int = 0
    periods_after: int = 0
    cells_changed: Mapping[str, int] = field(default_factory=dict)  # by field, only where any

    @property
    def change_count(self) -> int:
        """How many persons are added, removed or changed: 0 says the import changed nothing."""
        return self.persons_added + self.persons_removed + self.persons_changed

    def __add__(self, other: Changes) -> Changes:
        """The sum of the changes of two sets of persons."""
        names = [
            *self.cells_changed,
            *(n for n in other.cells_changed if n not in self.cells_changed),
        ]
        return Changes(
            self.persons_added + other.persons_added,
            self.persons_removed + other.persons_removed,
            self.persons_changed + other.persons_changed,
            self.persons_unchanged + other.persons_unchanged,
            self.periods_before + other.periods_before,
            self.periods_after + other.periods_after,
            {n: self.cells_changed.get(n, 0) + other.cells_changed.get(n, 0) for n in names},
        )


def compare(
    before: pl.DataFrame, after: pl.DataFrame, *, fields: Collection[str] | None = None
) -> Changes:
    """The changes between two frames of periods, each sorted by person and StartDate.

    `fields` are those that can differ, where the caller knows that; else all of either frame.
    """
    old_keys, new_keys = keys(before, START), keys(after, START)
    points = union(old_keys, new_keys)
    if not len(points):
        return Changes()
    old_at, new_at = positions(old_keys, points), positions(new_keys, points)
    starts = person_starts(points)
    firsts, person = np.flatnonzero(starts), np.cumsum(starts) - 1
    had = np.logical_or.reduceat(old_at != NOWHERE, firsts)
    has = np.logical_or.reduceat(new_at != NOWHERE, firsts)
    differs = (old_at == NOWHERE) | (new_at == NOWHERE)
    stayed = had & has
    cells: dict[str, int] = {}
    if stayed.any():
        counts = stayed[person]
        old_at, new_at = _in_force(old_at, old_keys, points), _in_force(new_at, new_keys, points)
        for name in _fields(before, after) if fields is None else fields:
            differing = counts & _differing(before, after, name, old_at, new_at)
            if count := int(np.count_nonzero(differing)):
                cells[name] = count
                differs |= differing
    changed = stayed & np.logical_or.reduceat(differs, firsts)
    return Changes(
        persons_added=int(np.count_nonzero(has & ~had)),
        persons_removed=int(np.count_nonzero(had & ~has)),
        persons_changed=int(np.count_nonzero(changed)),
        persons_unchanged=int(np.count_nonzero(stayed & ~changed)),
        periods_before=before.height,
        periods_after=after.height,
        cells_changed=cells,
    )


def _fields(before: pl.DataFrame, after: pl.DataFrame) -> list[str]:
    names = dict.fromkeys([*before.columns, *after.columns])
    return [name for name in names if name not in PERIOD_COLUMNS]


def _in_force(at: Positions, packed: Positions, points: Positions) -> Positions:
    """Which row is in force at each point: its own or the person's last before it, if any."""
    latest = np.maximum.accumulate(at)  # rows and points are in the same order
    is_own = (latest != NOWHERE) & (persons_of(packed[latest]) == persons_of(points))
    return np.where(is_own, latest, NOWHERE)


def _differing(
    before: pl.DataFrame, after: pl.DataFrame, name: str, old_at: Positions, new_at: Positions
) -> Mask:
    """Where the value of a field is another than before; a field that is not there is blank."""
    old = gathered(before[name], old_at) if name in before.columns else None
    new = gathered(after[name], new_at) if name in after.columns else None
    if old is None or new is None:
        given = new if old is None else old
        return given.is_not_null().to_numpy() if given is not None else np.zeros(1, dtype=np.bool_)
    if old.dtype != new.dtype:
        old, new = old.cast(pl.String), new.cast(pl.String)
    return old.ne_missing(new).to_numpy()
