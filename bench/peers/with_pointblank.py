"""pointblank on Polars: a plan of validation steps; with `all`, steps of one's own besides."""

from __future__ import annotations

import sys
from pathlib import Path

import pointblank as pb
import polars as pl
from by_hand import DOUBLED, KNOWN, has_few_blank_managers, has_no_circle, is_day, is_not_negative
from judged import DATE, EMAIL, KEY, NUMBER, REQUIRED, SUPERVISOR, WHOLE_NUMBER, timed


def cells_of(frame: pl.DataFrame) -> pb.Validate:
    """What is demanded of cells."""
    return (
        pb.Validate(frame)
        .col_vals_not_null(columns=list(REQUIRED))
        .col_vals_regex(columns=["PersonId"], pattern=EMAIL)
        .col_vals_regex(columns=["ManagerId"], pattern=EMAIL, na_pass=True)
        .col_vals_regex(columns=["EffectiveDate", "HireDate"], pattern=DATE, na_pass=True)
        .col_vals_regex(columns=["HourlyRate"], pattern=NUMBER, na_pass=True)
        .col_vals_regex(columns=["Layer"], pattern=WHOLE_NUMBER, na_pass=True)
        .col_vals_in_set(columns=["SupervisorIndicator"], set=[*SUPERVISOR, None])
    )


def all_of(frame: pl.DataFrame) -> pb.Validate:
    """What is demanded of cells and of the whole."""
    return (
        cells_of(frame)
        .col_vals_expr(expr=is_day("EffectiveDate"))
        .col_vals_expr(expr=is_day("HireDate"))
        .col_vals_expr(expr=is_not_negative("HourlyRate"))
        .col_vals_expr(expr=is_not_negative("Layer"))
        .col_vals_expr(expr=DOUBLED.not_())
        .col_vals_expr(expr=KNOWN)
        .specially(expr=has_few_blank_managers)
        .specially(expr=has_no_circle)
    )


def judge(path: Path) -> int:
    """Count the units that fail."""
    frame = pl.read_csv(path, infer_schema=False)
    is_all = "all" in sys.argv
    plan = all_of(frame) if is_all else cells_of(frame).rows_distinct(columns_subset=list(KEY))
    failed = plan.interrogate(collect_extracts=False).n_failed()
    return sum(int(count) for count in failed.values())


timed(judge)
