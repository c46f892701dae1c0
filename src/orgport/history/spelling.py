"""Who may be meant by an address that nobody in the history has."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

import polars as pl

from orgport.attributes.formats import person_key
from orgport.history.columns import ADDRESS, KEY

_MOST_COMPARED = 20_000
_MOST_NAMED = 5


def nearest_address(persons: pl.DataFrame, address: str) -> str:
    """The address among persons (key, address) that is spelled almost like this one; empty for none."""
    local, _, domain = person_key(address).partition("@")
    # Comparing letters takes long, so only with those who share the beginning or the whole name.
    alike = (pl.col(KEY).str.starts_with(local[:1]) & pl.col(KEY).str.ends_with(f"@{domain}")) | (
        pl.col(KEY).str.starts_with(f"{local}@")
    )
    spelled = dict(persons.filter(alike).select(KEY, ADDRESS).head(_MOST_COMPARED).rows())
    near = get_close_matches(person_key(address), spelled, n=1, cutoff=0.8)
    return spelled[near[0]] if near else ""


def named_as_unknown(persons: pl.DataFrame, addresses: Sequence[str]) -> str:
    """The first of some addresses that nobody has, each with who may be meant, and how many more."""
    named = [
        f"{address} (did you mean {near}?)"
        if (near := nearest_address(persons, address))
        else address
        for address in addresses[:_MOST_NAMED]
    ]
    more = len(addresses) - len(named)
    return f"{', '.join(named)}{f' and {more:,} more' if more else ''}"
