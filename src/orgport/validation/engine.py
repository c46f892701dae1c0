"""Judges one package: scans it, judges values block by block beside each other, then the population.

The findings lie in a spool and the accepted rows in Parquet files, so memory is bounded by 16 bytes a row,
a table of addresses, and the few blocks under way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import polars as pl

from orgport.finding import Finding, Level, Pointer, Severity
from orgport.package.model import Package, PackageBroken, Refresh
from orgport.rule import known_rule_set
from orgport.validation.accepted import AcceptedSpool, discard_accepted
from orgport.validation.blocks import blocks_of
from orgport.validation.columns import EFFECTIVE, PERSON, columns_of
from orgport.validation.people import keys_of
from orgport.validation.population import (
    NEEDS_STORED,
    PopulationFigures,
    PopulationJudge,
    share_words,
)
from orgport.validation.roll import ReadyRows, Roll
from orgport.validation.rules import RULES, Rule
from orgport.validation.scan import Block
from orgport.validation.spool import FindingSpool, Unlisted
from orgport.validation.summary import BlockTally, FieldTally, summary_of
from orgport.validation.values import JudgedRows, ValueJudge
from orgport.validation.verdict import (
    AcceptedRows,
    StoredOrganization,
    ValidationSettings,
    Verdict,
)
from orgport.validation.wording import cell_findings, nowhere, row_findings, worded

WORKERS = 2
_BLOCKS_UNDER_WAY = 4

Progress = Callable[[int, int], None]


class Stopped(Exception):
    """For a progress callback to raise when the validation shall not go on."""


def no_progress(bytes_done: int, rows_done: int) -> None:
    """Tell nobody."""


def validate(
    package: Package,
    *,
    settings: ValidationSettings,
    stored: StoredOrganization | None,
    upload_date: date,
    workspace: Path,
    findings: Sequence[Finding] = (),
    progress: Progress = no_progress,
    measured: Collection[str] = (),
    consumers: Mapping[str, Sequence[str]] | None = None,
    keeps_rows: bool = True,
) -> Verdict:
    """Judge a package that can be read; findings, accepted rows and nothing else lie in `workspace`.

    `stored` is None when nobody can say what is stored; the rules that need it are then not judged.
    Raises BadInput for a rule set that there is not.
    `measured` are the addresses of those who should be in the data, none where nobody says. `consumers` are
    the names of those who use a field, by field.
    Where `keeps_rows` is false, only the verdict is of interest, and there are no accepted rows in the end.
    `findings` are those of reading the package, put in front. `upload_date` is the EffectiveDate of rows
    that have none. `progress` is told the bytes read and rows judged; what it raises stops everything.
    """
    known_rule_set(settings.rule_set)
    workspace.mkdir(parents=True, exist_ok=True)
    run = _Run(
        *(package, settings, stored, upload_date, workspace),
        measured=measured,
        consumers=consumers,
        keeps_rows=keeps_rows,
    )
    try:
        return run.verdict(findings, progress)
    except PackageBroken as broken:
        discard_accepted(workspace)
        finding = Finding(
            code=broken.code,
            severity=Severity.ERROR,
            level=Level.PACKAGE,
            message=broken.message,
            hint="Pack the file again and send it once more.",
            pointer=Pointer(file=package.data_name),
        )
        return reject(
            [*findings, finding],
            settings=settings,
            workspace=workspace,
            refresh=package.refresh,
        )


def reject(
    findings: Sequence[Finding],
    *,
    settings: ValidationSettings,
    workspace: Path,
    refresh: Refresh | None = None,
) -> Verdict:
    """The verdict on a package that could not be read, by the findings that say why."""
    workspace.mkdir(parents=True, exist_ok=True)
    spool = FindingSpool(workspace)
    spool.add_findings(findings)
    counts = spool.counts
    path = spool.close()
    return Verdict(
        accepted=False,
        rule_set=settings.rule_set,
        refresh=refresh,
        rows_read=0,
        rows_accepted=0,
        rows_excluded=0,
        rows_failed=0,
        counts=counts,
        findings=path,
        accepted_rows=None,
        summary=summary_of(counts, path),
    )


@dataclass(frozen=True, slots=True)
class _JudgedBlock:
    block: Block
    rows: JudgedRows
    ready: ReadyRows
    tally: BlockTally
    findings: list[pl.DataFrame | Unlisted]


class _Run:
    """One validation under way."""

    def __init__(
        self,
        package: Package,
        settings: ValidationSettings,
        stored: StoredOrganization | None,
        upload_date: date,
        workspace: Path,
        *,
        measured: Collection[str],
        consumers: Mapping[str, Sequence[str]] | None,
        keeps_rows: bool,
    ) -> None:
        self._measured = measured
        self._consumers = consumers
        self._package = package
        self._keeps_rows = keeps_rows
        self._settings = settings
        self._stored = stored
        self._upload_date = upload_date
        self._workspace = workspace
        self._columns = columns_of(package)
        self._is_full = package.refresh is Refresh.FULL
        self._roll = Roll(
            stored, is_full=self._is_full, self_report_means_top=settings.self_report_means_top
        )
        self._judge = ValueJudge(
            self._columns,
            refresh=package.refresh,
            settings=settings,
            upload_date=upload_date,
            addresses=self._roll.addresses,
        )
        self._tally = FieldTally(self._columns)
        self._findings = FindingSpool(workspace)
        self._blank_lines = _BlankLines()
        self._rows_read = self._rows_excluded = self._rows_failed = 0

    def verdict(self, findings: Sequence[Finding], progress: Progress) -> Verdict:
        """Judge everything."""
        self._take_findings_of_reading(findings)
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="validate") as executor:
            accepted = AcceptedSpool(self._workspace, self._roll.addresses)
            self._judge_rows(executor, accepted, progress)
            self._judge_file()
            figures = PopulationJudge(
                self._roll,
                accepted,
                self._findings,
                columns=self._columns,
                is_full=self._is_full,
                settings=self._settings,
                stored=self._stored,
                upload_date=self._upload_date,
                measured=self._measured,
                consumers=self._consumers,
            ).judge(executor)
            if self._findings.count_of(Severity.ERROR):
                accepted.discard()
            elif self._keeps_rows:
                accepted.write(executor)
        return self._conclude(accepted, figures)

    def _take_findings_of_reading(self, findings: Sequence[Finding]) -> None:
        """Add what reading found; rows that it could not make out count like malformed ones."""
        for finding in findings:
            rule = RULES.get(finding.code)
            judged = finding
            if rule and finding.level is Level.ROW and finding.severity is Severity.ERROR:
                judged = replace(finding, severity=self._severity(rule))
                self._rows_read += 1
                self._count_spoilt(1, self._severity(rule))
            self._findings.add_findings([judged])

    def _severity(self, rule: Rule) -> Severity:
        return rule.severity_when(exclude_invalid_rows=self._settings.exclude_invalid_rows)

    def _count_spoilt(self, rows: int, severity: Severity) -> None:
        if severity is Severity.WARNING:
            self._rows_excluded += rows
        else:
            self._rows_failed += rows

    def _judge_rows(self, executor: Executor, accepted: AcceptedSpool, progress: Progress) -> None:
        """Judge all rows; the last block is given back before the population is judged."""
        for judged in self._judged_blocks(executor):
            self._take(judged, accepted)
            progress(judged.block.bytes_read, self._rows_read)

    def _judged_blocks(self, executor: Executor) -> Iterator[_JudgedBlock]:
        """The blocks in file order, judged by the workers while this thread scans on."""
        under_way: deque[Future[_JudgedBlock]] = deque()
        for block in blocks_of(self._package, executor):
            under_way.append(executor.submit(self._judge_block, block))
            if len(under_way) >= _BLOCKS_UNDER_WAY:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()

    def _judge_block(self, block: Block) -> _JudgedBlock:
        rows = self._judge.judge(block)
        exclude, room = self._settings.exclude_invalid_rows, self._findings.room
        return _JudgedBlock(
            block=block,
            rows=rows,
            tally=BlockTally.of(rows.good, enough=self._tally.enough),
            ready=self._roll.ready(rows.good, known=rows.looked_up, is_ascii=block.is_ascii),
            findings=[
                *row_findings(block, self._columns, exclude_invalid_rows=exclude, room=room),
                *cell_findings(rows, exclude_invalid_rows=exclude, room=room),
            ],
        )

    def _take(self, judged: _JudgedBlock, accepted: AcceptedSpool) -> None:
        block = judged.block
        self._rows_read += block.row_count
        self._rows_excluded += judged.rows.excluded_rows
        self._rows_failed += judged.rows.failed_rows
        self._count_spoilt(int(block.miscounted_lines.size), self._severity(_ANY_ROW_RULE))
        self._count_spoilt(block.malformed_count, self._severity(_ANY_ROW_RULE))
        self._blank_lines.note(block)
        for found in judged.findings:
            self._findings.add(found)
        if judged.rows.left_out is not None:
            self._roll.note_left_out(judged.rows.left_out)
        if judged.rows.good.height:
            self._tally.add(judged.tally)
            accepted.add(self._roll.take(judged.ready))

    def _judge_file(self) -> None:
        """Judge what only shows when all rows are read."""
        if self._rows_read == 0:
            self._say("FILE_NO_ROWS")
        if self._blank_lines.count:
            self._say(
                "ADV_BLANK_LINE",
                places=pl.DataFrame(
                    {
                        "line": [self._blank_lines.first],
                        "occurrences": [self._blank_lines.count],
                        "count": [f"{self._blank_lines.count:,}"],
                    }
                ),
            )
        excluded, limit = self._rows_excluded, self._settings.max_excluded_share
        if excluded and excluded == self._rows_read:
            self._say("POP_ALL_EXCLUDED", fixed={"count": f"{excluded:,}"})
        elif excluded > Fraction(str(limit)) * self._rows_read:
            self._say("POP_EXCLUDED_SHARE", fixed=share_words(excluded, self._rows_read, limit))

    def _say(
        self,
        code: str,
        *,
        places: pl.DataFrame | None = None,
        fixed: dict[str, str] | None = None,
    ) -> None:
        rule = RULES[code]
        at = nowhere() if places is None else places
        self._findings.add(worded(at, rule, severity=rule.severity, fixed=fixed))

    def _conclude(self, accepted: AcceptedSpool, figures: PopulationFigures) -> Verdict:
        is_accepted = self._findings.count_of(Severity.ERROR) == 0
        counts = self._findings.counts
        findings = self._findings.close()
        rows_good = self._rows_read - self._rows_excluded - self._rows_failed
        not_judged = () if self._stored is not None else NEEDS_STORED[self._package.refresh]
        rows = {
            "read": self._rows_read,
            "accepted": rows_good,
            "excluded": self._rows_excluded,
            "failed": self._rows_failed,
            "repeated": figures.repeated_rows,
        }
        return Verdict(
            accepted=is_accepted,
            rule_set=self._settings.rule_set,
            refresh=self._package.refresh,
            rows_read=self._rows_read,
            rows_accepted=rows_good,
            rows_excluded=self._rows_excluded,
            rows_failed=self._rows_failed,
            counts=counts,
            findings=findings,
            accepted_rows=self._accepted_rows(accepted, figures)
            if is_accepted and self._keeps_rows
            else None,
            summary=summary_of(
                counts,
                findings,
                rows=rows,
                fields=self._tally.fields(counts),
                figures=figures,
                columns=self._columns,
                not_judged=not_judged,
            ),
            not_judged=not_judged,
        )

    def _accepted_rows(self, accepted: AcceptedSpool, figures: PopulationFigures) -> AcceptedRows:
        new = self._roll.new_persons()
        return AcceptedRows(
            folder=accepted.folder,
            new_persons=new.select(
                "person", keys_of(new["address"], is_ascii=False).alias("key"), "address"
            ),
            fields={
                column.field: column.stored_type
                for column in self._columns
                if column.field not in (PERSON, EFFECTIVE)
            },
            rows=self._rows_read - self._rows_excluded - self._rows_failed - figures.repeated_rows,
            persons=figures.persons,
        )


# The rules on whole rows are all excludable, so one stands for all.
_ANY_ROW_RULE = RULES["ROW_COLUMN_COUNT"]


@dataclass(slots=True)
class _BlankLines:
    """Blank lines with a row behind them."""

    count: int = 0
    first: int | None = None
    _waiting: int = 0  # with no row behind them yet
    _waiting_first: int = 0

    def note(self, block: Block) -> None:
        """Count the blank lines of the next block."""
        last_row = max(block.last_row_line, 0)
        before = block.blank_lines[block.blank_lines < last_row]
        if block.row_count and self._waiting:
            self.count += self._waiting
            self.first = self.first or self._waiting_first
            self._waiting = 0
        if before.size:
            self.count += int(before.size)
            self.first = self.first or int(before[0])
        behind = block.blank_lines[before.size :]
        if behind.size:
            self._waiting_first = self._waiting_first if self._waiting else int(behind[0])
            self._waiting += int(behind.size)
