"""One person for the page: the facts of a day with who said them, and the periods with their imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import polars as pl

from orgport.history.columns import END, MANAGER_ID, ORGANIZATION, PERSON_ID, START
from orgport.history.periods import OPEN_END, Period, Value
from orgport.history.replay import Said
from orgport.server.records.models import ImportRecord

_FIRST = (ORGANIZATION, MANAGER_ID, "LevelDesignation", "FunctionType", "Location")


@dataclass(frozen=True, slots=True)
class Fact:
    """The value of a field on the day, since when it is so, and the import that said it last."""

    field: str
    text: str  # blank for no value
    since: date
    source: ImportRecord | None  # None: nobody ever gave it, or the record is gone


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of a period, and whether it is another than in the period before."""

    field: str
    text: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A row of the table of periods."""

    start: date
    end: date | None  # None while it is open
    is_in_force: bool
    cells: Sequence[Cell]
    imports: Sequence[ImportRecord]


@dataclass(frozen=True, slots=True)
class PersonView:
    """The history of one person, and which imports named them when."""

    address: str
    fields: Sequence[str]  # in use, those that people ask for first in front
    periods: Sequence[Period]
    sources: Mapping[date, Sequence[Said]]
    records: Mapping[UUID, ImportRecord]

    @classmethod
    def of(
        cls,
        address: str,
        frame: pl.DataFrame,
        sources: Mapping[date, Sequence[Said]],
        records: Sequence[ImportRecord],
    ) -> PersonView:
        """The view of a frame of periods, as the history gives it."""
        names = [name for name in frame.columns if name not in (PERSON_ID, START, END)]
        fields = in_reading_order(names)
        return cls(
            str(frame[PERSON_ID][0]) if frame.height else address,
            fields,
            _periods(frame, fields),
            sources,
            {record.id: record for record in records},
        )

    @property
    def given_fields(self) -> list[str]:
        """The fields that have a value in some period."""
        return [
            name
            for name in self.fields
            if any(period.values[name] is not None for period in self.periods)
        ]

    @property
    def changing_fields(self) -> list[str]:
        """Those of them that have another value in some period."""
        return [name for name in self.given_fields if len(self._values(name)) > 1]

    @property
    def lasting(self) -> list[tuple[str, str]]:
        """The other ones, each with its only value."""
        return [
            (name, said(self.periods[0].values[name]))
            for name in self.given_fields
            if len(self._values(name)) == 1
        ]

    @property
    def import_count(self) -> int:
        """How many imports named the person."""
        return len({one.id for day in self.sources for one in self._imports(day)})

    def facts(self, as_of: date) -> list[Fact]:
        """What holds on a day; nothing where no period does."""
        held = [period for period in self.periods if period.start <= as_of]
        if not held or not _holds(held[-1], as_of):
            return []
        return [self._fact(name, held) for name in self.fields]

    def rows(self, as_of: date) -> list[PeriodRow]:
        """The periods in the fields that change, oldest first."""
        rows: list[PeriodRow] = []
        before: Mapping[str, Value | None] = {}
        fields = self.changing_fields
        for period in self.periods:
            cells = [
                Cell(name, said(period.values[name]), period.values[name] != before.get(name))
                for name in fields
            ]
            before = period.values
            end = None if period.end == OPEN_END else period.end
            is_in_force = _holds(period, as_of)
            imports = self._imports(period.start)
            rows.append(PeriodRow(period.start, end, is_in_force, cells, imports))
        return rows

    def sheet_rows(self) -> list[list[object]]:
        """The periods for a sheet: both days, the fields, the imports; None is an empty cell."""
        return [
            [
                period.start,
                period.end,
                *(period.values[name] for name in self.fields),
                "; ".join(record.name for record in self._imports(period.start)),
            ]
            for period in self.periods
        ]

    def _values(self, name: str) -> set[Value | None]:
        return {period.values[name] for period in self.periods}

    def _fact(self, name: str, held: Sequence[Period]) -> Fact:
        value, since = held[-1].values[name], held[-1].start
        for period in reversed(held):
            if period.values[name] != value:
                break
            since = period.start
        source = next(
            (
                self.records.get(one.import_id)
                for period in reversed(held)
                for one in self.sources.get(period.start, ())
                if name in one.fields and period.start >= since
            ),
            None,
        )
        return Fact(name, "" if value is None else str(value), since, source)

    def _imports(self, day: date) -> list[ImportRecord]:
        found = (self.records.get(one.import_id) for one in self.sources.get(day, ()))
        return [record for record in found if record is not None]


def in_reading_order(names: Sequence[str]) -> list[str]:
    """The fields, those that people ask for first in front."""
    front = [name for name in _FIRST if name in names]
    return [*front, *(name for name in names if name not in front)]


def said(value: Any) -> str:
    """A value as it stands in a table; an en dash for none."""
    return "\u2013" if value is None else str(value)


def _holds(period: Period, as_of: date) -> bool:
    return period.start <= as_of and (as_of < period.end or period.end == OPEN_END)


def _periods(frame: pl.DataFrame, fields: Sequence[str]) -> list[Period]:
    return [
        Period(row[START], row[END], {name: row[name] for name in fields})
        for row in frame.iter_rows(named=True)
    ]
