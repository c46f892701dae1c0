"""Parts of a frame of periods, which is sorted by person and StartDate: those of some persons."""

from __future__ import annotations

import numpy as np
import polars as pl

from orgport.history.columns import PERSON
from orgport.history.keys import Mask, gathered


def person_count(periods: pl.DataFrame) -> int:
    """How many persons there are."""
    persons = periods[PERSON].to_numpy()
    return int(np.count_nonzero(persons[1:] != persons[:-1])) + min(len(persons), 1)


def of_persons(periods: pl.DataFrame, persons: pl.Series) -> Mask:
    """Which periods are those of some persons, in any order and more than once."""
    standing, wanted = periods[PERSON].to_numpy(), persons.unique().to_numpy()
    steps = np.zeros(len(standing) + 1, dtype=np.int32)
    np.add.at(steps, np.searchsorted(standing, wanted, side="left"), 1)
    np.add.at(steps, np.searchsorted(standing, wanted, side="right"), -1)
    return np.cumsum(steps[:-1]) > 0


def replaced(periods: pl.DataFrame, is_replaced: Mask, by: pl.DataFrame) -> pl.DataFrame:
    """The periods with those of some persons replaced by others, which may be more or fewer.

    The persons of `by` are none of those who stay.
    """
    stay = np.flatnonzero(~is_replaced)
    persons = periods[PERSON].to_numpy()[stay]
    places = np.searchsorted(persons, by[PERSON].to_numpy()) + np.arange(by.height)
    is_new = np.zeros(len(stay) + by.height, dtype=np.bool_)
    is_new[places] = True
    at = np.empty(len(is_new), dtype=np.int64)
    at[is_new] = np.arange(by.height) + periods.height
    at[~is_new] = stay
    return pl.DataFrame([gathered(pl.concat([periods[name], by[name]]), at) for name in by.columns])
