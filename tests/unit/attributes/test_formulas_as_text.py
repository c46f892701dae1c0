"""No text is taken for a formula, wherever a spreadsheet program parts the cells, and each comes back."""

from __future__ import annotations

import csv
import io
import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgport.attributes.spreadsheets import as_text, as_texts, from_text

CELLS = st.text("'\"=+-@\t\r\n;,\uff1d a", max_size=8)
FORMULAS = ("=", "+", "-", "@", "\uff1d", "\uff0b")


@given(cell=CELLS)
def test_a_text_comes_back_as_it_was(cell: str) -> None:
    assert from_text(as_text(cell)) == cell


@given(cell=CELLS)
def test_a_column_is_made_text_as_its_cells_are(cell: str) -> None:
    column = pl.DataFrame({"a": [cell, None]})
    assert column.select(as_texts(pl.col("a")))["a"].to_list() == [as_text(cell), None]


@given(cells=st.lists(CELLS, min_size=1, max_size=3))
def test_a_program_that_parts_a_csv_at_semicolons_sees_no_formula(cells: list[str]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(map(as_text, cells))
    seen = re.split("[;\t\r\n]", text.getvalue())  # as one that sees no quotes either
    assert not [cell for cell in seen if cell.lstrip('"').startswith(FORMULAS)]
    (read,) = csv.reader(io.StringIO(text.getvalue(), newline="")) if any(cells) else [cells]
    assert not [cell for cell in read if cell.startswith((*FORMULAS, "\t", "\r", "\n"))]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("a;=1+1", "a;'=1+1"),
        ('a;"=1+1"', 'a;"\'=1+1"'),
        ("a\n-1\n-2", "a\n'-1\n'-2"),
        ("=1;=2", "'=1;'=2"),
        ('"=1', "\"'=1"),
        ("a; b-c", "a; b-c"),
    ],
)
def test_what_begins_a_cell_for_some_gets_an_apostrophe(cell: str, text: str) -> None:
    assert as_text(cell) == text
