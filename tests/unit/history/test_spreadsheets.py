"""Cells that a spreadsheet program would take for formulas."""

from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from orgport.history.spreadsheets import without_formulas


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(start: str):
    frame = pl.DataFrame({"a": [f"{start}1", "x", None, "", f"x{start}"], "n": [-1, 2, 3, 4, 5]})
    wanted = frame.with_columns(a=pl.Series([f"'{start}1", "x", None, "", f"x{start}"]))
    assert_frame_equal(without_formulas(frame), wanted)
