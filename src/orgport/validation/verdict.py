"""What goes into a validation besides the package, and what comes out: settings, stored data, verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from orgport.attributes.types import ValueType
from orgport.finding import Level, Severity
from orgport.package.model import Refresh
from orgport.rule import LATEST_RULE_SET

BUCKETS = 16  # a person's bucket is its number modulo this; stable for ever
SPOOL_PERSON = (
    "person"  # columns of the accepted rows beside PersonId, EffectiveDate and the fields
)
SPOOL_LINE = "line"
SPOOL_CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class ValidationSettings:
    """The settings of a connection that change what is judged; shares are between 0 and 1."""

    rule_set: str = LATEST_RULE_SET
    exclude_invalid_rows: bool = False
    max_excluded_share: float = 0.20
    max_blank_manager_share: float = 0.05
    strict_values: bool = True
    self_report_means_top: bool = False
    lenient_integers: bool = False
    partial_fields: frozenset[str] = frozenset()  # concern part of the staff: may be mostly blank


@dataclass(frozen=True, slots=True)
class StoredOrganization:
    """What the tenant's history holds already, as validation needs it.

    persons: person Int64 (the person number), key String (case-folded address), address String
    (as first spelled). manager_periods: person Int64, StartDate Date, EndDate Date (exclusive;
    9999-12-31 for the last), ManagerId String.
    """

    persons: pl.DataFrame
    manager_periods: pl.LazyFrame
    fields: Mapping[str, ValueType]
    next_person: int  # the first person number that was never used
    has_uploads: bool


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many findings one rule gave in one column; exact even where the log is cut."""

    code: str
    severity: Severity
    level: Level
    column: int | None
    header: str | None
    field: str | None
    count: int


@dataclass(frozen=True, slots=True)
class AcceptedRows:
    """The rows an import is made of, typed, one per person and EffectiveDate, in Parquet by person bucket.

    Each file `bucket=N/*.parquet` under `folder` has the columns person Int64, PersonId String (as
    spelled), EffectiveDate Date, one column a mapped field (String, Int32, Float64, Date or Boolean;
    null is blank), line Int64, cleared List[String] (fields that the row clears with ''; null when
    none). The partition value is not a column of the files. `new_persons` has person Int64,
    key String, address String.
    """

    folder: Path
    new_persons: pl.DataFrame
    fields: Mapping[str, ValueType]  # mapped fields besides PersonId and EffectiveDate
    rows: int
    persons: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one package; findings lie in a spool, ordered by stage, line, column, code.

    `findings` is a Parquet file with the columns of `validation.finding_frame.FINDING_SCHEMA`.
    `summary` is what the eye icon shows, made of JSON values only (docs/reference/summary.md).
    """

    accepted: bool
    rule_set: str
    refresh: Refresh | None
    rows_read: int
    rows_accepted: int
    rows_excluded: int
    rows_failed: int
    counts: tuple[RuleCount, ...]
    findings: Path
    accepted_rows: AcceptedRows | None
    summary: Mapping[str, Any] = field(default_factory=dict)
    not_judged: tuple[str, ...] = ()  # rules that need stored data which was not given

    def count_of(self, severity: Severity) -> int:
        """How many findings of this severity there are."""
        return sum(count.count for count in self.counts if count.severity is severity)

    @property
    def first_error(self) -> str | None:
        """The code of the first error in stage order, None when nothing failed."""
        return next((c.code for c in self.counts if c.severity is Severity.ERROR), None)
