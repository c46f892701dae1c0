"""Packed flags are counted and moved as the flags themselves would be."""

from __future__ import annotations

import numpy as np
import pytest

from orgport.validation.bits import Counter, packed, set_in_front


@pytest.mark.parametrize("size", [1, 63, 64, 65, 200])
def test_packed_flags_are_counted_in_front_of_every_place(size: int) -> None:
    flags = np.random.default_rng(size).random(size) < 0.4
    before = [int(np.count_nonzero(flags[:place])) for place in range(size)]
    assert Counter(packed(flags)).before(np.arange(size)).tolist() == before


@pytest.mark.parametrize("size", [1, 63, 64, 65, 200])
def test_a_flag_moves_to_the_next_place_across_words(size: int) -> None:
    flags = np.random.default_rng(size).random(size) < 0.4
    moved = np.concatenate(([False], flags[:-1]))
    found = np.unpackbits(set_in_front(packed(flags)).view(np.uint8), bitorder="little")
    assert found[:size].astype(bool).tolist() == moved.tolist()
