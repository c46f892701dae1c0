"""Cuts a block of csv into lines and cells, and gives equal cells of a column the same code.

Files about people repeat themselves: of ten million cells few differ. So a text is cut out once, and what
it means is judged once. The loops over the bytes are in `cutting`. What they cannot decide (quotes that are
not where RFC 4180 wants them, cells of several lines, a lone CR) they mark as doubtful; those lines are
read once more by the loops in `malformed`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from orgport.validation.cutting import (
    BLANK,
    COPY,
    COUNT_LINES,
    CUT,
    HAS_CONTROLS,
    HAS_DOUBLED,
    HAS_EDGE_BLANKS,
    HAS_QUOTES,
    IS_BLANK,
    IS_DOUBTFUL,
    KEY_SIZE,
    ROWS_TOGETHER,
    Codes,
    Places,
)
from orgport.validation.looping import PADDING, drawn_seed

Flags = npt.NDArray[np.bool_]

LONGEST_CELL = 131_072  # characters of a value

_FEWEST_SLOTS = 1 << 10
_FEWEST_ROWS, _SHARE_APART, _LOOKS_AGAIN = 4096, 0.9, 16


@dataclass(frozen=True, slots=True)
class CutLines:
    """The physical lines of a block, an entry a line, and the cells of the plain ones.

    `starts` and `ends` are the offsets of the first byte and of the LF. `cells` counts the cells of the
    lines that are not `doubtful`.
    """

    starts: Codes
    ends: Codes
    cells: Codes
    blank: Flags
    doubtful: Flags
    cut: CutCells
    has_quotes: bool
    has_edge_blanks: bool
    has_controls: bool
    has_long_cells: bool

    def plain(self, width: int) -> Flags:
        """The lines of `width` cells whose cells are cut: each is a row of `cut`."""
        plain: Flags = ~self.blank & ~self.doubtful & (self.cells == width)
        return plain


@dataclass(frozen=True, slots=True)
class CutCells:
    """Equally wide rows of cells. `codes` has a row for each column and an entry for each row of the file.

    Where in the data the text of code n of a column stands say `firsts[column][n]` and `lengths[column][n]`;
    code 0 is that of blank cells. `has_doubled` tells that a quote within quotes may stand doubled there.
    """

    codes: Codes
    firsts: tuple[Codes, ...]
    lengths: tuple[Codes, ...]
    has_doubled: bool

    @classmethod
    def none(cls, width: int) -> CutCells:
        """No rows at all."""
        blank = np.zeros(1, dtype=np.int32)
        texts = (blank,) * width
        return cls(np.empty((width, 0), dtype=np.int32), texts, texts, has_doubled=False)

    def of_rows(self, wanted: Flags) -> CutCells:
        """Some of the rows, with the texts that occur in them."""
        codes = self.codes[:, wanted]
        firsts, lengths = list(self.firsts), list(self.lengths)
        for column, used in enumerate(codes):
            codes[column], occurring = renumbered(used, firsts[column].size)
            firsts[column] = firsts[column][occurring]
            lengths[column] = lengths[column][occurring]
        return CutCells(codes, tuple(firsts), tuple(lengths), self.has_doubled)

    def joined_texts(
        self, data: bytes, column: int, codes: slice | Places = slice(None)
    ) -> tuple[npt.NDArray[np.uint8], Codes]:
        """The texts of some codes one behind the other, and the offset of each and of the end."""
        return joined_texts(data, self.firsts[column][codes], self.lengths[column][codes])


def joined_texts(data: bytes, firsts: Codes, lengths: Codes) -> tuple[npt.NDArray[np.uint8], Codes]:
    """Texts of the data one behind the other, and the offset of each and of the end."""
    offsets = np.zeros(lengths.size + 1, dtype=np.int32)
    np.cumsum(lengths, out=offsets[1:])
    into = np.empty(int(offsets[-1]), dtype=np.uint8)
    COPY(len(data), data, firsts, lengths, into)
    return into, offsets


def renumbered(codes: npt.NDArray[np.integer[Any]], count: int) -> tuple[Codes, Places]:
    """The codes without gaps, in the same order, and the old codes that occur; BLANK stays."""
    occurs = np.zeros(count, dtype=np.bool_)
    occurs[codes] = True
    occurs[BLANK] = True
    if occurs.all():
        return codes.astype(np.int32, copy=False), np.arange(count)
    return (np.cumsum(occurs, dtype=np.int32) - np.int32(1))[codes], np.flatnonzero(occurs)


class Cutter:
    """Cuts the blocks of one file with rows of `width` cells; safe to use from several threads."""

    def __init__(self, width: int) -> None:
        self._width = width
        # By this texts are scattered over the tables; drawn anew for each file.
        self._seed = drawn_seed()
        self._are_apart = np.zeros(width, dtype=np.bool_)
        self._blocks_cut = 0
        self._own = threading.local()  # room that is used again: fresh memory costs page faults

    def cut(self, data: bytes) -> CutLines:
        """The lines of `data`, which ends with LF and PADDING behind it."""
        size, width = len(data) - len(PADDING), self._width
        line_count = COUNT_LINES(size, data, size)
        row_count = min(line_count, size // width) + 1
        lines = getattr(self._own, "lines", None)
        if lines is None or lines.starts.size < line_count:
            lines = self._own.lines = _Lines(line_count)
        tables = getattr(self._own, "tables", None)
        if tables is None or tables.keys.shape[1] <= row_count:
            tables = self._own.tables = _Tables(width, row_count)
        tables.clear()
        codes = np.empty((width, row_count), dtype=np.int32)
        rows, seen = CUT(
            *(size, data, size, width, self._seed),
            *(lines.starts, lines.ends, lines.cells, lines.kinds, tables.firsts, tables.lengths),
            *(codes, tables.slots, tables.last_slots, tables.keys),
            *(tables.text_firsts, tables.text_lengths, tables.counts, self._texts_apart()),
        )
        self._note_texts_apart(tables.counts, rows)
        starts, ends = lines.starts[:line_count].copy(), lines.ends[:line_count].copy()
        kinds = lines.kinds[:line_count]
        return CutLines(
            starts=starts,
            ends=ends,
            cells=lines.cells[:line_count].copy(),
            blank=kinds & IS_BLANK != 0,
            doubtful=kinds & IS_DOUBTFUL != 0,
            cut=CutCells(
                codes[:, :rows],
                tables.texts(tables.text_firsts),
                tables.texts(tables.text_lengths),
                has_doubled=bool(seen & HAS_DOUBLED),
            ),
            has_quotes=bool(seen & HAS_QUOTES),
            has_edge_blanks=bool(seen & HAS_EDGE_BLANKS),
            has_controls=bool(seen & HAS_CONTROLS),
            has_long_cells=bool((ends - starts).max(initial=0) > LONGEST_CELL),
        )

    def _texts_apart(self) -> Flags:
        """The columns whose texts hardly repeat within a block, as addresses of persons: no use to compare.

        Now and then all are looked at again.
        """
        self._blocks_cut += 1
        return (
            self._are_apart if self._blocks_cut % _LOOKS_AGAIN else np.zeros_like(self._are_apart)
        )

    def _note_texts_apart(self, counts: Places, rows: int) -> None:
        if rows >= _FEWEST_ROWS:
            self._are_apart = counts > _SHARE_APART * rows


class _Lines:
    """Room for what is known of each line."""

    def __init__(self, count: int) -> None:
        self.starts = np.empty(count, dtype=np.int32)
        self.ends = np.empty(count, dtype=np.int32)
        self.cells = np.empty(count, dtype=np.int32)
        self.kinds = np.empty(count, dtype=np.uint8)


class _Tables:
    """A hash table of texts for each column: slots with codes; by code the key and the place.

    A column uses the slots up to its last one, and more when its texts are many: so the tables of columns
    with few texts stay in the processor's cache.
    """

    def __init__(self, width: int, row_count: int) -> None:
        slot_count = 1 << (2 * row_count).bit_length()
        self.slots = np.empty((width, slot_count), dtype=np.int32)
        fewest = min(_FEWEST_SLOTS, slot_count)
        self.last_slots = np.full(width, fewest - 1, dtype=np.int64)
        self.keys = np.empty((width, row_count + 1, KEY_SIZE), dtype=np.int64)
        self.text_firsts = np.zeros((width, row_count + 1), dtype=np.int32)
        self.text_lengths = np.zeros((width, row_count + 1), dtype=np.int32)
        self.counts = np.empty(width, dtype=np.int64)
        self.firsts = np.empty((ROWS_TOGETHER, width), dtype=np.int32)
        self.lengths = np.empty((ROWS_TOGETHER, width), dtype=np.int32)

    def texts(self, of: Codes) -> tuple[Codes, ...]:
        """The part of an array that the texts of each column use."""
        counts = self.counts.tolist()
        return tuple(column[:count].copy() for column, count in zip(of, counts, strict=True))

    def clear(self) -> None:
        """Leave each column with the blank text alone, which stands in no slot."""
        for column, last_slot in enumerate(self.last_slots.tolist()):
            self.slots[column, : last_slot + 1] = BLANK
        self.counts.fill(BLANK + 1)
