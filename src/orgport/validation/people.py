"""Gives every address a small dense number, so that the population is judged on arrays of integers.

Addresses are known by two 64-bit hashes of their key (the case-folded address), with seeds drawn for each
run: one finds the place in the table, the other must agree, so that a collision is seen and not believed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from orgport.attributes.formats import person_key
from orgport.errors import Fault

Ids = npt.NDArray[np.int32]
Hashes = npt.NDArray[np.uint64]

NOBODY = -1  # a blank address


@dataclass(frozen=True, slots=True)
class HashedAddresses:
    """A column of addresses, hashed; where `present` is false there is none."""

    first: Hashes
    second: Hashes
    present: npt.NDArray[np.bool_] | None  # None: everywhere


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
        self._hashes = np.zeros(1 << 16, dtype=np.uint64)  # 0 marks a free place
        self._ids = np.zeros(1 << 16, dtype=np.int32)
        self._checks = np.zeros(1 << 15, dtype=np.uint64)  # by id
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def hashed(self, addresses: pl.Series, *, is_ascii: bool) -> HashedAddresses:
        """The hashes of addresses; may run beside other threads."""
        keys = keys_of(addresses, is_ascii=is_ascii)
        present = None
        if addresses.null_count():
            present = addresses.is_not_null().to_numpy()
            keys = keys.fill_null("")
        first, second = (keys.hash(seed).to_numpy() for seed in self._seeds)
        return HashedAddresses(np.maximum(first, 1), second, present)

    def ids(self, addresses: HashedAddresses) -> Ids:
        """The numbers of addresses, new ones for those not seen before; NOBODY where there is none."""
        if addresses.present is None:
            return self._ids_of(addresses.first, addresses.second)
        ids = np.full(addresses.present.size, NOBODY, dtype=np.int32)
        places = np.flatnonzero(addresses.present)
        ids[places] = self._ids_of(addresses.first[places], addresses.second[places])
        return ids

    def _ids_of(self, hashes: Hashes, checks: Hashes) -> Ids:
        ids = self._look_up(hashes)
        missing = np.flatnonzero(ids < 0)
        if missing.size:
            self._add(hashes[missing], checks[missing])
            ids[missing] = self._look_up(hashes[missing])
        if not np.array_equal(self._checks[ids], checks):
            message = (
                "Two addresses have the same hash. Run the validation again: it draws new ones."
            )
            raise Fault(message)
        return ids

    def _look_up(self, hashes: Hashes) -> Ids:
        """The ids of the hashes, -1 for unknown ones."""
        mask = np.uint64(self._hashes.size - 1)
        places = hashes & mask
        found = self._hashes[places]
        ids = np.where(found == hashes, self._ids[places], np.int32(-1))
        pending = np.flatnonzero((found != hashes) & (found != 0))
        while pending.size:
            places[pending] = (places[pending] + np.uint64(1)) & mask
            at, wanted = places[pending], hashes[pending]
            found = self._hashes[at]
            hit = found == wanted
            ids[pending[hit]] = self._ids[at[hit]]
            pending = pending[~hit & (found != 0)]
        return ids

    def _add(self, hashes: Hashes, checks: Hashes) -> None:
        distinct, first = np.unique(hashes, return_index=True)
        order = np.argsort(first)
        distinct, first = distinct[order], first[order]
        count = self._count + distinct.size
        self._grow(count)
        self._checks[self._count : count] = checks[first]
        self._insert(distinct, np.arange(self._count, count, dtype=np.int32))
        self._count = count

    def _grow(self, count: int) -> None:
        if count > self._checks.size:
            size = max(count, 2 * self._checks.size)
            self._checks = np.concatenate(
                (self._checks, np.zeros(size - self._checks.size, dtype=np.uint64))
            )
        if count * 3 > self._hashes.size * 2:
            taken = self._hashes != 0
            hashes, ids = self._hashes[taken], self._ids[taken]
            size = 1 << (2 * count).bit_length()
            self._hashes = np.zeros(size, dtype=np.uint64)
            self._ids = np.zeros(size, dtype=np.int32)
            self._insert(hashes, ids)

    def _insert(self, hashes: Hashes, ids: Ids) -> None:
        """Put distinct hashes that are not in the table into it."""
        mask = np.uint64(self._hashes.size - 1)
        places = hashes & mask
        while hashes.size:
            free = self._hashes[places] == 0
            self._hashes[places[free]] = hashes[free]  # of several for one place the last stays
            stays = self._hashes[places] == hashes
            self._ids[places[stays]] = ids[stays]
            hashes, ids = hashes[~stays], ids[~stays]
            places = (places[~stays] + np.uint64(1)) & mask
