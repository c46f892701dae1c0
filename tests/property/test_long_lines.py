"""A line that is measured piece by piece is told as if it had been read whole."""

from __future__ import annotations

from itertools import pairwise

import pytest
from bytes_of_findings import QuoteOutOfPlace, RawFile
from hypothesis import assume, given
from hypothesis import strategies as st

from orgport.validation.longline import LongLine
from orgport.validation.rows import RowFault

SIGNS = [b"a", b"bc", b",", b",,", b'"', b'""', b'",', b',"', b"\r", "é".encode(), "東".encode()]
LINES = st.lists(st.sampled_from(SIGNS), max_size=30).map(b"".join)
CUTS = st.lists(st.integers(0, 60), max_size=5)


def measured(line: bytes, cuts: list[int]) -> LongLine:
    """The line, fed in pieces."""
    long = LongLine()
    places = sorted({0, len(line), *(cut for cut in cuts if cut < len(line))})
    for start, end in pairwise(places):
        long.feed(line[start:end])
    return long


@given(line=LINES, cuts=CUTS)
def test_cells_and_the_longest_of_them_are_those_of_the_whole_line(
    line: bytes, cuts: list[int]
) -> None:
    try:
        cells = RawFile(line + b"\n", ()).record(1)
    except QuoteOutOfPlace:
        assume(False)
    # Quotes in the middle of a bare cell part it differently for whoever does not look behind.
    assume(not any(b'"' in cell for cell in line.split(b",") if not cell.startswith(b'"')))
    long = measured(line, cuts)
    ((fault, row),) = long.ended(7, width=len(cells)).items()
    assert long.cells == len(cells)
    assert fault is RowFault.TOO_LONG
    assert row["length"].item() == max(len(cell.decode()) for cell in cells)
    assert len(cells[row["column"].item() - 1].decode()) == row["length"].item()


@given(line=LINES, cuts=CUTS)
def test_a_quote_that_stays_open_is_told_with_its_column(line: bytes, cuts: list[int]) -> None:
    plain = line.replace(b'"', b"")
    ((fault, row),) = measured(plain + b',"x,' + plain, cuts).ended(7, width=3).items()
    assert (fault, row["column"].item()) == (RowFault.QUOTE, plain.count(b",") + 2)


@pytest.mark.parametrize("wrong", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xe6\x9d"])
@given(line=LINES, cuts=CUTS)
def test_the_first_byte_that_is_not_utf8_is_told(
    line: bytes, cuts: list[int], wrong: bytes
) -> None:
    plain = line.replace(b'"', b"")
    long = measured(plain + wrong, cuts)
    ((fault, row),) = long.ended(7, width=plain.count(b",") + 1).items()
    assert fault is RowFault.ENCODING
    assert row.row(0, named=True) == {
        "line": 7,
        "at_line": 7,
        "offset": len(plain),
        "byte": wrong[0],
    }
