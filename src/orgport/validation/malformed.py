"""The loops that read csv records byte by byte, for the few lines that `cutting` cannot judge.

The dialect is RFC 4180 with two leniencies: quotes inside a bare cell are text when they are balanced, and a
CR that no LF follows is a character of its cell. A hostile file has millions of such lines, so what is found
goes into arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from orgport.validation.cutting import Codes
from orgport.validation.looping import PADDING, Loop

MOST_LINES_OF_A_RECORD = 200  # a quote that stays open for longer is a fault

# What becomes of a line: what `cutting` said of it, or passed over, or a row, or within the row above.
AS_CUT, PASSED, READ, WITHIN, MISCOUNTED, BAD_QUOTE = range(6)

Fates = npt.NDArray[np.uint8]
_Flags = npt.NDArray[np.bool_]

_QUOTE, _COMMA, _CR, _LF = b'",\r\n'
_IS_RECORD, _IS_BAD, _IS_OPEN = range(3)


def _read_record(
    text: Any, start: int, limit: int, firsts: Codes, lengths: Codes
) -> tuple[int, int, int, int]:
    """Read the record that begins at `start`; there is an LF right before `limit`.

    What it is; how many cells it has, or the column of a quote that is out of place or not closed; the
    offset behind its line end; and the column of the first line break in a cell, 0 when there is none.
    """
    place = start
    cells = broken = 0
    while True:
        byte = text[place]
        if byte == _QUOTE:
            begin = end = place + 1
            while True:
                byte = text[end]
                if byte == _QUOTE:
                    if text[end + 1] != _QUOTE:
                        break
                    end += 1
                elif byte == _LF:
                    if end + 1 >= limit:
                        return _IS_OPEN, cells + 1, limit, broken
                    if broken == 0:
                        broken = cells + 1
                end += 1
            place = end + 1
            byte = text[place]
            if byte == _CR and text[place + 1] == _LF:
                place += 1
                byte = _LF
            if byte not in (_COMMA, _LF):
                return _IS_BAD, cells + 1, place, broken
        else:
            begin = place
            quotes = 0
            while byte not in (_COMMA, _LF):
                quotes += byte == _QUOTE
                place += 1
                byte = text[place]
            end = place
            if byte == _LF and end > begin and text[end - 1] == _CR:
                end -= 1
            if quotes & 1:
                return _IS_BAD, cells + 1, place, broken
        if cells < firsts.size:
            firsts[cells] = begin
            lengths[cells] = end - begin
        cells += 1
        place += 1
        if byte == _LF:
            return _IS_RECORD, cells, place, broken


def _next_whole_row(
    text: Any,
    begin: int,
    end: int,
    starts: Codes,
    ends: Codes,
    plain: _Flags,
    doubtful: _Flags,
    firsts: Codes,
    lengths: Codes,
) -> int:
    """The first of these lines that has the right cell count by itself, `end` when none has."""
    for line in range(begin, end):
        if plain[line]:
            return line
        if doubtful[line]:
            kind, cells, _, _ = _read_record(
                text, int(starts[line]), int(ends[line]) + 1, firsts, lengths
            )
            if kind == _IS_RECORD and cells == firsts.size:
                return line
    return end


def _read_doubtful(
    text: Any,
    longest: int,
    passing_over: bool,  # noqa: FBT001
    is_last: bool,  # noqa: FBT001
    starts: Codes,
    ends: Codes,
    plain: _Flags,
    doubtful: _Flags,
    fates: Fates,
    numbers: Codes,
    firsts: Codes,
    lengths: Codes,
) -> tuple[int, int, bool]:
    """Fill in the fates; how many lines are done with, how many rows are READ, and whether to pass over more.

    Where the cells of these rows stand say `firsts` and `lengths`, which are as wide as a row. `numbers` is
    the number of cells of a MISCOUNTED row and the column of a BAD_QUOTE. No record is longer than `longest`
    bytes.
    """
    count = starts.size
    line = row = 0
    if passing_over:
        room = firsts[row], lengths[row]
        line = _next_whole_row(text, 0, count, starts, ends, plain, doubtful, *room)
        fates[:line] = PASSED
        passing_over = line == count
    while line < count:
        if not doubtful[line]:
            line += 1
            continue
        start = int(starts[line])
        last = min(line + MOST_LINES_OF_A_RECORD, count) - 1
        while last > line and ends[last] >= start + longest:
            last -= 1
        limit = int(ends[last]) + 1
        room = firsts[row], lengths[row]
        kind, cells, end, broken = _read_record(text, start, limit, *room)
        if kind == _IS_RECORD:
            following = line + 1
            while following < count and starts[following] < end:
                following += 1
            if following > line + 1:
                room = firsts[row + 1], lengths[row + 1]  # the row itself may be kept
                whole = _next_whole_row(
                    text, line + 1, following, starts, ends, plain, doubtful, *room
                )
            else:
                whole = following
            if whole < following:
                # Two quotes out of place look like a cell of several lines; with rows in it, it is none.
                fates[line] = BAD_QUOTE
                numbers[line] = broken
                fates[line + 1 : whole] = PASSED
                following = whole
            else:
                fates[line + 1 : following] = WITHIN
                if cells == firsts.shape[1]:
                    fates[line] = READ
                    row += 1
                else:
                    fates[line] = MISCOUNTED
                    numbers[line] = cells
            line = following
            continue
        if (
            kind == _IS_OPEN
            and not is_last
            and last == count - 1
            and line + MOST_LINES_OF_A_RECORD > count
            and ends[last] + 1 - start < longest
        ):
            return line, row, False  # it may be closed behind these lines
        fates[line] = BAD_QUOTE
        numbers[line] = cells
        room = firsts[row], lengths[row]
        whole = _next_whole_row(text, line + 1, count, starts, ends, plain, doubtful, *room)
        fates[line + 1 : whole] = PASSED
        passing_over = whole == count
        line = whole
    return count, row, passing_over


def _find_bad_bytes(
    text: Any,
    starts: Codes,
    ends: Codes,
    plain: _Flags,
    fates: Fates,
    at_lines: Codes,
    offsets: Codes,
) -> None:
    """Fill in, for rows that are not UTF-8, in which line and where in it the first wrong byte stands."""
    row = -1
    for line in range(fates.size):
        if fates[line] == READ or (fates[line] == AS_CUT and plain[line]):
            row = line
        elif fates[line] != WITHIN:
            row = -1
        if row < 0:  # a line of no row, or within a row that has the wrong number of cells
            continue
        place = int(starts[line])
        end = int(ends[line])
        while place < end and offsets[row] < 0:
            byte = int(text[place])
            if byte < 0x80:
                place += 1
                continue
            size = 0
            least = 0x80  # of the second byte
            most = 0xBF
            if 0xC2 <= byte <= 0xDF:
                size = 2
            elif 0xE0 <= byte <= 0xEF:
                size = 3
                if byte == 0xE0:
                    least = 0xA0
                elif byte == 0xED:
                    most = 0x9F
            elif 0xF0 <= byte <= 0xF4:
                size = 4
                if byte == 0xF0:
                    least = 0x90
                elif byte == 0xF4:
                    most = 0x8F
            is_good = size > 0 and place + size <= end and least <= text[place + 1] <= most
            for other in range(2, size):
                is_good = is_good and 0x80 <= text[place + other] <= 0xBF
            if not is_good:
                at_lines[row] = line
                offsets[row] = place - int(starts[line])
                break
            place += size


READ_DOUBTFUL = Loop(_read_doubtful, globals(), calls=(_read_record, _next_whole_row))
FIND_BAD_BYTES = Loop(_find_bad_bytes, globals())


def cells_of(record: bytes) -> list[bytes] | None:
    """The cells of a record, which ends with LF; None where its quotes are not well-formed."""
    text, width = record + PADDING, record.count(b",") + 1
    firsts, lengths = np.empty((2, width), dtype=np.int32)
    kind, count, _, _ = _read_record(text, 0, len(record), firsts, lengths)
    if kind != _IS_RECORD:
        return None
    return [
        _meant(text, first, first + length)
        for first, length in zip(firsts[:count].tolist(), lengths[:count].tolist(), strict=True)
    ]


def _meant(text: bytes, first: int, end: int) -> bytes:
    cell = text[first:end]
    return cell.replace(b'""', b'"') if text[first - 1] == _QUOTE else cell
