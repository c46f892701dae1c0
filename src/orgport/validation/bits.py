"""Flags of the bytes of a block, 64 packed in a word: counted and compared at an eighth of the memory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]

_ONE = np.uint64(1)
_LAST = np.uint64(63)


def packed(flags: Flags) -> Words:
    """The flags, the first in the lowest bit of the first word."""
    words = np.zeros((flags.size + 63) // 64, dtype="<u8")
    words.view(np.uint8)[: (flags.size + 7) // 8] = np.packbits(flags, bitorder="little")
    return words


def set_in_front(words: Words) -> Words:
    """For each place whether the flag of the place in front of it is set."""
    moved: Words = words << _ONE
    moved[1:] |= words[:-1] >> _LAST
    return moved


class Counter:
    """Tells how many flags are set in front of some places."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._up_to = np.cumsum(np.bitwise_count(words), dtype=np.int64)

    def before(self, places: Places) -> Places:
        """How many flags are set in front of each place."""
        at = places >> 6
        behind = np.bitwise_count(self._words[at] >> (places & 63).astype(np.uint64))
        counts: Places = self._up_to[at] - behind
        return counts
