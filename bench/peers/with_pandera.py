"""pandera on Polars: a frame schema, all failures collected."""

from __future__ import annotations

from pathlib import Path

import pandera.polars as pa
import polars as pl
from judged import DATE, EMAIL, NUMBER, SUPERVISOR, WHOLE_NUMBER, timed

SCHEMA = pa.DataFrameSchema(
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
    unique=["PersonId", "EffectiveDate"],
)


def judge(path: Path) -> int:
    """Count the failure cases."""
    frame = pl.read_csv(path, infer_schema=False)
    try:
        SCHEMA.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        return int(errors.failure_cases.height)
    return 0


timed(judge)
