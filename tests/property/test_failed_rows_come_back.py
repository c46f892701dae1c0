"""Whatever is wrong with a file, its failed rows come back in a correction file that any csv reader opens."""

from __future__ import annotations

import csv
import io
import random
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from comparison import engine_verdict
from generators import Case, cases
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from searching import examples

from orgport.finding import Finding, Severity
from orgport.package.corrected import corrected, corrections_for
from orgport.validation.correction import correction_file
from orgport.validation.errorlog import COLUMNS, error_log_csv
from orgport.validation.spool import read_findings

SEARCH = settings(
    max_examples=examples(15),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@SEARCH
@given(case=cases(malformed=True))
def test_every_failed_row_is_in_the_correction_file(case: Case) -> None:
    with TemporaryDirectory() as folder:
        verdict = engine_verdict(case, Path(folder))
        failed = failed_lines(read_findings(verdict.findings, limit=None))
        text = "".join(correction_file(case.package, verdict.findings)).removeprefix("\ufeff")
    header, *rows = rows_of(text)
    assert header == [*case.package.header.names, "_errors"]
    mentioned = [row for row in rows if "passed over" not in row[-1]]
    assert len(mentioned) == len(failed)
    assert all(len(row) >= len(header) and ": " in row[-1] for row in rows)


@SEARCH
@given(case=cases(malformed=True), seed=st.integers(0, 100))
def test_a_correction_file_goes_back_into_its_package_in_any_order(case: Case, seed: int) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        verdict = engine_verdict(case, folder / "first")
        text = "".join(correction_file(case.package, verdict.findings)).removeprefix("\ufeff")
        header, *rows = rows_of(text)
        assume(rows)
        random.Random(seed).shuffle(rows)  # noqa: S311 - test data
        saved = io.StringIO(newline="")
        csv.writer(saved, delimiter=";", lineterminator="\r\n").writerows([header, *rows])
        path = folder / "corrections.csv"
        path.write_bytes(saved.getvalue().replace("␍", "\r").encode("utf-8-sig"))
        found = corrections_for(case.package, path)
        is_blank = [not any(cell.strip(" \t\r␍") for cell in row[:-1]) for row in rows]
        assert len(found.rows) == len(rows)
        assert found.removed <= sum(is_blank)
        assert found.added_rows == 0
        mended = replace(case, package=corrected(case.package, [path]))
        again = engine_verdict(mended, folder / "second")
        assert again.rows_read >= verdict.rows_read - found.removed


@SEARCH
@given(case=cases(malformed=True))
def test_every_finding_is_a_row_of_the_error_log(case: Case) -> None:
    with TemporaryDirectory() as folder:
        verdict = engine_verdict(case, Path(folder))
        text = "".join(error_log_csv(verdict.findings)).removeprefix("\ufeff")
    header, summary, *rows = rows_of(text)
    assert header == list(COLUMNS)
    assert int(summary[-1]) == len(rows) == sum(count.count for count in verdict.counts)
    assert all(len(row) == len(header) for row in rows)


def failed_lines(findings: list[Finding]) -> set[int]:
    """The lines that errors and warnings point at."""
    lines: set[int] = set()
    for finding in findings:
        if finding.severity is not Severity.ADVICE:
            own = finding.pointer.line
            lines |= {*finding.related_lines, *([own] if own else [])}
    return lines


def rows_of(text: str) -> list[list[str]]:
    """The rows as a csv reader finds them that takes a lone CR as part of a cell."""
    before = csv.field_size_limit(1 << 20)
    try:
        return list(csv.reader(io.StringIO(text.replace("\r\n", "\n").replace("\r", "␍"))))
    finally:
        csv.field_size_limit(before)
