"""The spool of findings: order, exact counts, the limit of what is listed, and pages."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from orgport.finding import Finding, Level, Pointer, Severity
from orgport.validation import spool as spool_module
from orgport.validation.finding_frame import FINDING_SCHEMA
from orgport.validation.spool import (
    FindingSpool,
    count_findings,
    read_findings,
)


def a_finding(
    code: str = "VAL_DATE",
    *,
    line: int | None = 2,
    column: int | None = 4,
    level: Level = Level.VALUE,
    severity: Severity = Severity.ERROR,
    value: str = "31/12/2026",
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        level=level,
        message=f"{code} in line {line}.",
        hint="Correct the cell.",
        pointer=Pointer("data.csv", line, column, "Since", "EffectiveDate", value),
        expected="MM/DD/YYYY",
        person_id="a@contoso.com",
        effective_date=date(2026, 12, 31),
        related_lines=(2, 7),
        occurrences=3,
    )


def test_a_finding_comes_back_as_it_went_in(tmp_path: Path) -> None:
    spool = FindingSpool(tmp_path)
    spool.add_findings([a_finding()])
    assert read_findings(spool.close()) == [a_finding()]


def test_findings_come_back_by_stage_then_line_then_column_then_code(tmp_path: Path) -> None:
    spool = FindingSpool(tmp_path)
    given = [
        a_finding("POP_LOOP", level=Level.POPULATION, line=1, column=None),
        a_finding("VAL_RANGE", line=9, column=2),
        a_finding("VAL_EMAIL", line=9, column=1),
        a_finding("ROW_QUOTE", line=9, column=1, level=Level.ROW),
        a_finding("VAL_DATE", line=3, column=5),
        a_finding("PKG_FILES", line=None, column=None, level=Level.PACKAGE),
    ]
    spool.add_findings(given)
    found = [finding.code for finding in read_findings(spool.close())]
    assert found == ["PKG_FILES", "VAL_DATE", "ROW_QUOTE", "VAL_EMAIL", "VAL_RANGE", "POP_LOOP"]


def test_a_finding_without_a_line_comes_last_in_its_stage(tmp_path: Path) -> None:
    spool = FindingSpool(tmp_path)
    spool.add_findings([a_finding("POP_A", line=None), a_finding("POP_B", line=5)])
    assert [finding.code for finding in read_findings(spool.close())] == ["POP_B", "POP_A"]


def test_an_empty_spool_gives_an_empty_file(tmp_path: Path) -> None:
    spool = FindingSpool(tmp_path)
    path = spool.close()
    assert read_findings(path) == []
    assert pl.read_parquet(path).schema == FINDING_SCHEMA
    assert spool.counts == ()


def test_a_frame_needs_only_the_columns_that_say_something(tmp_path: Path) -> None:
    spool = FindingSpool(tmp_path)
    spool.add(
        pl.DataFrame(
            {"line": [4], "code": ["X"], "severity": ["advice"], "level": ["row"], "message": ["m"]}
        )
    )
    assert read_findings(spool.close()) == [
        Finding("X", Severity.ADVICE, Level.ROW, "m", pointer=Pointer(line=4))
    ]


def test_a_value_is_cut_to_256_characters(tmp_path: Path) -> None:
    spool = FindingSpool(tmp_path)
    spool.add_findings([a_finding(value="é" * 257), a_finding(value="é" * 256, line=3)])
    values = [finding.pointer.value for finding in read_findings(spool.close())]
    assert values == ["é" * 256 + "…", "é" * 256]


def test_what_is_over_the_limit_is_counted_but_not_listed(tmp_path: Path) -> None:
    spool = FindingSpool(tmp_path, listed=3)
    spool.add_findings([a_finding(line=line) for line in (2, 3)])
    spool.add_findings([a_finding(line=line) for line in (4, 5, 6)])
    spool.add_findings([a_finding(line=7), a_finding(line=8, column=5)])
    path = spool.close()
    assert [(count.column, count.count) for count in spool.counts] == [(4, 6), (5, 1)]
    findings = read_findings(path)
    assert [finding.pointer.line for finding in findings] == [2, 3, 4, 8, None]
    assert findings[-1].message == "3 more findings of VAL_DATE are not listed for column Since."
    assert findings[-1].occurrences == 3


def test_counts_stand_in_the_order_of_the_stages(tmp_path: Path) -> None:
    spool = FindingSpool(tmp_path)
    spool.add_findings([a_finding("POP_LOOP", level=Level.POPULATION, line=2)])
    spool.add_findings([a_finding("VAL_DATE", line=9), a_finding("ROW_QUOTE", line=4)])
    assert [count.code for count in spool.counts] == ["ROW_QUOTE", "VAL_DATE", "POP_LOOP"]


def test_severities_are_counted_apart(tmp_path: Path) -> None:
    spool = FindingSpool(tmp_path)
    spool.add_findings([a_finding(), a_finding(severity=Severity.ADVICE), a_finding(line=3)])
    assert spool.count_of(Severity.ERROR) == 2
    assert spool.count_of(Severity.ADVICE) == 1


@pytest.mark.parametrize("rows_a_part", [1, 7, 50])
def test_order_holds_when_findings_do_not_fit_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_a_part: int
) -> None:
    monkeypatch.setattr(spool_module, "_ROWS_A_PART", rows_a_part)
    spool = FindingSpool(tmp_path)
    lines = [(number * 37) % 101 for number in range(300)]
    for start in range(0, 300, 11):
        spool.add_findings(
            [a_finding(line=line or None, column=line % 3) for line in lines[start : start + 11]]
        )
    found = [finding.pointer.line for finding in read_findings(spool.close(), limit=None)]
    assert found == sorted((line or None for line in lines), key=lambda line: line or 999)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["findings.parquet"]


def test_a_page_is_chosen_by_code_column_and_severity(tmp_path: Path) -> None:
    spool = FindingSpool(tmp_path)
    spool.add_findings([a_finding(line=line) for line in range(2, 12)])
    spool.add_findings([a_finding("VAL_EMAIL", column=1, severity=Severity.WARNING)])
    path = spool.close()
    page = read_findings(path, code="VAL_DATE", column=4, offset=4, limit=3)
    assert [finding.pointer.line for finding in page] == [6, 7, 8]
    assert count_findings(path, severity=Severity.WARNING) == 1
    assert count_findings(path) == 11
