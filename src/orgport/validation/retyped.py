"""Cells that somebody types anew, judged by the same reader as the cells of the package."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date

from orgport.finding import Severity
from orgport.package.model import Package
from orgport.validation.columns import PERSON, Column, columns_of
from orgport.validation.rules import RULES
from orgport.validation.scan import Block, scan
from orgport.validation.spool import Unlisted
from orgport.validation.values import ValueJudge
from orgport.validation.verdict import ValidationSettings
from orgport.validation.wording import cell_findings

_ANYBODY = "anybody@contoso.com"  # the judge wants a person in each row


def refusals_of(
    texts: Sequence[str],
    package: Package,
    *,
    column: int,
    settings: ValidationSettings,
    today: date,
) -> list[str]:
    """Why each of the texts may not stand in a column (1-based) of the package; empty when it may."""
    columns = columns_of(package)
    judged = columns[column - 1]
    chosen = (judged,) if judged.field == PERSON else (_person_of(columns), judged)
    judge = ValueJudge(chosen, refresh=package.refresh, settings=settings, upload_date=today)
    stands: set[int] = set()
    reasons: dict[int, str] = {}
    data, lines = _rows_of(texts, width=len(chosen))
    for block in scan(io.BytesIO(data), width=len(chosen), first_line=1):
        stands.update(block.lines.tolist())
        reasons = _told(judge, block) | reasons
    return [
        reasons.get(line, "") if line in stands else "No such text can stand in a csv."
        for line in lines
    ]


def _rows_of(texts: Sequence[str], *, width: int) -> tuple[bytes, list[int]]:
    """A csv with a row for each text, and the line on which each row begins."""
    rows, lines, line = io.StringIO(newline=""), [], 1
    writer = csv.writer(rows, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for text in texts:
        lines.append(line)
        writer.writerow([_ANYBODY, text][-width:])
        line += 1 + text.count("\n")
    return rows.getvalue().encode(), lines


def _told(judge: ValueJudge, block: Block) -> dict[int, str]:
    """The first error of each line that has one."""
    reasons: dict[int, str] = {}
    for found in cell_findings(judge.judge(block), exclude_invalid_rows=False):
        if isinstance(found, Unlisted):
            continue
        for said in found.iter_rows(named=True):
            if RULES[said["code"]].severity is Severity.ERROR:
                place = (
                    f"{said['header']}, line {said['line']}: "  # of no line that the sender knows
                )
                what = str(said["message"]).removeprefix(place)
                # The text stands in the field above the answer: how to mend it says more than what it is.
                reasons.setdefault(said["line"], str(said["hint"] or what))
    return reasons


def _person_of(columns: tuple[Column, ...]) -> Column:
    return next(one for one in columns if one.field == PERSON)
