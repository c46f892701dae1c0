"""The oracle for the population: what the rows of an import mean together, on every date, in plain Python.

It takes the rows that are in order by themselves, lays them over what is stored, and looks at the people,
the dates and the managers one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from oracle import Judged, Row, Value, judged_rows
from oracle_advice import REQUIRED, advice_on_quality

from orgport.attributes.formats import person_key
from orgport.package.model import Package, Refresh
from orgport.validation.verdict import StoredOrganization, ValidationSettings

Managers = dict[str, str | None]  # of each person the manager, both by key


@dataclass
class Accepted:
    """A row of the resulting import: one for each person and date."""

    line: int
    key: str
    person_id: str
    effective_date: date
    values: dict[str, Value]  # without PersonId and EffectiveDate
    cleared: set[str]

    @property
    def manager(self) -> str | None:
        """The manager's key; None when there is none or the row does not say."""
        return _key_of(self.values.get("ManagerId"))


@dataclass
class Judgement:
    """All that the engine must say about a package."""

    findings: list[Judged] = field(default_factory=list)
    rows_read: int = 0
    rows_good: int = 0
    rows_excluded: int = 0
    rows_failed: int = 0
    accepted: list[Accepted] = field(default_factory=list)  # when nothing is an error

    @property
    def is_accepted(self) -> bool:
        return not any(finding.severity == "error" for finding in self.findings)


@dataclass(frozen=True)
class Snapshot:
    """A person's manager from a date on, and the line of the import that says so; None: it is stored."""

    start: date
    manager: str | None  # by key
    line: int | None


def judge(
    package: Package,
    *,
    settings: ValidationSettings,
    stored: StoredOrganization | None,
    upload_date: date,
    measured: Sequence[str] = (),
) -> Judgement:
    """Judge a package row by row and then as a whole."""
    rows, advice = judged_rows(package, settings, upload_date)
    good = [row for row in rows if row.is_good]
    outcome = Judgement(
        findings=[*(finding for row in rows for finding in row.findings), *advice],
        rows_read=len(rows),
        rows_good=len(good),
        rows_excluded=sum(row.is_excluded for row in rows),
        rows_failed=sum(row.is_failed for row in rows),
    )
    left_out = [row for row in rows if row.is_excluded]
    population = _Population(package, settings, stored, upload_date, good, left_out, measured)
    outcome.findings += _of_the_whole_file(rows, settings)
    outcome.findings += population.findings()
    if outcome.is_accepted:
        outcome.accepted = population.used
    return outcome


def _of_the_whole_file(rows: list[Row], settings: ValidationSettings) -> list[Judged]:
    if not rows:  # reading a package refuses this already
        return [Judged("FILE_NO_ROWS", "error", None)]
    excluded = sum(row.is_excluded for row in rows)
    if excluded == len(rows):
        return [Judged("POP_ALL_EXCLUDED", "error", None)]
    if excluded > Fraction(str(settings.max_excluded_share)) * len(rows):
        return [Judged("POP_EXCLUDED_SHARE", "error", None)]
    return []


class _Population:
    def __init__(
        self,
        package: Package,
        settings: ValidationSettings,
        stored: StoredOrganization | None,
        upload_date: date,
        good: list[Row],
        left_out: list[Row],
        measured: Sequence[str],
    ) -> None:
        self.measured = measured
        self.knows_stored = stored is not None
        self.package = package
        self.upload_date = upload_date
        self.left_out = left_out
        self.stored_fields = set() if stored is None else set(stored.fields)
        self.settings = settings
        self.is_full = package.refresh is Refresh.FULL
        self.columns = {column.field: n for n, column in enumerate(package.columns, start=1)}
        self.cells = {row.line: row.cells for row in good}
        self.self_reporting: list[int] = []  # lines
        self.rows = [self._accepted(row, upload_date) for row in good]
        self.by_day: dict[tuple[str, date], list[Accepted]] = defaultdict(list)
        for row in self.rows:
            self.by_day[row.key, row.effective_date].append(row)
        self.used = [rows[0] for rows in self.by_day.values()]
        self.stored = _stored_managers(stored) if stored is not None else {}
        self.histories = self._histories()

    def _accepted(self, row: Row, upload_date: date) -> Accepted:
        values = dict(row.values)
        person_id = values.pop("PersonId")
        day = values.pop("EffectiveDate", upload_date)
        assert isinstance(person_id, str)
        assert isinstance(day, date)
        key, cleared = person_key(person_id), set(row.cleared)
        if _key_of(values.get("ManagerId")) == key:
            self.self_reporting.append(row.line)
            if self.settings.self_report_means_top:
                values["ManagerId"] = None
                if not self.is_full:  # where blank would keep the manager
                    cleared.add("ManagerId")
        return Accepted(row.line, key, person_id, day, values, cleared)

    def findings(self) -> list[Judged]:
        found = [] if self.is_full else self._new_persons()
        found += self._duplicates()
        found += self._self_managers()
        found += self._loops()
        found += self._blank_managers()
        found += self._unknown_managers()
        found += self._measured_missing()
        found += self._departures() + self._quality() if self.is_full and self.rows else []
        return found

    def _measured_missing(self) -> list[Judged]:
        knows_all = self.is_full or self.knows_stored
        missing = {person_key(one) for one in self.measured} - self.histories.keys()
        return [Judged("POP_MEASURED_MISSING", "advice", None)] if missing and knows_all else []

    # What a full refresh leaves out, and the quality of its fields

    def _departures(self) -> list[Judged]:
        missing = self.stored_fields - self.columns.keys() - REQUIRED
        found = [Judged("POP_FIELD_DROPPED", "advice", None) for _ in missing]
        number = self.columns["PersonId"] - 1
        cells = [row.cells[number] for row in self.left_out if row.cells is not None]
        left_out = {person_key(cell.strip(" \t")) for cell in cells}
        lost = (left_out & self.stored.keys()) - self.histories.keys()
        return found + [Judged("POP_PERSON_LOST", "warning", None) for _ in lost]

    def _quality(self) -> list[Judged]:
        newest: dict[str, Accepted] = {}
        for row in self.used:
            before = newest.get(row.key)
            if before is None or row.effective_date > before.effective_date:
                newest[row.key] = row
        return advice_on_quality(
            [row.values for row in newest.values()],
            self.package.columns,
            first_day=min((row.effective_date for row in self.used), default=None),
            upload_date=self.upload_date,
            partial_fields=self.settings.partial_fields,
        )

    # New persons

    def _new_persons(self) -> list[Judged]:
        found = []
        by_person: dict[str, list[Accepted]] = defaultdict(list)
        for row in self.rows:
            if row.key not in self.stored:
                by_person[row.key].append(row)
        missing = self.stored_fields - self.columns.keys() - REQUIRED
        if by_person and missing:
            lines = tuple(sorted(rows[0].line for rows in by_person.values())[:5])
            found.append(Judged("ADV_NEW_PERSON_SPARSE", "advice", lines[0], related_lines=lines))
        lacking = [name for name in ("ManagerId", "Organization") if name not in self.columns]
        for rows in by_person.values():
            first = rows[0]
            if lacking:
                found.append(Judged("POP_NEW_PERSON_INCOMPLETE", "error", first.line))
            earliest = min(rows, key=lambda row: (row.effective_date, row.line))
            if "Organization" in self.columns and earliest.values["Organization"] is None:
                column = self.columns["Organization"]
                raw = self._raw(earliest.line, column)
                found.append(Judged("VAL_REQUIRED", "error", earliest.line, column, raw))
        return found

    def _raw(self, line: int, column: int) -> str:
        cells = self.cells[line]
        assert cells is not None
        return cells[column - 1]

    # Duplicates

    def _duplicates(self) -> list[Judged]:
        found = []
        for rows in self.by_day.values():
            if len(rows) == 1:
                continue
            lines = tuple(row.line for row in rows)
            managers = [row.manager for row in rows]
            codes = []
            if len({manager for manager in managers if manager is not None}) > 1:
                codes.append("POP_MANAGER_CONFLICT")
            if self._differ_elsewhere(rows):
                codes.append("POP_DUP_CONFLICT")
            for code in codes:
                found.append(Judged(code, "error", lines[0], related_lines=lines))
            if not codes:
                found.append(Judged("POP_DUP_IDENTICAL", "advice", lines[0], related_lines=lines))
        return found

    def _differ_elsewhere(self, rows: list[Accepted]) -> bool:
        """Whether rows differ other than by two managers: blank against a manager is a difference."""
        managers = {row.manager for row in rows}
        if None in managers and len(managers) > 1:
            return True
        contents = []
        for row in rows:
            others = {name: value for name, value in row.values.items() if name != "ManagerId"}
            contents.append((others, row.cleared))
        return any(content != contents[0] for content in contents)

    # Managers

    def _self_managers(self) -> list[Judged]:
        severity = "advice" if self.settings.self_report_means_top else "error"
        return [Judged("POP_SELF_MANAGER", severity, line) for line in self.self_reporting]

    def _histories(self) -> dict[str, list[Snapshot]]:
        """Of each person of the resulting data the managers in order of time."""
        histories: dict[str, list[Snapshot]] = {}
        if not self.is_full:
            for key, periods in self.stored.items():
                histories[key] = [Snapshot(start, manager, None) for start, manager in periods]
        for row in sorted(self.used, key=lambda row: row.effective_date):
            history = histories.setdefault(row.key, [])
            before = [one for one in history if one.start <= row.effective_date]
            after = [one for one in history if one.start > row.effective_date]
            manager: str | None = row.manager
            line: int | None = row.line
            says_nothing = manager is None and "ManagerId" not in row.cleared
            if not self.is_full and says_nothing and before:
                manager, line = before[-1].manager, before[-1].line  # it keeps what was said before
            before = [one for one in before if one.start != row.effective_date]
            new = Snapshot(row.effective_date, manager, line)
            histories[row.key] = [*before, new, *after]
        return histories

    def _managers_on(self, day: date) -> tuple[Managers, dict[str, int | None]]:
        """Who reports to whom on a day, and the lines that say so."""
        managers: Managers = {}
        lines: dict[str, int | None] = {}
        for key, history in self.histories.items():
            for snapshot in history:
                if snapshot.start <= day:
                    managers[key] = snapshot.manager
                    lines[key] = snapshot.line
        return managers, lines

    def _loops(self) -> list[Judged]:
        """One finding for each cycle and each stretch of time in which it stands."""
        days = sorted({one.start for history in self.histories.values() for one in history})
        found: list[Judged] = []
        standing: dict[tuple[str, ...], set[int]] = {}
        for day in days:
            managers, lines = self._managers_on(day)
            cycles = _cycles(managers)
            for gone in standing.keys() - cycles:
                found.append(_loop(standing.pop(gone)))
            for cycle in cycles:
                said = {lines[key] for key in cycle}
                standing.setdefault(cycle, set()).update(line for line in said if line is not None)
        found += [_loop(lines_of) for lines_of in standing.values()]
        return found

    def _blank_managers(self) -> list[Judged]:
        blank = sum(history[-1].manager is None for history in self.histories.values())
        limit = Fraction(str(self.settings.max_blank_manager_share)) * len(self.histories)
        if blank > 1 and blank > limit:
            return [Judged("POP_MANAGER_BLANK_SHARE", "error", None)]
        return []

    def _unknown_managers(self) -> list[Judged]:
        lines: dict[str, list[int]] = defaultdict(list)
        for row in self.rows:
            manager = row.manager
            if manager is not None and manager not in self.histories:
                lines[manager].append(row.line)
        return [
            Judged("POP_UNKNOWN_MANAGER", "advice", of[0], related_lines=tuple(of[:5]))
            for of in lines.values()
        ]


def _stored_managers(stored: StoredOrganization) -> dict[str, list[tuple[date, str | None]]]:
    keys = dict(stored.persons.select("person", "key").iter_rows())
    managers: dict[str, list[tuple[date, str | None]]] = {key: [] for key in keys.values()}
    periods = stored.manager_periods.select("person", "StartDate", "ManagerId").collect()
    for person, start, manager in periods.iter_rows():
        managers[keys[person]].append((start, _key_of(manager)))
    for history in managers.values():
        history.sort(key=lambda period: period[0])
    return managers


def _key_of(manager: Value) -> str | None:
    return None if manager is None else person_key(str(manager))


def _cycles(managers: Managers) -> set[tuple[str, ...]]:
    """The cycles of two or more persons, each from its alphabetically first member upwards."""
    cycles = set()
    for start in managers:
        path = [start]
        while True:
            manager = managers.get(path[-1])
            if manager is None or manager not in managers or manager in path[1:]:
                break
            if manager == start:
                if len(path) > 1 and start == min(path):
                    cycles.add(tuple(path))
                break
            path.append(manager)
    return cycles


def _loop(lines: set[int]) -> Judged:
    if not lines:
        return Judged("POP_LOOP", "advice", None)
    ordered = tuple(sorted(lines))
    return Judged("POP_LOOP", "error", ordered[0], related_lines=ordered)
