"""The structural scanner: finds the records of a csv, the line each begins on, and what is malformed.

It hands on blocks of well-formed rows with a line number for each; malformed ones (cell count, quotes, bytes
that are not UTF-8) are told apart. What a cell means is for `values` to judge.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from io import BufferedIOBase
from typing import Any, NoReturn, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from orgport.validation.cells import LONGEST_CELL, CutCells, CutLines, Cutter
from orgport.validation.coded import Coded, texts_of
from orgport.validation.cutting import BLANK, Places
from orgport.validation.longline import LongLine
from orgport.validation.looping import PADDING
from orgport.validation.rows import (
    LONGEST_RECORD_BYTES,
    MalformedRows,
    ReadRows,
    RowFault,
    RowSorter,
    SortedRows,
)
from orgport.validation.text_table import NOBODY, Ids, Texts, TextTable

# Smaller ones cost more calls, in which one thread waits for another; larger ones memory.
BLOCK_BYTES = 16 << 20

_PIECES_AHEAD = 3

Lines = npt.NDArray[np.uint32]
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Block:
    """Some consecutive rows.

    There is a well-formed row for each of `lines`, the physical line it begins on (the header of the file
    counts). The flags say what may occur in them, so that judges can pass over the rest.
    """

    data: bytes  # that `cells` were cut from
    cells: CutCells  # the rows, without
    read: ReadRows | None  # those read byte by byte,
    places: Places  # each before the row of this place
    lines: Lines
    malformed: MalformedRows
    miscounted_lines: Lines  # rows with a wrong number of cells,
    miscounted_cells: Lines  # and that number
    separator: str | None  # what separates the cells of rows with one cell, when it looks so
    blank_lines: Lines
    bytes_read: int  # of the stream, when this block was made
    is_ascii: bool
    has_quotes: bool
    has_edge_blanks: bool  # a cell may begin or end with a blank
    has_controls: bool  # a control character other than TAB, CR and LF
    has_breaks: bool  # a cell may hold a line break
    has_long_cells: bool

    def column(self, index: int) -> Coded:
        """The texts of a column as they stand in the file, none where a cell is empty."""
        codes = self.cells.codes[index]
        texts = _ColumnTexts(self.data, self.cells, index)
        if self.read is None:
            return Coded(codes, texts)
        values = texts.cut_out()
        own, added = _numbered(self.read.texts(self.data, index))
        own = np.where(own == NOBODY, np.int32(BLANK), own + np.int32(len(values)))
        return Coded(np.insert(codes, self.places, own), values.append(added))

    def addresses(self, index: int) -> Texts | None:
        """The texts of a column where they lie in `data`; None where some may not be meant as they stand."""
        is_odd = self.has_edge_blanks or self.has_controls or self.has_long_cells
        if is_odd or self.read or self.cells.has_doubled or not self.is_ascii:
            return None
        return Texts(
            np.frombuffer(self.data, dtype=np.uint8),
            self.cells.firsts[index].astype(np.int64),
            self.cells.lengths[index].astype(np.int64),
        )

    @property
    def row_count(self) -> int:
        """Well-formed and malformed rows; lines passed over after a bad quote are none."""
        return self.lines.size + self.miscounted_lines.size + self.malformed_count

    @property
    def last_row_line(self) -> int:
        """The line of the last row, 0 when there is none."""
        return max((int(lines[-1]) for lines in self._lines_by_kind if lines.size), default=0)

    @property
    def row_lines(self) -> Lines:
        """The lines of all rows, in order."""
        return np.sort(np.concatenate(self._lines_by_kind))

    @property
    def malformed_count(self) -> int:
        """How many rows are malformed, other than by their number of cells."""
        return sum(rows.height for rows in self.malformed.values())

    @property
    def _lines_by_kind(self) -> list[Lines]:
        malformed = [rows["line"].to_numpy() for rows in self.malformed.values()]
        return [self.lines, self.miscounted_lines, *malformed]


@dataclass(frozen=True, slots=True)
class _ColumnTexts:
    """The texts of a column of a block."""

    data: bytes
    cells: CutCells
    index: int

    def cut_out(self, codes: slice | Places = slice(None)) -> pl.Series:
        """Those of some codes, null for BLANK."""
        texts = texts_of(*self.cells.joined_texts(self.data, self.index, codes))
        return texts.str.replace_all('""', '"', literal=True) if self.cells.has_doubled else texts


def scan(
    stream: BufferedIOBase,
    *,
    width: int,
    first_line: int,
    block_bytes: int = BLOCK_BYTES,
    executor: Executor | None = None,
) -> Iterator[Block]:
    """Yield the rows of a csv stream that stands behind its header, in blocks.

    `width` is the number of cells of a row and `first_line` the physical line the stream begins on. With
    an `executor` the stream is read and cut ahead. What the stream raises goes through.
    """
    return _Scanner(stream, width, first_line, block_bytes, executor).blocks()


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some lines of the stream: bytes with PADDING, or one line that is too long to be kept."""

    lines: bytes | LongLine
    cut: Callable[[], CutLines]  # of bytes: asked once
    bytes_read: int


class _Scanner:
    def __init__(
        self,
        stream: BufferedIOBase,
        width: int,
        first_line: int,
        block_bytes: int,
        executor: Executor | None,
    ) -> None:
        self._stream = stream
        self._width = width
        self._line = first_line  # physical line on which the next block begins
        self._block_bytes = block_bytes
        self._executor = executor
        self._cutter = Cutter(width)
        self._bytes_read = 0
        self._passing_over = False  # after a bad quote, until a line has the right cell count

    def blocks(self) -> Iterator[Block]:
        waiting = b""  # lines of a record that goes on
        pieces = self._cut_ahead()
        piece = next(pieces, None)
        while piece is not None:
            following = next(pieces, None)
            if isinstance(piece.lines, LongLine):
                if waiting:  # no record reaches over such a line
                    data = waiting + PADDING
                    found = self._cutter.cut(data)
                    block, _ = self._scan_lines(data, found, piece.bytes_read, is_last=True)
                    yield from block
                    waiting = b""
                yield self._pass_over(piece.lines, piece.bytes_read)
            else:
                data, found = waiting + piece.lines, piece.cut()
                if waiting:
                    found = self._cutter.cut(data)
                block, used = self._scan_lines(
                    data, found, piece.bytes_read, is_last=following is None
                )
                yield from block
                waiting = data[used : -len(PADDING)]
            piece = following

    def _cut_ahead(self) -> Iterator[_Piece]:
        """The pieces of the stream, with an executor a few of them read and cut before they are asked for."""
        stream = self._pieces()
        ahead: deque[_Piece] = deque()
        reading = self._start(next, stream, None)
        while (read := reading()) is not None:
            reading = self._start(next, stream, None)
            lines, bytes_read = read
            cut = _not_cut if isinstance(lines, LongLine) else self._start(self._cutter.cut, lines)
            ahead.append(_Piece(lines, cut, bytes_read))
            if len(ahead) > _PIECES_AHEAD:
                yield ahead.popleft()
        yield from ahead

    def _start(self, work: Callable[..., _Result], *arguments: Any) -> Callable[[], _Result]:
        """Have some work done, beside this thread where there is an executor; what gives its result."""
        if self._executor is None:
            return partial(work, *arguments)
        return self._executor.submit(work, *arguments).result

    def _pieces(self) -> Iterator[tuple[bytes | LongLine, int]]:
        """The stream in pieces that end with a line, and how many bytes of it are read by then."""
        behind = b""  # the begin of a line
        chunks = self._chunks()
        while chunks:
            lines, behind = _parted(behind, chunks)
            if lines:
                yield lines, self._bytes_read
            chunks = []
            if self._is_too_long(behind):
                long, behind = self._long_line(behind)
                yield long, self._bytes_read
                behind, chunks = b"", [behind] if behind else []
            chunks = chunks or self._chunks()
        if behind:
            yield _with_line_end(behind) + PADDING, self._bytes_read

    def _is_too_long(self, line: bytes) -> bool:
        """Whether no row can begin so; one cell of nothing but commas would be too long by itself."""
        return len(line) > LONGEST_RECORD_BYTES or (
            len(line) > LONGEST_CELL and line.count(b",") > self._width * (LONGEST_CELL + 1)
        )

    def _long_line(self, begin: bytes) -> tuple[LongLine, bytes]:
        """The line that begins so, read to its end, and what was read behind it."""
        long = LongLine()
        while (end := begin.find(b"\n")) < 0:
            long.feed(begin)
            if not (begin := b"".join(self._chunks())):
                return long, b""
        long.feed(begin[:end])
        return long, begin[end + 1 :]

    def _chunks(self) -> list[bytes]:
        """The next bytes of the stream, as many as a block shall have if there are so many."""
        chunks: list[bytes] = []
        missing = self._block_bytes
        while missing > 0 and (chunk := self._stream.read1(missing)):
            chunks.append(chunk)
            missing -= len(chunk)
        self._bytes_read += self._block_bytes - missing
        return chunks

    def _scan_lines(
        self, data: bytes, found: CutLines, bytes_read: int, *, is_last: bool
    ) -> tuple[list[Block], int]:
        """The rows in `data`, and how many bytes of it are done with: none when a row needs more."""
        is_ascii = data.isascii()
        sorter = RowSorter(data, found, width=self._width, first_line=self._line, is_ascii=is_ascii)
        rows = sorter.sort(passing_over=self._passing_over, is_last=is_last)
        if rows.line_count == 0:
            return [], 0
        block = self._block(data, found, rows, bytes_read, is_ascii=is_ascii)
        self._passing_over = rows.passing_over
        self._line += rows.line_count
        return [block], int(found.ends[rows.line_count - 1]) + 1

    def _block(
        self, data: bytes, found: CutLines, rows: SortedRows, bytes_read: int, *, is_ascii: bool
    ) -> Block:
        cells = found.cut
        if not (rows.keep | found.blank).all():
            # Texts of the other lines must not be taken for those of rows: they may not even be UTF-8.
            cells = cells.of_rows(rows.keep[found.plain(self._width)])
        lines = np.flatnonzero(rows.keep)
        places = lines[:0]
        if rows.read:
            places = np.searchsorted(lines, rows.read.lines)
            lines = np.insert(lines, places, rows.read.lines)
        return Block(
            data=data,
            cells=cells,
            read=rows.read,
            places=places,
            lines=self._numbers(lines),
            malformed=rows.malformed or {},
            miscounted_lines=self._numbers(rows.miscounted),
            miscounted_cells=rows.miscounted_cells.astype(np.uint32),
            separator=self._other_separator(data, found, rows),
            blank_lines=self._numbers(rows.blank),
            bytes_read=bytes_read,
            is_ascii=is_ascii,
            has_quotes=found.has_quotes or rows.read is not None,
            has_edge_blanks=found.has_edge_blanks or rows.read is not None,
            has_controls=found.has_controls,
            has_breaks=rows.read is not None,
            has_long_cells=found.has_long_cells or rows.read is not None,
        )

    def _numbers(self, line_indexes: npt.NDArray[np.int64]) -> Lines:
        count = line_indexes.size
        if count and line_indexes[0] == 0 and line_indexes[-1] == count - 1:  # mostly all lines are
            return np.arange(self._line, self._line + count, dtype=np.uint32)
        return (line_indexes + self._line).astype(np.uint32)

    def _other_separator(self, data: bytes, found: CutLines, rows: SortedRows) -> str | None:
        of_one_cell = rows.miscounted[rows.miscounted_cells == 1]
        if of_one_cell.size == 0:
            return None
        line = data[found.starts[of_one_cell[0]] : found.ends[of_one_cell[0]]]
        return next((sign for sign in ";\t|" if line.count(sign.encode()) == self._width - 1), None)

    def _pass_over(self, long: LongLine, bytes_read: int) -> Block:
        """A block without rows, for a physical line that is too long to be kept."""
        line, self._line = self._line, self._line + 1
        malformed = long.ended(line, width=self._width)
        is_bad_quote = RowFault.QUOTE in malformed
        is_row = not self._passing_over or (bool(malformed) and not is_bad_quote)
        self._passing_over = is_bad_quote or not is_row
        is_miscounted = is_row and not malformed
        none = np.zeros(0, dtype=np.uint32)
        return Block(
            data=b"",
            cells=CutCells.none(self._width),
            read=None,
            places=np.zeros(0, dtype=np.int64),
            lines=none,
            malformed=malformed if is_row else {},
            miscounted_lines=np.array([line], np.uint32) if is_miscounted else none,
            miscounted_cells=np.array([long.cells], np.uint32) if is_miscounted else none,
            separator=None,
            blank_lines=none,
            bytes_read=bytes_read,
            is_ascii=True,
            has_quotes=False,
            has_edge_blanks=False,
            has_controls=False,
            has_breaks=False,
            has_long_cells=False,
        )


def _numbered(texts: pl.Series) -> tuple[Ids, pl.Series]:
    """For each text its number among those that differ, NOBODY where it is null; and these."""
    table, standing = TextTable(), Texts.of(texts)
    return table.add(standing, table.numbers(standing)), pl.Series(table.texts())


def _parted(behind: bytes, chunks: list[bytes]) -> tuple[bytes, bytes]:
    """The whole lines of some bytes, with PADDING, or nothing; and the begin of the line behind them."""
    for index in reversed(range(len(chunks))):
        if end := chunks[index].rfind(b"\n") + 1:
            last, rest = chunks[index][:end], b"".join((chunks[index][end:], *chunks[index + 1 :]))
            # Copied once, and beside other threads: Python lets them run while it joins nothing but bytes.
            return b"".join((behind, *chunks[:index], last, PADDING)), rest
    return b"", b"".join((behind, *chunks))


def _with_line_end(data: bytes) -> bytes:
    """The data, ending with LF; a CR at its end stays part of the last cell."""
    if data.endswith(b"\n"):
        return data
    return data + (b"\r\n" if data.endswith(b"\r") else b"\n")


def _not_cut() -> NoReturn:
    message = "a line that is too long is not cut"
    raise AssertionError(message)
