"""Findings by cause: one entry a code and column, errors first, the most frequent first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import zip_longest
from typing import Any

from orgport.finding import Finding, Severity
from orgport.server.portal.cells import Cell, Fields
from orgport.server.portal.finding_filters import FindingFilters
from orgport.server.portal.stretch import Stretch
from orgport.server.records.models import ImportRecord
from orgport.server.wiring.cures import Cure, cures_of
from orgport.server.wiring.places import artifacts_of
from orgport.validation.distinct import DistinctValue, Overview, overviews
from orgport.validation.rules import ALL_RULES, Rule
from orgport.validation.verdict import RuleCount, Verdict

SHOWN = 10  # values or findings of each cause among others
A_PAGE = 25  # causes, or values of the only one
OPEN_AT_FIRST = 2
_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.ADVICE: 2}


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause, its exact count, and some of its findings; of cells, their different values."""

    count: RuleCount
    title: str
    hint: str
    first: tuple[Finding, ...]
    values: tuple[DistinctValue, ...]
    value_count: int
    is_open: bool
    meaning: str
    circles: tuple[Mapping[str, Any], ...]  # of persons, as the summary has them
    cells: tuple[Cell, ...]  # the values as fields, for who may correct them
    cures: tuple[Cure, ...]

    @property
    def pairs(self) -> list[tuple[Finding, None]]:
        """Its findings without fields, as the table of findings takes them."""
        return [(finding, None) for finding in self.first]

    @property
    def rows(self) -> list[tuple[DistinctValue, Cell | None]]:
        """Its values with their fields, where there are any."""
        return list(zip_longest(self.values, self.cells))

    @property
    def is_loop(self) -> bool:
        """Whether each finding is a circle of persons, and the summary describes some."""
        return bool(self.circles)

    @property
    def hides_values(self) -> bool:
        """Whether one change of the mapping mends it, so that nobody goes through its values."""
        return any(cure.is_type for cure in self.cures)

    @property
    def shown(self) -> int:
        """How many findings or values the cause shows by itself."""
        return len(self.values) or len(self.circles) or len(self.first)

    @property
    def total(self) -> int:
        """How many values, else findings, there are."""
        return self.value_count or self.count.count

    @property
    def has_more(self) -> bool:
        """Whether there is more than it shows."""
        return self.total > self.shown

    @property
    def first_line(self) -> int | None:
        """The line of the first finding."""
        return self.first[0].pointer.line if self.first else None

    @property
    def query(self) -> str:
        """The query of an address that narrows to it."""
        column = f"&column={self.count.column}" if self.count.column is not None else ""
        return f"code={self.count.code}{column}"

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


@dataclass(frozen=True, slots=True)
class CausePage:
    """A page of causes; of only one that is left, a page of its values."""

    causes: tuple[Cause, ...] = ()
    count: int = 0  # of causes that pass the filters
    finding_count: int = 0  # and of their findings
    stretch: Stretch = field(default_factory=lambda: Stretch(1, A_PAGE, 0))

    @property
    def is_one(self) -> bool:
        """Whether the filters leave one cause."""
        return self.count == 1

    @property
    def has_cells(self) -> bool:
        """Whether there is a field on it."""
        return any(
            cell.is_editable
            for cause in self.causes
            if not cause.hides_values
            for cell in cause.cells
        )


def verdict_of(record: ImportRecord) -> Verdict | None:
    """The verdict of an import, None before there is one and after the log's time."""
    return artifacts_of(record).verdict()


def cause_page(
    record: ImportRecord,
    verdict: Verdict,
    *,
    filters: FindingFilters,
    fields: Fields | None,
) -> CausePage:
    """The causes that the address asks for; none when the log is gone, no field without `fields`."""
    counts = sorted(verdict.counts, key=lambda one: (_ORDER[one.severity], -one.count))
    chosen = filters.narrow(counts)
    is_one = len(chosen) == 1 and bool(filters.count)
    stretch = Stretch(filters.page, A_PAGE, len(chosen))
    shown = chosen if is_one else chosen[stretch.offset : stretch.offset + A_PAGE]
    offset, limit = ((filters.page - 1) * A_PAGE, A_PAGE) if is_one else (0, SHOWN)
    path = artifacts_of(record).findings
    try:
        found = overviews(path, shown, limit=limit, offset=offset)
    except FileNotFoundError:
        return CausePage()
    cures = cures_of(verdict.summary, verdict.counts)
    causes = tuple(
        _cause(
            record,
            one,
            overview,
            fields=fields,
            cures=cures,
            is_open=index < OPEN_AT_FIRST,
            circles=slice(offset, offset + limit),
        )
        for index, (one, overview) in enumerate(zip(shown, found, strict=True))
    )
    if is_one:
        stretch = Stretch(filters.page, A_PAGE, causes[0].total)  # known only now that it was read
        if stretch.page != filters.page:
            there = replace(filters, page=stretch.page)
            return cause_page(record, verdict, filters=there, fields=fields)
    return CausePage(causes, len(chosen), sum(one.count for one in chosen), stretch)


def title_of(count: RuleCount) -> str:
    """What a cause is called."""
    return _title(count.code, count.header or count.field or "")


def _cause(
    record: ImportRecord,
    count: RuleCount,
    overview: Overview,
    *,
    fields: Fields | None,
    cures: Sequence[Cure],
    is_open: bool,
    circles: slice,
) -> Cause:
    first = overview.first
    rule = ALL_RULES.get(count.code)
    title = title_of(count) or (first[0].message if first else count.code)
    own = tuple(one for one in cures if (one.code, one.column) == (count.code, count.column))
    is_editable = fields is not None and count.severity is not Severity.ADVICE
    return Cause(
        count=count,
        title=title,
        hint=_hint(first, rule),
        first=first,
        values=overview.values,
        value_count=overview.value_count,
        is_open=is_open or count.code == "POP_LOOP",
        meaning=rule.meaning if rule else "",
        circles=_circles(record, count)[circles],
        cells=tuple(
            fields.of_value(one, count.column, count.header or "") for one in overview.values
        )
        if fields is not None and is_editable and count.column is not None
        else (),
        cures=own,
    )


def _hint(first: tuple[Finding, ...], rule: Rule | None) -> str:
    if rule is not None and rule.code == "POP_LOOP":
        return rule.hint  # each circle has advice of its own
    return (first[0].hint if first else "") or (rule.hint if rule else "")


def _circles(record: ImportRecord, count: RuleCount) -> tuple[Mapping[str, Any], ...]:
    if count.code != "POP_LOOP":
        return ()
    loops = (record.summary or {}).get("loops", ())
    is_stored = count.severity is not Severity.ERROR
    return tuple(
        {**loop, "from": _date(loop["from"]), "to": _date(loop["to"])}
        for loop in loops
        if loop["isStored"] is is_stored
    )


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _title(code: str, column: str) -> str:
    rule = ALL_RULES.get(code)
    return rule.title.format(column=column or "A value") if rule else ""
