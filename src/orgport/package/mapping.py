"""Suggests a mapping for a csv: fields by the names of its headers, the order of dates by its values.

A suggestion is for a person to confirm; nothing is imported by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from orgport.attributes.catalogue import CATALOGUE, attribute
from orgport.attributes.formats import (
    BLANKS,
    CLEAR_MARK,
    DATE_PATTERNS,
    Unreadable,
    is_blank,
    parse_date,
)
from orgport.attributes.types import ValueType
from orgport.finding import shorten
from orgport.package.first_rows import FirstRows
from orgport.package.model import MappedColumn, Mapping, Refresh

_CLEAR_SHARE = 0.1  # of the dates of a column, to be read in one order alone: fewer may be mistakes
_OTHER_NAMES = {
    "employee": "PersonId",
    "employeeid": "PersonId",
    "email": "PersonId",
    "emailaddress": "PersonId",
    "workemail": "PersonId",
    "userprincipalname": "PersonId",
    "upn": "PersonId",
    "manager": "ManagerId",
    "manageremail": "ManagerId",
    "manageremailaddress": "ManagerId",
    "supervisor": "ManagerId",
    "department": "Organization",
    "orgunit": "Organization",
    "validfrom": "EffectiveDate",
    "startdate": "HireDate",
    "level": "LevelDesignation",
    "function": "FunctionType",
    "country": "CountryOrRegion",
    "grade": "LevelDesignation",
    "office": "Location",
    "site": "Location",
    "hourlyrate": "HourlyRate",
    "onsitedays": "WeeklyBadgeOnsiteDays",
}


def suggest_mapping(headers: Sequence[str], first: FirstRows, *, refresh: Refresh) -> Mapping:
    """A mapping of every column: to a field of the catalogue where its name tells, else to its own.

    Names compare by their letters and digits, without case; that of Organization to the letter first.
    """
    cells = first.columns
    taken: set[str] = set()
    fields = []
    for header in headers:
        fields.append(_field_of(header, taken))
        taken.add(fields[-1])
    known = [attribute(field) for field in fields]
    orders = {
        at: _Order.of(cells[at])
        for at, one in enumerate(known)
        if one is not None and one.type.is_date
    }
    of_file = sum(orders.values(), _Order())
    types = [ValueType.STRING if one is None else one.type for one in known]
    for at, order in orders.items():
        types[at] = order.type if order.is_clear else of_file.type
    return Mapping(refresh, tuple(map(MappedColumn, headers, fields, types)))


def doubts_about_dates(mapping: Mapping, first: FirstRows) -> list[list[str]]:
    """For each column, what a person should look at in its first dates: other meanings, or none.

    Each is a sentence about the column that does not name it.
    """
    orders = [
        _Order.of(values if column.type.is_date else ())
        for column, values in zip(mapping.columns, first.columns, strict=True)
    ]
    read = list(zip(mapping.columns, orders, first.columns, strict=True))
    clear = {column.type for column, order, _ in read if order.is_clear}
    return [
        [
            *order.doubts(column.type, is_usual=clear == {column.type}),
            *(_refused(column.type, values, first.lines) if column.type.is_date else ()),
        ]
        for column, order, values in read
    ]


def _refused(read_as: ValueType, values: Sequence[str], lines: Sequence[int]) -> Iterator[str]:
    """The first of the values that are dates in no form of the type, and how to mend it."""
    is_day_first = read_as is ValueType.DATE_DAY_FIRST
    hints = [
        (line, value, hint)
        for line, value in zip(lines, values, strict=True)
        if _is_given(value) and not _is_of_other_order(value, is_day_first=is_day_first)
        if (hint := _hint(value, day_first=is_day_first)) is not None
    ]
    if not hints:
        return
    line, value, hint = hints[0]
    also = ""
    if _read(value, day_first=not is_day_first):
        word = "month" if is_day_first else "day"
        also = f" Or, if the {word} comes first, map the column to the other type."
    yield (
        f"{len(hints):,} of its first dates cannot be read as {read_as.value}, the first in line "
        f"{line:,}: {shorten(value)}. {hint or f'Write it as {DATE_PATTERNS[read_as][0]}.'}{also}"
    )


def _field_of(header: str, taken: set[str]) -> str:
    if attribute(header) is not None and header not in taken:
        return header
    folded = "".join(letter for letter in header.casefold() if letter.isalnum())
    for known in CATALOGUE:
        exact_only = known.name == "Organization"
        if not exact_only and known.name.casefold() == folded and known.name not in taken:
            return known.name
    other = _OTHER_NAMES.get(folded)
    return other if other is not None and other not in taken else header


@dataclass(frozen=True, slots=True)
class _Order:
    """How many dates can be read in one order of day and month alone, or in either; one of the latter."""

    month_first: int = 0
    day_first: int = 0
    either: int = 0
    example: str = ""

    @classmethod
    def of(cls, values: Sequence[str]) -> _Order:
        """Of the values of a column."""
        found = [
            (value, _meant(value, day_first=False), _meant(value, day_first=True))
            for value in values
            if _is_given(value)
        ]
        either = [value for value, one, other in found if one and other and one != other]
        readable = (
            value
            for value in either
            if _read(value, day_first=False) and _read(value, day_first=True)
        )
        return cls(
            month_first=sum(one is not None and other is None for _, one, other in found),
            day_first=sum(one is None and other is not None for _, one, other in found),
            either=len(either),
            example=next(readable, ""),
        )

    def __add__(self, other: _Order) -> _Order:
        """Those of two columns."""
        return _Order(
            self.month_first + other.month_first,
            self.day_first + other.day_first,
            self.either + other.either,
            self.example or other.example,
        )

    @property
    def type(self) -> ValueType:
        """The order that more dates have."""
        is_day_first = self.day_first > self.month_first
        return ValueType.DATE_DAY_FIRST if is_day_first else ValueType.DATE_MONTH_FIRST

    @property
    def is_clear(self) -> bool:
        """Whether enough of the dates have one order alone to say it for their column."""
        said = max(self.month_first, self.day_first)
        return said > _CLEAR_SHARE * (self.month_first + self.day_first + self.either)

    def doubts(self, read_as: ValueType, *, is_usual: bool) -> list[str]:
        """What to look at where the column is read so, as all others are where it `is_usual`."""
        is_day_first = read_as is ValueType.DATE_DAY_FIRST
        against = self.month_first if is_day_first else self.day_first
        words = ("day", "month") if is_day_first else ("month", "day")
        found = []
        if against:
            found.append(
                f"{against:,} of its first dates can only be {words[1]} first, and the mapping says "
                f"{words[0]} first."
            )
        if self.example and not self.is_clear and not is_usual:
            taken, instead = (
                f"{meant.day} {meant:%B %Y}"
                for day_first in (is_day_first, not is_day_first)
                if (meant := _read(self.example, day_first=day_first)) is not None
            )
            found.append(
                f"its dates can be read in either order. {self.example} is taken as {taken}; "
                f"{words[1]} first, it is {instead}."
            )
        return found


def _is_given(value: str) -> bool:
    return not is_blank(value) and value.strip(BLANKS) != CLEAR_MARK


def _read(value: str, *, day_first: bool) -> date | None:
    try:
        return parse_date(value, day_first=day_first)
    except Unreadable:
        return None


def _hint(value: str, *, day_first: bool) -> str | None:
    """How to mend a value that is no date of the order; None for one that is."""
    try:
        parse_date(value, day_first=day_first)
    except Unreadable as unreadable:
        return unreadable.hint
    return None


def _meant(value: str, *, day_first: bool) -> date | None:
    """The day that a value means in an order: with dots, or a short year, it tells the order and is refused.

    12/25/24 is no date of either type, and nevertheless has the month first.
    """
    dashed = re.sub("[./]", "-", value)
    return _read(value, day_first=day_first) or _read(dashed, day_first=day_first)


def _is_of_other_order(value: str, *, is_day_first: bool) -> bool:
    return (
        _meant(value, day_first=is_day_first) is None
        and _meant(value, day_first=not is_day_first) is not None
    )
