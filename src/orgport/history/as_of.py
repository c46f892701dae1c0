"""Questions to the history: who was where on a day, and who reported to whom."""

from __future__ import annotations

from datetime import date

import polars as pl

from orgport.attributes.formats import person_key
from orgport.history.columns import END, MANAGER_ID, PERSON, PERSON_ID, START
from orgport.history.periods import OPEN_END


def in_force(periods: pl.LazyFrame, day: date) -> pl.LazyFrame:
    """The periods that hold on a day, at most one a person."""
    if day < OPEN_END:
        return periods.filter((pl.col(START) <= day) & (pl.col(END) > day))
    # No period ends after the last day there is: the last of each person holds then.
    last = periods.filter(pl.col(END) == OPEN_END).sort(START)
    return last.unique(PERSON, keep="last", maintain_order=True)


def reporting_to(periods: pl.LazyFrame, manager: str) -> pl.LazyFrame:
    """The periods in which a manager's address stands in ManagerId, in whatever case."""
    wanted = person_key(manager)
    spellings = periods.select(pl.col(MANAGER_ID).drop_nulls().unique()).collect().to_series()
    # Case-folding is Python's: done once for each distinct address, not for each row.
    meant = [spelling for spelling in spellings if person_key(spelling) == wanted]
    return periods.filter(pl.col(MANAGER_ID).is_in(meant))


def page(periods: pl.LazyFrame, *, contains: str = "", after: str = "", limit: int) -> pl.LazyFrame:
    """Of some persons a page by PersonId: those behind `after` whose address contains a text."""
    if contains:
        lower = pl.col(PERSON_ID).str.to_lowercase()
        periods = periods.filter(lower.str.contains(contains.strip().lower(), literal=True))
    if after:
        periods = periods.filter(pl.col(PERSON_ID) > after)
    return periods.sort(PERSON_ID).head(limit)
