"""Large seeded packages for `make soak`: an organization of many months with every kind of fault in it.

The same seed gives the same bytes. Faults are rare, as in life: rules see good and bad rows.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date

from generators import (
    LONG_STRINGS,
    NOISE,
    NOT_EMAILS,
    NOT_NUMBERS,
    NUMBERS,
    ODD_STRINGS,
    OTHER_DATES,
    STRINGS,
    Case,
)

from factories import END_OF_TIME, a_column, a_mapping, a_stored_organization, package_of
from orgport.attributes.types import ValueType
from orgport.package.model import MappedColumn, Refresh
from orgport.validation.verdict import StoredOrganization, ValidationSettings

MONTHS = 13
FIELDS = (
    "PersonId",
    "ManagerId",
    "Organization",
    "EffectiveDate",
    "HourlyRate",
    "Layer",
    "SupervisorIndicator",
    "Location",
    "HireDate",
    "WeeklyBadgeOnsiteDays",
    "Remote",
)
# Further ones that no fault is put into, each for a piece of advice: a value for each person, one for
# all, blank for many, and the same as Location.
ADVISED = ("Badge", "Company", "Desk", "Site")
STORED_FIELDS = ("ManagerId", "Organization", "Location", "CountryOrRegion")
ODD_CELLS = [*NOT_EMAILS, *NOT_NUMBERS, *NUMBERS, *ODD_STRINGS, *OTHER_DATES, *STRINGS, "", " "]


def bulk_case(
    rows: int,
    *,
    seed: int,
    refresh: Refresh = Refresh.FULL,
    bad_cell_share: float = 0.002,
    bad_line_share: float = 0.001,
) -> Case:
    """A package of about `rows` rows with stored data; seeds in a row differ in their settings too."""
    dice = random.Random(seed)  # noqa: S311 - test data
    persons = max(rows // MONTHS, 2)
    lacks_unit = refresh is Refresh.INCREMENTAL and seed % 3 == 0
    fields = [name for name in (*FIELDS, *ADVISED) if not (lacks_unit and name == "Organization")]
    lines = [",".join(fields).encode() + b"\n"]
    for number, row in enumerate(_rows(persons, rows, dice, first_month=5 if seed % 2 else 0)):
        if number == rows // 2:
            row["Location"] = LONG_STRINGS[1]
        cells = [row[name] for name in fields]
        lines.append(_line(cells, dice, bad_cell_share, bad_line_share))
    columns = [_a_column(name) for name in fields]
    data = b"".join(lines)
    mapping = a_mapping(*columns, refresh=refresh)
    measured = (_address(0), _address(persons - 1), "Nobody@contoso.com")
    return Case(package_of(data, mapping), _settings(seed), _stored(persons, dice), data, measured)


def special_cases() -> Iterator[Case]:
    """The few cases that no large package is: no row at all, and none that is in order."""
    nobody = b"PersonId,ManagerId,Organization\n\n"
    nothing_right = b"PersonId,ManagerId,Organization\na,,Sales\nb@contoso.com\n"
    mapping = a_mapping("PersonId", "ManagerId", "Organization")
    for data in (nobody, nothing_right):
        settings = ValidationSettings(exclude_invalid_rows=True)
        yield Case(package_of(data, mapping), settings, None, data)


def _a_column(name: str) -> MappedColumn:
    return a_column(name, type=ValueType.BOOLEAN if name == "Remote" else None)


def _settings(seed: int) -> ValidationSettings:
    return ValidationSettings(
        exclude_invalid_rows=bool(seed % 2),
        max_excluded_share=0.0001 if seed % 4 == 3 else 0.2,
        max_blank_manager_share=0.0001 if seed % 3 == 1 else 0.05,
        strict_values=seed % 3 != 1,
        self_report_means_top=seed % 5 == 0,
        lenient_integers=seed % 3 == 0,
        partial_fields=frozenset({"Desk"} if seed % 4 == 0 else ()),
    )


def _rows(
    persons: int, rows: int, dice: random.Random, *, first_month: int
) -> Iterator[dict[str, str]]:
    for number in range(rows):
        person, month = number % persons, number // persons
        manager = _address(dice.randrange(person)) if person else ""
        if dice.random() < 0.0005 or person in (1, 2):
            anybody = _address(dice.randrange(persons))
            manager = dice.choice([anybody, _address(person), "gone@contoso.com", "", ""])
        if month == 3 and person % 997 in (5, 6) and person + 1 < persons:
            manager = _address(person + (1 if person % 997 == 5 else -1))  # a circle of two
        if dice.random() < 0.0005:
            person = dice.randrange(persons)  # a second row for a person and date, or a third
        office = "Oslo, North" if person % 17 == 0 else "Burbank"
        row = {
            "PersonId": _address(person).upper() if dice.random() < 0.01 else _address(person),
            "ManagerId": manager,
            "Organization": f"Unit {person % 40}",
            "EffectiveDate": _first_of(month + first_month),
            "HourlyRate": f"{20 + person % 50}.5",
            "Layer": str(person % 9),
            "SupervisorIndicator": dice.choice(["IC", "IC", "Mngr", "Mngr+"]),
            "Location": office,
            "HireDate": f"{person % 12 + 1}/{person % 28 + 1}/2010",
            "WeeklyBadgeOnsiteDays": str(person % 6),
            "Remote": "yes" if person % 3 else "no",
            "Badge": f"Badge {person}",
            "Company": "Contoso",
            "Desk": f"Desk {person % 5}" if person % 2 else "",
            "Site": f"At {office}",
        }
        yield from [row] * (2 if dice.random() < 0.0005 else 1)
    for lost in range(3):  # who have no other row than a bad one
        yield {**row, "PersonId": f"lost{lost}@contoso.com", "EffectiveDate": "soon"}


def _first_of(month: int) -> str:
    return f"{month % 12 + 1:02}/01/{2024 + month // 12}"


def _line(
    cells: list[str], dice: random.Random, bad_cell_share: float, bad_line_share: float
) -> bytes:
    if dice.random() < bad_cell_share * len(cells):
        cells[dice.randrange(len(cells) - len(ADVISED))] = dice.choice(ODD_CELLS)
    quoted = (
        '"' + cell.replace('"', '""') + '"' if any(sign in cell for sign in '",\r\n') else cell
        for cell in cells
    )
    line = ",".join(quoted).encode() + (b"\r\n" if dice.random() < 0.1 else b"\n")
    if dice.random() < bad_line_share:
        place = dice.randrange(len(line))
        line = line[:place] + dice.choice(NOISE) + line[place + dice.randrange(2) :]
    return line


def _stored(persons: int, dice: random.Random) -> StoredOrganization:
    """History that knows most of the persons; the rest are new."""
    start, change = date(2023, 12, 1), date(2024, 6, 15)
    periods: list[tuple[str, date, date, str | None]] = []
    for lost in range(3):
        periods.append((f"lost{lost}@contoso.com", start, END_OF_TIME, None))
    for person in range(int(persons * 0.98)):
        managers = [_address(dice.randrange(person)) if person else None for _ in range(2)]
        periods.append((_address(person), start, change, managers[0]))
        periods.append((_address(person), change, END_OF_TIME, managers[1]))
    fields = dict.fromkeys(STORED_FIELDS, ValueType.STRING)
    return a_stored_organization(*periods, fields=fields)


def _address(person: int) -> str:
    return f"person{person}@contoso.com"
