"""The roll of an import: who stands in which row, with which manager, from which day, in numbers.

It gives new persons their numbers in order of first appearance, and keeps 16 bytes a row for the rules on
the population.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from orgport.validation.columns import EFFECTIVE, MANAGER, ORGANIZATION, PERSON
from orgport.validation.enrolled import EnrolledRows
from orgport.validation.people import NOBODY, Addresses, Ids, LookedUp
from orgport.validation.values import TypedRows
from orgport.validation.verdict import StoredOrganization

_Kind = TypeVar("_Kind", bound=np.generic)

UNSAID = -2  # the row does not say: in an incremental refresh the present manager stays
_IS_CURRENT = "is_current"  # a person that was removed keeps its number
Days = npt.NDArray[np.int32]  # since 1970-01-01
Lines = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RolledRows:
    """The accepted rows in file order, equally long arrays.

    `persons` and `managers` are ids of `Addresses`; a manager can be NOBODY, or UNSAID. `lacks_unit` tells
    rows with a blank Organization; None when that is not of interest.
    """

    persons: Ids
    managers: Ids
    days: Days
    lines: Lines
    lacks_unit: npt.NDArray[np.bool_] | None


@dataclass(frozen=True, slots=True)
class ReadyRows:
    """Typed rows whose addresses were looked up, by code; made ready by a worker."""

    rows: TypedRows
    persons: LookedUp
    managers: LookedUp | None
    days: Days


class Roll:
    """Takes the accepted rows block by block in file order."""

    def __init__(
        self,
        stored: StoredOrganization | None,
        *,
        is_full: bool,
        self_report_means_top: bool,
    ) -> None:
        self.addresses = Addresses()
        self._is_full = is_full
        self._tops_report_to_themselves = self_report_means_top
        self._next_number = 0 if stored is None else stored.next_person
        self._first_number = self._next_number
        self._numbers = np.full(1 << 16, -1, dtype=np.int64)  # by id; -1 for nobody we number
        self._new_persons: list[pl.DataFrame] = []
        self._rows = _GrowingRows()
        self._self_reports: list[pl.DataFrame] = []
        self._left_out: set[int] = set()
        self.stored = stored
        self.current_ids = np.zeros(0, dtype=np.int32)  # of the persons that the stored data have
        if stored is not None:
            ids = self._ids_of_text(stored.persons["key"])
            self._note_numbers(ids, stored.persons["person"].to_numpy())
            self.current_ids = ids
            if _IS_CURRENT in stored.persons.columns:
                self.current_ids = ids[stored.persons[_IS_CURRENT].to_numpy()]

    def ready(self, rows: TypedRows, *, known: Mapping[str, LookedUp], is_ascii: bool) -> ReadyRows:
        """Make rows ready; may run beside other threads. `known` are fields looked up before."""

        def of(field: str) -> LookedUp:
            return known.get(field) or self.addresses.looked_up(
                rows.fields[field].values, is_ascii=is_ascii
            )

        effective = rows.fields[EFFECTIVE]
        days = effective.values.to_physical().fill_null(0).to_numpy()
        managers = of(MANAGER) if MANAGER in rows.fields else None
        return ReadyRows(rows, of(PERSON), managers, days[effective.codes])

    def take(self, ready: ReadyRows) -> EnrolledRows:
        """Enter rows into the roll; the rows as they are to be spooled."""
        rows = ready.rows
        persons = self.addresses.ids(ready.persons)[rows.fields[PERSON].codes]
        managers = self._managers_of(ready, persons)
        if ready.managers is not None and (persons == managers).any():
            rows = self._judge_self_reports(rows, persons, managers)
        unit = None if self._is_full else rows.fields.get(ORGANIZATION)
        lacks_unit = None if unit is None else unit.is_blank()
        self._rows.add(RolledRows(persons, managers, ready.days, rows.lines, lacks_unit))
        ids = {}
        if ready.persons.are_as_spelled:
            ids[PERSON] = persons
        if ready.managers is not None and ready.managers.are_as_spelled:
            ids[MANAGER] = managers
        return EnrolledRows(
            names=_in_order(rows.fields),
            persons=self._numbers_of(persons, rows),
            ids=ids,
            fields={name: column for name, column in rows.fields.items() if name not in ids},
            lines=rows.lines,
            cleared=rows.cleared,
        )

    def note_left_out(self, addresses: pl.Series) -> None:
        """Note whose rows are left out; of interest are those who are stored."""
        if not self._is_full or self.current_ids.size == 0:
            return
        ids = self.addresses.looked_up(addresses, is_ascii=False).ids
        self._left_out.update(ids[ids >= 0].tolist())

    def lost_ids(self, present: npt.NDArray[np.bool_]) -> Ids:
        """Who is stored, is not `present` (by id), and has rows that were left out."""
        lost = np.array(sorted(self._left_out), dtype=np.int32)
        lost = lost[~present[lost]]
        return lost[np.isin(lost, self.current_ids)]

    def _managers_of(self, ready: ReadyRows, persons: Ids) -> Ids:
        blank = NOBODY if self._is_full else UNSAID
        if ready.managers is None:
            return np.full(persons.size, blank, dtype=np.int32)
        column = ready.rows.fields[MANAGER]
        managers: Ids = self.addresses.ids(ready.managers)[column.codes]
        if not self._is_full:
            managers[managers == NOBODY] = UNSAID
            cleared = ready.rows.cleared
            if cleared is not None:
                is_top = cleared.list.contains(MANAGER).fill_null(value=False).to_numpy()
                managers[is_top] = NOBODY
        return managers

    def _judge_self_reports(self, rows: TypedRows, persons: Ids, managers: Ids) -> TypedRows:
        """Note the rows of people who are their own managers; where that means the top, say so."""
        is_own = persons == managers
        places = np.flatnonzero(is_own)
        self._self_reports.append(
            pl.DataFrame(
                {
                    "line": pl.Series(rows.lines[places]).cast(pl.Int64),
                    "person": rows.fields[PERSON].at(places),
                    "effective_date": rows.fields[EFFECTIVE].at(places),
                }
            )
        )
        if not self._tops_report_to_themselves:
            return rows
        managers[is_own] = NOBODY
        fields = {**rows.fields, MANAGER: rows.fields[MANAGER].with_blanks(is_own)}
        if self._is_full:
            return replace(rows, fields=fields)
        cleared = rows.cleared
        if cleared is None:
            cleared = pl.Series([None], dtype=pl.List(pl.String)).new_from_index(0, rows.height)
        own = pl.lit(pl.Series(is_own))
        with_own = pl.concat_list(pl.lit(cleared).fill_null([]), pl.lit(MANAGER))
        marked = pl.select(pl.when(own).then(with_own).otherwise(pl.lit(cleared))).to_series()
        return replace(rows, fields=fields, cleared=marked)

    def _numbers_of(self, persons: Ids, rows: TypedRows) -> Numbers:
        self._make_room()
        numbers = self._numbers[persons]
        unnumbered = np.flatnonzero(numbers < 0)
        if unnumbered.size:
            new, first = np.unique(persons[unnumbered], return_index=True)
            order = np.argsort(first)
            new, first = new[order], first[order]
            given = np.arange(self._next_number, self._next_number + new.size, dtype=np.int64)
            self._next_number += new.size
            self._note_numbers(new, given)
            numbers = self._numbers[persons]
            self._new_persons.append(
                pl.DataFrame(
                    {
                        "person": given,
                        "id": new,
                        "address": rows.fields[PERSON].at(unnumbered[first]),
                    }
                )
            )
        return numbers

    def _note_numbers(self, ids: Ids, numbers: Numbers) -> None:
        self._make_room()
        self._numbers[ids] = numbers

    def _make_room(self) -> None:
        missing = len(self.addresses) - self._numbers.size
        if missing > 0:
            more = np.full(max(missing, self._numbers.size), -1, dtype=np.int64)
            self._numbers = np.concatenate((self._numbers, more))

    def _ids_of_text(self, texts: pl.Series) -> Ids:
        return self.addresses.ids(self.addresses.looked_up(texts, is_ascii=False))

    def ids_of(self, addresses: pl.Series) -> Ids:
        """The ids of some addresses, NOBODY for blank ones."""
        ids = self._ids_of_text(addresses)
        self._make_room()
        return ids

    def ids_of_numbers(self, numbers: Numbers) -> Ids:
        """The ids of persons that have these numbers."""
        by_number = np.full(self._next_number, NOBODY, dtype=np.int32)
        ids = np.flatnonzero(self._numbers >= 0)
        by_number[self._numbers[ids]] = ids
        return by_number[numbers]

    def numbers(self) -> Numbers:
        """The person numbers by id; -1 for addresses that are nobody's PersonId."""
        self._make_room()
        return self._numbers[: len(self.addresses)]

    @property
    def first_new_number(self) -> int:
        """Person numbers from here on were given by this import."""
        return self._first_number

    def new_persons(self) -> pl.DataFrame:
        """The persons seen for the first time: person, id, address as first spelled."""
        if not self._new_persons:
            return pl.DataFrame(schema={"person": pl.Int64, "id": pl.Int32, "address": pl.String})
        return pl.concat(self._new_persons)

    def self_reports(self) -> pl.DataFrame | None:
        """The rows of people who are their own managers: line, person, effective_date."""
        return pl.concat(self._self_reports) if self._self_reports else None

    def rows(self) -> RolledRows:
        """All rows that were taken so far."""
        return self._rows.all()


class _GrowingRows:
    """Rows in arrays that grow: pieces would all be copied in the end, while nothing else can be done."""

    def __init__(self) -> None:
        self._persons = _Growing(np.int32)
        self._managers = _Growing(np.int32)
        self._days = _Growing(np.int32)
        self._lines = _Growing(np.uint32)
        self._lacks_unit: _Growing[np.bool_] | None = None

    def add(self, rows: RolledRows) -> None:
        """Add rows behind the others; all or none say who lacks a unit."""
        self._persons.add(rows.persons)
        self._managers.add(rows.managers)
        self._days.add(rows.days)
        self._lines.add(rows.lines)
        if rows.lacks_unit is not None:
            self._lacks_unit = self._lacks_unit or _Growing(np.bool_)
            self._lacks_unit.add(rows.lacks_unit)

    def all(self) -> RolledRows:
        """All of them."""
        return RolledRows(
            persons=self._persons.all(),
            managers=self._managers.all(),
            days=self._days.all(),
            lines=self._lines.all(),
            lacks_unit=None if self._lacks_unit is None else self._lacks_unit.all(),
        )


class _Growing(Generic[_Kind]):
    """An array that grows at its end."""

    def __init__(self, kind: type[_Kind]) -> None:
        self._room = np.empty(1 << 16, dtype=kind)
        self._size = 0

    def add(self, numbers: npt.NDArray[_Kind]) -> None:
        """Add numbers behind the others."""
        behind = self._size + numbers.size
        if behind > self._room.size:
            room = np.empty(2 * behind, dtype=self._room.dtype)
            room[: self._size] = self.all()
            self._room = room
        self._room[self._size : behind] = numbers
        self._size = behind

    def all(self) -> npt.NDArray[_Kind]:
        """The numbers, as they are until the next one is added."""
        return self._room[: self._size]


def _in_order(fields: Iterable[str]) -> tuple[str, ...]:
    return PERSON, EFFECTIVE, *(name for name in fields if name not in (PERSON, EFFECTIVE))
