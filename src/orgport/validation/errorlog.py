"""The error log: every listed finding as a line of csv or JSON, for senders to read and to sort.

The csv opens in spreadsheet programs: it has a byte order mark, CRLF line ends, and no cell that could be
taken for a formula. A redacted log can be mailed: it says where to look, and shows no cell.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl

from orgport.finding import Finding, Level, Severity
from orgport.validation.finding_frame import findings_of
from orgport.validation.spool import severity_totals

COLUMNS = (
    "Severity",
    "Code",
    "Level",
    "Line",
    "ColumnNumber",
    "SourceColumn",
    "Field",
    "PersonId",
    "EffectiveDate",
    "Value",
    "Message",
    "Expected",
    "RelatedLines",
    "Occurrences",
)
LogEntry = dict[str, str | int | list[int] | None]

_SUMMARY = "Summary"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_ROWS_A_CHUNK = 10_000
_LEVELS_OF_CELLS = (Level.ROW, Level.VALUE, Level.POPULATION)  # their messages may quote the data


def error_log_csv(findings: Path, *, redacted: bool = False) -> Iterator[str]:
    """The error log as csv text in chunks, to be encoded as UTF-8; it begins with a byte order mark.

    The row behind the header is the summary. Dates are MM/DD/YYYY, related lines separated by `;`.
    """
    yield "\ufeff" + _csv_text([list(COLUMNS), _csv_row(_summary(findings))])
    for chunk in _chunks(findings, redacted=redacted):
        yield _csv_text([_csv_row(log_entry(finding)) for finding in chunk])


def error_log_jsonl(findings: Path, *, redacted: bool = False) -> Iterator[str]:
    """The same as JSON lines in chunks: one object a line, its keys the columns in camelCase.

    Dates are YYYY-MM-DD and related lines a list of numbers; what does not apply is null.
    """
    yield _json_line(_summary(findings))
    for chunk in _chunks(findings, redacted=redacted):
        yield "".join(_json_line(log_entry(finding)) for finding in chunk)


def log_entry(finding: Finding) -> LogEntry:
    """The finding under the keys of the JSON lines, in the order of COLUMNS."""
    pointer = finding.pointer
    effective = finding.effective_date
    values = (
        finding.severity.value.capitalize(),
        finding.code,
        finding.level.value.capitalize(),
        pointer.line,
        pointer.column,
        pointer.header,
        pointer.field,
        finding.person_id,
        effective.isoformat() if effective else None,
        pointer.value,
        f"{finding.message} {finding.hint}".strip(),
        finding.expected or None,
        list(finding.related_lines),
        finding.occurrences,
    )
    return dict(zip(_KEYS, values, strict=True))


def redact(finding: Finding) -> Finding:
    """The finding without anything that a cell of the data holds; place, code and hint stay."""
    if finding.level not in _LEVELS_OF_CELLS:
        return finding
    line, header = finding.pointer.line, finding.pointer.header
    place = [f"line {line}" if line else "", f"column {header}" if header else ""]
    where = ", ".join(part for part in place if part) or "the whole file"
    return replace(
        finding,
        message=f"{finding.code} in {where}; values are hidden in this log.",
        pointer=replace(finding.pointer, value=None),
        person_id=None,
        effective_date=None,
    )


def _chunks(findings: Path, *, redacted: bool) -> Iterator[list[Finding]]:
    listed = pl.scan_parquet(findings)
    rows = int(listed.select(pl.len()).collect().item())
    for start in range(0, rows, _ROWS_A_CHUNK):
        chunk = list(findings_of(listed.slice(start, _ROWS_A_CHUNK).collect()))
        yield [redact(finding) for finding in chunk] if redacted else chunk


def _summary(findings: Path) -> LogEntry:
    totals = severity_totals(findings)
    counted = ", ".join(
        f"{totals[severity]:,} {word if totals[severity] == 1 else plural}"
        for severity, word, plural in (
            (Severity.ERROR, "error", "errors"),
            (Severity.WARNING, "warning", "warnings"),
            (Severity.ADVICE, "piece of advice", "pieces of advice"),
        )
    )
    entry: LogEntry = dict.fromkeys(_KEYS)
    return entry | {
        "severity": _SUMMARY,
        "message": f"{counted}.",
        "relatedLines": [],
        "occurrences": sum(totals.values()),
    }


def _csv_row(entry: LogEntry) -> list[str]:
    row = entry | {"effectiveDate": _month_first(entry["effectiveDate"])}
    return [_formula_safe(_cell(value)) for value in row.values()]


def _cell(value: str | int | list[int] | None) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ";".join(str(line) for line in value)
    return str(value)


def _month_first(day: object) -> str | None:
    if not isinstance(day, str):
        return None
    year, month, day_of_month = day.split("-")
    return f"{month}/{day_of_month}/{year}"


def _formula_safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def _csv_text(rows: list[list[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _json_line(entry: LogEntry) -> str:
    return json.dumps(entry, ensure_ascii=False) + "\n"


_KEYS = tuple(name[0].lower() + name[1:] for name in COLUMNS)
