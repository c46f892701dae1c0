"""A table that gives each text a number 0, 1, 2 … in the order in which they are added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from orgport.validation.looping import PADDING, Loop, drawn_seed, mix, word_at

Ids = npt.NDArray[np.int32]

NOBODY = -1  # the number of a blank text
UNKNOWN = -2  # that of a text that was not added
_HASH, _PLACE = 0, 1  # of a text: its place is the offset of its first byte and, above, its length
_FIRST, _LENGTH_FROM = 0xFF_FFFF_FFFF, 40
_FREE = -1


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts that lie in some bytes in UTF-8, with PADDING behind them; a blank one is empty."""

    data: npt.NDArray[np.uint8]
    firsts: npt.NDArray[np.int64]  # where in the data each begins
    lengths: npt.NDArray[np.int64]  # in bytes

    @classmethod
    def of(cls, series: pl.Series) -> Texts:
        """The texts of a series."""
        # What is null may still have its bytes.
        array = pa.array(series.fill_null("").to_arrow(), type=pa.large_string())
        _, offsets, joined = array.buffers()
        ends = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
        begin = int(ends[0]) if ends.size else 0
        data = b"" if joined is None else joined
        texts = np.frombuffer(data, dtype=np.uint8)[begin : int(ends[-1]) if ends.size else 0]
        padded = np.concatenate((texts, np.frombuffer(PADDING, dtype=np.uint8)))
        return cls(padded, ends[:-1] - begin, np.diff(ends))

    def __len__(self) -> int:
        return int(self.firsts.size)


class TextTable:
    """Texts and their numbers. While one thread adds, others may ask for numbers.

    They may miss what is being added then, and never take one text for another: each hit is confirmed on the
    bytes.
    """

    def __init__(self) -> None:
        # By this texts are scattered over the slots; drawn anew for each table.
        self._seed = drawn_seed()
        self._room = _Room.of(texts=1 << 10, size=1 << 15)
        self._count = self._used = 0

    def __len__(self) -> int:
        return self._count

    def numbers(self, texts: Texts) -> Ids:
        """The numbers of texts: NOBODY for blank ones, UNKNOWN for those that were not added."""
        ids = np.full(len(texts), UNKNOWN, dtype=np.int32)
        self._number(texts, ids, adds=False)
        return ids

    def add(self, texts: Texts, ids: Ids) -> Ids:
        """The numbers of texts, new ones for those that were not added before; NOBODY for blank ones.

        `ids` are what `numbers` said of them, at whatever time.
        """
        ids = ids.copy()
        room = self._room
        count = self._count + int(np.count_nonzero(ids == UNKNOWN))
        used = self._used + int(texts.lengths[ids == UNKNOWN].sum())
        if count > len(room.entries) or used > room.joined.size:
            self._room = room.grown(self._count, self._used, texts=2 * count, size=2 * used)
        self._number(texts, ids, adds=True)
        return ids

    def texts(self) -> pa.Array:
        """The texts by number."""
        lengths = self._room.entries[: self._count, _PLACE] >> _LENGTH_FROM
        ends = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(lengths)))
        joined = self._room.joined[: self._used]
        buffers = [None, pa.py_buffer(ends), pa.py_buffer(joined)]
        return pa.Array.from_buffers(pa.large_string(), self._count, buffers)

    def _number(self, texts: Texts, ids: Ids, *, adds: bool) -> None:
        # In this order: another thread may put a larger room in its place, and then count on there.
        count, used = self._count, self._used
        room = self._room
        count, used = _NUMBER(
            *(texts.data.size, texts.data, texts.firsts, texts.lengths, self._seed),
            *(room.slots, room.entries, room.joined, count, used, adds, ids),
        )
        if adds:
            self._count, self._used = count, used


@dataclass(frozen=True, slots=True)
class _Room:
    """The slots with numbers, hash and place of each text by its number, and the texts themselves."""

    slots: npt.NDArray[np.int32]
    entries: npt.NDArray[np.int64]
    joined: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, *, texts: int, size: int) -> _Room:
        """Room for so many texts of so many bytes in all."""
        slots = np.full(1 << (2 * texts).bit_length(), _FREE, dtype=np.int32)
        return cls(slots, np.zeros((texts, 2), np.int64), np.zeros(size + len(PADDING), np.uint8))

    def grown(self, count: int, used: int, *, texts: int, size: int) -> _Room:
        """More room, with what is here."""
        more = _Room.of(texts=texts, size=size)
        more.entries[:count] = self.entries[:count]
        more.joined[:used] = self.joined[:used]
        _PLACE_ANEW(used, more.joined, more.entries, count, more.slots)
        return more


def _number(
    text: Any,
    firsts: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    seed: int,
    slots: npt.NDArray[np.int32],
    entries: npt.NDArray[np.int64],
    joined: npt.NDArray[np.uint8],
    count: int,
    used: int,
    adds: bool,  # noqa: FBT001
    ids: Ids,
) -> tuple[int, int]:
    """Fill in the ids that are UNKNOWN; how many texts there are then, and how many bytes they use."""
    last_slot = slots.size - 1
    code = NOBODY
    for row in range(ids.size):
        if ids[row] != UNKNOWN:
            continue
        start = int(firsts[row])
        length = int(lengths[row])
        end = start + length
        if length == 0:
            ids[row] = NOBODY
            continue
        rest = length & 7
        mask = (1 << 8 * rest) - 1
        behind = end - rest
        # Mostly the same texts come in the same order again.
        guess = code + 1
        if 0 < guess < count:
            known = entries[guess, _PLACE]
            if known >> _LENGTH_FROM == length:
                shift = (known & _FIRST) - start
                at = start
                while at < behind and word_at(text, at) == word_at(joined, at + shift):
                    at += 8
                differing = word_at(text, at) ^ word_at(joined, at + shift)
                if at == behind and differing & mask == 0:
                    code = guess
                    ids[row] = code
                    continue
        mixed = mix(seed, seed, length)
        at = start
        while at < behind:
            mixed = mix(seed, mixed, word_at(text, at))
            at += 8
        if rest:
            mixed = mix(seed, mixed, word_at(text, at) & mask)
        slot = mixed & last_slot
        while True:
            code = slots[slot]
            if code == _FREE:
                if adds:
                    code = count
                    for offset in range(length):
                        joined[used + offset] = text[start + offset]
                    entries[code, _HASH] = mixed
                    entries[code, _PLACE] = used | length << _LENGTH_FROM
                    slots[slot] = code
                    count += 1
                    used += length
                else:
                    code = UNKNOWN
                break
            if entries[code, _HASH] == mixed:
                known = entries[code, _PLACE]
                if known >> _LENGTH_FROM == length:
                    shift = (known & _FIRST) - start
                    at = start
                    while at < behind and word_at(text, at) == word_at(joined, at + shift):
                        at += 8
                    differing = word_at(text, at) ^ word_at(joined, at + shift)
                    if at == behind and differing & mask == 0:
                        break
            slot = (slot + 1) & last_slot
        ids[row] = code
    return count, used


def _place_anew(
    text: Any,  # noqa: ARG001
    entries: npt.NDArray[np.int64],
    count: int,
    slots: npt.NDArray[np.int32],
) -> None:
    last_slot = slots.size - 1
    for code in range(count):
        slot = entries[code, _HASH] & last_slot
        while slots[slot] != _FREE:
            slot = (slot + 1) & last_slot
        slots[slot] = code


_NUMBER = Loop(_number, globals())
_PLACE_ANEW = Loop(_place_anew, globals())
