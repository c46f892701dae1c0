"""The loops over bytes do the same compiled, as they run on large files, and in plain Python."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any

import numpy as np
import polars as pl
import pytest
from hostile import LINE_ENDS, MAKERS, Maker
from hypothesis import given, settings
from hypothesis import strategies as st
from searching import examples
from test_findings_equal_the_bytes import SOUP

from orgport.validation import compiling, looping
from orgport.validation.cells import CutLines, Cutter
from orgport.validation.looping import PADDING, Loop, mix
from orgport.validation.rows import RowFault, RowSorter
from orgport.validation.text_table import NOBODY, UNKNOWN, Texts, TextTable

SEARCHED = settings(max_examples=examples(100), deadline=None)
BROKEN = st.builds(  # characters of several bytes, and what looks like them
    lambda lead, behind: bytes((lead, *behind)),
    st.integers(0xC0, 0xFF),
    st.lists(st.sampled_from([0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0]), max_size=3),
)
TEXTS = st.lists(st.one_of(st.none(), st.text("abc", max_size=18)), max_size=60)


@contextmanager
def loops(*, compiled: bool) -> Iterator[None]:
    """Run all loops compiled, or none."""
    with pytest.MonkeyPatch.context() as patch:
        if compiled:
            patch.setattr(looping, "_COMPILED_FROM", 0)
        else:
            patch.setattr(Loop, "__call__", in_plain_python)
        yield


def in_plain_python(loop: Loop, size: int, text: Any, *arguments: Any) -> Any:
    """Call the loop as it is written."""
    return loop.function(bytes(text), *arguments)


def as_cut(data: bytes, width: int) -> list[Any]:
    """All that a cut says of the bytes, with the texts instead of where they stand."""
    found: CutLines = Cutter(width).cut(data + PADDING)
    cells = found.cut
    texts = [
        [
            bytes(data[first : first + length])
            for first, length in zip(firsts.tolist(), lengths.tolist(), strict=True)
        ]
        for firsts, lengths in zip(cells.firsts, cells.lengths, strict=True)
    ]
    joined = [cells.joined_texts(data + PADDING, column)[0].tobytes() for column in range(width)]
    lines = [found.starts, found.ends, found.cells, found.blank, found.doubtful, cells.codes]
    flags = [found.has_quotes, found.has_edge_blanks, found.has_controls, cells.has_doubled]
    return [texts, joined, [array.tolist() for array in lines], flags]


@SEARCHED
@given(data=SOUP, width=st.integers(1, 4))
def test_bytes_of_any_kind_are_cut_alike(data: bytes, width: int) -> None:
    data += b"\n"
    with loops(compiled=False):
        plain = as_cut(data, width)
    with loops(compiled=True):
        assert as_cut(data, width) == plain


@SEARCHED
@given(pieces=st.lists(st.tuples(st.sampled_from(MAKERS), st.sampled_from(LINE_ENDS)), min_size=1))
def test_hostile_rows_are_cut_alike(pieces: list[tuple[Maker, bytes]]) -> None:
    persons = (f"person{number % 5}@contoso.com" for number in range(len(pieces)))
    rows = zip(pieces, persons, strict=True)
    data = b"".join(make(person).text + end for (make, end), person in rows)
    with loops(compiled=False):
        plain = as_cut(data, 6)
    with loops(compiled=True):
        assert as_cut(data, 6) == plain


def as_sorted(data: bytes, width: int, *, passing_over: bool, is_last: bool) -> list[Any]:
    """All that is said of the rows in the bytes, with the texts instead of where they stand."""
    found = Cutter(width).cut(data + PADDING)
    sorter = RowSorter(data + PADDING, found, width=width, first_line=2, is_ascii=data.isascii())
    rows = sorter.sort(passing_over=passing_over, is_last=is_last)
    lines = [rows.keep, rows.miscounted, rows.miscounted_cells, rows.blank]
    malformed = {fault: frame.rows() for fault, frame in (rows.malformed or {}).items()}
    read = rows.read and [
        rows.read.lines.tolist(),
        *(rows.read.texts(data + PADDING, column).to_list() for column in range(width)),
    ]
    kept = [array.tolist() for array in lines]
    return [rows.line_count, kept, malformed, read, rows.passing_over]


@SEARCHED
@given(data=SOUP, width=st.integers(1, 4), passing_over=st.booleans(), is_last=st.booleans())
def test_bytes_of_any_kind_are_sorted_alike(
    data: bytes, width: int, passing_over: bool, is_last: bool
) -> None:
    data += b"\n"
    with loops(compiled=False):
        plain = as_sorted(data, width, passing_over=passing_over, is_last=is_last)
    with loops(compiled=True):
        assert as_sorted(data, width, passing_over=passing_over, is_last=is_last) == plain


@SEARCHED
@given(record=st.lists(st.one_of(st.binary(max_size=4), BROKEN), max_size=6).map(b"".join))
@pytest.mark.parametrize("compiled", [False, True])
def test_the_first_wrong_byte_is_the_one_that_python_tells(record: bytes, compiled: bool) -> None:
    data = record.translate(None, b'\r\n,"') + b"\n"
    with loops(compiled=compiled):
        malformed = as_sorted(data, 1, passing_over=False, is_last=True)[2]
    expected = {}
    try:
        data.decode()
    except UnicodeDecodeError as broken:
        expected[RowFault.ENCODING] = [(2, 2, broken.start, data[broken.start])]
    assert malformed == expected


WORDS = st.integers(-(1 << 63), (1 << 63) - 1)
SEEDS = st.integers(0, looping.POSITIVE).map(lambda drawn: drawn | 1)


def mixed(word: int, other: int, seed: int) -> int:
    """The hash of a text of two words."""
    return mix(seed, mix(seed, mix(seed, seed, 16), word), other)


MIXED = compiling.part(FunctionType(mixed.__code__, {"mix": compiling.mix}))


@SEARCHED
@given(word=WORDS, other=WORDS, seed=SEEDS)
def test_a_text_has_one_hash(word: int, other: int, seed: int) -> None:
    assert MIXED(word, other, seed) == mixed(word, other, seed)


@SEARCHED
@given(texts=st.tuples(WORDS, WORDS), changes=st.tuples(WORDS, WORDS).filter(any))
def test_who_does_not_know_the_seed_cannot_write_texts_that_share_a_hash(
    texts: tuple[int, int], changes: tuple[int, int]
) -> None:
    changed = [word ^ change for word, change in zip(texts, changes, strict=True)]
    seeds = [looping.drawn_seed() for _ in range(64)]
    pairs = [(mixed(*texts, seed), mixed(changed[0], changed[1], seed)) for seed in seeds]
    assert all(one != other for one, other in pairs)
    assert sum(one & 1023 == other & 1023 for one, other in pairs) < 8
    assert len({one ^ other for one, other in pairs}) > 48


@SEARCHED
@given(batches=st.lists(TEXTS, max_size=4))
@pytest.mark.parametrize("compiled", [False, True])
def test_a_text_keeps_the_number_of_its_first_appearance(
    batches: list[list[str | None]], compiled: bool
) -> None:
    numbers: dict[str, int] = {}
    table = TextTable()
    with loops(compiled=compiled):
        for batch in batches:
            texts = Texts.of(pl.Series(batch, dtype=pl.String))
            before = table.numbers(texts)
            assert before.tolist() == [
                numbers.get(text, UNKNOWN) if text else NOBODY for text in batch
            ]
            for text in filter(None, batch):
                numbers.setdefault(text, len(numbers))
            expected = [numbers[text] if text else NOBODY for text in batch]
            assert table.add(texts, before).tolist() == expected
            assert np.array_equal(table.numbers(texts), expected)
    assert table.texts().to_pylist() == list(numbers)


@SEARCHED
@given(texts=TEXTS)
def test_a_table_begun_in_plain_python_goes_on_compiled(texts: list[str | None]) -> None:
    table, rows = TextTable(), Texts.of(pl.Series(texts, dtype=pl.String))
    with loops(compiled=False):
        numbers = table.add(rows, table.numbers(rows))
    with loops(compiled=True):
        assert np.array_equal(table.numbers(rows), numbers)


def test_texts_of_lines_that_are_no_rows_take_no_room() -> None:
    short = b"".join(b"%d\n" % number for number in range(30_000))
    data = short + b"a,b,c,d,e,f,g,h\n" + short
    with loops(compiled=False):  # where an array's bounds are kept
        plain = as_cut(data, 8)
    assert plain[0] == [[b"", letter] for letter in b"a b c d e f g h".split()]
    with loops(compiled=True):
        assert as_cut(data, 8) == plain
