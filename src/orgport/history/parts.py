"""Parts of a frame of periods, which is sorted by person and StartDate: those of some persons."""

from __future__ import annotations

import numpy as np
import polars as pl

from orgport.history.columns import PERSON
from orgport.history.keys import Mask, as_index


def person_count(periods: pl.DataFrame) -> int:
    """How many persons there are."""
    persons = periods[PERSON].to_numpy()
    return int(np.count_nonzero(persons[1:] != persons[:-1])) + min(len(persons), 1)


def of_persons(periods: pl.DataFrame, persons: pl.Series) -> Mask:
    """Which periods are those of some persons, in any order and more than once."""
    standing, wanted = periods[PERSON].to_numpy(), persons.to_numpy()
    # Numbers are given without gaps, so that a mask over all of them is small.
    is_wanted = np.zeros(max(standing.max(initial=0), wanted.max(initial=0)) + 1, dtype=np.bool_)
    is_wanted[wanted] = True
    marked: Mask = is_wanted[standing]
    return marked


def replaced(periods: pl.DataFrame, is_replaced: Mask, by: pl.DataFrame) -> pl.DataFrame:
    """The periods with those of some persons replaced by others, which may be more or fewer.

    The persons of `by` are none of those who stay.
    """
    stays = ~is_replaced
    added = np.arange(by.height)
    # In two sorted runs each added row stands behind those who stay before it.
    places = np.searchsorted(periods[PERSON].to_numpy()[stays], by[PERSON].to_numpy()) + added
    at = np.empty(np.count_nonzero(stays) + by.height, dtype=np.uint32)
    is_added = np.zeros(at.size, dtype=np.bool_)
    is_added[places] = True
    at[places] = added + periods.height
    at[~is_added] = np.flatnonzero(stays)
    index = as_index(at)
    return pl.DataFrame(
        [pl.concat([periods[name], by[name]], rechunk=True)[index] for name in by.columns]
    )
