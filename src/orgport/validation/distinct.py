"""The different values behind the findings of one rule and column: correct one, and its lines follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl


@dataclass(frozen=True, slots=True)
class DistinctValue:
    """A raw value that breaks a rule, how many listed findings have it, and the first of them."""

    value: str
    count: int
    first_line: int | None
    person_id: str | None
    effective_date: date | None


def distinct_values(
    findings: Path, *, code: str, column: int | None, limit: int
) -> tuple[list[DistinctValue], int]:
    """The most frequent values among the findings of a rule and column, and how many differ in all."""
    chosen = pl.col("code") == code
    chosen &= pl.col("column").is_null() if column is None else pl.col("column") == column
    grouped = (
        pl.scan_parquet(findings)
        .filter(chosen & pl.col("value").is_not_null())
        .group_by("value", maintain_order=True)
        .agg(
            pl.len().alias("count"),
            pl.col("line", "person_id", "effective_date").first(),
        )
        .sort("count", descending=True, maintain_order=True)
        .collect()
    )
    values = [
        DistinctValue(
            row["value"], row["count"], row["line"], row["person_id"], row["effective_date"]
        )
        for row in grouped.head(limit).iter_rows(named=True)
    ]
    return values, grouped.height
