"""A cell that somebody types anew, judged by the same reader as the cells of the package."""

from __future__ import annotations

import csv
import io
from datetime import date

from orgport.finding import Severity
from orgport.package.model import Package
from orgport.validation.columns import PERSON, Column, columns_of
from orgport.validation.rules import RULES
from orgport.validation.scan import scan
from orgport.validation.values import ValueJudge
from orgport.validation.verdict import ValidationSettings
from orgport.validation.wording import cell_findings

_ANYBODY = "anybody@contoso.com"  # the judge wants a person in each row


def refusal_of(
    text: str, package: Package, *, column: int, settings: ValidationSettings, today: date
) -> str:
    """Why a text may not stand in a column (1-based) of the package; empty when it may."""
    columns = columns_of(package)
    judged = columns[column - 1]
    chosen = (judged,) if judged.field == PERSON else (_person_of(columns), judged)
    row = io.StringIO(newline="")
    csv.writer(row, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(
        [text] if len(chosen) == 1 else [_ANYBODY, text]
    )
    judge = ValueJudge(chosen, refresh=package.refresh, settings=settings, upload_date=today)
    for block in scan(io.BytesIO(row.getvalue().encode()), width=len(chosen), first_line=1):
        if not block.lines.size:
            return "No such text can stand in a csv."
        found = judge.judge(block)
        for frame in cell_findings(found, exclude_invalid_rows=False):
            for said in frame.iter_rows(named=True):
                if RULES[said["code"]].severity is Severity.ERROR:
                    return f"{said['message']} {said['hint'] or ''}".strip()
    return ""


def _person_of(columns: tuple[Column, ...]) -> Column:
    return next(one for one in columns if one.field == PERSON)
