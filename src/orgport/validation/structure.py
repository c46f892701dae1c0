"""Finds lines, cells and quotes in a block of csv by comparing whole arrays of bytes.

What it cannot decide so (quotes that are not where RFC 4180 wants them, a lone CR) it marks as doubtful;
`scan` looks at those lines one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_QUOTE, _COMMA, _CR, _LF, _TAB, _SPACE = (ord(c) for c in '",\r\n\t ')
LONGEST_CELL = 131_072  # characters of a value

Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
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
    """Two arrays of flags that are used again for each block: fresh ones cost page faults."""

    def __init__(self) -> None:
        self._arrays = np.empty((2, 0), dtype=np.bool_)

    def of_size(self, size: int) -> tuple[Flags, Flags]:
        """Two arrays of `size` flags with undefined content."""
        if self._arrays.shape[1] < size:
            self._arrays = np.empty((2, size), dtype=np.bool_)
        return self._arrays[0, :size], self._arrays[1, :size]


def structure_of(data: bytes, width: int, scratch: Scratch) -> Structure:
    """The structure of `data`, which ends with LF; a row of it should have `width` cells."""
    text = np.frombuffer(data, dtype=np.uint8)
    is_delimiter, is_other = scratch.of_size(text.size)
    np.equal(text, _COMMA, out=is_delimiter)
    np.equal(text, _LF, out=is_other)
    np.logical_or(is_delimiter, is_other, out=is_delimiter)
    delimiters = np.flatnonzero(is_delimiter)
    at_line_end = np.flatnonzero(text[delimiters] == _LF)
    ends = delimiters[at_line_end]
    starts = np.concatenate((np.zeros(1, dtype=ends.dtype), ends[:-1] + 1))
    cells = np.diff(at_line_end, prepend=-1)
    doubtful = np.zeros(ends.size, dtype=np.bool_)
    blank = ends == starts
    returns = 0
    if b"\r" in data:
        found = np.flatnonzero(text == _CR)
        returns = found.size
        lone = found[text[found + 1] != _LF]
        doubtful[np.searchsorted(ends, lone)] = True
        blank |= (ends - starts == 1) & (text[starts] == _CR)
    has_quotes = b'"' in data
    if has_quotes:
        np.equal(text, _QUOTE, out=is_other)
        quotes = np.flatnonzero(is_other)
        np.logical_or(is_delimiter, is_other, out=is_delimiter)  # for the blanks inside quotes
        if _every_cell_is_quoted(text, quotes, starts, ends, width=width):
            cells = np.full(ends.size, width, dtype=cells.dtype)
        else:
            cells = _judge_quotes(text, quotes, delimiters, ends, cells, doubtful)
    return Structure(
        starts=starts,
        ends=ends,
        cells=cells,
        blank=blank,
        doubtful=doubtful,
        has_quotes=has_quotes,
        has_edge_blanks=_has_edge_blanks(data, text, is_delimiter, is_other),
        has_controls=bool(
            np.count_nonzero(np.less(text, _SPACE, out=is_other))
            > ends.size + returns + (data.count(b"\t") if b"\t" in data else 0)
        ),
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
    delimiters: Places,
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
    inside = np.searchsorted(delimiters, closes) - np.searchsorted(delimiters, opens)
    hidden = np.bincount(line_of_pair, weights=inside, minlength=ends.size)
    return cells - hidden.astype(cells.dtype)


def _has_edge_blanks(data: bytes, text: Bytes, is_edge: Flags, is_blank: Flags) -> bool:
    if b" " not in data and b"\t" not in data:
        return False
    np.equal(text, _SPACE, out=is_blank)
    if b"\t" in data:
        is_blank |= text == _TAB
    return bool(
        is_blank[0]
        or np.logical_and(is_blank[:-1], is_edge[1:]).any()
        or np.logical_and(is_blank[1:], is_edge[:-1]).any()
        or (b"\r" in data and (is_blank[:-1] & (text[1:] == _CR)).any())
    )
