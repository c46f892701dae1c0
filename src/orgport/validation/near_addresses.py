"""Addresses that were probably meant: a domain that is nearly one of the file's frequent domains."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import polars as pl

_FREQUENT = 0.10  # of the persons have such a domain
_NEAR = 0.75
_MOST_DOMAINS = 1000  # that are looked at
_DOMAIN = r"@([^@]*)$"


def frequent_domains(persons: pl.Series) -> list[str]:
    """The domains of many persons, the most frequent first, in lower case."""
    if persons.is_empty():
        return []
    domains = persons.str.extract(_DOMAIN).str.to_lowercase().drop_nulls().rename("domain")
    counts = domains.value_counts(sort=True)
    return counts.filter(pl.col("count") >= _FREQUENT * len(persons))["domain"].to_list()


def near_domain(domain: str, frequent: Iterable[str]) -> str | None:
    """The frequent domain that this one nearly is; None when it is one of them, or near to none."""
    known = list(frequent)
    if domain in known:
        return None
    return next(iter(difflib.get_close_matches(domain, known, n=1, cutoff=_NEAR)), None)


def meant_addresses(strangers: pl.Series, persons: pl.Series) -> pl.DataFrame:
    """For addresses of nobody, who was meant: value, and the person's address as `meant`.

    Only addresses are listed of which the name at a near and frequent domain is a person.
    """
    frequent = frequent_domains(persons)
    domains = strangers.str.extract(_DOMAIN).str.to_lowercase()
    odd = domains.drop_nulls().unique(maintain_order=True).head(_MOST_DOMAINS).to_list()
    meant = {domain: near for domain in odd if (near := near_domain(domain, frequent))}
    if not meant:
        return pl.DataFrame(schema={"value": pl.String, "meant": pl.String})
    ends = domains.replace_strict(meant, default=None, return_dtype=pl.String)
    candidates = pl.DataFrame({"value": strangers, "near": ends}).drop_nulls().unique()
    candidates = candidates.with_columns(
        pl.concat_str(pl.col("value").str.replace(r"@[^@]*$", "@"), "near").alias("meant")
    ).with_columns(pl.col("meant").str.to_lowercase().alias("key"))
    known = pl.DataFrame({"key": persons.str.to_lowercase()})
    return candidates.join(known, on="key", how="semi").select("value", "meant")
