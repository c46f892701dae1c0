"""How complete the organization is on a day: the share of persons who have a value, field by field.

A field with a value for more than 95 % of the persons is good; the verdict uses the exact ratio.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from orgport.history.columns import END, PERSON_ID, START

GOOD_ABOVE = 0.95


@dataclass(frozen=True, slots=True)
class FieldQuality:
    """One field on one day."""

    field: str
    with_value: int
    persons: int
    distinct: int  # different values, case-sensitive, blanks around them cut

    @property
    def share(self) -> float:
        """The share of persons with a value, 0 to 1."""
        return self.with_value / self.persons if self.persons else 0.0

    @property
    def is_good(self) -> bool:
        """Whether more than 95 % of the persons have a value."""
        return self.share > GOOD_ABOVE


def field_quality(snapshot: pl.DataFrame) -> dict[str, FieldQuality]:
    """The quality of every field of a snapshot (one row a person, as `HistoryStore.as_of` gives it)."""
    fields = [name for name in snapshot.columns if name not in (PERSON_ID, START, END)]
    return {name: _quality(snapshot, name) for name in fields}


def _quality(snapshot: pl.DataFrame, field: str) -> FieldQuality:
    values = snapshot[field].drop_nulls()
    if values.dtype == pl.String:
        values = values.str.strip_chars()
        values = values.filter(values != "")
    return FieldQuality(field, len(values), snapshot.height, values.n_unique())
