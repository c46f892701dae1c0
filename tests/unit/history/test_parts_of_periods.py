"""Parts of sorted periods are found by their persons and put back where they belong."""

from __future__ import annotations

import polars as pl
from polars.testing import assert_frame_equal

from orgport.history.parts import of_persons, person_count, replaced


def _periods(*pairs: tuple[int, str]) -> pl.DataFrame:
    return pl.DataFrame(pairs, schema={"person": pl.Int64, "Organization": pl.String}, orient="row")


PERIODS = _periods((1, "a"), (4, "b"), (4, "c"), (9, "d"))


def test_persons_are_counted_once_each() -> None:
    assert person_count(PERIODS) == 3
    assert person_count(PERIODS.clear()) == 0


def test_only_the_periods_of_the_named_persons_are_marked() -> None:
    named = pl.Series([9, 4, 5, 9])
    assert of_persons(PERIODS, named).tolist() == [False, True, True, True]
    assert of_persons(PERIODS.clear(), named).tolist() == []


def test_replaced_periods_stand_where_their_persons_belong() -> None:
    new = _periods((2, "e"), (4, "f"), (10, "g"), (10, "h"))
    put = replaced(PERIODS, of_persons(PERIODS, pl.Series([2, 4, 10])), new)
    expected = [(1, "a"), (2, "e"), (4, "f"), (9, "d"), (10, "g"), (10, "h")]
    assert_frame_equal(put, _periods(*expected))


def test_new_persons_alone_change_nothing_for_the_others() -> None:
    put = replaced(PERIODS, of_persons(PERIODS, pl.Series([5])), _periods((5, "e")))
    assert put["person"].to_list() == [1, 4, 4, 5, 9]
