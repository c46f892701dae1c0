"""How two states of the history differ: persons, periods and cells, counted.

A cell is one field in one stretch of time between neighbouring change points, of either state, of a
person who is in both. It has changed when the value in force there is another; before a person's
first snapshot that is blank.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from orgport.history.columns import PERIOD_COLUMNS, START
from orgport.history.fold import Positions, keys, persons_of


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


def compare(before: pl.DataFrame, after: pl.DataFrame) -> Changes:
    """The changes between two frames of periods, each sorted by person and StartDate."""
    old_keys, new_keys = keys(before, START), keys(after, START)
    old_persons, new_persons = _distinct(old_keys), _distinct(new_keys)
    both = np.intersect1d(old_persons, new_persons, assume_unique=True)
    changed, cells = _compare_cells(before, after, old_keys, new_keys, both)
    return Changes(
        persons_added=len(new_persons) - len(both),
        persons_removed=len(old_persons) - len(both),
        persons_changed=changed,
        persons_unchanged=len(both) - changed,
        periods_before=before.height,
        periods_after=after.height,
        cells_changed=cells,
    )


def _compare_cells(
    before: pl.DataFrame,
    after: pl.DataFrame,
    old_keys: Positions,
    new_keys: Positions,
    persons: Positions,
) -> tuple[int, dict[str, int]]:
    """How many of the persons changed, and how many cells of each field."""
    if not len(persons):
        return 0, {}
    points = np.union1d(old_keys, new_keys)
    points = points[np.isin(persons_of(points), persons, kind="sort")]
    differs = ~(np.isin(points, old_keys) & np.isin(points, new_keys))
    old_at, new_at = _in_force(old_keys, points), _in_force(new_keys, points)
    cells: dict[str, int] = {}
    for name in dict.fromkeys([*before.columns, *after.columns]):
        if name in PERIOD_COLUMNS:
            continue
        differing = _differing(_values(before, name, old_at), _values(after, name, new_at))
        if count := int(differing.sum()):
            cells[name] = count
            differs |= differing
    return len(_distinct(points[differs])), cells


def _distinct(packed: Positions) -> Positions:
    """The persons of sorted keys, each once."""
    persons = persons_of(packed)
    is_first = np.ones(len(persons), dtype=np.bool_)
    is_first[1:] = persons[1:] != persons[:-1]
    return persons[is_first]


def _in_force(packed: Positions, points: Positions) -> pl.Series:
    """Which row is in force at each point; null before the person's first."""
    at = np.searchsorted(packed, points, side="right") - 1
    is_own = (at >= 0) & (persons_of(packed[at]) == persons_of(points))
    return pl.select(pl.when(pl.lit(pl.Series(is_own))).then(pl.lit(pl.Series(at)))).to_series()


def _values(frame: pl.DataFrame, name: str, at: pl.Series) -> pl.Series | None:
    if name not in frame.columns:
        return None
    column = frame[name]
    is_as_it_lies = len(at) == len(column) and bool((at == pl.int_range(len(at), eager=True)).all())
    return column if is_as_it_lies else column.gather(at)


def _differing(old: pl.Series | None, new: pl.Series | None) -> np.ndarray:
    if old is None:
        return np.zeros(0, dtype=np.bool_) if new is None else new.is_not_null().to_numpy()
    if new is None:
        return old.is_not_null().to_numpy()
    if old.dtype != new.dtype:
        old, new = old.cast(pl.String), new.cast(pl.String)
    return old.ne_missing(new).to_numpy()
