"""pandera on Polars: a frame schema, all failures collected; with `all`, checks of one's own besides."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandera.polars as pa
import polars as pl
from by_hand import DOUBLED, KNOWN, has_few_blank_managers, has_no_circle, is_day, is_not_negative
from judged import DATE, EMAIL, NUMBER, SUPERVISOR, WHOLE_NUMBER, timed


def rows_where(expression: pl.Expr) -> pa.Check:
    """A check of rows."""

    def judged(data: Any) -> pl.LazyFrame:
        rows: pl.LazyFrame = data.lazyframe
        return rows.select(expression)

    return pa.Check(judged)


def the_whole(judge_frame: Any) -> pa.Check:
    """A check of the frame."""
    return pa.Check(lambda data: judge_frame(data.lazyframe.collect()))


def schema(*checks: pa.Check, unique: list[str] | None) -> pa.DataFrameSchema:
    """What is demanded of cells, and more."""
    return pa.DataFrameSchema(
        {
            "PersonId": pa.Column(str, pa.Check.str_matches(EMAIL)),
            "ManagerId": pa.Column(str, pa.Check.str_matches(EMAIL), nullable=True),
            "Organization": pa.Column(str),
            "EffectiveDate": pa.Column(str, pa.Check.str_matches(DATE)),
            "HireDate": pa.Column(str, pa.Check.str_matches(DATE), nullable=True),
            "HourlyRate": pa.Column(str, pa.Check.str_matches(NUMBER), nullable=True),
            "Layer": pa.Column(str, pa.Check.str_matches(WHOLE_NUMBER), nullable=True),
            "SupervisorIndicator": pa.Column(str, pa.Check.isin(SUPERVISOR), nullable=True),
        },
        checks=list(checks),
        unique=unique,
    )


CELLS = schema(unique=["PersonId", "EffectiveDate"])
ALL = schema(
    *(rows_where(is_day(column)) for column in ("EffectiveDate", "HireDate")),
    *(rows_where(is_not_negative(column)) for column in ("HourlyRate", "Layer")),
    rows_where(DOUBLED.not_()),
    rows_where(KNOWN),
    the_whole(has_few_blank_managers),
    the_whole(has_no_circle),
    unique=None,
)
SCHEMA = ALL if "all" in sys.argv else CELLS


def judge(path: Path) -> int:
    """Count the failure cases."""
    frame = pl.read_csv(path, infer_schema=False)
    try:
        SCHEMA.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        return int(errors.failure_cases.height)
    return 0


timed(judge)
