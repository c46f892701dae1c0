"""What stands behind a cause: its first findings, and its values; correct one, and its lines follow.

Read from the spool in two passes, however many causes there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from orgport.finding import Finding, Level, Severity
from orgport.validation.finding_frame import FINDING_SCHEMA, findings_of
from orgport.validation.verdict import RuleCount

_KEY = ["code", "severity", "column"]
_OF_A_VALUE = ["line", "person_id", "effective_date"]
_PLACE = "place"


@dataclass(frozen=True, slots=True)
class DistinctValue:
    """A raw value that breaks a rule, how many listed findings have it, and the first of them."""

    value: str
    count: int
    first_line: int | None
    person_id: str | None
    effective_date: date | None


@dataclass(frozen=True, slots=True)
class Overview:
    """Some findings of a cause in the order of the file, some of its values, the frequent ones first."""

    first: tuple[Finding, ...]
    values: tuple[DistinctValue, ...]
    value_count: int  # how many differ in all


@dataclass(frozen=True, slots=True)
class Reach:
    """What some edited cells reach: findings, the rows they stand in, and their causes."""

    findings: int = 0
    rows: int = 0
    causes: int = 0


def overviews(
    findings: Path, causes: Sequence[RuleCount], *, limit: int, offset: int = 0
) -> list[Overview]:
    """For each cause its findings and values from `offset` on; only causes of cells have values."""
    spool = pl.scan_parquet(findings).with_row_index(_PLACE)
    light = (
        spool.select(_PLACE, *_KEY, "value", *_OF_A_VALUE)
        .filter(pl.col("code").is_in([cause.code for cause in causes]))
        .collect()
    )
    parts = light.partition_by(_KEY, as_dict=True)
    none = light.clear()
    own = [parts.get((one.code, one.severity.value, one.column), none) for one in causes]
    places = [part[_PLACE].slice(offset, limit) for part in own]
    wanted = pl.concat([none[_PLACE], *places])
    rows = spool.filter(pl.col(_PLACE).is_in(wanted.implode())).collect()
    told = dict(zip(rows[_PLACE], findings_of(rows.select(FINDING_SCHEMA.names())), strict=True))
    return [
        Overview(
            tuple(told[place] for place in places_of_it),
            *_values(part, limit, offset, is_of_cells=cause.level is Level.VALUE),
        )
        for cause, part, places_of_it in zip(causes, own, places, strict=True)
    ]


def distinct_values(findings: Path, *, code: str, column: int | None, limit: int) -> list[str]:
    """The most frequent values among the findings of a rule and column."""
    here = pl.col("column").is_null() if column is None else pl.col("column") == column
    part = (
        pl.scan_parquet(findings)
        .filter((pl.col("code") == code) & here)
        .select("value", *_OF_A_VALUE)
        .collect()
    )
    return [one.value for one in _values(part, limit, 0, is_of_cells=True)[0]]


def reach_of(findings: Path, cells: Iterable[tuple[int, str, int | None]]) -> Reach:
    """What is reached by editing cells, each given as column, value, and line or None for every line."""
    edited = pl.DataFrame(
        list(cells),
        schema={"column": pl.Int32, "value": pl.String, "line": pl.Int64},
        orient="row",
    )
    judged = (
        pl.scan_parquet(findings)
        .select(*_KEY, "value", "line")
        .filter(
            (pl.col("severity") != Severity.ADVICE.value)
            & pl.col("column").is_in(edited["column"].unique().implode())
        )
        .collect()
    )
    everywhere = edited.filter(pl.col("line").is_null()).select("column", "value")
    reached = pl.concat(
        [
            judged.join(everywhere, on=["column", "value"], how="semi"),
            judged.join(edited, on=["column", "value", "line"], how="semi"),
        ]
    ).unique()
    return Reach(reached.height, reached["line"].n_unique(), reached.select(_KEY).n_unique())


def _values(
    part: pl.DataFrame, limit: int, offset: int, *, is_of_cells: bool
) -> tuple[tuple[DistinctValue, ...], int]:
    if not is_of_cells:
        return (), 0
    grouped = (
        part.lazy()
        .filter(pl.col("value").is_not_null())
        .group_by("value", maintain_order=True)
        .agg(pl.len().alias("count"), pl.col(_OF_A_VALUE).first())
        .sort("count", descending=True, maintain_order=True)
        .collect()
    )
    columns = ["value", "count", *_OF_A_VALUE]
    shown = grouped.select(columns).slice(offset, limit)
    return tuple(DistinctValue(*row) for row in shown.iter_rows()), grouped.height
