"""The rules that no framework has, as one writes them by hand for those that take a check of one's own.

They are what orgport judges besides cells and doubled rows: days of the calendar, numbers below nothing,
persons doubled in another spelling, unknown and blank managers, circles of managers at each date.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from judged import DATE_FORMAT

PERSON = pl.col("PersonId").str.to_lowercase()
MANAGER = pl.col("ManagerId").str.to_lowercase()
DAY = pl.col("EffectiveDate").str.to_date(DATE_FORMAT, strict=False)
DOUBLED = pl.struct(PERSON, DAY).is_duplicated()
KNOWN = MANAGER.is_null() | MANAGER.is_in(PERSON.unique().implode())
MOST_STEPS = 24  # each doubles how far is looked up: no chain of managers is longer than 2**24


def is_day(column: str) -> pl.Expr:
    """Whether cells are blank or days of the calendar."""
    text = pl.col(column)
    return text.is_null() | text.str.to_date(DATE_FORMAT, strict=False).is_not_null()


def is_not_negative(column: str) -> pl.Expr:
    """Whether cells are blank or numbers from 0."""
    text = pl.col(column)
    return text.is_null() | (text.cast(pl.Float64, strict=False) >= 0)


def has_few_blank_managers(frame: pl.DataFrame) -> bool:
    """Whether at most one person in twenty has no manager in the end."""
    last = frame.select(person=PERSON, manager=MANAGER, day=DAY).sort("day", maintain_order=True)
    blank = last.unique("person", keep="last")["manager"].null_count()
    return blank <= 1 or blank * 20 <= last["person"].n_unique()


def has_no_circle(frame: pl.DataFrame) -> bool:
    """Whether at every date all managers lead to somebody without one."""
    rows = frame.select(person=PERSON, manager=MANAGER, day=DAY).drop_nulls(["person", "day"])
    numbers = rows.select(pl.col("person").unique()).with_row_index("number")
    named = numbers.rename({"person": "manager", "number": "above"})
    edges = rows.join(numbers, on="person").join(named, on="manager", how="left")
    nobody = numbers.height
    current = np.full(nobody + 1, nobody)
    edges = edges.with_columns(pl.col("above").fill_null(nobody)).sort("day")
    for of_a_day in edges.partition_by("day", maintain_order=True):
        current[of_a_day["number"].to_numpy()] = of_a_day["above"].to_numpy()
        reached = current
        for _ in range(MOST_STEPS):
            if (reached == nobody).all():
                break
            reached = reached[reached]
        else:
            return False
    return True
