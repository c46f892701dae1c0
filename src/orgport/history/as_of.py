"""Questions to the history: who was where on a day, who reported to whom, and how much a field holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from orgport.attributes.formats import person_key
from orgport.history.columns import END, MANAGER_ID, PERSON, PERSON_ID, START
from orgport.history.periods import OPEN_END


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of a field there is, in all periods of everybody."""

    cells: int = 0  # periods with a value
    persons: int = 0  # who have one at any time
    since: date | None = None  # the first day of the first of them

    def __add__(self, other: Extent) -> Extent:
        """The extent of two sets of persons together."""
        days = [day for day in (self.since, other.since) if day]
        return Extent(
            self.cells + other.cells, self.persons + other.persons, min(days, default=None)
        )


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


def called(periods: pl.LazyFrame, contains: str) -> pl.LazyFrame:
    """The periods of those whose address contains a text, in whatever case; of everybody for none."""
    if not contains:
        return periods
    lower = pl.col(PERSON_ID).str.to_lowercase()
    return periods.filter(lower.str.contains(contains.strip().lower(), literal=True))


def page(periods: pl.LazyFrame, *, contains: str = "", after: str = "", limit: int) -> pl.LazyFrame:
    """Of some persons a page by PersonId: those behind `after` whose address contains a text."""
    periods = called(periods, contains)
    if after:
        periods = periods.filter(pl.col(PERSON_ID) > after)
    return periods.sort(PERSON_ID).head(limit)


def extent(periods: pl.LazyFrame, fields: Sequence[str]) -> pl.LazyFrame:
    """How much of some fields some persons have: one row, a struct as Extent is for each field."""
    return periods.select(
        pl.struct(
            cells=pl.col(name).count(),
            persons=pl.col(PERSON).filter(pl.col(name).is_not_null()).n_unique(),
            since=pl.col(START).filter(pl.col(name).is_not_null()).min(),
        ).alias(name)
        for name in fields
    )


def together(parts: Iterable[pl.DataFrame], fields: Sequence[str]) -> dict[str, Extent]:
    """The extents by field, of parts in which nobody is twice."""
    found = dict.fromkeys(fields, Extent())
    for part in parts:
        for name, of in part.row(0, named=True).items():
            found[name] += Extent(**of)
    return found
