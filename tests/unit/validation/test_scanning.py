"""The scanner: records, exact physical lines, and everything that can be malformed."""

from __future__ import annotations

import io
from typing import Any

import pytest

from orgport.validation import scan as scanner
from orgport.validation.malformed import MOST_LINES_OF_A_RECORD
from orgport.validation.rows import RowFault
from orgport.validation.scan import Block, scan


def blocks_of(data: bytes, *, width: int = 2, block_bytes: int = 1 << 20) -> list[Block]:
    """All blocks of a csv without header whose first record stands in line 2."""
    return list(scan(io.BytesIO(data), width=width, first_line=2, block_bytes=block_bytes))


def rows_of(blocks: list[Block], *, width: int = 2) -> list[tuple[int, tuple[str | None, ...]]]:
    """The well-formed rows with their lines."""
    return [
        (line, row)
        for block in blocks
        for line, row in zip(
            block.lines.tolist(),
            zip(*(block.column(index).rows() for index in range(width)), strict=True),
            strict=True,
        )
    ]


def faults_of(blocks: list[Block]) -> list[tuple[str, int]]:
    """Code and line of every malformed row."""
    faults = []
    for block in blocks:
        for fault, rows in block.malformed.items():
            faults += [(fault.value, line) for line in rows["line"].to_list()]
        faults += [("ROW_COLUMN_COUNT", line) for line in block.miscounted_lines.tolist()]
    return sorted(faults, key=lambda fault: fault[1])


def first_malformed(blocks: list[Block], fault: RowFault) -> dict[str, Any]:
    """All that is said of the first row of a fault."""
    found = next(block.malformed[fault] for block in blocks if fault in block.malformed)
    return found.row(0, named=True)


def test_every_row_has_its_physical_line() -> None:
    blocks = blocks_of(b"a,1\nb,2\nc,3\n")
    assert rows_of(blocks) == [(2, ("a", "1")), (3, ("b", "2")), (4, ("c", "3"))]
    assert faults_of(blocks) == []


def test_the_last_line_end_is_optional() -> None:
    assert rows_of(blocks_of(b"a,1\nb,2")) == [(2, ("a", "1")), (3, ("b", "2"))]


def test_crlf_ends_a_line_as_lf_does() -> None:
    blocks = blocks_of(b'a,1\r\n"b","2"\r\n\r\nc,3\r\n')
    assert rows_of(blocks) == [(2, ("a", "1")), (3, ("b", "2")), (5, ("c", "3"))]
    assert blocks[0].blank_lines.tolist() == [4]
    assert not blocks[0].has_breaks


def test_a_blank_line_is_skipped_and_counted() -> None:
    blocks = blocks_of(b"a,1\n\n\nb,2\n")
    assert rows_of(blocks) == [(2, ("a", "1")), (5, ("b", "2"))]
    assert blocks[0].blank_lines.tolist() == [3, 4]
    assert blocks[0].row_count == 2


def test_a_line_of_spaces_or_of_an_empty_quoted_cell_is_a_row() -> None:
    blocks = blocks_of(b' \n""\n\n', width=1)
    assert blocks[0].lines.tolist() == [2, 3]


def test_a_quoted_line_break_makes_the_following_rows_count_on() -> None:
    blocks = blocks_of(b'a,"1\n2\n3"\nb,2\n')
    assert rows_of(blocks) == [(2, ("a", "1\n2\n3")), (5, ("b", "2"))]
    assert blocks[0].has_breaks


def test_quotes_hide_commas_and_doubled_quotes() -> None:
    blocks = blocks_of(b'"a,b","say ""hi"""\nc,"d,e,f"\n')
    assert rows_of(blocks) == [(2, ("a,b", 'say "hi"')), (3, ("c", "d,e,f"))]


def test_balanced_quotes_inside_a_bare_cell_are_text() -> None:
    assert rows_of(blocks_of(b'the "big" one,1\n')) == [(2, ('the "big" one', "1"))]


def test_a_doubled_quote_means_one_only_within_quotes() -> None:
    rows = b'"a""b\nc",d""e\nf""g,"h""i"\n"",j""k\n'
    assert rows_of(blocks_of(rows)) == [
        (2, ('a"b\nc', 'd""e')),
        (4, ('f""g', 'h"i')),
        (5, (None, 'j""k')),
    ]


@pytest.mark.parametrize("row", [b"a", b"a,1,2", b"a,1,", b'"a,1"'])
def test_a_wrong_number_of_cells_is_told_with_the_number_found(row: bytes) -> None:
    blocks = blocks_of(b"x,0\n" + row + b"\ny,0\n")
    assert faults_of(blocks) == [("ROW_COLUMN_COUNT", 3)]
    assert blocks[0].miscounted_cells.tolist() == [1 if row[:1] == b'"' else row.count(b",") + 1]
    assert [line for line, _ in rows_of(blocks)] == [2, 4]


def test_another_separator_is_recognised() -> None:
    assert blocks_of(b"a;1\nb;2\n")[0].separator == ";"
    assert blocks_of(b"a\t1\n")[0].separator == "\t"
    assert blocks_of(b"a\n")[0].separator is None


def test_an_open_quote_swallows_no_row_behind_it() -> None:
    blocks = blocks_of(b'a,"1\nb,2\nc,3\n')
    assert faults_of(blocks) == [("ROW_QUOTE", 2)]
    assert first_malformed(blocks, RowFault.QUOTE)["column"] == 2
    assert [line for line, _ in rows_of(blocks)] == [3, 4]


@pytest.mark.parametrize(
    ("opens", "closes", "column"),
    [(b'"a,1', b'd",4', 1), (b'a,"1', b'd,4"', 2), (b'"a,1', b'd,4"', 1)],
)
def test_two_stray_quotes_swallow_no_row_between_them(
    opens: bytes, closes: bytes, column: int
) -> None:
    blocks = blocks_of(b"\n".join([opens, b"b,2", b"c,3", closes, b"e,5", b""]))
    assert faults_of(blocks) == [("ROW_QUOTE", 2), ("ROW_QUOTE", 5)]
    assert first_malformed(blocks, RowFault.QUOTE)["column"] == column
    assert [line for line, _ in rows_of(blocks)] == [3, 4, 6]


def test_after_a_bad_quote_reading_resumes_where_the_cell_count_is_right() -> None:
    blocks = blocks_of(b'a,"1\nx\ny,y,y\n\nb,2\nz\n')
    assert faults_of(blocks) == [("ROW_QUOTE", 2), ("ROW_COLUMN_COUNT", 7)]
    assert rows_of(blocks) == [(6, ("b", "2"))]
    assert blocks[0].row_count == 3
    assert blocks[0].blank_lines.size == 0


@pytest.mark.parametrize("cell", [b'5" disk', b'"a"b', b'"a" ', b'a""b"'])
def test_quotes_out_of_place_are_told_with_their_column(cell: bytes) -> None:
    blocks = blocks_of(b"x," + cell + b"\ny,0\n")
    assert first_malformed(blocks, RowFault.QUOTE) == {"line": 2, "column": 2}
    assert [line for line, _ in rows_of(blocks)] == [3]


def test_a_quote_that_stays_open_for_too_many_lines_is_a_fault() -> None:
    lines = MOST_LINES_OF_A_RECORD
    assert faults_of(blocks_of(b'a,"' + b"\n" * (lines - 1) + b'"\nb,2\n')) == []
    too_many = blocks_of(b'a,"' + b"\n" * lines + b'"\nb,2\n', block_bytes=32)
    assert faults_of(too_many)[0] == ("ROW_QUOTE", 2)
    assert rows_of(too_many)[-1] == (lines + 3, ("b", "2"))


def test_bytes_that_are_not_utf8_are_told_with_offset_and_byte() -> None:
    blocks = blocks_of("é,1\n".encode() + b"ab\xe9,2\nc,3\n")
    told = first_malformed(blocks, RowFault.ENCODING)
    assert told == {"line": 3, "at_line": 3, "offset": 2, "byte": 0xE9}
    assert rows_of(blocks) == [(2, ("é", "1")), (4, ("c", "3"))]


def test_a_bad_byte_in_a_row_of_several_lines_is_told_by_its_own_line() -> None:
    told = first_malformed(blocks_of(b'a,"1\n\xff"\n'), RowFault.ENCODING)
    assert told == {"line": 2, "at_line": 3, "offset": 0, "byte": 0xFF}


def test_a_bad_byte_within_a_row_of_too_many_cells_is_not_told_of_the_row_above() -> None:
    blocks = blocks_of(b'a,b\n"x\n\xff",c,d\ne,f\n')
    assert rows_of(blocks) == [(2, ("a", "b")), (5, ("e", "f"))]
    assert faults_of(blocks) == [("ROW_COLUMN_COUNT", 3)]


def test_a_lone_cr_stays_in_its_cell() -> None:
    blocks = blocks_of(b"a\rb,1\nc,2\r")
    assert rows_of(blocks) == [(2, ("a\rb", "1")), (3, ("c", "2\r"))]
    assert blocks[0].has_breaks


def test_flags_tell_what_may_occur() -> None:
    plain = blocks_of(b"a,1\n")[0]
    flags = (plain.has_quotes, plain.has_edge_blanks, plain.has_controls, plain.has_breaks)
    assert not any(flags)
    assert plain.is_ascii
    assert blocks_of(b"a ,1\n")[0].has_edge_blanks
    assert blocks_of(b"a,\t1\n")[0].has_edge_blanks
    assert blocks_of(b"a,1 \r\n")[0].has_edge_blanks
    assert blocks_of(b'" a",1\n')[0].has_edge_blanks
    assert not blocks_of(b"a b,1\n")[0].has_edge_blanks
    assert blocks_of(b"a\x01,1\n")[0].has_controls
    assert not blocks_of(b"a\tb,1\r\n")[0].has_controls
    assert blocks_of(b"a,%s\n" % (b"x" * 131_073))[0].has_long_cells


def test_a_line_longer_than_any_row_is_skipped_without_being_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scanner, "LONGEST_RECORD_BYTES", 100)
    data = b"a,1\nb," + b"x" * 500 + b"\nc,2\nd" + b"," * 300 + b"\ne,3\n"
    blocks = blocks_of(data, block_bytes=50)
    assert faults_of(blocks) == [("VAL_TOO_LONG", 3), ("ROW_COLUMN_COUNT", 5)]
    assert first_malformed(blocks, RowFault.TOO_LONG) == {"line": 3, "column": 2, "length": 500}
    assert [line for line, _ in rows_of(blocks)] == [2, 4, 6]


@pytest.mark.parametrize("block_bytes", [1, 2, 5, 13, 64])
def test_where_blocks_are_cut_makes_no_difference(block_bytes: int) -> None:
    data = b'a,"1\n2"\n\nb"x,1\nc\n"d","e ""f"""\r\n"g,1\nh,2\n"i","j"\nk,\xff\nl,2'
    whole, cut = blocks_of(data), blocks_of(data, block_bytes=block_bytes)
    assert rows_of(cut) == rows_of(whole)
    assert faults_of(cut) == faults_of(whole)


def test_a_file_with_every_cell_in_quotes_is_read_alike() -> None:
    rows = b'"a","1"\r\n"b, c","2"\r\n"","4"\r\n'
    assert rows_of(blocks_of(rows)) == [(2, ("a", "1")), (3, ("b, c", "2")), (4, (None, "4"))]
    with_a_break = rows + b'"d\ne","5"\r\n'
    assert rows_of(blocks_of(with_a_break))[-1] == (5, ("d\ne", "5"))
