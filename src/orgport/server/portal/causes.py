"""Findings by cause: one entry a code and column, errors first, the most frequent first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from orgport.errors import Gone
from orgport.finding import Finding, Level, Severity
from orgport.server.portal.cells import Cell
from orgport.server.records.models import ImportRecord
from orgport.server.wiring.imports import findings
from orgport.server.wiring.places import artifacts_of
from orgport.validation.distinct import DistinctValue, distinct_values
from orgport.validation.rules import ALL_RULES, Rule
from orgport.validation.verdict import RuleCount, Verdict

SHOWN = 10
OPEN_AT_FIRST = 2
_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.ADVICE: 2}


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause, its exact count, and its first findings; of cells, their different values."""

    count: RuleCount
    title: str
    hint: str
    first: tuple[Finding, ...]
    values: tuple[DistinctValue, ...]
    value_count: int
    is_open: bool
    meaning: str
    circles: tuple[Mapping[str, Any], ...]  # of persons, as the summary has them
    cells: tuple[Cell, ...] = ()  # the values as fields, for who may correct them

    @property
    def is_loop(self) -> bool:
        """Whether each finding is a circle of persons, and the summary describes some."""
        return bool(self.circles)

    @property
    def shown(self) -> int:
        """How many findings or values the cause shows by itself."""
        return len(self.values) or len(self.circles) or len(self.first)

    @property
    def has_more(self) -> bool:
        """Whether there is more than it shows."""
        if self.values:
            return self.value_count > len(self.values)
        return self.count.count > len(self.first)

    @property
    def first_line(self) -> int | None:
        """The line of the first finding."""
        return self.first[0].pointer.line if self.first else None

    @property
    def shows_values(self) -> bool:
        """Whether the findings point at cells."""
        return any(finding.pointer.value is not None for finding in self.first)

    @property
    def shows_persons(self) -> bool:
        """Whether the findings name persons."""
        return any(finding.person_id for finding in self.first)

    @property
    def shows_lines(self) -> bool:
        """Whether the findings stand on lines."""
        return any(finding.pointer.line for finding in self.first)


def verdict_of(record: ImportRecord) -> Verdict | None:
    """The verdict of an import, None before there is one and after the log's time."""
    return artifacts_of(record).verdict()


def causes_of(record: ImportRecord, verdict: Verdict) -> list[Cause]:
    """The causes of an import with the first findings of each; none when the log is gone."""
    counts = sorted(verdict.counts, key=lambda one: (_ORDER[one.severity], -one.count))
    try:
        return [_cause(record, count, index) for index, count in enumerate(counts)]
    except Gone:
        return []


def title_of(count: RuleCount) -> str:
    """What a cause is called."""
    return _title(count.code, count.header or count.field or "")


def _cause(record: ImportRecord, count: RuleCount, index: int) -> Cause:
    first = tuple(findings(record, code=count.code, column=count.column, limit=SHOWN))
    values: list[DistinctValue] = []
    value_count = 0
    if count.level is Level.VALUE:
        path = artifacts_of(record).findings
        values, value_count = distinct_values(
            path, code=count.code, column=count.column, limit=SHOWN
        )
    rule = ALL_RULES.get(count.code)
    title = title_of(count) or (first[0].message if first else count.code)
    return Cause(
        count=count,
        title=title,
        hint=_hint(first, rule),
        first=first,
        values=tuple(values),
        value_count=value_count,
        is_open=index < OPEN_AT_FIRST or count.code == "POP_LOOP",
        meaning=rule.meaning if rule else "",
        circles=_circles(record, count) if count.code == "POP_LOOP" else (),
    )


def _hint(first: tuple[Finding, ...], rule: Rule | None) -> str:
    if rule is not None and rule.code == "POP_LOOP":
        return rule.hint  # each circle has advice of its own
    return (first[0].hint if first else "") or (rule.hint if rule else "")


def _circles(record: ImportRecord, count: RuleCount) -> tuple[Mapping[str, Any], ...]:
    loops = (record.summary or {}).get("loops", ())
    is_stored = count.severity is not Severity.ERROR
    return tuple(
        {**loop, "from": _date(loop["from"]), "to": _date(loop["to"])}
        for loop in loops
        if loop["isStored"] is is_stored
    )[:SHOWN]


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _title(code: str, column: str) -> str:
    rule = ALL_RULES.get(code)
    return rule.title.format(column=column or "A value") if rule else ""
