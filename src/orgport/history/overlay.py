"""Two states of the history laid over each other: every change point of either, person by person.

A stretch is the time from one change point to the next of the same person; within it both states
hold one row each, or none before their first. All masks and positions are over the stretches.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from orgport.history.columns import PERIOD_COLUMNS, START
from orgport.history.keys import (
    NOWHERE,
    Mask,
    Positions,
    days_of,
    gathered,
    keys,
    merged,
    person_starts,
    persons_of,
)


class Overlay:
    """The stretches of two frames of periods, each sorted by person and StartDate."""

    def __init__(self, before: pl.DataFrame, after: pl.DataFrame) -> None:
        self.before, self.after = before, after
        self._old_keys, self._new_keys = keys(before, START), keys(after, START)
        # And the row that begins at each point, if any.
        self.points, self.old_starts, self.new_starts = merged(self._old_keys, self._new_keys)

    @cached_property
    def _begins(self) -> Mask:
        return person_starts(self.points)

    @cached_property
    def firsts(self) -> Positions:
        """The first stretch of each person."""
        return np.flatnonzero(self._begins)

    @cached_property
    def lasts(self) -> Positions:
        """The last stretch of each person, which is open to the end of time."""
        if not len(self.points):
            return self.firsts
        ends: Positions = np.append(self.firsts[1:], len(self.points)) - 1
        return ends

    @cached_property
    def person(self) -> Positions:
        """Whose stretch it is, counted from 0 in the order of the numbers."""
        counted: Positions = np.cumsum(self._begins) - 1
        return counted

    @cached_property
    def numbers(self) -> Positions:
        """The number of each person."""
        return persons_of(self.points[self.firsts])

    @cached_property
    def days(self) -> npt.NDArray[np.int32]:
        """The day on which each stretch begins, counted from 1970-01-01."""
        return days_of(self.points)

    @cached_property
    def had(self) -> Mask:
        """Which persons had periods before."""
        return self.any_of(self.old_starts != NOWHERE)

    @cached_property
    def has(self) -> Mask:
        """Which persons have periods after."""
        return self.any_of(self.new_starts != NOWHERE)

    @cached_property
    def stayed(self) -> Mask:
        """Which persons are in both states."""
        return self.had & self.has

    @cached_property
    def is_shared(self) -> Mask:
        """Which stretches are of persons who are in both states: only there cells are compared."""
        shared: Mask = self.stayed[self.person]
        return shared

    @cached_property
    def old_at(self) -> Positions:
        """The row of before that is in force in each stretch; NOWHERE before the first."""
        return _in_force(self.old_starts, self._old_keys, self.points)

    @cached_property
    def new_at(self) -> Positions:
        """The row of after that is in force in each stretch; NOWHERE before the first."""
        return _in_force(self.new_starts, self._new_keys, self.points)

    @cached_property
    def is_moved_point(self) -> Mask:
        """Where one state has a change point and the other has none."""
        moved: Mask = (self.old_starts == NOWHERE) | (self.new_starts == NOWHERE)
        return moved

    @property
    def fields(self) -> list[str]:
        """The fields of either state, those of before first."""
        names = dict.fromkeys([*self.before.columns, *self.after.columns])
        return [name for name in names if name not in PERIOD_COLUMNS]

    def values(self, name: str) -> tuple[pl.Series | None, pl.Series | None]:
        """What a field holds in each stretch, before and after; None for a state without the field."""
        old = gathered(self.before[name], self.old_at) if name in self.before.columns else None
        new = gathered(self.after[name], self.new_at) if name in self.after.columns else None
        return old, new

    def any_of(self, mask: Mask) -> Mask:
        """For which persons something is so in any of their stretches."""
        return self._reduced(np.logical_or.reduceat, mask, np.bool_)

    def count_of(self, mask: Mask) -> npt.NDArray[np.int64]:
        """In how many stretches of each person something is so."""
        return self._reduced(np.add.reduceat, mask.astype(np.int64), np.int64)

    def least_of(self, values: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """The least of some values over the stretches of each person."""
        return self._reduced(np.minimum.reduceat, values, np.int32)

    def _reduced(
        self, reduce: Callable[..., Any], over: npt.NDArray[Any], dtype: type[np.generic]
    ) -> npt.NDArray[Any]:
        if not len(self.points):
            return np.zeros(0, dtype=dtype)
        reduced: npt.NDArray[Any] = reduce(over, self.firsts)
        return reduced


def differing(old: pl.Series | None, new: pl.Series | None, *, length: int) -> Mask:
    """Where a value is another than before; a field that is not there is blank."""
    if old is None or new is None:
        given = new if old is None else old
        return np.zeros(length, dtype=np.bool_) if given is None else is_given(given)
    if old.dtype != new.dtype:
        old, new = old.cast(pl.String), new.cast(pl.String)
    return old.ne_missing(new).to_numpy()


def is_given(values: pl.Series) -> Mask:
    """Where there is a value."""
    return values.is_not_null().to_numpy()


def _in_force(at: Positions, packed: Positions, points: Positions) -> Positions:
    """Which row is in force at each point: its own or the person's last before it, if any."""
    if not len(packed):
        return at
    latest = np.maximum.accumulate(at)  # rows and points are in the same order
    is_own = (latest != NOWHERE) & (persons_of(packed[latest]) == persons_of(points))
    return np.where(is_own, latest, NOWHERE)
