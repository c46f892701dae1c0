"""Cuts a block of csv into lines and cells, and gives equal cells of a column the same code.

Files about people repeat themselves: of ten million cells few differ. So a text is cut out once, and what
it means is judged once. It is one loop over the bytes, in plain Python; a large file has it compiled first.
What the loop cannot decide (quotes that are not where RFC 4180 wants them, cells of several lines, a lone
CR) it marks as doubtful; `rows` looks at those lines one by one.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from orgport.validation.looping import PADDING, STRETCH, Loop, lowest_bit, mix, signs_at, word_at

Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int32]

LONGEST_CELL = 131_072  # characters of a value
BLANK = 0  # the code of a cell without text

_QUOTE, _COMMA, _CR, _LF, _TAB, _SPACE = (ord(c) for c in '",\r\n\t ')

# What is known of a line, one bit each.
_IS_BLANK, _IS_DOUBTFUL, _HAS_QUOTES, _HAS_DOUBLED, _HAS_CONTROLS, _HAS_EDGE_BLANKS = (
    1 << bit for bit in range(6)
)
_HASH, _PLACE = 0, 1  # of a text: its place is the offset of its first byte and, above, its length
_FIRST, _LENGTH_FROM = 0xFFFF_FFFF, 32
_FEWEST_SLOTS = 1 << 10
_ROWS_TOGETHER = 128  # are coded column by column, while they lie in the nearest cache


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

    def joined_texts(self, data: bytes, column: int) -> tuple[npt.NDArray[np.uint8], Codes]:
        """The texts of a column one behind the other, and the offset of each and of the end."""
        firsts, lengths = self.firsts[column], self.lengths[column]
        offsets = np.zeros(lengths.size + 1, dtype=np.int32)
        np.cumsum(lengths, out=offsets[1:])
        into = np.empty(int(offsets[-1]), dtype=np.uint8)
        _COPY(len(data), data, firsts, lengths, into)
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
        # By this texts are scattered over the tables; drawn anew, so that no file can crowd them.
        self._seed = secrets.randbits(62)
        self._own = threading.local()  # room that is used again: fresh memory costs page faults

    def cut(self, data: bytes) -> CutLines:
        """The lines of `data`, which ends with LF and PADDING behind it."""
        size, width = len(data) - len(PADDING), self._width
        line_count = data.count(b"\n", 0, size)
        row_count = min(line_count, size // width) + 1
        lines = getattr(self._own, "lines", None)
        if lines is None or lines.starts.size < line_count:
            lines = self._own.lines = _Lines(line_count)
        tables = getattr(self._own, "tables", None)
        if tables is None or tables.entries.shape[1] <= row_count:
            tables = self._own.tables = _Tables(width, row_count)
        tables.clear()
        codes = np.empty((width, row_count), dtype=np.int32)
        rows, seen = _CUT(
            *(size, data, size, width, self._seed),
            *(lines.starts, lines.ends, lines.cells, lines.kinds, tables.firsts, tables.lengths),
            *(codes, tables.slots, tables.last_slots, tables.entries, tables.counts),
        )
        entries = [
            column[:count, _PLACE]
            for column, count in zip(tables.entries, tables.counts.tolist(), strict=True)
        ]
        starts, ends = lines.starts[:line_count].copy(), lines.ends[:line_count].copy()
        kinds = lines.kinds[:line_count]
        return CutLines(
            starts=starts,
            ends=ends,
            cells=lines.cells[:line_count].copy(),
            blank=kinds & _IS_BLANK != 0,
            doubtful=kinds & _IS_DOUBTFUL != 0,
            cut=CutCells(
                codes[:, :rows],
                tuple((places & _FIRST).astype(np.int32) for places in entries),
                tuple((places >> _LENGTH_FROM).astype(np.int32) for places in entries),
                has_doubled=bool(seen & _HAS_DOUBLED),
            ),
            has_quotes=bool(seen & _HAS_QUOTES),
            has_edge_blanks=bool(seen & _HAS_EDGE_BLANKS),
            has_controls=bool(seen & _HAS_CONTROLS),
            has_long_cells=bool((ends - starts).max(initial=0) > LONGEST_CELL),
        )


class _Lines:
    """Room for what is known of each line."""

    def __init__(self, count: int) -> None:
        self.starts = np.empty(count, dtype=np.int32)
        self.ends = np.empty(count, dtype=np.int32)
        self.cells = np.empty(count, dtype=np.int32)
        self.kinds = np.empty(count, dtype=np.uint8)


class _Tables:
    """A hash table of texts for each column: slots with codes, and by code the hash and the place.

    A column uses the slots up to its last one, and more when its texts are many: so the tables of columns
    with few texts stay in the processor's cache.
    """

    def __init__(self, width: int, row_count: int) -> None:
        slot_count = 1 << (2 * row_count).bit_length()
        self.slots = np.empty((width, slot_count), dtype=np.int32)
        fewest = min(_FEWEST_SLOTS, slot_count)
        self.last_slots = np.full(width, fewest - 1, dtype=np.int64)
        self.entries = np.empty((width, row_count + 1, 2), dtype=np.int64)
        self.counts = np.empty(width, dtype=np.int64)
        self.firsts = np.empty((_ROWS_TOGETHER, width), dtype=np.int32)
        self.lengths = np.empty((_ROWS_TOGETHER, width), dtype=np.int32)

    def clear(self) -> None:
        """Leave each column with the blank text alone, which stands in no slot."""
        for column, last_slot in enumerate(self.last_slots.tolist()):
            self.slots[column, : last_slot + 1] = BLANK
        self.entries[:, BLANK] = 0
        self.counts.fill(BLANK + 1)


def _cut(
    text: Any,
    size: int,
    width: int,
    seed: int,
    starts: Codes,
    ends: Codes,
    cells: Codes,
    kinds: npt.NDArray[np.uint8],
    firsts: Codes,
    lengths: Codes,
    codes: Codes,
    slots: Codes,
    last_slots: Places,
    entries: Places,
    counts: Places,
) -> tuple[int, int]:
    """Fill the arrays; how many rows were cut, and all kinds of lines seen.

    `firsts` and `lengths` have room for the cells of some rows: only what turns out to be a row is coded, so
    that no column can have more texts than there are rows.
    """
    place = line = row = at = seen = 0
    stretch, signs = -STRETCH, 0  # where it begins, and those of its signs that lie ahead
    while place < size:
        begin = start = place
        column = kind = 0
        is_simple = True
        while True:
            while signs == 0:
                stretch += STRETCH
                signs = signs_at(text, stretch)
            place = stretch + lowest_bit(signs)
            signs &= signs - 1
            byte = text[place]
            if byte == _COMMA:
                if column < width:
                    firsts[at, column] = start
                    lengths[at, column] = place - start
                column += 1
                start = place + 1
            elif byte == _LF:
                end = place
                if end > start and text[end - 1] == _CR:
                    end -= 1
                if end == begin:
                    kind |= _IS_BLANK
                if column < width:
                    firsts[at, column] = start
                    lengths[at, column] = end - start
                column += 1
                break
            elif byte == _QUOTE or (byte == _CR and text[place + 1] != _LF):
                is_simple = False
                break
            elif byte not in (_CR, _TAB):
                kind |= _HAS_CONTROLS
        if not is_simple:
            place = begin
            column = kind = 0
        while not is_simple:  # its quotes and lone CRs are read byte by byte
            byte = text[place]
            quote = 1 if byte == _QUOTE else 0
            start = end = place + quote
            if quote:
                while True:
                    byte = text[end]
                    while byte != _QUOTE and byte >= _SPACE:
                        end += 1
                        byte = text[end]
                    if byte == _QUOTE:
                        if text[end + 1] != _QUOTE:
                            break
                        kind |= _HAS_DOUBLED
                        end += 1
                    elif byte == _LF:
                        break
                    elif byte == _CR:
                        kind |= _IS_DOUBTFUL
                    elif byte != _TAB:
                        kind |= _HAS_CONTROLS
                    end += 1
            else:
                while byte != _COMMA:
                    while byte > _COMMA:
                        end += 1
                        byte = text[end]
                    if byte in (_COMMA, _LF):
                        break
                    if byte == _QUOTE:
                        kind |= _IS_DOUBTFUL | _HAS_QUOTES
                    elif byte == _CR:
                        if text[end + 1] == _LF:
                            break
                        kind |= _IS_DOUBTFUL
                    elif byte < _SPACE and byte != _TAB:
                        kind |= _HAS_CONTROLS
                    end += 1
                    byte = text[end]
            place = end
            byte = text[place]
            if quote:
                kind |= _HAS_QUOTES
                if byte == _LF:
                    kind |= _IS_DOUBTFUL
                else:
                    place += 1
                    byte = text[place]
            if byte == _CR and text[place + 1] == _LF:
                place += 1
                byte = _LF
            if byte not in (_COMMA, _LF):
                kind |= _IS_DOUBTFUL
            if kind & _IS_DOUBTFUL:
                while byte != _LF:
                    if byte < _SPACE and byte not in (_CR, _TAB):
                        kind |= _HAS_CONTROLS
                    place += 1
                    byte = text[place]
                break
            if end == begin and byte == _LF:
                kind |= _IS_BLANK
            if column < width:
                firsts[at, column] = start
                lengths[at, column] = end - start
            column += 1
            if byte == _LF:
                break
            place += 1
        if not is_simple:
            stretch = (place + 1) // STRETCH * STRETCH
            passed = place + 1 - stretch
            signs = signs_at(text, stretch) >> passed << passed
        starts[line] = begin
        ends[line] = place
        cells[line] = column
        kinds[line] = kind
        seen |= kind
        line += 1
        place += 1
        if column == width and kind & (_IS_DOUBTFUL | _IS_BLANK) == 0:
            at += 1
        if at == _ROWS_TOGETHER or (at > 0 and place >= size):
            for column in range(width):
                seen |= _code(
                    *(text, seed, firsts[:at, column], lengths[:at, column]),
                    *(codes[column, row : row + at], slots[column], entries[column]),
                    *(last_slots, counts, column),
                )
            row += at
            at = 0
    return row, seen


def _code(
    text: Any,
    seed: int,
    firsts: Codes,
    lengths: Codes,
    codes: Codes,
    slots: Codes,
    entries: Places,
    last_slots: Places,
    counts: Places,
    column: int,
) -> int:
    """Fill in the codes of some cells of a column; what kind of cells was seen."""
    seen = 0
    last_slot = last_slots[column]
    count = counts[column]
    for at in range(codes.size):
        start = int(firsts[at])
        length = int(lengths[at])
        if length == 0:
            codes[at] = BLANK
            continue
        end = start + length
        if text[start] in (_SPACE, _TAB) or text[end - 1] in (_SPACE, _TAB):
            seen |= _HAS_EDGE_BLANKS
        rest = length & 7
        mask = (1 << 8 * rest) - 1
        behind = end - rest
        mixed = mix(seed, length)
        here = start
        while here < behind:
            mixed = mix(mixed, word_at(text, here))
            here += 8
        if rest:
            mixed = mix(mixed, word_at(text, here) & mask)
        slot = mixed & last_slot
        while True:
            code = slots[slot]
            if code == BLANK:
                code = count
                count += 1
                slots[slot] = code
                entries[code, _HASH] = mixed
                entries[code, _PLACE] = start | length << _LENGTH_FROM
                if 2 * code > last_slot:  # too full: twice as many from now on
                    last_slot = 2 * last_slot + 1
                    for slot in range(last_slot + 1):
                        slots[slot] = BLANK
                    for other in range(BLANK + 1, code + 1):
                        slot = entries[other, _HASH] & last_slot
                        while slots[slot] != BLANK:
                            slot = (slot + 1) & last_slot
                        slots[slot] = other
                break
            if entries[code, _HASH] == mixed:
                known = entries[code, _PLACE]
                if known >> _LENGTH_FROM == length:
                    shift = (known & _FIRST) - start
                    here = start
                    while here < behind and word_at(text, here) == word_at(text, here + shift):
                        here += 8
                    differing = word_at(text, here) ^ word_at(text, here + shift)
                    if here == behind and differing & mask == 0:
                        break
            slot = (slot + 1) & last_slot
        codes[at] = code
    last_slots[column] = last_slot
    counts[column] = count
    return seen


def _copy(text: Any, firsts: Codes, lengths: Codes, into: npt.NDArray[np.uint8]) -> None:
    """Write texts one behind the other."""
    place = 0
    for code in range(firsts.size):
        first = firsts[code]
        for offset in range(lengths[code]):
            into[place] = text[first + offset]
            place += 1


_CUT = Loop(_cut, globals(), calls=(_code,))
_COPY = Loop(_copy, globals())
