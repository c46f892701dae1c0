"""Words the faults of rows and cells as findings: frames in the shape of `spool.FINDING_SCHEMA`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from string import Formatter

import polars as pl

from orgport.attributes.formats import DATE_PATTERNS
from orgport.finding import VALUE_LIMIT, Severity
from orgport.validation.columns import PERSON, Column
from orgport.validation.rules import RULES, Rule
from orgport.validation.scan import Block
from orgport.validation.spool import Unlisted
from orgport.validation.values import CellFaults, JudgedRows

_LEFT_OUT = " Row left out."
MOST_ENUMERATED = 20
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


Room = Callable[[str, Severity, int | None], int]  # for a code in a column


def _no_limit(_code: str, _severity: Severity, _column: int | None) -> int:
    return sys.maxsize


def worded(
    places: pl.DataFrame,
    rule: Rule,
    *,
    severity: Severity,
    column: Column | None = None,
    fixed: Mapping[str, str] | None = None,
    hint: str | None = None,
    expected: str = "",
) -> pl.DataFrame:
    """Findings of one rule, one for each row of `places`.

    A placeholder of the rule's message is taken from `fixed`, else from the column of that name.
    """
    words = {"header": column.header, "field": column.field} if column else {}
    message = _message(rule.message, {**words, **(fixed or {})})
    if severity is Severity.WARNING and rule.severity is Severity.ERROR:
        message = pl.concat_str(message, pl.lit(_LEFT_OUT))
    frame = places.with_columns(
        message.alias("message"),
        pl.lit(rule.code).alias("code"),
        pl.lit(severity.value).alias("severity"),
        pl.lit(rule.level.value).alias("level"),
        pl.lit(expected).alias("expected"),
    )
    if column:
        frame = frame.with_columns(
            pl.lit(column.number).alias("column"),
            pl.lit(column.header).alias("header"),
            pl.lit(column.field).alias("field"),
        )
    if "hint" not in frame.columns:
        frame = frame.with_columns(pl.lit(rule.hint if hint is None else hint).alias("hint"))
    return frame


def counted(numbers: pl.Series, noun: str) -> pl.Series:
    """Numbers with their noun: 1 cell, 2 cells; the series keeps its name."""
    one = pl.when(numbers == 1).then(pl.lit(noun)).otherwise(pl.lit(f"{noun}s"))
    return pl.select(pl.format("{} {}", numbers, one).alias(numbers.name)).to_series()


def nowhere() -> pl.DataFrame:
    """The place of a finding that speaks of no row."""
    return pl.DataFrame({"line": [None]}, schema={"line": pl.Int64})


def _message(template: str, fixed: Mapping[str, str]) -> pl.Expr:
    parts: list[pl.Expr] = []
    text = ""
    for literal, name, _, _ in Formatter().parse(template):
        text += literal
        if name is None:
            continue
        if name in fixed:
            text += fixed[name]
        else:
            parts += [pl.lit(text), pl.col(name).cast(pl.String)]
            text = ""
    return pl.concat_str(*parts, pl.lit(text))


def cell_findings(
    judged: JudgedRows, *, exclude_invalid_rows: bool, room: Room = _no_limit
) -> Iterator[pl.DataFrame | Unlisted]:
    """The findings of the cells of a block, one frame for each rule and column, and how many more there are.

    `room` says how many are listed.
    """
    for fault in judged.faults:
        rule, column = RULES[fault.code], fault.column
        severity = rule.severity_when(exclude_invalid_rows=exclude_invalid_rows)
        rows = fault.rows[: room(rule.code, severity, column.number)]
        raw = judged.raw[column.field].at(rows).fill_null("")
        places = pl.DataFrame(
            {
                "line": pl.Series(judged.lines[rows]).cast(pl.Int64),
                "value": raw,
                "person_id": judged.raw[PERSON].at(rows).str.strip_chars(" \t"),
                "effective_date": judged.effective_dates.at(rows),
            }
        ).with_columns(
            _shortened("value"),
            pl.col("value").str.strip_chars(" \t").str.len_chars().alias("length"),
        )
        if fault.hint is not None:
            texts = raw.str.strip_chars(" \t")
            hints = {text: fault.hint(text) or rule.hint for text in texts.unique()}
            hint = texts.replace_strict(hints, return_dtype=pl.String)
            places = places.with_columns(hint.alias("hint"))
        expected = _expected(fault)
        yield worded(
            places,
            rule,
            severity=severity,
            column=column,
            fixed={
                "patterns": expected,
                "expected": expected,
                "range": expected,
                "reason": fault.reason,
            },
            expected=expected,
        )
        if fault.rows.size > rows.size:
            key = rule.code, severity.value, column.number
            yield Unlisted(key, fault.rows.size - rows.size)


def row_findings(
    block: Block,
    columns: tuple[Column, ...],
    *,
    exclude_invalid_rows: bool,
    room: Room = _no_limit,
) -> Iterator[pl.DataFrame | Unlisted]:
    """The findings of the malformed rows of a block, and how many more there are; `room` as above."""
    if block.miscounted_lines.size:
        rule = RULES["ROW_COLUMN_COUNT"]
        severity = rule.severity_when(exclude_invalid_rows=exclude_invalid_rows)
        listed = room(rule.code, severity, None)
        hint = rule.hint
        if block.separator:
            hint = f"It looks separated by {_SEPARATORS[block.separator]}; use commas."
        places = pl.DataFrame(
            {
                "line": pl.Series(block.miscounted_lines[:listed]).cast(pl.Int64),
                "found": counted(pl.Series(block.miscounted_cells[:listed]), "cell"),
            }
        )
        yield worded(
            places,
            rule,
            severity=severity,
            fixed={"expected": str(len(columns))},
            hint=hint,
            expected=str(len(columns)),
        )
        if block.miscounted_lines.size > listed:
            more = block.miscounted_lines.size - listed
            yield Unlisted((rule.code, severity.value, None), more)
    for fault, malformed in block.malformed.items():
        rule = RULES[fault.value]
        severity = rule.severity_when(exclude_invalid_rows=exclude_invalid_rows)
        for rows in _by_column(malformed):
            number = rows["column"][0] if "column" in rows.columns else None
            column = columns[number - 1] if number and number <= len(columns) else None
            told = rows.head(room(rule.code, severity, number))
            yield worded(_with_hex(told), rule, severity=severity, column=column)
            if rows.height > told.height:
                more = rows.height - told.height
                yield Unlisted((rule.code, severity.value, number), more)


def _by_column(malformed: pl.DataFrame) -> list[pl.DataFrame]:
    """Malformed rows of which is said in which column they are so, apart by these."""
    if "column" not in malformed.columns:
        return [malformed]
    return malformed.partition_by("column", maintain_order=True)


def _with_hex(rows: pl.DataFrame) -> pl.DataFrame:
    if "byte" not in rows.columns:
        return rows
    return rows.with_columns(pl.Series("hex", [f"{byte:02X}" for byte in rows["byte"]]))


def dated(name: str) -> pl.Expr:
    """A column of days as people read them here."""
    return pl.col(name).dt.strftime("%m/%d/%Y")


def enumerated(name: str) -> pl.Expr:
    """A column of lists as a text: the first entries, and how many more there are."""
    entries = pl.col(name)
    more = entries.list.len().cast(pl.Int64) - MOST_ENUMERATED
    text = entries.list.head(MOST_ENUMERATED).cast(pl.List(pl.String)).list.join(", ")
    return (
        pl.when(more > 0)
        .then(pl.concat_str(text, pl.lit(" and "), more, pl.lit(" more")))
        .otherwise(text)
    )


def _shortened(name: str) -> pl.Expr:
    value = pl.col(name)
    return (
        pl.when(value.str.len_chars() > VALUE_LIMIT)
        .then(value.str.head(VALUE_LIMIT) + "…")
        .otherwise(value)
    )


def _expected(fault: CellFaults) -> str:
    column = fault.column
    if fault.code == "VAL_DATE":
        return ", ".join(DATE_PATTERNS[column.type])
    if fault.code == "VAL_RANGE":
        if column.maximum is None:
            return f"be at least {column.minimum:g}"
        return f"lie between {column.minimum:g} and {column.maximum:g}"
    return ", ".join(column.allowed)
