"""The columnar engine says what the oracle says: findings, counts and accepted rows."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from bulk import bulk_case, special_cases
from comparison import assert_same_judgement, engine_verdict
from generators import Case, cases
from hypothesis import HealthCheck, given, settings
from searching import examples

from orgport.package.model import Refresh
from orgport.validation import accepted, blocks
from orgport.validation.rules import RULES
from orgport.validation.scan import scan
from orgport.validation.spool import read_findings

THOROUGH = settings(
    max_examples=examples(60),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
ROWS_OF_A_PACKAGE = 2_700  # over 200 persons, and 21,600 rows in the packages of all seeds
BRIEF = settings(THOROUGH, max_examples=examples(15))


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
        patch.setattr(blocks, "scan", partial(scan, block_bytes=block_bytes))
        with TemporaryDirectory() as folder:
            assert_same_judgement(case, Path(folder))


@BRIEF
@given(case=cases(malformed=False))
def test_rows_that_went_to_disk_come_back_as_they_were(case: Case) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "scan", partial(scan, block_bytes=97))
        patch.setattr(accepted, "_MEMORY_BYTES", 0)
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
@pytest.mark.parametrize("seed", range(1, 5))
def test_a_large_organization_is_judged_as_by_the_oracle(
    tmp_path: Path, refresh: Refresh, seed: int
) -> None:
    case = bulk_case(ROWS_OF_A_PACKAGE, seed=seed, refresh=refresh)
    assert assert_same_judgement(case, tmp_path) > 0


def test_the_seeded_packages_meet_every_rule(tmp_path: Path) -> None:
    met: set[str] = set()
    cases = [
        bulk_case(ROWS_OF_A_PACKAGE, seed=seed, refresh=refresh)
        for refresh in Refresh
        for seed in range(1, 9)
    ]
    for number, case in enumerate([*cases, *special_cases()]):
        verdict = engine_verdict(case, tmp_path / str(number))
        met |= {count.code for count in verdict.counts}
        rows = verdict.rows_accepted + verdict.rows_excluded + verdict.rows_failed
        assert verdict.rows_read == rows
    assert RULES.keys() - met == {"ROW_JSON_SHAPE"}, "of a json; the rulebook has a file for it"


def test_the_special_packages_are_judged_as_by_the_oracle(tmp_path: Path) -> None:
    for number, case in enumerate(special_cases()):
        assert assert_same_judgement(case, tmp_path / str(number)) > 0
