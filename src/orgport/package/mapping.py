"""Suggests a mapping for a csv: fields by the names of its headers, the order of dates by its values.

A suggestion is for a person to confirm; nothing is imported by it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from orgport.attributes.catalogue import CATALOGUE, attribute
from orgport.attributes.formats import Unreadable, is_blank, parse_date
from orgport.attributes.types import ValueType
from orgport.errors import BadInput
from orgport.package.header import other_separator
from orgport.package.model import MappedColumn, Mapping, Refresh
from orgport.package.workbooks import refuse_workbook

SAMPLE_ROWS = 1000
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


def suggest_mapping(
    headers: Sequence[str], rows: Iterable[Sequence[str]], *, refresh: Refresh
) -> Mapping:
    """A mapping of every column: to a field of the catalogue where its name tells, else to its own.

    Names compare by their letters and digits, without case; that of Organization to the letter first.
    """
    cells = list(zip(*islice(rows, SAMPLE_ROWS), strict=False)) or [()] * len(headers)
    taken: set[str] = set()
    columns = []
    for number, header in enumerate(headers):
        field = _field_of(header, taken)
        taken.add(field)
        values = cells[number] if number < len(cells) else ()
        columns.append(MappedColumn(header, field, _type_of(field, values)))
    return Mapping(refresh, tuple(columns))


def suggest_for_file(path: Path, *, refresh: Refresh) -> Mapping:
    """A mapping for a csv on disk, from its header and first rows; raises BadInput."""
    refuse_workbook(path, called=path.name)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            headers = next((row for row in reader if row), None)
            if not headers:
                raise BadInput(f"{path.name} is empty. Export the header and the rows.")
            if other := other_separator(headers):
                raise BadInput(f"{path.name} looks separated by {other}. Save it with commas.")
            width = len(headers)
            rows = [row for row in islice(reader, SAMPLE_ROWS) if len(row) == width]
    except (UnicodeDecodeError, csv.Error) as broken:
        raise BadInput(f"{path.name} cannot be read as csv in UTF-8. Save it so.") from broken
    return suggest_mapping(headers, rows, refresh=refresh)


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


def _type_of(field: str, values: Sequence[str]) -> ValueType:
    known = attribute(field)
    if known is None:
        return ValueType.STRING
    if not known.type.is_date:
        return known.type
    filled = [value for value in values if not is_blank(value)]
    month_first = sum(_is_date(value, day_first=False) for value in filled)
    day_first = sum(_is_date(value, day_first=True) for value in filled)
    return ValueType.DATE_DAY_FIRST if day_first > month_first else ValueType.DATE_MONTH_FIRST


def _is_date(value: str, *, day_first: bool) -> bool:
    try:
        parse_date(value, day_first=day_first)
    except Unreadable:
        return False
    return True
