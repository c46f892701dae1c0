"""Gives every address a small dense number, so that the population is judged on arrays of integers.

Addresses compare by their keys, the case-folded texts. Workers ask for numbers while the main thread, in the
order of the file, gives new ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from orgport.attributes.formats import person_key
from orgport.validation.text_table import NOBODY, UNKNOWN, Ids, Texts, TextTable

__all__ = ["NOBODY", "UNKNOWN", "Addresses", "Ids", "LookedUp", "keys_of"]


@dataclass(frozen=True, slots=True)
class LookedUp:
    """The keys of some addresses, and their numbers as far as they were known then."""

    keys: Texts
    are_as_spelled: bool  # the keys are the addresses themselves
    ids: Ids


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
    """Gives addresses the numbers 0, 1, 2 … in order of first appearance."""

    def __init__(self) -> None:
        self._table = TextTable()

    def __len__(self) -> int:
        return len(self._table)

    def looked_up(self, addresses: pl.Series, *, is_ascii: bool) -> LookedUp:
        """Addresses with the numbers that are known; may run beside other threads."""
        keys = Texts.of(keys_of(addresses, is_ascii=is_ascii))
        return LookedUp(keys, are_as_spelled=False, ids=self._table.numbers(keys))

    def looked_up_keys(self, keys: Texts) -> LookedUp:
        """Addresses that are their own keys, as `looked_up`."""
        return LookedUp(keys, are_as_spelled=True, ids=self._table.numbers(keys))

    def ids(self, addresses: LookedUp) -> Ids:
        """The numbers of addresses, new ones for those not seen before; NOBODY where there is none."""
        if (addresses.ids != UNKNOWN).all():
            return addresses.ids
        return self._table.add(addresses.keys, addresses.ids)

    def keys(self) -> pa.Array:
        """The keys by number."""
        return self._table.texts()
