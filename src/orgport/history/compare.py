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

from orgport.history.keys import Mask
from orgport.history.overlay import Overlay, differing


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
    laid = Overlay(before, after)
    differs = laid.is_moved_point.copy()
    cells: dict[str, int] = {}
    if laid.stayed.any():
        for name in laid.fields if fields is None else fields:
            here = laid.is_shared & differing(*laid.values(name), length=len(laid.points))
            if count := int(np.count_nonzero(here)):
                cells[name] = count
                differs |= here
    return changes_of(laid, differs, cells)


def changes_of(laid: Overlay, differs: Mask, cells: Mapping[str, int]) -> Changes:
    """The numbers of what was found: where stretches differ, and how many cells of which fields."""
    changed = laid.stayed & laid.any_of(differs)
    return Changes(
        persons_added=int(np.count_nonzero(laid.has & ~laid.had)),
        persons_removed=int(np.count_nonzero(laid.had & ~laid.has)),
        persons_changed=int(np.count_nonzero(changed)),
        persons_unchanged=int(np.count_nonzero(laid.stayed & ~changed)),
        periods_before=laid.before.height,
        periods_after=laid.after.height,
        cells_changed=cells,
    )
