"""Reads one csv record byte by byte, for the few lines that the columnar scanner cannot judge.

The dialect is RFC 4180 with two leniencies: quotes inside a bare cell are text when they are balanced, and a
CR that no LF follows is a character of its cell.
"""

from __future__ import annotations

from dataclasses import dataclass

_QUOTE, _COMMA, _CR, _LF = b'",\r\n'


@dataclass(frozen=True, slots=True)
class Record:
    """A record with well-formed quotes; `end` is the offset behind its line end."""

    cells: tuple[bytes, ...]
    end: int

    def in_quotes(self) -> bytes:
        """The record with every cell in quotes, as any csv parser reads it alike."""
        cells = (b'"' + cell.replace(b'"', b'""') + b'"' for cell in self.cells)
        return b",".join(cells) + b"\n"


@dataclass(frozen=True, slots=True)
class BadQuote:
    """Text after a closing quote, or an odd quote in a bare cell; `column` is 1-based."""

    column: int


@dataclass(frozen=True, slots=True)
class OpenQuote:
    """A cell whose quote is not closed before the limit; `column` is 1-based."""

    column: int


def read_record(data: bytes, start: int, limit: int) -> Record | BadQuote | OpenQuote:
    """Read the record that begins at `start`; `data` ends with LF, and so does `data[:limit]`."""
    cells: list[bytes] = []
    place = start
    while True:
        if data[place] == _QUOTE:
            close = _closing_quote(data, place + 1, limit)
            if close < 0:
                return OpenQuote(len(cells) + 1)
            cell, place = data[place + 1 : close].replace(b'""', b'"'), close + 1
            if not _ends_a_cell(data, place):
                return BadQuote(len(cells) + 1)
        else:
            begin, place = place, _end_of_bare_cell(data, place)
            cell = data[begin:place]
            if cell.count(b'"') % 2:
                return BadQuote(len(cells) + 1)
        cells.append(cell)
        if data[place] == _COMMA:
            place += 1
        else:
            return Record(tuple(cells), place + (2 if data[place] == _CR else 1))


def _closing_quote(data: bytes, place: int, limit: int) -> int:
    while (place := data.find(b'"', place, limit)) >= 0 and data[place + 1] == _QUOTE:
        place += 2
    return place


def _ends_a_cell(data: bytes, place: int) -> bool:
    following = data[place]
    return following in (_COMMA, _LF) or (following == _CR and data[place + 1] == _LF)


def _end_of_bare_cell(data: bytes, place: int) -> int:
    line_end = data.index(b"\n", place)
    comma = data.find(b",", place, line_end)
    if comma >= 0:
        return comma
    has_cr = line_end > place and data[line_end - 1] == _CR
    return line_end - 1 if has_cr else line_end
