"""Finds rows that speak of one person and one date more than once, and tells repeats from contradictions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from orgport.validation.accepted import AcceptedSpool
from orgport.validation.columns import EFFECTIVE, MANAGER, PERSON
from orgport.validation.looping import Loop
from orgport.validation.people import Ids, keys_of
from orgport.validation.roll import Days, Numbers, RolledRows
from orgport.validation.rules import RULES
from orgport.validation.verdict import BUCKETS, SPOOL_CLEARED, SPOOL_LINE, SPOOL_PERSON
from orgport.validation.wording import dated, enumerated, worded

_DAYS = 1 << 22  # more than there are between the years 1 and 9999
_FIRST_DAY = 719_162  # days from 0001-01-01 to 1970-01-01
_CELLS_PER_ROW = 8  # of a table of one byte a cell: as much memory as the keys to sort would take


@dataclass(frozen=True, slots=True)
class Duplicates:
    """The rows of which there is another one for the same person and date.

    `lines`, with the `buckets` of their persons, are those of all such rows; `is_repeat` marks, among all
    rows of the import, each but the first of its person and date.
    """

    is_repeat: npt.NDArray[np.bool_]
    lines: npt.NDArray[np.uint32]
    repeated_lines: npt.NDArray[np.uint32]
    buckets: npt.NDArray[np.int64]


def find_duplicates(rows: RolledRows, numbers: Numbers) -> Duplicates | None:
    """The rows that share person and date with another one; None when no row does."""
    if _are_surely_distinct(rows):
        return None
    keys = rows.persons.astype(np.int64)
    keys *= _DAYS
    keys += rows.days
    keys += _FIRST_DAY
    ordered = np.sort(keys)
    doubled = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    del ordered
    if doubled.size == 0:
        return None
    places = np.minimum(np.searchsorted(doubled, keys), doubled.size - 1)
    doubles = np.flatnonzero(doubled[places] == keys)
    _, first = np.unique(keys[doubles], return_index=True)
    is_repeat = np.zeros(keys.size, dtype=np.bool_)
    is_repeat[doubles] = True
    is_repeat[doubles[first]] = False
    return Duplicates(
        is_repeat=is_repeat,
        lines=rows.lines[doubles],
        repeated_lines=rows.lines[is_repeat],
        buckets=numbers[rows.persons[doubles]] % BUCKETS,
    )


def _are_surely_distinct(rows: RolledRows) -> bool:
    """Whether a table of persons and days shows each row in a cell of its own: ten times faster than sorting.

    Only where that table is small, as it is when everybody has a row for the same few dates.
    """
    if rows.days.size == 0:
        return True
    first_day = int(rows.days.min())
    occurs = np.zeros(int(rows.days.max()) - first_day + 1, dtype=np.bool_)
    _MARK_DAYS(rows.days.nbytes, b"", rows.days, first_day, occurs)
    day_count, person_count = int(np.count_nonzero(occurs)), int(rows.persons.max()) + 1
    if day_count * person_count > _CELLS_PER_ROW * rows.days.size:
        return False
    numbers = np.cumsum(occurs) - 1
    is_taken = np.zeros(day_count * person_count, dtype=np.bool_)
    arguments = rows.persons, rows.days, first_day, numbers, person_count, is_taken
    return bool(_ALL_APART(rows.days.nbytes, b"", *arguments))


def _all_apart(
    text: Any,  # noqa: ARG001
    persons: Ids,
    days: Days,
    first_day: int,
    numbers: npt.NDArray[np.int64],
    person_count: int,
    is_taken: npt.NDArray[np.bool_],
) -> bool:
    for row in range(persons.size):
        cell = numbers[days[row] - first_day] * person_count + persons[row]
        if is_taken[cell]:
            return False
        is_taken[cell] = True
    return True


def _mark_days(
    text: Any,  # noqa: ARG001
    days: Days,
    first_day: int,
    occurs: npt.NDArray[np.bool_],
) -> None:
    for row in range(days.size):
        occurs[days[row] - first_day] = True


_MARK_DAYS = Loop(_mark_days, globals())
_ALL_APART = Loop(_all_apart, globals())


def duplicate_findings(duplicates: Duplicates, spool: AcceptedSpool) -> Iterator[pl.DataFrame]:
    """The findings of the duplicates: one for each person, date and kind of contradiction."""
    for bucket in np.unique(duplicates.buckets).tolist():
        lines = duplicates.lines[duplicates.buckets == bucket]
        groups = _groups(spool.rows_on(lines))
        has_conflict = pl.col("has_two_managers") | (pl.col("differing") != "")
        kinds = (
            ("POP_MANAGER_CONFLICT", pl.col("has_two_managers"), pl.lit(MANAGER)),
            ("POP_DUP_CONFLICT", pl.col("differing") != "", pl.col("differing")),
            ("POP_DUP_IDENTICAL", ~has_conflict, pl.lit("")),
        )
        for code, wanted, fields in kinds:
            places = groups.filter(wanted).with_columns(fields.alias("fields"))
            if places.height:
                yield worded(places, RULES[code], severity=RULES[code].severity)


def _groups(rows: pl.DataFrame) -> pl.DataFrame:
    """One row for each person and date: the lines, and in what they differ."""
    apart = (SPOOL_PERSON, EFFECTIVE, PERSON, SPOOL_LINE, SPOOL_CLEARED)
    said = [name for name in rows.columns if name not in apart]
    if MANAGER in said:
        rows = rows.with_columns(keys_of(rows[MANAGER], is_ascii=False).alias(MANAGER))
    has_marks = rows[SPOOL_CLEARED].null_count() < rows.height
    differing = []
    for name in said:
        values = pl.col(name)
        differs = values.n_unique() > 1
        if name == MANAGER:
            differs = (values.null_count() > 0) & (values.count() > 0)
        if has_marks:
            is_cleared = pl.col(SPOOL_CLEARED).list.contains(name).fill_null(value=False)
            differs |= is_cleared.n_unique() > 1
        differing.append(pl.when(differs).then(pl.lit(name)))
    managers = pl.col(MANAGER).drop_nulls().n_unique() if MANAGER in said else pl.lit(0)
    return (
        rows.group_by(SPOOL_PERSON, EFFECTIVE, maintain_order=True)
        .agg(
            pl.col(SPOOL_LINE).alias("related_lines"),
            pl.col(SPOOL_LINE).first().alias("line"),
            pl.col(PERSON).first().alias("person_id"),
            (managers > 1).alias("has_two_managers"),
            pl.concat_str(differing, separator=", ", ignore_nulls=True).alias("differing")
            if differing
            else pl.lit("").alias("differing"),
        )
        .with_columns(
            pl.col("person_id").alias("person"),
            pl.col(EFFECTIVE).alias("effective_date"),
            pl.col("related_lines").list.len().alias("count"),
            pl.col("related_lines").list.len().alias("occurrences"),
            dated(EFFECTIVE).alias("date"),
            enumerated("related_lines").alias("lines"),
        )
    )
