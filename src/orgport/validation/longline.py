"""Measures a physical line that is too long to be kept, piece by piece: cells, quotes, bytes, longest cell.

No row may be so long, so the line is one fault; which one is told as exactly as of any other line.
"""

from __future__ import annotations

import codecs

import numpy as np
import numpy.typing as npt
import polars as pl

from orgport.validation.rows import MalformedRows, RowFault

_QUOTE, _COMMA, _CR = (ord(c) for c in '",\r')
_SLICE_BYTES = 1 << 20
_CONTINUES = 0xC0  # a byte with these bits equal to 0x80 goes on with a character

Numbers = npt.NDArray[np.int64]


class LongLine:
    """Takes the bytes of one line without its LF. A comma in quotes parts no cells."""

    def __init__(self) -> None:
        self.cells = 1
        self._is_open = False  # within quotes
        self._begins_quoted = False  # the present cell
        self._is_at_start = True  # of the present cell
        self._characters = self._quotes = 0  # of the present cell so far
        self._longest, self._longest_column = 0, 1
        self._ends_with_cr = False
        self._size_bytes = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._bad_byte: tuple[int, int] | None = None  # offset and byte

    def feed(self, piece: bytes) -> None:
        """Take some more bytes."""
        for start in range(0, len(piece), _SLICE_BYTES):
            self._take(piece[start : start + _SLICE_BYTES])

    def ended(self, line: int, *, width: int) -> MalformedRows:
        """What is wrong with the line, now that it has ended, but the number of its `cells`."""
        self._decode(b"", final=True)
        self._characters -= self._ends_with_cr
        self._end_cells(np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1, np.bool_))
        self.cells -= 1
        if self._is_open:
            return {RowFault.QUOTE: _row(line, column=self.cells)}
        if self.cells != width:
            return {}
        if self._bad_byte is not None:
            offset, byte = self._bad_byte
            return {RowFault.ENCODING: _row(line, at_line=line, offset=offset, byte=byte)}
        longest = _row(line, column=self._longest_column, length=self._longest)
        return {RowFault.TOO_LONG: longest}

    def _take(self, piece: bytes) -> None:
        text = np.frombuffer(piece, dtype=np.uint8)
        is_quote = text == _QUOTE
        is_comma = text == _COMMA
        quotes = None
        if self._is_open or b'"' in piece:
            quotes = np.cumsum(is_quote)
            is_comma &= (quotes & 1 != 0) == self._is_open
        begins = None if piece.isascii() else np.cumsum(text & _CONTINUES != 0x80)
        if self._is_at_start:
            self._begins_quoted = bool(is_quote[0])
        commas = np.flatnonzero(is_comma)
        ends = np.append(commas, text.size - 1)
        of_characters = ends + 1 if begins is None else begins[ends]
        of_quotes = np.zeros_like(ends) if quotes is None else quotes[ends]
        if commas.size:
            parting = np.arange(1, commas.size + 1)
            behind = np.minimum(commas + 1, text.size - 1)
            self._end_cells(of_characters[:-1] - parting, of_quotes[:-1], is_quote[behind])
            of_characters, of_quotes = of_characters - of_characters[-2], of_quotes - of_quotes[-2]
        self._characters += int(of_characters[-1])
        self._quotes += int(of_quotes[-1])
        self._is_at_start = bool(is_comma[-1])
        self._is_open ^= bool(np.count_nonzero(is_quote) & 1)
        self._ends_with_cr = bool(text[-1] == _CR)
        self._decode(piece)
        self._size_bytes += text.size

    def _end_cells(
        self, characters: Numbers, quotes: Numbers, quoted: npt.NDArray[np.bool_]
    ) -> None:
        """End the present cell and those behind it; the counts run on, `quoted` is of the next cells."""
        of_cells = np.diff(characters, prepend=0)
        of_quotes = np.diff(quotes, prepend=0)
        of_cells[0] += self._characters
        of_quotes[0] += self._quotes
        in_quotes = np.concatenate(([self._begins_quoted], quoted[:-1])) & (of_quotes > 1)
        # In a cell in quotes the outer two are none of its characters, and a doubled one is one.
        lengths = np.where(in_quotes, of_cells - of_quotes + (of_quotes - 2) // 2, of_cells)
        if lengths.max() > self._longest:
            self._longest = int(lengths.max())
            self._longest_column = self.cells + int(lengths.argmax())
        self.cells += characters.size
        self._characters = self._quotes = 0
        self._begins_quoted = bool(quoted[-1])

    def _decode(self, piece: bytes, *, final: bool = False) -> None:
        if self._bad_byte is not None:
            return
        waiting = self._decoder.getstate()[0]
        try:
            self._decoder.decode(piece, final)
        except UnicodeDecodeError as broken:
            offset = self._size_bytes - len(waiting) + broken.start
            self._bad_byte = offset, (waiting + piece)[broken.start]


def _row(line: int, **places: int) -> pl.DataFrame:
    return pl.DataFrame({"line": [line], **places}, schema_overrides={"line": pl.UInt32})
