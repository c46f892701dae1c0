"""The summary of a validation, made of JSON values only: what the eye icon shows, and `check --json`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from orgport.finding import Finding, Severity
from orgport.validation.causes import causes_of
from orgport.validation.columns import Column
from orgport.validation.population import PopulationFigures
from orgport.validation.spool import read_findings
from orgport.validation.values import TypedRows
from orgport.validation.verdict import RuleCount

MOST_DISTINCT = 1000  # values of a field that are counted
_LOOKED_AT = MOST_DISTINCT + 2  # codes first, as that mostly shows that there are more
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class BlockTally:
    """What the fields of some rows hold: how many have a value, and which values, the first so many.

    Fields of which enough values are known have none.
    """

    rows: int
    filled: Mapping[str, int]
    distinct: Mapping[str, frozenset[Any]]

    @classmethod
    def of(cls, rows: TypedRows, *, enough: Collection[str] = ()) -> BlockTally:
        """Count some typed rows."""
        filled: dict[str, int] = {}
        distinct: dict[str, frozenset[Any]] = {}
        for name, column in rows.fields.items():
            filled[name] = rows.height - column.blank_count()
            if name in enough:
                distinct[name] = frozenset()
                continue
            some = frozenset(column.filled(_LOOKED_AT).to_list())
            if len(some) <= MOST_DISTINCT:
                some = frozenset(column.filled().to_list())
            distinct[name] = frozenset(islice(some, MOST_DISTINCT + 1))
        return cls(rows.height, filled, distinct)


class FieldTally:
    """Counts the values of each field over all accepted rows."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._filled = dict.fromkeys((column.field for column in columns), 0)
        self._distinct: dict[str, set[Any]] = {column.field: set() for column in columns}
        self._rows = 0
        self.enough: set[str] = set()  # of these fields no more values are of interest

    def add(self, block: BlockTally) -> None:
        """Count some more rows."""
        self._rows += block.rows
        for name, distinct in self._distinct.items():
            self._filled[name] += block.filled[name]
            if name not in self.enough:
                distinct |= block.distinct[name]
                if len(distinct) > MOST_DISTINCT:
                    self.enough.add(name)

    def fields(self, counts: Sequence[RuleCount]) -> list[dict[str, Any]]:
        """What is known of each mapped column, in file order."""
        return [
            {
                "column": column.number,
                "header": column.header,
                "field": column.field,
                "type": column.type.value,
                "filled": self._filled[column.field],
                "filledShare": self._filled[column.field] / self._rows if self._rows else None,
                "distinct": min(len(self._distinct[column.field]), MOST_DISTINCT),
                "distinctIsExact": len(self._distinct[column.field]) <= MOST_DISTINCT,
                "findings": _by_severity(
                    [count for count in counts if count.column == column.number]
                ),
            }
            for column in self._columns
        ]


def summary_of(
    counts: Sequence[RuleCount],
    findings: Path,
    *,
    rows: dict[str, int] | None = None,
    fields: list[dict[str, Any]] | None = None,
    figures: PopulationFigures | None = None,
    columns: Sequence[Column] = (),
    not_judged: Sequence[str] = (),
) -> dict[str, Any]:
    """All that is counted of a validation, and of each code the first examples of findings."""
    causes = causes_of(
        counts,
        findings,
        columns=columns,
        rows=rows["read"] if rows else 0,
        domains=figures.domains if figures else (),
    )
    return {
        "causes": [cause.as_json() for cause in causes],
        "rows": rows or {"read": 0, "accepted": 0, "excluded": 0, "failed": 0, "repeated": 0},
        "effectiveDates": {
            "first": _iso(figures.first_date) if figures else None,
            "last": _iso(figures.last_date) if figures else None,
        },
        "findings": _by_code(counts, findings),
        "findingsBySeverity": _by_severity(counts),
        "fields": fields or [],
        "population": _population(figures),
        "loops": [circle.as_json() for circle in figures.circles] if figures else [],
        "notJudged": list(not_judged),
    }


def _population(figures: PopulationFigures | None) -> dict[str, int | None]:
    if figures is None:
        return {}
    return {
        "persons": figures.persons,
        "newPersons": figures.new_persons,
        "resultingPersons": figures.resulting_persons,
        "blankManagers": figures.blank_managers,
        "unknownManagers": figures.unknown_managers,
        "loops": figures.loops,
    }


def _iso(day: Any) -> str | None:
    return None if day is None else day.isoformat()


def _by_severity(counts: Sequence[RuleCount]) -> dict[str, int]:
    return {
        severity.value: sum(count.count for count in counts if count.severity is severity)
        for severity in Severity
    }


def _by_code(counts: Sequence[RuleCount], findings: Path) -> list[dict[str, Any]]:
    totals: dict[tuple[str, Severity], int] = {}
    levels = {}
    for count in counts:
        key = count.code, count.severity
        totals[key] = totals.get(key, 0) + count.count
        levels[key] = count.level.value
    return [
        {
            "code": code,
            "severity": severity.value,
            "level": levels[code, severity],
            "count": total,
            "examples": [
                _example(finding)
                for finding in read_findings(findings, code=code, severity=severity, limit=EXAMPLES)
            ],
        }
        for (code, severity), total in totals.items()
    ]


def _example(finding: Finding) -> dict[str, Any]:
    pointer = finding.pointer
    return {
        "line": pointer.line,
        "column": pointer.column,
        "header": pointer.header,
        "field": pointer.field,
        "value": pointer.value,
        "message": finding.message,
        "hint": finding.hint,
    }
