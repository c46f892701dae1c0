"""How two states of the history differ, person by person and day by day in plain Python: the definition.

Slow and obviously right. `history.differences` does the same in columns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from orgport.history.compare import Changes
from orgport.history.differences import Kind
from orgport.history.figures import Figures
from orgport.history.periods import History, Snapshot

States = Mapping[str, History]  # by person; one without snapshots is not there


@dataclass(frozen=True, slots=True)
class Differing:
    """One person of the list of a change preview."""

    kind: Kind
    organizations: tuple[object, object]  # in the newest snapshot, before and after
    managers: tuple[object, object]
    began: tuple[date | None, date | None]
    changed_from: date | None
    cells: int
    fields: frozenset[str]
    moved: frozenset[str]


@dataclass
class Found:
    """What differs in all."""

    figures: Figures
    persons: dict[str, Differing]
    organizations: dict[object, tuple[int, int]]
    blanked: dict[tuple[str, object], tuple[int, int]]


def found(
    before: States, after: States, *, old_fields: Collection[str], new_fields: Collection[str]
) -> Found:
    """Every difference of two states with these fields."""
    fields = sorted({*old_fields, *new_fields})
    shared = set(old_fields) & set(new_fields)
    persons: dict[str, Differing] = {}
    cells: Counter[str] = Counter()
    moves: Counter[str] = Counter()
    given: Counter[tuple[str, object]] = Counter()
    blanked: Counter[tuple[str, object]] = Counter()
    brought: Counter[str] = Counter()
    months: Counter[str] = Counter()
    unchanged = split = shortened = 0
    for person in {name for state in (before, after) for name in state if state[name]}:
        old, new = before.get(person, {}), after.get(person, {})
        first, last = _newest(old), _newest(new)
        differing: set[tuple[date, str]] = set()
        since: list[date] = []
        if old and new:
            split += len([day for day in new if day not in old and day > min(old)])
            shortened += min(new) > min(old)
            for day in sorted({*old, *new}):
                was, is_ = _at(old, day), _at(new, day)
                for field in fields:
                    place = (field, first.get("Organization"))
                    given[place] += was.get(field) is not None
                    if was.get(field) == is_.get(field):
                        continue
                    differing.add((day, field))
                    cells[field] += 1
                    blanked[place] += is_.get(field) is None
                    if field in shared and was and is_:
                        since.append(day)
        if not old:
            brought.update(field for field in fields if last.get(field) is not None)
        moved = {field for field in fields if old and new and first.get(field) != last.get(field)}
        moves.update(moved)
        if old and new and set(old) == set(new) and not differing:
            unchanged += 1
            continue
        if since:
            months[_month(min(since))] += 1
        persons[person] = Differing(
            _kind(old, new, moved),
            (first.get("Organization"), last.get("Organization")),
            (first.get("ManagerId"), last.get("ManagerId")),
            (max(old, default=None), max(new, default=None)),
            min(since, default=None),
            len(differing),
            frozenset(field for _, field in differing),
            frozenset(moved),
        )
    kinds = Counter(one.kind for one in persons.values())
    by_field: Counter[str] = Counter()
    given_by_field: Counter[str] = Counter()
    for (field, _), count in given.items():
        given_by_field[field] += count
    for (field, _), count in blanked.items():
        by_field[field] += count
    organizations = [
        Counter(_newest(history).get("Organization") for history in state.values() if history)
        for state in (before, after)
    ]
    return Found(
        Figures(
            Changes(
                kinds[Kind.JOINER],
                kinds[Kind.LEAVER],
                kinds[Kind.MOVER] + kinds[Kind.OTHER],
                unchanged,
                sum(len(history) for history in before.values()),
                sum(len(history) for history in after.values()),
                dict(cells),
            ),
            persons_moved=kinds[Kind.MOVER],
            periods_split=split,
            histories_shortened=shortened,
            moves=dict(moves),
            given={field: count for field, count in given_by_field.items() if count},
            blanked={field: count for field, count in by_field.items() if count},
            brought=dict(brought),
            changed_from=dict(months),
        ),
        persons,
        {
            name: (organizations[0][name], organizations[1][name])
            for name in {*organizations[0], *organizations[1]}
        },
        {
            (field, organization): (count, blanked[field, organization])
            for (field, organization), count in given.items()
            if count
        },
    )


def _month(day: date) -> str:
    return f"{day.year:04}-{day.month:02}"  # %Y does not fill up small years everywhere


def _newest(history: History) -> Snapshot:
    return history[max(history)] if history else {}


def _at(history: History, day: date) -> Snapshot:
    in_force = max((start for start in history if start <= day), default=None)
    return {} if in_force is None else history[in_force]


def _kind(old: History, new: History, moved: Collection[str]) -> Kind:
    if not old:
        return Kind.JOINER
    if not new:
        return Kind.LEAVER
    return Kind.MOVER if "Organization" in moved else Kind.OTHER
