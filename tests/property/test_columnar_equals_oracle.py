"""The columnar engine says what the oracle says: findings, counts and accepted rows."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from bulk import bulk_case
from comparison import assert_same_judgement, engine_verdict
from generators import Case, cases
from hypothesis import HealthCheck, given, settings

from orgport.package.model import Refresh
from orgport.validation import engine
from orgport.validation.scan import scan
from orgport.validation.spool import read_findings

THOROUGH = settings(
    max_examples=80, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
BRIEF = settings(THOROUGH, max_examples=20)


@THOROUGH
@given(case=cases(malformed=True))
def test_malformed_files_are_judged_as_by_the_oracle(case: Case) -> None:
    with TemporaryDirectory() as folder:
        assert_same_judgement(case, Path(folder))


@THOROUGH
@given(case=cases(malformed=False))
def test_populations_are_judged_as_by_the_oracle(case: Case) -> None:
    with TemporaryDirectory() as folder:
        assert_same_judgement(case, Path(folder))


@BRIEF
@pytest.mark.parametrize("block_bytes", [1, 16, 97])
@given(case=cases(malformed=True))
def test_where_blocks_are_cut_makes_no_difference(case: Case, block_bytes: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "scan", partial(scan, block_bytes=block_bytes))
        with TemporaryDirectory() as folder:
            assert_same_judgement(case, Path(folder))


@BRIEF
@given(case=cases(malformed=True))
def test_every_finding_points_at_a_line_that_exists(case: Case) -> None:
    lines = case.data.count(b"\n") + (not case.data.endswith(b"\n"))
    with TemporaryDirectory() as folder:
        verdict = engine_verdict(case, Path(folder))
        for finding in read_findings(verdict.findings, limit=None):
            line = finding.pointer.line
            assert line is None or case.package.header.line < line <= lines
            assert set(finding.related_lines) <= set(range(case.package.header.line + 1, lines + 1))


@pytest.mark.parametrize("refresh", Refresh)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_large_organization_is_judged_as_by_the_oracle(
    tmp_path: Path, refresh: Refresh, seed: int
) -> None:
    assert assert_same_judgement(bulk_case(2_000, seed=seed, refresh=refresh), tmp_path) > 0
