"""Reads columns of dates that are all written in one pattern of ten characters, such as 01/31/2025.

That is what exports write. Anything else is left to `attributes.formats`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

_WIDTH = 10
_YEAR_LAST, _YEAR_FIRST = (2, 5), (4, 7)  # where the separators stand
_MONTHS = 14  # of a year in the tables below: 0 and 13 stand for numbers that are no month
_SLASH, _DASH, _ZERO = b"/-0"

Digits = npt.NDArray[np.int32]


def read_fixed_dates(text: pl.Series, *, day_first: bool) -> pl.Series | None:
    """The dates of the texts, null where there is no such day; None when they are written otherwise."""
    width = text.str.len_bytes()
    if width.min() != _WIDTH or width.max() != _WIDTH:
        return None
    joined = text.drop_nulls().str.join("").item()
    if not joined.isascii():
        return None
    signs = np.frombuffer(joined.encode(), dtype=np.uint8).reshape(-1, _WIDTH)
    dates = _days_of(signs, day_first=day_first)
    if dates is None:
        return None
    days, is_real = dates
    if text.null_count():
        present = text.is_not_null().to_numpy()
        spread = np.zeros(present.size, dtype=np.int32)
        spread[present] = days
        found = present.copy()
        found[present] = is_real
        days, is_real = spread, found
    dated = pl.Series(days).cast(pl.Date)
    return (
        dated if is_real.all() else pl.select(pl.when(pl.Series(is_real)).then(dated)).to_series()
    )


def _days_of(
    signs: npt.NDArray[np.uint8], *, day_first: bool
) -> tuple[Digits, npt.NDArray[np.bool_]] | None:
    """Days since 1970-01-01, and whether they are real; None when the texts have no common pattern."""
    places = _YEAR_LAST if signs[0, 2] in (_SLASH, _DASH) else _YEAR_FIRST
    separator = signs[0, places[0]]
    allowed = (_SLASH, _DASH) if places == _YEAR_LAST else (_DASH,)
    if separator not in allowed or not (signs[:, places] == separator).all():
        return None
    order = [place for place in range(_WIDTH) if place not in places]
    digits = signs.T[order] - _ZERO  # a row a place; what is less than a zero becomes great
    if digits.max() > 9:
        return None
    numbers = digits.astype(np.int32)
    if places == _YEAR_LAST:
        first, second, year = _two(numbers, 0), _two(numbers, 2), _four(numbers, 4)
    else:
        year, first, second = _four(numbers, 0), _two(numbers, 4), _two(numbers, 6)
    day, month = (first, second) if day_first else (second, first)
    month_of_all = year * _MONTHS + np.minimum(month, _MONTHS - 1)
    is_real = (day >= 1) & (day <= _LAST_DAY[month_of_all])
    return _DAYS_BEFORE[month_of_all] + day, is_real


def _two(numbers: Digits, place: int) -> Digits:
    number: Digits = numbers[place] * 10 + numbers[place + 1]
    return number


def _four(numbers: Digits, place: int) -> Digits:
    number: Digits = _two(numbers, place) * 100 + _two(numbers, place + 2)
    return number


def _tables() -> tuple[Digits, Digits]:
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


_LAST_DAY, _DAYS_BEFORE = _tables()
