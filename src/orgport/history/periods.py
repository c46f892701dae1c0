"""What an import does to one person's history, row by row in plain Python: the definition.

A history is an ordered list of dense snapshots; a period is the half-open time from one snapshot to
the next. `history.fold` does the same in columns, and the tests hold the two to be equal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from orgport.package.model import Refresh

OPEN_END = date(9999, 12, 31)  # the end of a person's last period
Value = str | int | float | date | bool
Snapshot = dict[str, Value | None]  # a value or blank for every field
History = dict[date, Snapshot]  # the snapshots of one person by EffectiveDate, in order


@dataclass(frozen=True, slots=True)
class UploadRow:
    """One accepted row of one person: what it supplies and what it clears, from its date."""

    effective_date: date
    values: Mapping[str, Value | None]  # None is a blank cell
    cleared: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Period:
    """The values that hold from `start` until, but not on, `end`."""

    start: date
    end: date
    values: Mapping[str, Value | None]


def fold(
    history: History, rows: Iterable[UploadRow], *, refresh: Refresh, fields: Collection[str]
) -> History:
    """The history of a person after an import; `fields` are those in use after it."""
    in_order = sorted(rows, key=lambda row: row.effective_date)
    if refresh is Refresh.FULL:
        return {row.effective_date: _overwritten({}, row, fields) for row in in_order}
    return _edited(history, in_order, fields)


def periods(history: History) -> list[Period]:
    """The periods of a history: no two overlap, none leaves a gap, the last ends on OPEN_END."""
    starts = sorted(history)
    ends = [*starts[1:], OPEN_END]
    return [Period(start, end, history[start]) for start, end in zip(starts, ends, strict=False)]


def _edited(history: History, rows: Iterable[UploadRow], fields: Collection[str]) -> History:
    """Each row changes the snapshot of its date, which is made from the one in force if need be.

    Rows see the effects of earlier-dated rows of the same import; snapshots that stand after a row
    are never touched, so an edit ends at the next change point.
    """
    after = {day: {name: old.get(name) for name in fields} for day, old in history.items()}
    for row in rows:
        in_force = max((day for day in after if day <= row.effective_date), default=None)
        before = after[in_force] if in_force is not None else {}
        after[row.effective_date] = _overwritten(before, row, fields)
    return {day: after[day] for day in sorted(after)}


def _overwritten(before: Snapshot, row: UploadRow, fields: Collection[str]) -> Snapshot:
    """A copy of a snapshot in which a blank cell keeps its value and a clear mark empties it."""
    after: Snapshot = {}
    for name in fields:
        value = row.values.get(name)
        after[name] = before.get(name) if value is None else value
        if name in row.cleared:
            after[name] = None
    return after
