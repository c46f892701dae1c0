"""The error log: its columns, what spreadsheet programs ask of it, and what a redacted one hides."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from orgport.finding import Finding, Level, Pointer, Severity
from orgport.validation.errorlog import error_log_csv, error_log_jsonl
from orgport.validation.spool import FindingSpool


def spooled(folder: Path, *findings: Finding, listed: int = 100) -> Path:
    spool = FindingSpool(folder, listed=listed)
    spool.add_findings(findings)
    return spool.close()


def a_date_finding(value: str = "31/12/2026", line: int = 412) -> Finding:
    return Finding(
        code="VAL_DATE",
        severity=Severity.ERROR,
        level=Level.VALUE,
        message=f"Since, line {line}: {value} is not a date of the form MM/DD/YYYY.",
        hint="Correct the cell, or map the column as DD/MM/YYYY.",
        pointer=Pointer("data.csv", line, 4, "Since", "EffectiveDate", value),
        expected="MM/DD/YYYY",
        person_id="a@contoso.com",
        effective_date=date(2026, 3, 4),
        related_lines=(412, 413),
    )


def rows_of(chunks: Iterator[str]) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(chunks).removeprefix("\ufeff"), newline="")))


def test_the_columns_stand_in_the_documented_order(tmp_path: Path) -> None:
    header, _, row = rows_of(error_log_csv(spooled(tmp_path, a_date_finding())))
    assert dict(zip(header, row, strict=True)) == {
        "Severity": "Error",
        "Code": "VAL_DATE",
        "Level": "Value",
        "Line": "412",
        "ColumnNumber": "4",
        "SourceColumn": "Since",
        "Field": "EffectiveDate",
        "PersonId": "a@contoso.com",
        "EffectiveDate": "03/04/2026",
        "Value": "31/12/2026",
        "Message": "Since, line 412: 31/12/2026 is not a date of the form MM/DD/YYYY. "
        "Correct the cell, or map the column as DD/MM/YYYY.",
        "Expected": "MM/DD/YYYY",
        "RelatedLines": "412;413",
        "Occurrences": "1",
    }


def test_the_first_row_sums_up_also_what_is_not_listed(tmp_path: Path) -> None:
    findings = [a_date_finding(line=line) for line in range(2, 7)]
    _, summary, *rows = rows_of(error_log_csv(spooled(tmp_path, *findings, listed=3)))
    assert summary[0] == "Summary"
    assert summary[10] == "5 errors, 0 warnings, 0 pieces of advice."
    assert summary[13] == "5"
    assert len(rows) == 4
    assert "2 more findings of VAL_DATE" in rows[3][10]


def test_the_csv_has_a_byte_order_mark_and_crlf_line_ends(tmp_path: Path) -> None:
    text = "".join(error_log_csv(spooled(tmp_path, a_date_finding())))
    assert text.startswith("\ufeffSeverity,Code,")
    assert text.count("\r\n") == text.count("\n") == 3


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "\t1", "\r1"])
def test_a_cell_that_could_be_a_formula_gets_an_apostrophe(tmp_path: Path, value: str) -> None:
    *_, row = rows_of(error_log_csv(spooled(tmp_path, a_date_finding(value))))
    assert row[9] == f"'{value}"


def test_a_value_with_quotes_and_line_breaks_stays_one_cell(tmp_path: Path) -> None:
    *_, row = rows_of(error_log_csv(spooled(tmp_path, a_date_finding('a "b",\r\nc'))))
    assert row[9] == 'a "b",\r\nc'


def test_json_lines_say_the_same_in_camel_case(tmp_path: Path) -> None:
    lines = "".join(error_log_jsonl(spooled(tmp_path, a_date_finding("=1")))).splitlines()
    summary, entry = (json.loads(line) for line in lines)
    assert summary["severity"] == "Summary"
    assert summary["occurrences"] == 1
    assert entry["sourceColumn"] == "Since"
    assert entry["effectiveDate"] == "2026-03-04"
    assert entry["relatedLines"] == [412, 413]
    assert entry["value"] == "=1"


def test_a_redacted_log_shows_where_but_no_cell(tmp_path: Path) -> None:
    path = spooled(tmp_path, a_date_finding("secret"))
    for text in ("".join(log(path, redacted=True)) for log in (error_log_csv, error_log_jsonl)):
        assert "secret" not in text
        assert "a@contoso.com" not in text
        assert "VAL_DATE in line 412, column Since; values are hidden in this log." in text


def test_a_redacted_log_keeps_what_concerns_the_mapping(tmp_path: Path) -> None:
    finding = Finding("META_DATASET_TYPE", Severity.ERROR, Level.METADATA, "DatasetType is X.")
    text = "".join(error_log_csv(spooled(tmp_path, finding), redacted=True))
    assert "DatasetType is X." in text


def test_a_log_without_findings_has_its_summary(tmp_path: Path) -> None:
    _, summary = rows_of(error_log_csv(spooled(tmp_path)))
    assert summary[10] == "0 errors, 0 warnings, 0 pieces of advice."
