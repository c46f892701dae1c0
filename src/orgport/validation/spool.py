"""The spool: findings on disk, in the order of the error log, however many there are.

Checks hand in frames of findings; the spool counts every one, lists the first 100,000 of each code and
column and writes one Parquet file ordered by stage, line, column and code. Memory stays bounded.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from orgport.finding import Finding, Level, Pointer, Severity
from orgport.validation.finding_frame import (
    FINDING_SCHEMA,
    STAGE_OF_LEVEL,
    complete,
    conform,
    findings_frame,
    findings_of,
)
from orgport.validation.verdict import RuleCount

LISTED_PER_RULE_AND_COLUMN = 100_000
FINDINGS_FILE = "findings.parquet"

_KEY = ["code", "severity", "column"]
_ORDER = ["stage", "line", "column", "code"]
_NO_LINE = (1 << 40) - 1  # findings without a line come last in their stage
_ROWS_A_PART = 200_000
_PLACE = "place"


_Key = tuple[str, str, int | None]


@dataclass(frozen=True, slots=True)
class Unlisted:
    """So many findings more of a code in a column of which enough are listed, in a spool or before it."""

    key: _Key
    count: int


@dataclass(slots=True)
class _Tally:
    """What was added so far of one code in one column."""

    first: RuleCount
    first_line: int | None = None
    found: int = 0
    listed: int = 0

    def count(self, found: int, limit: int) -> int:
        """Count some more findings and return how many of them are still listed."""
        taken = min(found, limit - self.listed)
        self.found += found
        self.listed += taken
        return taken

    def place(self) -> tuple[int, int, int, str]:
        """Where its count stands among the others."""
        line = _NO_LINE if self.first_line is None else self.first_line
        return STAGE_OF_LEVEL[self.first.level], line, self.first.column or 0, self.first.code

    def rule_count(self) -> RuleCount:
        return replace(self.first, count=self.found)

    def surplus(self) -> Finding:
        """The finding that stands for those that are not listed."""
        first, more = self.first, self.found - self.listed
        return Finding(
            code=first.code,
            severity=first.severity,
            level=first.level,
            message=f"{more:,} more findings of {first.code} are not listed"
            + (f" for column {first.header}." if first.header else "."),
            hint=f"The first {self.listed:,} are listed. Mend these and check again.",
            pointer=Pointer(column=first.column, header=first.header, field=first.field),
            occurrences=more,
        )


class FindingSpool:
    """Takes findings in any order and leaves them ordered in `workspace/findings.parquet`.

    It must be closed to be read. `listed` is how many findings of one code and column are kept.
    """

    def __init__(self, workspace: Path, *, listed: int = LISTED_PER_RULE_AND_COLUMN) -> None:
        self._path = workspace / FINDINGS_FILE
        self._parts = workspace / "finding_parts"
        shutil.rmtree(self._parts, ignore_errors=True)  # of an earlier run that was killed
        self._parts.mkdir(parents=True)
        self._limit = listed
        self._tallies: dict[_Key, _Tally] = {}
        self._pending: list[pl.DataFrame] = []
        self._pending_rows = 0
        self._part_rows: list[int] = []

    def add(self, found: pl.DataFrame | Unlisted) -> None:
        """Add findings given as columns of FINDING_SCHEMA, in any order of columns, or count more.

        Code, severity, level and message are demanded; what is left out gets its default. The stage
        follows from the level; values are shortened here.
        """
        if isinstance(found, Unlisted):
            self._tallies[found.key].found += found.count
        elif found.height:
            self._keep(conform(self._within_limit(complete(found))))

    def room(self, code: str, severity: Severity, column: int | None) -> int:
        """How many findings of a code in a column are listed yet; may be asked beside who adds."""
        tally = self._tallies.get((code, severity.value, column))
        return self._limit - (tally.listed if tally else 0)

    def add_findings(self, findings: Iterable[Finding]) -> None:
        """Add findings given as values."""
        self.add(findings_frame(findings))

    @property
    def counts(self) -> tuple[RuleCount, ...]:
        """The exact number of findings of each code and column: by stage, first line, column, code."""
        tallies = sorted(self._tallies.values(), key=_Tally.place)
        return tuple(tally.rule_count() for tally in tallies)

    def count_of(self, severity: Severity) -> int:
        """How many findings of this severity were added, listed or not."""
        tallies = self._tallies.values()
        return sum(tally.found for tally in tallies if tally.first.severity is severity)

    def close(self) -> Path:
        """Write all findings in order, remove the parts, and return the path of the file."""
        surplus = [
            tally.surplus() for tally in self._tallies.values() if tally.found > tally.listed
        ]
        self._keep(findings_frame(surplus))
        if self._part_rows:
            self._spill()
            self._write_in_order()
        else:
            pending = pl.concat([pl.DataFrame(schema=FINDING_SCHEMA), *self._pending])
            _ordered(pending).write_parquet(self._path, metadata=self._metadata())
        shutil.rmtree(self._parts)
        return self._path

    def _within_limit(self, findings: pl.DataFrame) -> pl.DataFrame:
        """Count all findings and return those that are still listed."""
        groups = findings.group_by(_KEY, maintain_order=True).agg(
            pl.col("level", "header", "field").first(),
            pl.len().alias("found"),
            pl.col("line").min().alias("first_line"),
        )
        takes: list[int] = []
        for row in groups.iter_rows(named=True):
            key = (row["code"], row["severity"], row["column"])
            tally = self._tallies.setdefault(key, _Tally(_first_of(row)))
            takes.append(tally.count(row["found"], self._limit))
            tally.first_line = _earlier(tally.first_line, row["first_line"])
        if sum(takes) == findings.height:
            return findings
        limits = groups.select(*_KEY, pl.Series("takes", takes))
        return (
            findings.with_columns(pl.int_range(pl.len()).over(_KEY).alias("number"))
            .join(limits, on=_KEY, how="left", nulls_equal=True, maintain_order="left")
            .filter(pl.col("number") < pl.col("takes"))
            .select(FINDING_SCHEMA.names())
        )

    def _keep(self, findings: pl.DataFrame) -> None:
        self._pending.append(findings)
        self._pending_rows += findings.height
        if self._pending_rows >= _ROWS_A_PART:
            self._spill()

    def _spill(self) -> None:
        # By their places the ranges are found again without reading every part.
        part = pl.concat(self._pending).with_columns(_place().alias(_PLACE))
        part.write_parquet(self._parts / f"{len(self._part_rows):06}.parquet", compression="lz4")
        self._part_rows.append(part.height)
        self._pending, self._pending_rows = [], 0

    def _write_in_order(self) -> None:
        """Sort the parts range by range, so that no more than a range is in memory at once."""
        spilled = pl.scan_parquet(self._parts / "*.parquet")
        places = spilled.select(_PLACE).collect().to_series().sort()
        edges = places.gather_every(_ROWS_A_PART).unique(maintain_order=True).to_list()
        ranges: list[Path] = []
        for start, end in zip(edges, [*edges[1:], None], strict=True):
            chosen = spilled.filter(pl.col(_PLACE) >= start)
            if end is not None:
                chosen = chosen.filter(pl.col(_PLACE) < end)
            ranges.append(self._parts / f"range_{len(ranges):06}")
            in_order = _ordered(chosen.drop(_PLACE).collect())
            in_order.write_parquet(ranges[-1], compression="lz4")
        pl.scan_parquet(ranges).sink_parquet(self._path, metadata=self._metadata())

    def _metadata(self) -> dict[str, str]:
        return {severity.value: str(self.count_of(severity)) for severity in Severity}


def read_findings(
    path: Path,
    *,
    code: str | None = None,
    column: int | None = None,
    severity: Severity | None = None,
    offset: int = 0,
    limit: int | None = 50,
) -> list[Finding]:
    """One page of the listed findings, in order; what is None does not narrow the choice."""
    chosen = _chosen(path, code, column, severity).slice(offset, limit).collect()
    return list(findings_of(chosen))


def severity_totals(path: Path) -> dict[Severity, int]:
    """How many findings there are of each severity, those that are not listed included."""
    metadata = pl.read_parquet_metadata(path)
    return {severity: int(metadata[severity.value]) for severity in Severity}


def count_findings(
    path: Path,
    *,
    code: str | None = None,
    column: int | None = None,
    severity: Severity | None = None,
) -> int:
    """How many findings are listed; a verdict's counts hold the exact numbers."""
    counted = _chosen(path, code, column, severity).select(pl.len()).collect()
    return int(counted.item())


def _chosen(
    path: Path, code: str | None, column: int | None, severity: Severity | None
) -> pl.LazyFrame:
    findings = pl.scan_parquet(path)
    if code is not None:
        findings = findings.filter(pl.col("code") == code)
    if column is not None:
        findings = findings.filter(pl.col("column") == column)
    if severity is not None:
        findings = findings.filter(pl.col("severity") == severity.value)
    return findings


def _ordered(findings: pl.DataFrame) -> pl.DataFrame:
    return findings.sort(_ORDER, nulls_last=True, maintain_order=True)


def _place() -> pl.Expr:
    """Stage and line of a finding as one number that grows with both."""
    line = pl.col("line").fill_null(_NO_LINE)
    return pl.col("stage").cast(pl.Int64) * (2 * _NO_LINE) + line


def _earlier(one: int | None, other: int | None) -> int | None:
    lines = [line for line in (one, other) if line is not None]
    return min(lines, default=None)


def _first_of(row: dict[str, Any]) -> RuleCount:
    return RuleCount(
        code=row["code"],
        severity=Severity(row["severity"]),
        level=Level(row["level"]),
        column=row["column"],
        header=row["header"],
        field=row["field"],
        count=0,
    )
