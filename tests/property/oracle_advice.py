"""The oracle for advice on fields and on what an import leaves out, person by person in plain Python."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from fractions import Fraction

from oracle import Judged, Value

from orgport.attributes.types import ValueType
from orgport.package.model import MappedColumn

FEWEST_PERSONS = 20
REQUIRED = {"PersonId", "ManagerId", "Organization", "EffectiveDate"}
Person = Mapping[str, Value]  # the values of a person's newest row


def advice_on_quality(
    persons: list[Person],
    columns: tuple[MappedColumn, ...],
    *,
    first_day: date | None,
    upload_date: date,
    partial_fields: Collection[str],
) -> list[Judged]:
    """What is to be said of the fields of a full refresh and of how far it reaches back."""
    if len(persons) < FEWEST_PERSONS or first_day is None:
        return []
    found = []
    if first_day > date(upload_date.year - 1, upload_date.month, 1):
        found.append(Judged("ADV_SHORT_HISTORY", "advice", None))
    partitions: list[list[int]] = []
    for number, column in enumerate(columns, start=1):
        if column.field in ("PersonId", "ManagerId", "EffectiveDate"):
            continue
        values = [person[column.field] for person in persons]
        codes = _advice_on(values, column, partial_fields)
        if column.type is ValueType.STRING and _tells_apart(values):
            partition = _partition(values)
            if partition in partitions:
                codes.append("ADV_REDUNDANT")
            partitions.append(partition)
        found += [Judged(code, "advice", None, number) for code in codes]
    return found


def _advice_on(
    values: list[Value], column: MappedColumn, partial_fields: Collection[str]
) -> list[str]:
    filled = [value for value in values if value is not None]
    codes = []
    may_be_blank = column.field in REQUIRED or column.field in partial_fields
    if not may_be_blank and Fraction(len(filled), len(values)) <= Fraction(95, 100):
        codes.append("ADV_LOW_COVERAGE")
    if len(filled) >= FEWEST_PERSONS:
        distinct = len(set(filled))
        if distinct == 1:
            codes.append("ADV_ONE_VALUE")
        is_grouped = _stored_type(column) in (ValueType.STRING, ValueType.INTEGER)
        if is_grouped and distinct > 200 and Fraction(len(filled), distinct) < 5:
            codes.append("ADV_TOO_MANY_VALUES")
    return codes


def _stored_type(column: MappedColumn) -> ValueType:
    return ValueType.DOUBLE if column.field == "HourlyRate" else column.type


def _tells_apart(values: list[Value]) -> bool:
    filled = [value for value in values if value is not None]
    return len(filled) >= FEWEST_PERSONS and len(set(filled)) > 1


def _partition(values: list[Value]) -> list[int]:
    """For each person the first one with the same value: the same for fields that go together."""
    first: dict[Value, int] = {}
    return [first.setdefault(value, place) for place, value in enumerate(values)]
