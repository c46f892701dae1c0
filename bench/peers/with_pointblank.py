"""pointblank on Polars: a plan of validation steps."""

from __future__ import annotations

from pathlib import Path

import pointblank as pb
import polars as pl
from judged import DATE, EMAIL, KEY, NUMBER, REQUIRED, SUPERVISOR, WHOLE_NUMBER, timed


def judge(path: Path) -> int:
    """Count the units that fail."""
    plan = (
        pb.Validate(pl.read_csv(path, infer_schema=False))
        .col_vals_not_null(columns=list(REQUIRED))
        .col_vals_regex(columns=["PersonId"], pattern=EMAIL)
        .col_vals_regex(columns=["ManagerId"], pattern=EMAIL, na_pass=True)
        .col_vals_regex(columns=["EffectiveDate", "HireDate"], pattern=DATE, na_pass=True)
        .col_vals_regex(columns=["HourlyRate"], pattern=NUMBER, na_pass=True)
        .col_vals_regex(columns=["Layer"], pattern=WHOLE_NUMBER, na_pass=True)
        .col_vals_in_set(columns=["SupervisorIndicator"], set=[*SUPERVISOR, None])
        .rows_distinct(columns_subset=list(KEY))
        .interrogate(collect_extracts=False)
    )
    return sum(int(count) for count in plan.n_failed().values())


timed(judge)
