"""dataframely: a schema class, failures as a frame."""

from __future__ import annotations

from pathlib import Path

import dataframely as dy
import polars as pl
from judged import DATE, EMAIL, NUMBER, SUPERVISOR, WHOLE_NUMBER, timed


class Persons(dy.Schema):
    """The rows of a package."""

    PersonId = dy.String(primary_key=True, regex=EMAIL)
    ManagerId = dy.String(nullable=True, regex=EMAIL)
    Organization = dy.String(nullable=False)
    EffectiveDate = dy.String(primary_key=True, regex=DATE)
    LevelDesignation = dy.String(nullable=True)
    FunctionType = dy.String(nullable=True)
    HireDate = dy.String(nullable=True, regex=DATE)
    HourlyRate = dy.String(nullable=True, regex=NUMBER)
    Layer = dy.String(nullable=True, regex=WHOLE_NUMBER)
    SupervisorIndicator = dy.String(nullable=True, check=lambda column: column.is_in(SUPERVISOR))


def judge(path: Path) -> int:
    """Count the failures by rule."""
    _, failure = Persons.filter(pl.read_csv(path, infer_schema=False))
    return sum(failure.counts().values())


timed(judge)
