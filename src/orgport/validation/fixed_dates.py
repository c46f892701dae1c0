"""Reads columns of dates that are all written in one pattern of ten characters, such as 01/31/2025.

That is what exports write. Anything else is left to `attributes.formats`. Two digits are read at once, by a
table of all pairs of bytes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

WIDTH = 10  # bytes of a date
_YEAR_LAST, _YEAR_FIRST = (2, 5), (4, 7)  # where the separators stand
_PAIRS_OF_YEAR_LAST, _PAIRS_OF_YEAR_FIRST = (0, 3, 6, 8), (5, 8, 0, 2)  # first, second, year
_MONTHS = 14  # of a year in the tables below: 0 and 13 stand for numbers that are no month
_SLASH, _DASH = b"/-"
_NO_NUMBER = 100

Numbers = npt.NDArray[np.int32]


def read_fixed_dates(joined: bytes, present: pl.Series, *, day_first: bool) -> pl.Series | None:
    """The dates of texts of ten bytes each, null where there is no such day; None when otherwise written.

    `joined` are the texts that there are one behind the other, `present` the whole column with its nulls.
    """
    dates = _days_of(joined, day_first=day_first)
    if dates is None:
        return None
    days, is_real = dates
    if present.null_count():
        there = present.is_not_null().to_numpy()
        spread = np.zeros(there.size, dtype=np.int32)
        spread[there] = days
        found = there.copy()
        found[there] = is_real
        days, is_real = spread, found
    dated = pl.Series(days).cast(pl.Date)
    return (
        dated if is_real.all() else pl.select(pl.when(pl.Series(is_real)).then(dated)).to_series()
    )


def _days_of(joined: bytes, *, day_first: bool) -> tuple[Numbers, npt.NDArray[np.bool_]] | None:
    """Days since 1970-01-01, and whether they are real; None when the texts have no common pattern."""
    signs = np.frombuffer(joined, dtype=np.uint8).reshape(-1, WIDTH)
    is_year_last = signs[0, 2] in (_SLASH, _DASH)
    places = _YEAR_LAST if is_year_last else _YEAR_FIRST
    separator = signs[0, places[0]]
    allowed = (_SLASH, _DASH) if is_year_last else (_DASH,)
    if separator not in allowed or any((signs[:, place] != separator).any() for place in places):
        return None
    pairs = _PAIRS_OF_YEAR_LAST if is_year_last else _PAIRS_OF_YEAR_FIRST
    first, second, century, rest = (_pair(joined, place) for place in pairs)
    if max(number.max() for number in (first, second, century, rest)) == _NO_NUMBER:
        return None
    day, month = (first, second) if day_first else (second, first)
    month_of_all = (century * 100 + rest) * _MONTHS + np.minimum(month, _MONTHS - 1)
    is_real = (day >= 1) & (day <= _LAST_DAY.take(month_of_all))
    return _DAYS_BEFORE.take(month_of_all) + day, is_real


def _pair(joined: bytes, place: int) -> Numbers:
    """The number that the two digits at a place of each text make."""
    count = len(joined) // WIDTH
    words: npt.NDArray[np.uint16] = np.ndarray(
        count, dtype="<u2", buffer=joined, offset=place, strides=WIDTH
    )
    return _NUMBER_OF.take(words)


def _pairs() -> Numbers:
    """By two bytes, the first in the lower half of the index: the number that they are the digits of."""
    low, high = np.meshgrid(np.arange(256), np.arange(256))
    tens, ones = low - ord("0"), high - ord("0")
    are_digits = (tens >= 0) & (tens <= 9) & (ones >= 0) & (ones <= 9)
    return np.where(are_digits, tens * 10 + ones, _NO_NUMBER).astype(np.int32).reshape(-1)


def _tables() -> tuple[Numbers, Numbers]:
    """By year and month: the last day of the month, and the days from 1970-01-01 to before its first."""
    years = np.arange(10_000, dtype=np.int32)[:, None]
    is_leap = (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
    last_day = np.tile(
        np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0], dtype=np.int32),
        (10_000, 1),
    )
    last_day[:, 2] += is_leap[:, 0]
    last_day[0] = 0  # there is no year 0
    flat = last_day.reshape(-1)
    before = np.concatenate((np.zeros(1, dtype=np.int32), np.cumsum(flat)[:-1])).astype(np.int32)
    return flat, before - before[1970 * _MONTHS + 1] - 1


_NUMBER_OF = _pairs()
_LAST_DAY, _DAYS_BEFORE = _tables()
