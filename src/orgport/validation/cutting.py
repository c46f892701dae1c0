"""The loops over the bytes of a block: they find lines and cells, and give equal cells one code."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from orgport.validation.looping import (
    STRETCH,
    Loop,
    line_ends_at,
    lowest_bit,
    mix,
    signs_at,
    word_at,
)

Places = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]

BLANK = 0  # the code of a cell without text
KEY_SIZE = 4  # numbers
ROWS_TOGETHER = 128  # are coded column by column, while they lie in the nearest cache

_QUOTE, _COMMA, _CR, _LF, _TAB, _SPACE = (ord(c) for c in '",\r\n\t ')

_WORD, _SECOND, _LENGTH, _HASH = range(KEY_SIZE)  # of a key

# What is known of a line, one bit each.
IS_BLANK, IS_DOUBTFUL, HAS_QUOTES, HAS_DOUBLED, HAS_CONTROLS, HAS_EDGE_BLANKS = (
    1 << bit for bit in range(6)
)


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
    keys: Places,
    text_firsts: Codes,
    text_lengths: Codes,
    counts: Places,
    are_apart: npt.NDArray[np.bool_],
) -> tuple[int, int]:
    """Fill the arrays; how many rows were cut, and all kinds of lines seen.

    `firsts` and `lengths` have room for the cells of some rows: only what turns out to be a row is coded, so
    that no column can have more texts than there are rows. In columns that `are_apart` each text gets a code
    of its own, unseen.
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
                    kind |= IS_BLANK
                if column < width:
                    firsts[at, column] = start
                    lengths[at, column] = end - start
                column += 1
                break
            elif byte == _QUOTE or (byte == _CR and text[place + 1] != _LF):
                is_simple = False
                break
            elif byte not in (_CR, _TAB):
                kind |= HAS_CONTROLS
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
                        kind |= HAS_DOUBLED
                        end += 1
                    elif byte == _LF:
                        break
                    elif byte == _CR:
                        kind |= IS_DOUBTFUL
                    elif byte != _TAB:
                        kind |= HAS_CONTROLS
                    end += 1
            else:
                while byte != _COMMA:
                    while byte > _COMMA:
                        end += 1
                        byte = text[end]
                    if byte in (_COMMA, _LF):
                        break
                    if byte == _QUOTE:
                        kind |= IS_DOUBTFUL | HAS_QUOTES
                    elif byte == _CR:
                        if text[end + 1] == _LF:
                            break
                        kind |= IS_DOUBTFUL
                    elif byte < _SPACE and byte != _TAB:
                        kind |= HAS_CONTROLS
                    end += 1
                    byte = text[end]
            place = end
            byte = text[place]
            if quote:
                kind |= HAS_QUOTES
                if byte == _LF:
                    kind |= IS_DOUBTFUL
                else:
                    place += 1
                    byte = text[place]
            if byte == _CR and text[place + 1] == _LF:
                place += 1
                byte = _LF
            if byte not in (_COMMA, _LF):
                kind |= IS_DOUBTFUL
            if kind & IS_DOUBTFUL:
                while byte != _LF:
                    if byte < _SPACE and byte not in (_CR, _TAB):
                        kind |= HAS_CONTROLS
                    place += 1
                    byte = text[place]
                break
            if end == begin and byte == _LF:
                kind |= IS_BLANK
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
        if column == width and kind & (IS_DOUBTFUL | IS_BLANK) == 0:
            at += 1
        if at == ROWS_TOGETHER or (at > 0 and place >= size):
            for column in range(width):
                places = firsts[:at, column], lengths[:at, column]
                found = codes[column, row : row + at], text_firsts[column], text_lengths[column]
                if are_apart[column]:
                    seen |= _code_apart(text, *places, *found, counts, column)
                else:
                    of_column = slots[column], keys[column]
                    seen |= _code(
                        text, seed, *places, *found, *of_column, last_slots, counts, column
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
    text_firsts: Codes,
    text_lengths: Codes,
    slots: Codes,
    keys: Places,
    last_slots: Places,
    counts: Places,
    column: int,
) -> int:
    """Fill in the codes of some cells of a column; what kind of cells was seen.

    A key is the first two words of a text, its length and its hash: for most texts, all that is compared.
    """
    seen = code = 0
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
            seen |= HAS_EDGE_BLANKS
        word = word_at(text, start)
        second = 0
        if length < 8:
            word &= (1 << 8 * length) - 1
        elif length < 16:
            second = word_at(text, start + 8) & ((1 << 8 * (length - 8)) - 1)
        else:
            second = word_at(text, start + 8)
        # Often a cell is as the one above it.
        if (
            code != BLANK
            and length <= 16
            and keys[code, _WORD] == word
            and keys[code, _SECOND] == second
            and keys[code, _LENGTH] == length
        ):
            codes[at] = code
            continue
        mixed = mix(seed, seed ^ length, word)
        if length > 8:
            mixed = mix(seed, mixed, second)
        rest = length & 7
        mask = (1 << 8 * rest) - 1
        behind = end - rest
        here = start + 16
        while here < behind:
            mixed = mix(seed, mixed, word_at(text, here))
            here += 8
        if here < end:
            mixed = mix(seed, mixed, word_at(text, here) & mask)
        slot = mixed & last_slot
        while True:
            code = slots[slot]
            if code == BLANK:
                code = count
                count += 1
                slots[slot] = code
                keys[code, _WORD] = word
                keys[code, _SECOND] = second
                keys[code, _LENGTH] = length
                keys[code, _HASH] = mixed
                text_firsts[code] = start
                text_lengths[code] = length
                if 2 * code > last_slot:  # too full: twice as many from now on
                    last_slot = 2 * last_slot + 1
                    for slot in range(last_slot + 1):
                        slots[slot] = BLANK
                    for other in range(BLANK + 1, code + 1):
                        slot = keys[other, _HASH] & last_slot
                        while slots[slot] != BLANK:
                            slot = (slot + 1) & last_slot
                        slots[slot] = other
                break
            if (
                keys[code, _HASH] == mixed
                and keys[code, _WORD] == word
                and keys[code, _SECOND] == second
                and keys[code, _LENGTH] == length
            ):
                if length <= 16:
                    break
                shift = int(text_firsts[code]) - start
                here = start + 16
                while here < behind and word_at(text, here) == word_at(text, here + shift):
                    here += 8
                differing = word_at(text, here) ^ word_at(text, here + shift)
                if here >= end or (here == behind and differing & mask == 0):
                    break
            slot = (slot + 1) & last_slot
        codes[at] = code
    last_slots[column] = last_slot
    counts[column] = count
    return seen


def _code_apart(
    text: Any,
    firsts: Codes,
    lengths: Codes,
    codes: Codes,
    text_firsts: Codes,
    text_lengths: Codes,
    counts: Places,
    column: int,
) -> int:
    """Give each cell of a column a code of its own, but for blank ones; what kind of cells was seen."""
    seen = 0
    count = counts[column]
    for at in range(codes.size):
        start = int(firsts[at])
        length = int(lengths[at])
        if length == 0:
            codes[at] = BLANK
            continue
        if text[start] in (_SPACE, _TAB) or text[start + length - 1] in (_SPACE, _TAB):
            seen |= HAS_EDGE_BLANKS
        text_firsts[count] = start
        text_lengths[count] = length
        codes[at] = count
        count += 1
    counts[column] = count
    return seen


def _count_lines(text: Any, size: int) -> int:
    """How many LF there are; behind `size` there is none."""
    count = place = 0
    while place < size:
        count += line_ends_at(text, place)
        place += STRETCH
    return count


def _copy(text: Any, firsts: Codes, lengths: Codes, into: npt.NDArray[np.uint8]) -> None:
    """Write texts one behind the other."""
    place = 0
    for code in range(firsts.size):
        first = firsts[code]
        for offset in range(lengths[code]):
            into[place] = text[first + offset]
            place += 1


CUT = Loop(_cut, globals(), calls=(_code, _code_apart))
COUNT_LINES = Loop(_count_lines, globals())
COPY = Loop(_copy, globals())
