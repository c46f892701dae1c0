"""The error log: every listed finding as a line of csv or JSON, for senders to read and to sort.

The csv opens in spreadsheet programs: it has a byte order mark, CRLF line ends, and no cell that could be
taken for a formula. A redacted log can be mailed: it says where to look, and shows no cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from orgport.attributes.spreadsheets import as_texts
from orgport.finding import Level, Severity
from orgport.validation.finding_frame import findings_frame
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

_SUMMARY = "Summary"
_ROWS_A_CHUNK = 20_000
_LEVELS_OF_CELLS = [Level.ROW.value, Level.VALUE.value, Level.POPULATION.value]  # may quote cells
_HIDDEN = "values are hidden in this log."


def error_log_csv(findings: Path, *, redacted: bool = False) -> Iterator[str]:
    """The error log as csv text in chunks, to be encoded as UTF-8; it begins with a byte order mark.

    The row behind the header is the summary. Dates are MM/DD/YYYY, related lines separated by `;`.
    """
    yield "\ufeff" + _csv_text(_summary(findings), include_header=True)
    for chunk in _chunks(findings, redacted=redacted):
        yield _csv_text(chunk)


def error_log_jsonl(findings: Path, *, redacted: bool = False) -> Iterator[str]:
    """The same as JSON lines in chunks: one object a line, its keys the columns in camelCase.

    Dates are YYYY-MM-DD and related lines a list of numbers; what does not apply is null.
    """
    yield _in_camel_case(_summary(findings)).write_ndjson()
    for chunk in _chunks(findings, redacted=redacted):
        yield _in_camel_case(chunk).write_ndjson()


def log_entries(findings: Path, *, limit: int) -> list[dict[str, Any]]:
    """The first findings as the objects of the JSON lines, ready for a JSON document."""
    listed = pl.scan_parquet(findings).head(limit).collect()
    entries = _in_camel_case(_entries(listed))
    return entries.with_columns(pl.col("effectiveDate").cast(pl.String)).to_dicts()


def _chunks(findings: Path, *, redacted: bool) -> Iterator[pl.DataFrame]:
    listed = pl.scan_parquet(findings)
    rows = int(listed.select(pl.len()).collect().item())
    for start in range(0, rows, _ROWS_A_CHUNK):
        chunk = listed.slice(start, _ROWS_A_CHUNK).collect()
        yield _entries(_redacted(chunk) if redacted else chunk)


def _entries(findings: pl.DataFrame) -> pl.DataFrame:
    """The findings under the names of COLUMNS."""
    return findings.select(
        pl.col("severity").str.to_titlecase().alias("Severity"),
        pl.col("code").alias("Code"),
        pl.col("level").str.to_titlecase().alias("Level"),
        pl.col("line").alias("Line"),
        pl.col("column").alias("ColumnNumber"),
        pl.col("header").alias("SourceColumn"),
        pl.col("field").alias("Field"),
        pl.col("person_id").alias("PersonId"),
        pl.col("effective_date").alias("EffectiveDate"),
        pl.col("value").alias("Value"),
        pl.format("{} {}", "message", "hint").str.strip_chars_end(" ").alias("Message"),
        pl.col("expected").replace("", None).alias("Expected"),
        pl.col("related_lines").alias("RelatedLines"),
        pl.col("occurrences").alias("Occurrences"),
    )


def _redacted(findings: pl.DataFrame) -> pl.DataFrame:
    """The findings without anything that a cell of the data holds; place, code and hint stay."""
    shows_cells = pl.col("level").is_in(_LEVELS_OF_CELLS)
    where = pl.concat_str(
        pl.format("line {}", "line"),
        pl.format("column {}", "header"),
        separator=", ",
        ignore_nulls=True,
    ).replace("", "the whole file")
    message = pl.format("{} in {}; {}", "code", where, pl.lit(_HIDDEN))
    hidden = [
        pl.when(~shows_cells).then(pl.col(name)).alias(name)
        for name in ("value", "person_id", "effective_date")
    ]
    return findings.with_columns(
        pl.when(shows_cells).then(message).otherwise(pl.col("message")).alias("message"), *hidden
    )


def _summary(findings: Path) -> pl.DataFrame:
    """The first row of the log: the totals, also of what is not listed."""
    totals = severity_totals(findings)
    counted = ", ".join(
        f"{totals[severity]:,} {word if totals[severity] == 1 else plural}"
        for severity, word, plural in (
            (Severity.ERROR, "error", "errors"),
            (Severity.WARNING, "warning", "warnings"),
            (Severity.ADVICE, "piece of advice", "pieces of advice"),
        )
    )
    nothing = _entries(findings_frame([]))
    summary = {
        "Severity": _SUMMARY,
        "Message": f"{counted}.",
        "RelatedLines": [],
        "Occurrences": sum(totals.values()),
    }
    return pl.DataFrame([summary], schema=nothing.schema)


def _in_camel_case(entries: pl.DataFrame) -> pl.DataFrame:
    return entries.rename({name: name[0].lower() + name[1:] for name in COLUMNS})


def _csv_text(entries: pl.DataFrame, *, include_header: bool = False) -> str:
    lines = pl.col("RelatedLines").cast(pl.List(pl.String)).list.join(";")
    cells = entries.select(
        pl.col("EffectiveDate").dt.strftime("%m/%d/%Y")
        if name == "EffectiveDate"
        else lines
        if name == "RelatedLines"
        else pl.col(name).cast(pl.String)
        for name in COLUMNS
    )
    return cells.select(as_texts(pl.all())).write_csv(
        include_header=include_header, line_terminator="\r\n"
    )
