"""Advice on the quality of fields, from the newest row of each person: coverage, too few or too many values.

Below 20 persons figures say little, so nothing is said. Of a very large import one part in 16 of the
persons, or several, stand for all; then the messages say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from hashlib import blake2b

import polars as pl

from orgport.attributes.catalogue import attribute
from orgport.attributes.types import ValueType
from orgport.finding import shorten
from orgport.validation.columns import EFFECTIVE, MANAGER, PERSON, Column
from orgport.validation.rules import RULES
from orgport.validation.verdict import BUCKETS, SPOOL_LINE
from orgport.validation.wording import nowhere, worded

FEWEST_PERSONS = 20  # that are worth a figure
GOOD_COVERAGE = Fraction(95, 100)
MANY_VALUES = 200
SMALL_GROUP = 5  # persons
_MOST_CELLS = 4_000_000  # looked at; of more, a sample
_GROUPED = (ValueType.STRING, ValueType.INTEGER)  # types of which groups are made
_NOT_JUDGED = (PERSON, MANAGER, EFFECTIVE)


def advice_on_fields(
    newest_rows: Callable[[int], pl.DataFrame],
    columns: tuple[Column, ...],
    *,
    rows: int,
    partial_fields: frozenset[str],
) -> Iterator[pl.DataFrame]:
    """The findings on the fields of a full refresh of so many rows.

    `newest_rows` gives the newest row of each person of the first so many buckets, in order of lines.
    """
    judged = [column for column in columns if column.field not in _NOT_JUDGED]
    if not judged or rows < FEWEST_PERSONS:
        return
    share = _MOST_CELLS / (rows * len(columns))
    buckets = min(BUCKETS, max(1, int(BUCKETS * share)))
    newest = newest_rows(buckets)
    if newest.height < FEWEST_PERSONS:
        return
    ending = "" if buckets == BUCKETS else " Judged by a sample of the persons."
    for column in judged:
        field = _Field(column, newest[column.field], Fraction(buckets, BUCKETS))
        for code, words in field.advice(is_partial=column.field in partial_fields):
            yield _said(code, column, words, ending)
    for column, other in _redundant(judged, newest):
        yield _said(
            "ADV_REDUNDANT", column, {"other": other.header, "total": newest.height}, ending
        )


def advice_on_history(
    first_day: date, upload_date: date, *, persons: int
) -> Iterator[pl.DataFrame]:
    """The finding on a full refresh whose first EffectiveDate is less than 13 months back."""
    expected = date(max(upload_date.year - 1, 1), upload_date.month, 1)
    if persons >= FEWEST_PERSONS and first_day > expected:
        rule = RULES["ADV_SHORT_HISTORY"]
        words = {"from": f"{first_day:%m/%d/%Y}", "expected": f"{expected:%m/%d/%Y}"}
        yield worded(nowhere(), rule, severity=rule.severity, fixed=words)


@dataclass(frozen=True, slots=True)
class _Field:
    """The values of one field, one for each person; `share` is the part of all persons they are."""

    column: Column
    values: pl.Series
    share: Fraction

    def advice(self, *, is_partial: bool) -> Iterator[tuple[str, Mapping[str, object]]]:
        """The codes of what is to be said, with the words of their messages."""
        total = len(self.values)
        filled = total - self.values.null_count()
        known = attribute(self.column.field)
        is_required = known is not None and known.is_required
        if not is_required and not is_partial and filled <= GOOD_COVERAGE * total:
            percent = f"{100 * filled / total:.1f}"
            yield "ADV_LOW_COVERAGE", {"filled": filled, "total": total, "percent": percent}
        if filled < FEWEST_PERSONS:
            return
        distinct = self.values.drop_nulls().n_unique()
        words: dict[str, object] = {"filled": filled, "distinct": distinct}
        if distinct == 1:
            value = shorten(str(self.values.drop_nulls()[0]))
            yield "ADV_ONE_VALUE", {**words, "value": value}
        if (
            self.column.stored_type in _GROUPED
            and distinct > MANY_VALUES
            and filled < self._persons_left_of(SMALL_GROUP) * distinct
        ):
            yield "ADV_TOO_MANY_VALUES", words

    def _persons_left_of(self, group: int) -> float:
        """How many persons of a group are in the sample, where any is: all of them when it is whole."""
        share = float(self.share)
        return group * share / (1 - (1 - share) ** group)


def _redundant(columns: list[Column], newest: pl.DataFrame) -> Iterator[tuple[Column, Column]]:
    """The text columns whose values, blank included, always go together with those of an earlier one."""
    seen: dict[bytes, Column] = {}
    for column in columns:
        values = newest[column.field]
        filled = len(values) - values.null_count()
        if column.stored_type is not ValueType.STRING or filled < FEWEST_PERSONS:
            continue
        if values.drop_nulls().n_unique() < 2:
            continue
        first = newest.select(pl.col(SPOOL_LINE).first().over(column.field)).to_series()
        partition = blake2b(first.to_numpy().tobytes()).digest()
        if partition in seen:
            yield column, seen[partition]
        else:
            seen[partition] = column


def _said(code: str, column: Column, words: Mapping[str, object], ending: str) -> pl.DataFrame:
    rule = RULES[code]
    texts = {
        name: f"{word:,}" if isinstance(word, int) else str(word) for name, word in words.items()
    }
    said = worded(nowhere(), rule, severity=rule.severity, column=column, fixed=texts)
    return said.with_columns(pl.concat_str("message", pl.lit(ending)).alias("message"))
