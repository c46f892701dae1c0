"""Findings as the rows of a frame: the columns, and the way from values to rows and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from orgport.finding import VALUE_LIMIT, Finding, Level, Pointer, Severity

# Rows and values are judged in one pass, so they share a stage.
STAGE_OF_LEVEL = {
    Level.PACKAGE: 0,
    Level.METADATA: 1,
    Level.HEADER: 2,
    Level.ROW: 3,
    Level.VALUE: 3,
    Level.POPULATION: 4,
}

FINDING_SCHEMA = pl.Schema(
    {
        "code": pl.String(),
        "severity": pl.String(),  # the value of a Severity
        "level": pl.String(),  # the value of a Level
        "stage": pl.UInt8(),  # filled in by the spool
        "file": pl.String(),
        "line": pl.Int64(),
        "column": pl.Int32(),
        "header": pl.String(),
        "field": pl.String(),
        "value": pl.String(),
        "person_id": pl.String(),
        "effective_date": pl.Date(),
        "message": pl.String(),
        "hint": pl.String(),
        "expected": pl.String(),
        "related_lines": pl.List(pl.Int64()),
        "occurrences": pl.Int64(),
    }
)
_DEFAULTS: dict[str, Any] = {"hint": "", "expected": "", "related_lines": [], "occurrences": 1}


def findings_frame(findings: Iterable[Finding]) -> pl.DataFrame:
    """The findings as rows of FINDING_SCHEMA, in the order given."""
    return pl.DataFrame([_row_of(finding) for finding in findings], schema=FINDING_SCHEMA)


def findings_of(frame: pl.DataFrame) -> Iterator[Finding]:
    """The rows of a frame of FINDING_SCHEMA as values."""
    for row in frame.iter_rows(named=True):
        place = {name: row[name] for name in ("file", "line", "column", "header", "field", "value")}
        yield Finding(
            code=row["code"],
            severity=Severity(row["severity"]),
            level=Level(row["level"]),
            message=row["message"],
            hint=row["hint"],
            pointer=Pointer(**place),
            expected=row["expected"],
            person_id=row["person_id"],
            effective_date=row["effective_date"],
            related_lines=tuple(row["related_lines"]),
            occurrences=row["occurrences"],
        )


def complete(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with exactly the columns of FINDING_SCHEMA; what is left out gets its default."""
    given = set(frame.columns)
    columns: list[pl.Expr] = []
    for name, kind in FINDING_SCHEMA.items():
        column = pl.col(name) if name in given else pl.lit(_DEFAULTS.get(name))
        columns.append(column.cast(kind).alias(name))
    return frame.select(columns)


def conform(findings: pl.DataFrame) -> pl.DataFrame:
    """Complete findings, their stages by their levels, values shortened, nulls made defaults."""
    stages = {level.value: stage for level, stage in STAGE_OF_LEVEL.items()}
    return findings.with_columns(
        pl.col("level").replace_strict(stages, return_dtype=pl.UInt8).alias("stage"),
        pl.when(pl.col("value").str.len_chars() > VALUE_LIMIT)
        .then(pl.col("value").str.head(VALUE_LIMIT) + "…")
        .otherwise(pl.col("value"))
        .alias("value"),
        *(pl.col(name).fill_null(pl.lit(value)) for name, value in _DEFAULTS.items()),
    )


def _row_of(finding: Finding) -> dict[str, Any]:
    pointer = finding.pointer
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "level": finding.level.value,
        "stage": STAGE_OF_LEVEL[finding.level],
        "file": pointer.file,
        "line": pointer.line,
        "column": pointer.column,
        "header": pointer.header,
        "field": pointer.field,
        "value": pointer.value,
        "person_id": finding.person_id,
        "effective_date": finding.effective_date,
        "message": finding.message,
        "hint": finding.hint,
        "expected": finding.expected,
        "related_lines": list(finding.related_lines),
        "occurrences": finding.occurrences,
    }
