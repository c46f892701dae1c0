"""Large seeded packages for `make soak`: an organization of many months with every kind of fault in it.

The same seed gives the same bytes. Faults are rare, as in life: rules see good and bad rows.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date

from generators import (
    NOISE,
    NOT_EMAILS,
    NOT_NUMBERS,
    NUMBERS,
    ODD_STRINGS,
    OTHER_DATES,
    STRINGS,
    Case,
)

from factories import END_OF_TIME, a_mapping, a_stored_organization, package_of
from orgport.package.model import Refresh
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
)
ODD_CELLS = [*NOT_EMAILS, *NOT_NUMBERS, *NUMBERS, *ODD_STRINGS, *OTHER_DATES, *STRINGS, "", " "]


def bulk_case(
    rows: int,
    *,
    seed: int,
    refresh: Refresh = Refresh.FULL,
    bad_cell_share: float = 0.002,
    bad_line_share: float = 0.001,
) -> Case:
    """A package of about `rows` rows; an incremental one comes with stored data that knows most persons."""
    dice = random.Random(seed)  # noqa: S311 - test data
    persons = max(rows // MONTHS, 2)
    lines = [",".join(FIELDS).encode() + b"\n"]
    for cells in _rows(persons, rows, dice):
        lines.append(_line(list(cells), dice, bad_cell_share, bad_line_share))
    stored = _stored(persons, dice) if refresh is Refresh.INCREMENTAL else None
    data = b"".join(lines)
    settings = ValidationSettings(exclude_invalid_rows=bool(seed % 2))
    return Case(package_of(data, a_mapping(*FIELDS, refresh=refresh)), settings, stored, data)


def _rows(persons: int, rows: int, dice: random.Random) -> Iterator[list[str]]:
    for number in range(rows):
        person, month = number % persons, number // persons
        manager = _address(dice.randrange(person)) if person else ""
        if dice.random() < 0.0005:
            anybody = _address(dice.randrange(persons))
            manager = dice.choice([anybody, _address(person), "gone@contoso.com", ""])
        if month == 3 and person % 997 in (5, 6) and person + 1 < persons:
            manager = _address(person + (1 if person % 997 == 5 else -1))  # a circle of two
        if dice.random() < 0.0005:
            person = dice.randrange(persons)  # a second row for a person and date, or a third
        cells = [
            _address(person).upper() if dice.random() < 0.01 else _address(person),
            manager,
            f"Unit {person % 40}",
            f"{month % 12 + 1:02}/01/{2024 + month // 12}",
            f"{20 + person % 50}.5",
            str(person % 9),
            dice.choice(["IC", "IC", "Mngr", "Mngr+"]),
            "Oslo, North" if person % 17 == 0 else "Burbank",
        ]
        yield from [cells] * (2 if dice.random() < 0.0005 else 1)


def _line(
    cells: list[str], dice: random.Random, bad_cell_share: float, bad_line_share: float
) -> bytes:
    if dice.random() < bad_cell_share * len(cells):
        cells[dice.randrange(len(cells))] = dice.choice(ODD_CELLS)
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
    for person in range(int(persons * 0.98)):
        managers = [_address(dice.randrange(person)) if person else None for _ in range(2)]
        periods.append((_address(person), start, change, managers[0]))
        periods.append((_address(person), change, END_OF_TIME, managers[1]))
    return a_stored_organization(*periods)


def _address(person: int) -> str:
    return f"person{person}@contoso.com"
