"""What an import does to the histories of one bucket of persons, in columns.

Equal to `history.periods`, which defines it. All of it is index algebra: for each field we find the
row, old or sent, whose value holds at each change point, and gather once. Keys pack person and day
into one integer, so that one sort and one search do for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl

from orgport.errors import Fault
from orgport.history.columns import (
    ADDRESS,
    CLEARED,
    EFFECTIVE_DATE,
    END,
    PERSON,
    PERSON_ID,
    START,
)
from orgport.history.keys import (
    NOWHERE,
    Mask,
    Positions,
    days_of,
    gathered,
    is_ascending,
    keys,
    merged,
    person_starts,
    persons_of,
)
from orgport.history.periods import OPEN_END
from orgport.package.model import Refresh


def fold(
    periods: pl.DataFrame,
    rows: pl.DataFrame,
    *,
    refresh: Refresh,
    fields: Mapping[str, pl.DataType],
    addresses: pl.DataFrame,
) -> pl.DataFrame:
    """The periods of a bucket after an import, sorted by person and StartDate.

    periods: person, PersonId, StartDate, EndDate and fields, sorted the same way. rows: person,
    EffectiveDate, fields and cleared, in any order, one a person and date. `fields` are those in use
    after the import and their types. addresses: person (ascending) and address of every person in
    either frame; it becomes PersonId. Raises Fault when it lacks one.
    """
    if refresh is Refresh.FULL:
        periods = periods.clear()
    old_keys, row_keys = keys(periods, START), keys(rows, EFFECTIVE_DATE)
    order = None if is_ascending(row_keys) else np.argsort(row_keys)
    row_keys = row_keys if order is None else row_keys[order]
    points, old_at, row_at = merged(old_keys, row_keys)
    if order is not None:  # rows stay as they lie: each field is gathered only once
        row_at = np.where(row_at == NOWHERE, NOWHERE, order[row_at])
    starts = person_starts(points)
    # In a full refresh every row stands for itself: nothing is carried into it.
    stands = starts | (old_at != NOWHERE) | (refresh is Refresh.FULL)
    values = _Values(periods, rows, old_at, row_at, stands)
    return pl.DataFrame(
        _key_columns(points, starts, addresses)
        + [values.of(name, dtype) for name, dtype in fields.items()]
    )


class _Values:
    """Finds, field by field, the value that holds at each change point."""

    def __init__(
        self,
        periods: pl.DataFrame,
        rows: pl.DataFrame,
        old_at: Positions,
        row_at: Positions,
        stands: Mask,
    ) -> None:
        self._periods = periods
        self._rows = rows
        self._old_at = old_at
        self._row_at = row_at
        self._stands = stands
        self._has_row = row_at != NOWHERE
        self._clears = CLEARED in rows.columns and rows[CLEARED].null_count() < rows.height
        self._carried_old: Positions | None = None

    def of(self, name: str, dtype: pl.DataType) -> pl.Series:
        """The column of a field after the import."""
        is_sent, is_stored = name in self._rows.columns, name in self._periods.columns
        if not is_sent and not is_stored:
            return pl.Series(name, [None], dtype=dtype).new_from_index(0, len(self._stands))
        if not is_sent:
            return gathered(self._periods[name].cast(dtype), self._unsent())
        old = self._periods[name] if is_stored else pl.Series(name, [], dtype=dtype)
        old = old.cast(dtype)
        sent = self._rows[name].cast(dtype)
        return gathered(pl.concat([old, sent]), self._sent(name, sent, offset=len(old)))

    def _unsent(self) -> Positions:
        # The same for all fields that the import does not have: worked out once.
        if self._carried_old is None:
            self._carried_old = _carried(self._old_at, self._stands)
        return self._carried_old

    def _sent(self, name: str, sent: pl.Series, *, offset: int) -> Positions:
        """Where the field's value lies in its old values followed by its sent ones."""
        # A field that was not stored has no old values to point at.
        found = self._old_at.copy() if offset else np.full_like(self._old_at, NOWHERE)
        stands = self._stands.copy()
        supplies = self._at_rows(sent.is_not_null().to_numpy())
        found[supplies] = self._row_at[supplies] + offset
        stands |= supplies
        if self._clears:
            clears = self._rows[CLEARED].list.contains(name).fill_null(value=False)
            clears_here = self._at_rows(clears.to_numpy())
            found[clears_here] = NOWHERE
            stands |= clears_here
        return _carried(found, stands)

    def _at_rows(self, of_row: Mask) -> Mask:
        """A mask over the rows, as a mask over the change points."""
        here: Mask = self._has_row.copy()
        here[self._has_row] = of_row[self._row_at[self._has_row]]
        return here


def _carried(found: Positions, stands: Mask) -> Positions:
    """Each position, or where a change point does not stand for itself that of the last that does."""
    if stands.all():
        return found
    last = np.maximum.accumulate(np.where(stands, np.arange(len(stands)), 0))
    carried: Positions = found[last]
    return carried


def _key_columns(points: Positions, starts: Mask, addresses: pl.DataFrame) -> list[pl.Series]:
    """The columns person, PersonId, StartDate and EndDate of some change points."""
    persons, known = persons_of(points[starts]), addresses[PERSON].to_numpy()
    at = np.searchsorted(known, persons)
    if len(at) and (at[-1] >= len(known) or not bool((known[at] == persons).all())):
        raise Fault("The history names persons that its table of persons lacks.")
    of_point = np.cumsum(starts) - 1
    days = days_of(points)
    ends = np.full(len(points), (OPEN_END - date(1970, 1, 1)).days, dtype=np.int32)
    has_next = np.flatnonzero(~starts[1:])
    ends[has_next] = days[has_next + 1]
    return [
        pl.Series(PERSON, persons[of_point]),
        gathered(addresses[ADDRESS], at[of_point]).alias(PERSON_ID),
        pl.Series(START, days).cast(pl.Date),
        pl.Series(END, ends).cast(pl.Date),
    ]
