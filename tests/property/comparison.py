"""Compares what the engine says of a case with what the oracle says: findings, counts, accepted rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import polars as pl
from generators import UPLOAD_DATE, Case
from oracle import Judged
from oracle_population import Accepted, Judgement, judge

from orgport.attributes.formats import person_key
from orgport.finding import Finding
from orgport.validation import engine
from orgport.validation.spool import read_findings
from orgport.validation.verdict import SPOOL_CLEARED, SPOOL_LINE, SPOOL_PERSON, Verdict

# What the rules say of a cell, its value is part of; for the others it may be left out.
CODES_WITH_VALUE = re.compile(
    "VAL_(EMAIL|DATE|DOUBLE|INTEGER|BOOLEAN|RANGE|ALLOWED)|ADV_(VALUE|DATE)"
)
CODES_WITH_COLUMN = (
    "VAL_",
    "ROW_QUOTE",
    "ADV_VALUE_UNUSUAL",
    "ADV_DATE_RANGE",
    "ADV_LOW_COVERAGE",
    "ADV_ONE_VALUE",
    "ADV_TOO_MANY_VALUES",
    "ADV_REDUNDANT",
)


def assert_same_judgement(case: Case, workspace: Path) -> int:
    """Judge a case both ways and compare; how many findings there are."""
    expected = judge(
        case.package,
        settings=case.settings,
        stored=case.stored,
        upload_date=UPLOAD_DATE,
        measured=case.measured,
    )
    verdict = engine_verdict(case, workspace)
    found = read_findings(verdict.findings, limit=None)
    assert _comparable(map(_judged, found)) == _comparable(expected.findings)
    assert verdict.accepted == expected.is_accepted
    assert_counts_add_up(verdict, found, expected)
    if expected.is_accepted:
        assert accepted_rows(verdict) == _expected_rows(expected.accepted)
    return len(found)


def engine_verdict(case: Case, workspace: Path) -> Verdict:
    """What the engine says of a case."""
    return engine.validate(
        case.package,
        settings=case.settings,
        stored=case.stored,
        upload_date=UPLOAD_DATE,
        workspace=workspace,
        measured=case.measured,
    )


def assert_counts_add_up(verdict: Verdict, found: list[Finding], expected: Judgement) -> None:
    """Rows read are accepted, excluded or failed, and counts are those of the findings."""
    assert verdict.rows_read == expected.rows_read
    assert verdict.rows_excluded == expected.rows_excluded
    assert verdict.rows_read == (
        verdict.rows_accepted + verdict.rows_excluded + verdict.rows_failed
    )
    if expected.is_accepted:
        assert verdict.rows_accepted == expected.rows_good
    assert sum(count.count for count in verdict.counts) == len(found)


def _judged(finding: Finding) -> Judged:
    pointer = finding.pointer
    return Judged(
        finding.code,
        finding.severity.value,
        pointer.line,
        pointer.column if finding.code.startswith(CODES_WITH_COLUMN) else None,
        pointer.value,
        finding.related_lines,
    )


def _comparable(findings: Iterable[Judged]) -> list[tuple[object, ...]]:
    return sorted(
        (
            finding.code,
            finding.severity,
            finding.line or 0,
            finding.column or 0,
            finding.value if CODES_WITH_VALUE.match(finding.code) else None,
            finding.related_lines,
        )
        for finding in findings
    )


def accepted_rows(verdict: Verdict) -> list[dict[str, object]]:
    """The accepted rows of all buckets in order of their lines."""
    assert verdict.accepted_rows is not None
    files = sorted(verdict.accepted_rows.folder.glob("bucket=*/*.parquet"))
    rows = []
    for file in files:
        bucket = int(file.parent.name.removeprefix("bucket="))
        for row in pl.read_parquet(file, hive_partitioning=False).iter_rows(named=True):
            assert row.pop(SPOOL_PERSON) % 16 == bucket
            row[SPOOL_CLEARED] = sorted(row[SPOOL_CLEARED] or [])
            rows.append(row)
    assert len(rows) == verdict.accepted_rows.rows
    persons = {person_key(row["PersonId"]) for row in rows}
    assert len(persons) == verdict.accepted_rows.persons
    return sorted(rows, key=lambda row: row[SPOOL_LINE])


def _expected_rows(accepted: list[Accepted]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [
        {
            "PersonId": row.person_id,
            "EffectiveDate": row.effective_date,
            SPOOL_LINE: row.line,
            SPOOL_CLEARED: sorted(row.cleared),
            **row.values,
        }
        for row in accepted
    ]
    return sorted(rows, key=lambda row: str(row[SPOOL_LINE]).rjust(9))
