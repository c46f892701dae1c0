"""The csv module and a loop, as one would write it by hand: all rules that orgport judges in this file."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import date, datetime
from pathlib import Path

from judged import DATE_FORMAT, EMAIL, NUMBER, REQUIRED, SUPERVISOR, WHOLE_NUMBER, timed

IS_EMAIL = re.compile(EMAIL).match
IS_NUMBER = re.compile(NUMBER).match
IS_WHOLE_NUMBER = re.compile(WHOLE_NUMBER).match


def judge(path: Path) -> int:
    """Count what breaks a rule: cells, doubled rows, unknown and blank managers, circles at each date."""
    found: Counter[str] = Counter()
    seen: set[tuple[str, date]] = set()
    managers: dict[date, dict[str, str]] = {}
    dates: dict[str, date | None] = {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        at = {name: header.index(name) for name in header}
        for row in rows:
            if len(row) != len(header):
                found["cells"] += 1
                continue
            found["required"] += sum(not row[at[name]] for name in REQUIRED)
            person, manager = row[at["PersonId"]], row[at["ManagerId"]]
            if not IS_EMAIL(person):
                found["PersonId"] += 1
            if manager and not IS_EMAIL(manager):
                found["ManagerId"] += 1
            effective = _date(row[at["EffectiveDate"]], dates)
            if effective is None:
                found["EffectiveDate"] += 1
                continue
            if row[at["HireDate"]] and _date(row[at["HireDate"]], dates) is None:
                found["HireDate"] += 1
            rate, layer = row[at["HourlyRate"]], row[at["Layer"]]
            if rate and (not IS_NUMBER(rate) or float(rate) < 0):
                found["HourlyRate"] += 1
            if layer and (not IS_WHOLE_NUMBER(layer) or int(layer) < 0):
                found["Layer"] += 1
            supervisor = row[at["SupervisorIndicator"]]
            if supervisor and supervisor not in SUPERVISOR:
                found["SupervisorIndicator"] += 1
            key = person.lower(), effective
            if key in seen:
                found["doubled"] += 1
            seen.add(key)
            managers.setdefault(effective, {})[key[0]] = manager.lower()
    return found.total() + _unknown(managers) + _blank(managers) + _circles(managers)


def _date(text: str, known: dict[str, date | None]) -> date | None:
    if text not in known:
        try:
            known[text] = datetime.strptime(text, DATE_FORMAT).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            known[text] = None
    return known[text]


def _unknown(managers: dict[date, dict[str, str]]) -> int:
    """How many managers are nobody's PersonId."""
    persons = set().union(*managers.values())
    named = set().union(*(by_person.values() for by_person in managers.values()))
    return len(named - persons - {""})


def _blank(managers: dict[date, dict[str, str]]) -> int:
    """1 when more than one person in twenty has no manager in the end."""
    current: dict[str, str] = {}
    for day in sorted(managers):
        current.update(managers[day])
    blank = sum(not manager for manager in current.values())
    return int(blank > 1 and blank * 20 > len(current))


def _circles(managers: dict[date, dict[str, str]]) -> int:
    circles = 0
    current: dict[str, str] = {}
    for day in sorted(managers):
        current.update(managers[day])
        done: set[str] = set()
        for person in current:
            path: dict[str, None] = {}
            while person in current and person not in done and person not in path:
                path[person] = None
                person = current[person]
            circles += person in path
            done.update(path)
    return circles


timed(judge, sets_up=False)
