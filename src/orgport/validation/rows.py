"""Sorts the lines of a block into rows that are well formed and rows that are malformed.

Most lines are settled by `cells`, the doubtful ones by the loops in `malformed`: records over several lines,
quotes out of place, and after a bad quote the search for the next line with the right cell count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
import polars as pl

from orgport.validation.cells import CutLines, Flags, joined_texts
from orgport.validation.coded import texts_of
from orgport.validation.cutting import Codes, Places
from orgport.validation.malformed import (
    AS_CUT,
    BAD_QUOTE,
    FIND_BAD_BYTES,
    MISCOUNTED,
    READ,
    READ_DOUBTFUL,
    Fates,
)

LONGEST_RECORD_BYTES = 64 << 20  # over 105 cells of 131,072 characters of four bytes each
_QUOTE = ord('"')


class RowFault(Enum):
    """What can be wrong with a row before its cells are looked at; the value is the rule's code."""

    COLUMN_COUNT = "ROW_COLUMN_COUNT"
    QUOTE = "ROW_QUOTE"
    ENCODING = "ROW_ENCODING"
    TOO_LONG = "VAL_TOO_LONG"  # a physical line over LONGEST_RECORD_BYTES


# The malformed rows by what is wrong with them, but for the number of cells; each has its `line`.
# QUOTE: `column`, 1-based. ENCODING: `offset`, 0-based in the physical line `at_line`, and the first wrong
# `byte`. TOO_LONG: `column`, and the `length` of the cell in bytes.
MalformedRows = Mapping[RowFault, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class ReadRows:
    """Well-formed rows that were read byte by byte: their line indexes, and where their cells stand."""

    lines: Places
    firsts: Codes
    lengths: Codes

    def texts(self, data: bytes, column: int) -> pl.Series:
        """The texts of a column, null where a cell is empty."""
        firsts = self.firsts[:, column]
        texts = texts_of(*joined_texts(data, firsts, self.lengths[:, column]))
        # A cell in quotes stands behind one, a bare cell never; before offset 0 is the padding at the end.
        is_quoted = np.frombuffer(data, dtype=np.uint8)[firsts - 1] == _QUOTE
        return pl.select(
            pl.when(pl.Series(is_quoted))
            .then(texts.str.replace_all('""', '"', literal=True))
            .otherwise(texts)
        ).to_series()

    def of_rows(self, wanted: Flags) -> ReadRows:
        """Some of the rows."""
        return ReadRows(self.lines[wanted], self.firsts[wanted], self.lengths[wanted])


@dataclass(frozen=True, slots=True)
class SortedRows:
    """The rows among the first `line_count` lines of a block, by line index; `line_count` may be 0."""

    line_count: int
    keep: Flags  # well-formed rows, as they were cut
    miscounted: Places
    miscounted_cells: Codes
    blank: Places
    read: ReadRows | None = None
    malformed: MalformedRows | None = None
    passing_over: bool = False  # at the end: still looking for a line with the right cell count


_NONE = np.zeros(0, dtype=np.int64)


class RowSorter:
    """Sorts the lines of one block; `first_line` is the physical line of its first one."""

    def __init__(
        self, data: bytes, found: CutLines, *, width: int, first_line: int, is_ascii: bool
    ) -> None:
        self._data = data
        self._is_ascii = is_ascii
        self._found = found
        self._width = width
        self._first_line = first_line
        self._plain = found.plain(width)

    def sort(self, *, passing_over: bool, is_last: bool) -> SortedRows:
        """Sort the lines; stops before a record that may go on behind the block unless it `is_last`."""
        line_count = self._found.ends.size
        if not passing_over and self._is_ascii and self._plain.all():
            return SortedRows(line_count, self._plain, _NONE, self._found.cells[:0], _NONE)
        fates = np.full(line_count, AS_CUT, dtype=np.uint8)
        numbers = self._found.cells.copy()
        read = None
        if passing_over or self._found.doubtful.any():
            line_count, read, passing_over = self._read_doubtful(
                fates, numbers, passing_over=passing_over, is_last=is_last
            )
        stays = fates == AS_CUT
        stays[line_count:] = False
        stays &= ~self._found.doubtful
        keep = self._plain & stays
        miscounted = (stays & ~keep & ~self._found.blank) | (fates == MISCOUNTED)
        malformed = {RowFault.QUOTE: self._bad_quotes(fates, numbers)}
        if not (self._is_ascii or _is_utf8(self._data)):
            bad = self._bad_bytes(fates[:line_count])
            malformed[RowFault.ENCODING] = bad
            is_bad = np.zeros(keep.size, dtype=np.bool_)
            is_bad[bad["line"].to_numpy().astype(np.int64) - self._first_line] = True
            keep &= ~is_bad
            read = read and read.of_rows(~is_bad[read.lines])
        return SortedRows(
            line_count=line_count,
            keep=keep,
            miscounted=np.flatnonzero(miscounted),
            miscounted_cells=numbers[miscounted],
            blank=np.flatnonzero(self._found.blank & stays),
            read=read if read and read.lines.size else None,
            malformed={fault: rows for fault, rows in malformed.items() if rows.height},
            passing_over=passing_over,
        )

    def _read_doubtful(
        self, fates: Fates, numbers: Codes, *, passing_over: bool, is_last: bool
    ) -> tuple[int, ReadRows | None, bool]:
        """Fill in fates and numbers; how many lines are done with, the rows, and whether to pass on."""
        found, size = self._found, len(self._data)
        # A row has a byte for each cell at least; two more are tried.
        most = min(int(np.count_nonzero(found.doubtful)), size // self._width) + 2
        firsts, lengths = np.empty((2, most, self._width), dtype=np.int32)
        line_count, rows, passing_over = READ_DOUBTFUL(
            *(size, self._data, LONGEST_RECORD_BYTES, passing_over, is_last),
            *(found.starts, found.ends, self._plain, found.doubtful),
            *(fates, numbers, firsts, lengths),
        )
        read = ReadRows(np.flatnonzero(fates == READ), firsts[:rows], lengths[:rows])
        return line_count, read, passing_over

    def _bad_quotes(self, fates: Fates, numbers: Codes) -> pl.DataFrame:
        lines = np.flatnonzero(fates == BAD_QUOTE)
        return pl.DataFrame({"line": self._numbers(lines), "column": numbers[lines]})

    def _bad_bytes(self, fates: Fates) -> pl.DataFrame:
        """The rows that are not UTF-8."""
        found = self._found
        at_lines = np.zeros(fates.size, dtype=np.int32)
        offsets = np.full(fates.size, -1, dtype=np.int32)
        FIND_BAD_BYTES(
            *(len(self._data), self._data, found.starts, found.ends, self._plain),
            *(fates, at_lines, offsets),
        )
        rows = np.flatnonzero(offsets >= 0)
        at_lines, offsets = at_lines[rows], offsets[rows]
        return pl.DataFrame(
            {
                "line": self._numbers(rows),
                "at_line": self._numbers(at_lines),
                "offset": offsets,
                "byte": np.frombuffer(self._data, np.uint8)[found.starts[at_lines] + offsets],
            }
        )

    def _numbers(self, line_indexes: Places | Codes) -> pl.Series:
        """The numbers of lines in the file."""
        return pl.Series((line_indexes + np.int64(self._first_line)).astype(np.uint32))


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
