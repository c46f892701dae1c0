"""Sorts the lines of a block into rows that are well formed and rows that are malformed.

Most lines are settled by `cells`. The doubtful ones are read here one by one: records over several
lines, quotes out of place, and after a bad quote the search for the next line with the right cell count.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from orgport.validation.cells import CutLines, Flags
from orgport.validation.cutting import Codes, Places
from orgport.validation.malformed import OpenQuote, Record, read_record

MOST_LINES_OF_A_RECORD = 200  # a quote that stays open for longer is a fault
_FIRST_STRETCH = 16
LONGEST_RECORD_BYTES = 64 << 20  # over 105 cells of 131,072 characters of four bytes each


class RowFault(Enum):
    """What can be wrong with a row before its cells are looked at; the value is the rule's code."""

    COLUMN_COUNT = "ROW_COLUMN_COUNT"
    QUOTE = "ROW_QUOTE"
    ENCODING = "ROW_ENCODING"
    TOO_LONG = "VAL_TOO_LONG"  # a physical line over LONGEST_RECORD_BYTES


@dataclass(frozen=True, slots=True)
class Malformed:
    """One malformed row, other than by its number of cells.

    `column` is 1-based. For ENCODING, `offset` is 0-based in the physical line `at_line` and `byte` the
    first wrong one. For TOO_LONG, `length` is the cell's, in bytes.
    """

    fault: RowFault
    line: int
    column: int | None = None
    at_line: int | None = None
    offset: int | None = None
    byte: int | None = None
    length: int | None = None


@dataclass(slots=True)
class SortedRows:
    """The rows among the first `line_count` lines of a block, by line index; `line_count` may be 0."""

    line_count: int
    keep: Flags  # well-formed rows, as they stand in the data
    miscounted: Places
    miscounted_cells: Codes
    blank: Places
    repaired: dict[int, Record] = field(default_factory=dict)  # well formed, to be written anew
    malformed: list[Malformed] = field(default_factory=list)
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
        self._line_count = found.ends.size
        self._size = int(found.ends[-1]) + 1
        self._plain = found.plain(width)
        self._passed = np.zeros(found.ends.size, dtype=np.bool_)  # over, or within a record
        self._cells = found.cells
        self._repaired: dict[int, Record] = {}
        self._malformed: list[Malformed] = []
        self._passing_over = False

    def sort(self, *, passing_over: bool, is_last: bool) -> SortedRows:
        """Sort the lines; stops before a record that may go on behind the block unless it `is_last`."""
        if not passing_over and self._is_ascii and self._plain.all():
            return SortedRows(self._line_count, self._plain, _NONE, self._cells[:0], _NONE)
        if passing_over:
            self._pass_over(0)
        if self._found.doubtful.any():
            self._read_doubtful_lines(is_last=is_last)
        in_reach = ~self._passed
        in_reach[self._line_count :] = False
        doubtful = self._found.doubtful
        keep = self._plain & in_reach
        off = in_reach & ~self._found.blank & ~keep
        off[list(self._repaired)] = False
        off[[fault.line - self._first_line for fault in self._malformed]] = False
        miscounted = np.flatnonzero(off)
        self._drop_bad_bytes(keep)
        return SortedRows(
            line_count=self._line_count,
            keep=keep,
            miscounted=miscounted,
            miscounted_cells=self._cells[miscounted],
            blank=np.flatnonzero(self._found.blank & in_reach & ~doubtful),
            repaired=self._repaired,
            malformed=sorted(self._malformed, key=lambda fault: fault.line),
            passing_over=self._passing_over,
        )

    def _read_doubtful_lines(self, *, is_last: bool) -> None:
        done = 0
        for line in np.flatnonzero(self._found.doubtful).tolist():
            if line < done or self._passed[line]:
                continue
            row = read_record(self._data, int(self._found.starts[line]), self._limit(line))
            if isinstance(row, Record):
                done = _first_from(self._found.starts, row.end)
                swallowed = self._first_whole_row(line + 1, done)
                if swallowed is None:
                    self._passed[line + 1 : done] = True
                    self._take(line, row)
                else:
                    self._note_stray_quote(line, row)
                    self._passed[line + 1 : swallowed] = True
                    done = swallowed
            elif isinstance(row, OpenQuote) and not is_last and self._may_go_on(line):
                self._line_count = line
                return
            else:
                fault = Malformed(RowFault.QUOTE, self._first_line + line, column=row.column)
                self._malformed.append(fault)
                done = self._pass_over(line + 1)

    def _note_stray_quote(self, line: int, row: Record) -> None:
        """Two quotes out of place look like a cell of several lines; with rows in it, it is none."""
        column = next(index for index, cell in enumerate(row.cells, 1) if b"\n" in cell)
        self._malformed.append(Malformed(RowFault.QUOTE, self._first_line + line, column=column))

    def _take(self, line: int, row: Record) -> None:
        if len(row.cells) == self._width:
            self._repaired[line] = row
        else:
            self._cells[line] = len(row.cells)

    def _limit(self, line: int) -> int:
        """The offset behind the last line that a record beginning on `line` may reach."""
        last = min(line + MOST_LINES_OF_A_RECORD, self._found.ends.size) - 1
        longest = int(self._found.starts[line]) + LONGEST_RECORD_BYTES
        while last > line and self._found.ends[last] >= longest:
            last -= 1
        return int(self._found.ends[last]) + 1

    def _may_go_on(self, line: int) -> bool:
        """Whether a record that is open at the end of the block may still be closed behind it."""
        return (
            self._limit(line) == self._size
            and line + MOST_LINES_OF_A_RECORD > self._found.ends.size
            and self._size - int(self._found.starts[line]) < LONGEST_RECORD_BYTES
        )

    def _pass_over(self, begin: int) -> int:
        """Pass over the lines from `begin` to the next one with the right cell count; its index."""
        # By growing stretches: mostly it is the next line, and the block may hold many bad quotes.
        start, size = begin, _FIRST_STRETCH
        while start < self._found.ends.size:
            line = self._first_whole_row(start, start + size)
            if line is not None:
                self._passed[begin:line] = True
                return line
            start, size = start + size, size * 2
        self._passed[begin:] = True
        self._passing_over = True
        return int(self._found.ends.size)

    def _first_whole_row(self, begin: int, end: int) -> int | None:
        """The first of these lines that has the right cell count by itself."""
        candidates = self._plain[begin:end] | self._found.doubtful[begin:end]
        for line in (np.flatnonzero(candidates) + begin).tolist():
            if self._plain[line] or self._is_whole_row(line):
                return int(line)
        return None

    def _is_whole_row(self, line: int) -> bool:
        end = int(self._found.ends[line]) + 1
        row = read_record(self._data, int(self._found.starts[line]), end)
        return isinstance(row, Record) and len(row.cells) == self._width

    def _drop_bad_bytes(self, keep: Flags) -> None:
        """Turn the rows that are not UTF-8 from good into malformed ones."""
        if self._is_ascii or _is_utf8(self._data):
            return
        starts, ends = self._found.starts, self._found.ends
        high = np.flatnonzero(np.frombuffer(self._data, dtype=np.uint8) >= 128)
        lines = np.unique(np.searchsorted(ends, high))
        for line in lines[keep[lines]].tolist():
            if not _is_utf8(self._data[starts[line] : ends[line]]):
                keep[line] = False
                self._note_bad_byte(line, int(ends[line]))
        for line, row in list(self._repaired.items()):
            if not _is_utf8(self._data[starts[line] : row.end]):
                del self._repaired[line]
                self._note_bad_byte(line, row.end)

    def _note_bad_byte(self, line: int, end: int) -> None:
        begin = int(self._found.starts[line])
        try:
            self._data[begin:end].decode()
        except UnicodeDecodeError as broken:
            place = begin + broken.start
            at = _first_from(self._found.ends, place)
            self._malformed.append(
                Malformed(
                    RowFault.ENCODING,
                    self._first_line + line,
                    at_line=self._first_line + at,
                    offset=place - int(self._found.starts[at]),
                    byte=self._data[place],
                )
            )


def _first_from(offsets: Codes, offset: int) -> int:
    """The first of ascending offsets that is not below another one."""
    # Asked for another kind of number, numpy converts the whole array: at each line that was quadratic.
    return int(np.searchsorted(offsets, np.int32(offset)))


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
