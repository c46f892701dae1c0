"""What the history holds already, as validation needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from orgport.attributes.types import ValueType
from orgport.history.columns import KEY, PERSON


@dataclass(frozen=True)
class Stored:
    """What the history holds, as validation needs it; persons are read when they are asked for.

    manager_periods: person Int64, StartDate Date, EndDate Date (exclusive), ManagerId String.
    """

    known_persons: pl.LazyFrame  # person, key, address; the latter null for who was erased
    manager_periods: pl.LazyFrame
    fields: Mapping[str, ValueType]
    has_uploads: bool

    @cached_property
    def persons(self) -> pl.DataFrame:
        """Everybody who ever was, by number.

        person Int64, key String (case-folded address), address String (as first spelled),
        is_current Boolean (has periods; who was removed keeps number and spelling).
        """
        current = self.manager_periods.select(PERSON).unique().with_columns(is_current=True)
        return (
            self.known_persons.drop_nulls(KEY)
            .join(current, on=PERSON, how="left")
            .with_columns(pl.col("is_current").fill_null(value=False))
            .sort(PERSON)
            .collect()
        )

    @cached_property
    def next_person(self) -> int:
        """The first person number that was never used."""
        last = self.known_persons.select(pl.col(PERSON).max()).collect().item()
        return int(last) + 1 if last is not None else 1
