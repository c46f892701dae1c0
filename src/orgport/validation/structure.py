"""Finds lines, cells and quotes in a block of csv by comparing whole arrays of bytes.

What it cannot decide so (quotes that are not where RFC 4180 wants them, a lone CR) it marks as doubtful;
`scan` looks at those lines one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from orgport.validation.bits import Counter, Flags, Places, Words, packed, set_in_front

_QUOTE, _COMMA, _CR, _LF, _TAB, _SPACE = (ord(c) for c in '",\r\n\t ')
LONGEST_CELL = 131_072  # characters of a value

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Structure:
    """The physical lines of a block; the arrays have one entry a line.

    `starts` and `ends` are the offsets of the first byte and of the LF. `cells` counts the cells of the
    lines that are not `doubtful`.
    """

    starts: Places
    ends: Places
    cells: Places
    blank: Flags
    doubtful: Flags
    has_quotes: bool
    has_edge_blanks: bool
    has_controls: bool
    has_long_cells: bool


class Scratch:
    """An array of flags that is used again for each block: a fresh one costs page faults."""

    def __init__(self) -> None:
        self._array = np.empty(0, dtype=np.bool_)

    def of_size(self, size: int) -> Flags:
        """An array of `size` flags with undefined content."""
        if self._array.size < size:
            self._array = np.empty(size, dtype=np.bool_)
        return self._array[:size]


def structure_of(data: bytes, width: int, scratch: Scratch) -> Structure:
    """The structure of `data`, which ends with LF; a row of it should have `width` cells."""
    text = np.frombuffer(data, dtype=np.uint8)
    flags = scratch.of_size(text.size)
    low = np.flatnonzero(np.less(text, _SPACE, out=flags))
    edges = packed(flags)
    signs = text[low]
    ends = low[signs == _LF]
    starts = np.concatenate((np.zeros(1, dtype=ends.dtype), ends[:-1] + 1))
    words = packed(np.equal(text, _COMMA, out=flags))
    edges |= words
    commas = Counter(words)
    cells = np.diff(commas.before(ends), prepend=0) + 1
    doubtful = np.zeros(ends.size, dtype=np.bool_)
    blank = ends == starts
    returns = low[signs == _CR]
    if returns.size:
        lone = returns[text[returns + 1] != _LF]
        doubtful[np.searchsorted(ends, lone)] = True
        blank |= (ends - starts == 1) & (text[starts] == _CR)
    tabs = int(np.count_nonzero(signs == _TAB))
    has_quotes = b'"' in data
    if has_quotes:
        quotes = np.flatnonzero(np.equal(text, _QUOTE, out=flags))
        edges |= packed(flags)  # for the blanks inside quotes
        if _every_cell_is_quoted(text, quotes, starts, ends, width=width):
            cells = np.full(ends.size, width, dtype=cells.dtype)
        else:
            cells = _judge_quotes(text, quotes, commas, ends, cells, doubtful)
    return Structure(
        starts=starts,
        ends=ends,
        cells=cells,
        blank=blank,
        doubtful=doubtful,
        has_quotes=has_quotes,
        has_edge_blanks=_has_edge_blanks(text, edges, flags, has_tabs=tabs > 0),
        has_controls=low.size > ends.size + returns.size + tabs,
        has_long_cells=bool((ends - starts).max(initial=0) > LONGEST_CELL),
    )


def _every_cell_is_quoted(
    text: Bytes, quotes: Places, starts: Places, ends: Places, *, width: int
) -> bool:
    """Whether each line is `"…","…"` with `width` cells and no other quote: what PowerShell writes."""
    if quotes.size != 2 * width * ends.size:
        return False
    pairs = quotes.reshape(ends.size, width, 2)
    opens, closes = pairs[:, :, 0], pairs[:, :, 1]
    behind = closes[:, -1] + 1
    last_is_cr = text[behind] == _CR
    return bool(
        np.array_equal(opens[:, 0], starts)
        and np.array_equal(behind + last_is_cr, ends)
        and np.array_equal(opens[:, 1:], closes[:, :-1] + 2)
        and (text[closes[:, :-1] + 1] == _COMMA).all()
    )


def _judge_quotes(
    text: Bytes,
    quotes: Places,
    commas: Counter,
    ends: Places,
    cells: Places,
    doubtful: Flags,
) -> Places:
    """Mark the lines with quotes that are out of place; the cells, without the commas inside quotes."""
    line_of = np.searchsorted(ends, quotes)
    count = np.bincount(line_of, minlength=ends.size)
    first = np.cumsum(count) - count
    rank = np.arange(quotes.size) - first[line_of]
    is_odd = (count & 1).astype(np.bool_)
    doubtful |= is_odd
    paired = ~is_odd[line_of]
    is_open = paired & (rank & 1 == 0)
    opens, closes = quotes[is_open], quotes[paired & (rank & 1 == 1)]
    line_of_pair = line_of[is_open]
    before = text[opens - 1]  # in front of the block stands, as behind it, a line end
    after = text[closes + 1]
    is_crlf = (after == _CR) & (text[np.minimum(closes + 2, text.size - 1)] == _LF)
    in_place = np.isin(before, (_COMMA, _LF, _QUOTE)) & (
        np.isin(after, (_COMMA, _LF, _QUOTE)) | is_crlf
    )
    doubtful[line_of_pair[~in_place]] = True
    inside = commas.before(closes) - commas.before(opens)
    hidden = np.bincount(line_of_pair, weights=inside, minlength=ends.size)
    return cells - hidden.astype(cells.dtype)


def _has_edge_blanks(text: Bytes, edges: Words, flags: Flags, *, has_tabs: bool) -> bool:
    """Whether a blank stands beside an edge of a cell, or beside a control character."""
    np.equal(text, _SPACE, out=flags)
    if has_tabs:
        flags |= text == _TAB
    blanks = packed(flags)
    return bool(
        flags[0] or (blanks & set_in_front(edges)).any() or (edges & set_in_front(blanks)).any()
    )
