"""What an import does to the histories of one bucket of persons, in columns.

Equal to `history.periods`, which defines it. All of it is index algebra: for each field we find the
row, old or sent, whose value holds at each change point, and gather once. Keys pack person and day
into one integer, so that one sort and one search do for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import numpy.typing as npt
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
from orgport.history.periods import OPEN_END
from orgport.package.model import Refresh

Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_DAY_BITS = 22  # 0001-01-01 to 9999-12-31 are 3.7 million days
_FIRST_DAY = 719_162  # days from 0001-01-01 to 1970-01-01
_NOWHERE = -1


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
    rows = _sorted_rows(rows)
    if refresh is Refresh.FULL:
        periods = periods.clear()
    old_keys, row_keys = keys(periods, START), keys(rows, EFFECTIVE_DATE)
    after = _union(old_keys, row_keys)
    old_at, row_at = _positions(old_keys, after), _positions(row_keys, after)
    starts_person = np.ones(len(after), dtype=np.bool_)
    starts_person[1:] = np.diff(after >> _DAY_BITS) != 0
    # In a full refresh every row stands for itself: nothing is carried into it.
    stands = starts_person | (old_at != _NOWHERE)
    if refresh is Refresh.FULL:
        stands[:] = True
    columns = _frame_of_keys(after, starts_person, addresses)
    values = _Values(periods, rows, old_at, row_at, stands)
    return pl.DataFrame(columns + [values.of(name, dtype) for name, dtype in fields.items()])


def keys(frame: pl.DataFrame, day: str) -> Positions:
    """Person and day of each row as one integer that sorts as the pair does."""
    packed = frame.select(
        (pl.col(PERSON).cast(pl.Int64) * (1 << _DAY_BITS))
        + (pl.col(day).to_physical().cast(pl.Int64) + _FIRST_DAY)
    )
    return packed.to_series().to_numpy()


def persons_of(packed: Positions) -> Positions:
    """The persons of some keys."""
    return packed >> _DAY_BITS


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
        self._has_row = row_at != _NOWHERE
        self._clears = CLEARED in rows.columns and rows[CLEARED].null_count() < rows.height
        self._carried_old: Positions | None = None

    def of(self, name: str, dtype: pl.DataType) -> pl.Series:
        """The column of a field after the import."""
        is_sent, is_stored = name in self._rows.columns, name in self._periods.columns
        if not is_sent and not is_stored:
            return pl.Series(name, [None], dtype=dtype).new_from_index(0, len(self._stands))
        if not is_sent:
            return _gathered(self._periods[name].cast(dtype), self._unsent())
        old = self._periods[name] if is_stored else pl.Series(name, [], dtype=dtype)
        old = old.cast(dtype)
        sent = self._rows[name].cast(dtype)
        return _gathered(pl.concat([old, sent]), self._sent(name, sent, offset=len(old)))

    def _unsent(self) -> Positions:
        # The same for all fields that the import does not have: worked out once.
        if self._carried_old is None:
            self._carried_old = _carried(self._old_at, self._stands)
        return self._carried_old

    def _sent(self, name: str, sent: pl.Series, *, offset: int) -> Positions:
        """Where the field's value lies in its old values followed by its sent ones."""
        found = self._old_at.copy()
        stands = self._stands.copy()
        supplies = self._at_rows(sent.is_not_null().to_numpy())
        found[supplies] = self._row_at[supplies] + offset
        stands |= supplies
        if self._clears:
            clears = self._rows[CLEARED].list.contains(name).fill_null(value=False)
            clears_here = self._at_rows(clears.to_numpy())
            found[clears_here] = _NOWHERE
            stands |= clears_here
        return _carried(found, stands)

    def _at_rows(self, of_row: Mask) -> Mask:
        """A mask over the rows, as a mask over the change points."""
        here: Mask = self._has_row.copy()
        here[self._has_row] = of_row[self._row_at[self._has_row]]
        return here


def _sorted_rows(rows: pl.DataFrame) -> pl.DataFrame:
    packed = keys(rows, EFFECTIVE_DATE)
    if len(packed) < 2 or bool((packed[1:] > packed[:-1]).all()):
        return rows
    return rows[pl.Series(packed).arg_sort()]


def _union(left: Positions, right: Positions) -> Positions:
    """The distinct keys of two sorted arrays, sorted."""
    both = np.concatenate([left, right])
    both.sort(kind="stable")  # two sorted runs: one merge
    is_new = np.ones(len(both), dtype=np.bool_)
    is_new[1:] = both[1:] != both[:-1]
    return both[is_new]


def _positions(of: Positions, wanted: Positions) -> Positions:
    """Where each wanted key stands among sorted keys; _NOWHERE for those that do not."""
    positions = np.full(len(wanted), _NOWHERE, dtype=np.int64)
    positions[np.searchsorted(wanted, of)] = np.arange(len(of))
    return positions


def _carried(found: Positions, stands: Mask) -> Positions:
    """Each position, or where a change point does not stand for itself that of the last that does."""
    if stands.all():
        return found
    last = np.maximum.accumulate(np.where(stands, np.arange(len(stands)), 0))
    carried: Positions = found[last]
    return carried


def _gathered(values: pl.Series, at: Positions) -> pl.Series:
    if len(at) == len(values) and bool((at == np.arange(len(at))).all()):
        return values
    where = pl.Series(at)
    if bool((at == _NOWHERE).any()):
        where = pl.select(pl.when(where >= 0).then(where)).to_series()
    return values.gather(where)


def _frame_of_keys(
    after: Positions, starts_person: Mask, addresses: pl.DataFrame
) -> list[pl.Series]:
    """The columns person, PersonId, StartDate and EndDate of some change points."""
    persons = persons_of(after)
    known = addresses[PERSON].to_numpy()
    at = np.searchsorted(known, persons)
    if len(persons) and (at.max() >= len(known) or not bool((known[at] == persons).all())):
        raise Fault("The history names persons that its table of persons lacks.")
    days = ((after & ((1 << _DAY_BITS) - 1)) - _FIRST_DAY).astype(np.int32)
    ends = np.full(len(after), (OPEN_END - date(1970, 1, 1)).days, dtype=np.int32)
    ends[:-1][~starts_person[1:]] = days[1:][~starts_person[1:]]
    return [
        pl.Series(PERSON, persons),
        addresses[ADDRESS].gather(pl.Series(at)).alias(PERSON_ID),
        pl.Series(START, days).cast(pl.Date),
        pl.Series(END, ends).cast(pl.Date),
    ]
