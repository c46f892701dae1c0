"""Judges small packages for the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from factories import a_mapping, a_package
from orgport.finding import Finding
from orgport.package.model import MappedColumn, Package, Refresh
from orgport.validation.engine import validate
from orgport.validation.spool import read_findings
from orgport.validation.verdict import StoredOrganization, ValidationSettings, Verdict

UPLOAD_DATE = date(2025, 3, 3)


@dataclass(frozen=True)
class Outcome:
    """A verdict with its findings read."""

    verdict: Verdict
    findings: list[Finding]

    @property
    def codes(self) -> list[str]:
        """The codes of all findings in order."""
        return [finding.code for finding in self.findings]

    def only(self, code: str) -> Finding:
        """The one finding of this code."""
        (finding,) = [finding for finding in self.findings if finding.code == code]
        return finding

    def places(self, code: str) -> list[tuple[int | None, int | None]]:
        """Line and column of each finding of this code."""
        return [
            (finding.pointer.line, finding.pointer.column)
            for finding in self.findings
            if finding.code == code
        ]

    def accepted(self) -> pl.DataFrame:
        """The accepted rows in file order."""
        assert self.verdict.accepted_rows is not None
        files = sorted(self.verdict.accepted_rows.folder.glob("bucket=*/*.parquet"))
        return pl.concat([pl.read_parquet(file, hive_partitioning=False) for file in files]).sort(
            "line"
        )


def judged(
    package: Package,
    workspace: Path,
    *,
    settings: ValidationSettings | None = None,
    stored: StoredOrganization | None = None,
) -> Outcome:
    """The outcome of validating a package."""
    verdict = validate(
        package,
        settings=settings or ValidationSettings(),
        stored=stored,
        upload_date=UPLOAD_DATE,
        workspace=workspace,
    )
    return Outcome(verdict, read_findings(verdict.findings, limit=None))


def of_rows(
    *rows: Mapping[str, str],
    refresh: Refresh = Refresh.FULL,
    columns: Sequence[MappedColumn | str] | None = None,
) -> Package:
    """A package of these rows; the columns are the keys of the first."""
    return a_package(rows, mapping=a_mapping(*(columns or rows[0]), refresh=refresh))
