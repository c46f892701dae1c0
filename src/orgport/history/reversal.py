"""What an undo or a restore would do, before it is done: what it takes back, and what stays and why.

A given value is a cell of the import that is undone: one person, one date, one field. It is taken back
when another value holds there afterwards. It stays when a later import gave that person, date and
field too, or when the same value held there before.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from orgport.history.acts import Act, Entry, steps
from orgport.history.buckets import fields_of
from orgport.history.columns import CLEARED, EFFECTIVE_DATE, PERSON, START
from orgport.history.compare import Changes
from orgport.history.replay import Replay, Rewritten, rewrite

_NOW, _THEN = "now.", "then."


@dataclass(frozen=True, slots=True)
class Reversal:
    """What a reversal changes, and of the values that an undone upload gave how many go and stay."""

    changes: Changes
    given: int = 0
    taken_back: int = 0
    kept_by_import: Mapping[int, int] = field(
        default_factory=dict
    )  # by number, the newest that says it
    same_before: int = 0
    fields_before: tuple[str, ...] = ()  # in use now
    fields_after: tuple[str, ...] = ()


def reversal_of(log: Sequence[Entry], entry: Entry, replay: Replay) -> Reversal:
    """What an entry that follows a log would do."""
    named = Reversal(
        Changes(), fields_before=tuple(fields_of(replay.base)), fields_after=tuple(replay.fields)
    )
    undone = next((one for one in log if one.import_id == entry.of), None)
    if entry.act is not Act.UNDO or undone is None or undone.act is not Act.UPLOAD:
        return replace(named, changes=rewrite(replay, lambda _one, _changes: None))
    later = [step for step in steps(log) if step.number > undone.number]
    tally = _Tally(undone, later, replay)
    changes = rewrite(replay, tally.see)
    if undone not in replay.before:  # a later full refresh stands for everything already
        return replace(named, changes=changes)
    return replace(
        named,
        changes=changes,
        given=tally.given,
        taken_back=tally.taken_back,
        kept_by_import=dict(sorted(tally.kept.items())),
        same_before=tally.same_before,
    )


class _Tally:
    """Counts the values of one upload bucket by bucket, from several threads."""

    def __init__(self, undone: Entry, later: Sequence[Entry], replay: Replay) -> None:
        self._undone, self._later, self._replay = undone, later, replay
        self._lock = threading.Lock()
        self.given = self.taken_back = self.same_before = 0
        self.kept: dict[int, int] = {}

    def see(self, one: Rewritten, _changes: Changes) -> None:
        """Add what one bucket has."""
        rows = self._replay.rows.of(self._undone, one.bucket)
        if rows.is_empty():
            return
        held = _held(_held(rows, one.before, _NOW), one.after, _THEN)
        laters = [(step.number, self._replay.rows.of(step, one.bucket)) for step in self._later]
        for name in self._undone.fields:
            self._count(name, held, laters)

    def _count(
        self,
        name: str,
        held: pl.DataFrame,
        laters: Sequence[tuple[int, pl.DataFrame]],
    ) -> None:
        gives = held if self._undone.replaces_all else held.filter(_gives(name))
        stays = gives.filter(_of(gives, _NOW + name).eq_missing(_of(gives, _THEN + name)))
        taken, kept = gives.height - stays.height, {}
        for number, rows in reversed(laters):
            if name not in rows.columns or stays.is_empty():
                continue
            said = rows.filter(_gives(name)).select(PERSON, EFFECTIVE_DATE)
            rest = stays.join(said, on=[PERSON, EFFECTIVE_DATE], how="anti")
            if rest.height < stays.height:
                kept[number] = stays.height - rest.height
            stays = rest
        with self._lock:
            self.given += gives.height
            self.taken_back += taken
            self.same_before += stays.height
            for number, count in kept.items():
                self.kept[number] = self.kept.get(number, 0) + count


def _gives(name: str) -> pl.Expr:
    return pl.col(name).is_not_null() | pl.col(CLEARED).list.contains(name).fill_null(value=False)


def _of(frame: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String) if name in frame.columns else pl.lit(None, pl.String)


def _held(rows: pl.DataFrame, periods: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """The rows with what holds at their dates, each field's name behind a prefix."""
    values = periods.drop("PersonId", "EndDate").rename(
        {
            name: prefix + name
            for name in periods.columns
            if name not in (PERSON, "PersonId", "EndDate")
        }
    )
    return rows.sort(EFFECTIVE_DATE).join_asof(
        values.sort(prefix + START),
        left_on=EFFECTIVE_DATE,
        right_on=prefix + START,
        by=PERSON,
        strategy="backward",
        check_sortedness=False,
    )
