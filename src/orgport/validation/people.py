"""Gives every address a small dense number, so that the population is judged on arrays of integers.

Addresses are known by two 64-bit hashes of their key (the case-folded address), with seeds drawn for each
run: one finds the place in the table, half of the other must agree, so that a collision is seen. Workers
look up in the table what the main thread enters: what they miss, or see half written, is looked up again.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from orgport.attributes.formats import person_key
from orgport.errors import Fault
from orgport.validation.cells import Places

Ids = npt.NDArray[np.int32]
Hashes = npt.NDArray[np.uint64]

NOBODY = -1  # a blank address
_ID = np.uint64(0xFFFF_FFFF)
_CHECK = ~_ID
_UNKNOWN = np.uint64(0xFFFF_FFFF_FFFF_FFFF)  # no id is so great
_ABSENT = _ID  # as an id it is NOBODY
_NOT_FREE = np.uint64(1 << 63)
_WRITTEN = np.uint64(1 << 32)
_ONE = np.uint64(1)


@dataclass(frozen=True, slots=True)
class HashedAddresses:
    """Addresses by their keys, hashed; `words` are what the table held for them then."""

    keys: pl.Series
    are_as_spelled: bool  # the keys are the addresses themselves
    first: Hashes
    second: Hashes
    words: Hashes

    def unknown(self) -> npt.NDArray[np.int64]:
        """Where the addresses stand that were not in the table."""
        return np.flatnonzero(self.words == _UNKNOWN)


def keys_of(addresses: pl.Series, *, is_ascii: bool) -> pl.Series:
    """The keys by which addresses compare, as `attributes.formats.person_key` gives them."""
    lower = addresses.str.to_lowercase()
    if is_ascii:
        return lower
    odd = addresses.filter(addresses.str.len_bytes() != addresses.str.len_chars()).unique()
    if odd.is_empty():
        return lower
    folded = pl.Series([person_key(address) for address in odd], dtype=pl.String)
    return pl.select(
        pl.coalesce(addresses.replace_strict(odd, folded, default=None), lower)
    ).to_series()


class Addresses:
    """A hash table from addresses to dense numbers 0, 1, 2 … in order of first appearance."""

    def __init__(self) -> None:
        self._seeds = secrets.randbits(63), secrets.randbits(63)
        # A row is a hash (0: free) and, in one word, half of the other hash and the id: a look-up
        # then costs one miss of the processor's cache.
        self._table = np.zeros((1 << 16, 2), dtype=np.uint64)
        self._keys: list[pa.Array] = []  # by id, in pieces
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def hashed(self, addresses: pl.Series, *, is_lower: bool, is_ascii: bool) -> HashedAddresses:
        """The hashes of addresses; may run beside other threads."""
        keys = addresses if is_lower else keys_of(addresses, is_ascii=is_ascii)
        one, other = (keys.hash(seed).to_numpy() for seed in self._seeds)
        first, second = one | _NOT_FREE, other & _CHECK | _WRITTEN
        words = self._look_up(first)
        words[(words & _CHECK) != second] = _UNKNOWN
        if addresses.null_count():
            words[addresses.is_null().to_numpy()] = _ABSENT
        return HashedAddresses(keys, is_lower, first, second, words)

    def ids(self, addresses: HashedAddresses) -> Ids:
        """The numbers of addresses, new ones for those not seen before; NOBODY where there is none."""
        words = addresses.words
        missing = addresses.unknown()
        if missing.size:
            words = words.copy()
            words[missing] = self._words_of(addresses, missing)
        return (words & _ID).astype(np.uint32).view(np.int32)

    def known_ids(self, addresses: HashedAddresses) -> Ids:
        """The numbers of addresses; NOBODY for those not seen before, which get none."""
        return (addresses.words & _ID).astype(np.uint32).view(np.int32)

    def keys(self) -> pa.Array:
        """The keys by number."""
        self._keys = [pa.concat_arrays([pa.array([], type=pa.string()), *self._keys])]
        return self._keys[0]

    def _words_of(self, addresses: HashedAddresses, places: Places) -> Hashes:
        hashes, checks = addresses.first[places], addresses.second[places]
        words = self._look_up(hashes)
        missing = np.flatnonzero(words == _UNKNOWN)
        if missing.size:
            self._add(hashes[missing], checks[missing], addresses.keys.gather(places[missing]))
            words[missing] = self._look_up(hashes[missing])
        if not np.array_equal(words & _CHECK, checks):
            message = (
                "Two addresses have the same hash. Run the validation again: it draws new ones."
            )
            raise Fault(message)
        return words

    def _look_up(self, hashes: Hashes) -> Hashes:
        """The second words of the hashes' rows; _UNKNOWN where there is no such row."""
        table = self._table  # another thread may put a larger one in its place
        mask = np.uint64(len(table) - 1)
        places = hashes & mask
        rows = table.take(places.view(np.int64), axis=0)
        words = np.where(rows[:, 0] == hashes, rows[:, 1], _UNKNOWN)
        pending = np.flatnonzero((rows[:, 0] != hashes) & (rows[:, 0] != 0))
        while pending.size:
            places[pending] = (places[pending] + _ONE) & mask
            rows = table.take(places[pending].view(np.int64), axis=0)
            hit = rows[:, 0] == hashes[pending]
            words[pending[hit]] = rows[hit, 1]
            pending = pending[~hit & (rows[:, 0] != 0)]
        return words

    def _add(self, hashes: Hashes, checks: Hashes, keys: pl.Series) -> None:
        distinct, first = np.unique(hashes, return_index=True)
        order = np.argsort(first)
        distinct, first = distinct[order], first[order]
        count = self._count + distinct.size
        if count * 3 > len(self._table) * 2:
            self._grow(count)
        ids = np.arange(self._count, count, dtype=np.uint64)
        self._insert(distinct, checks[first] | ids)
        self._keys.append(pa.array(keys.gather(first).to_arrow(), type=pa.string()))
        self._count = count

    def _grow(self, count: int) -> None:
        taken = self._table[self._table[:, 0] != 0]
        self._table = np.zeros((1 << (2 * count).bit_length(), 2), dtype=np.uint64)
        self._insert(taken[:, 0], taken[:, 1])

    def _insert(self, hashes: Hashes, words: Hashes) -> None:
        """Put distinct hashes that are not in the table into it."""
        mask = np.uint64(len(self._table) - 1)
        places = (hashes & mask).view(np.int64)
        while hashes.size:
            free = self._table[places, 0] == 0
            self._table[places[free], 0] = hashes[free]  # of several for one place the last stays
            stays = self._table[places, 0] == hashes
            self._table[places[stays], 1] = words[stays]
            goes_on = ~stays
            hashes, words = hashes[goes_on], words[goes_on]
            places = (places[goes_on] + 1) & np.int64(mask)
