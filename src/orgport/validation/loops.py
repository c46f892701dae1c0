"""Finds managers who report to each other in a circle, on every date, in the resulting hierarchy.

Time is run through once: at each date the changed links are entered, and only from the persons whose link
changed can a new circle be reached.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from orgport.validation.people import NOBODY, Ids
from orgport.validation.roll import Days, Lines

_STORED = 0  # instead of a line: the link is stored already
_SHORT_WALK = (
    64  # hierarchies are flatter than this; what is still walking then is looked at one by one
)


@dataclass(frozen=True, slots=True)
class Links:
    """Who reports to whom from which day: equally long arrays, one entry a change.

    Of two links of one person on one day the later counts. `managers` may be NOBODY. `lines` is the
    import's row that says so, 0 for a stored link.
    """

    persons: Ids
    managers: Ids
    days: Days
    lines: Lines


def joined(before: Links, after: Links) -> Links:
    """All links of both; of one person and day those of `after` count once they are in order."""
    return Links(
        persons=np.concatenate((before.persons, after.persons)),
        managers=np.concatenate((before.managers, after.managers)),
        days=np.concatenate((before.days, after.days)),
        lines=np.concatenate((before.lines, after.lines)),
    )


def in_order_of_days(links: Links) -> Links:
    """The same links by day; those of one day stay in their order."""
    days = links.days
    if days.size == 0 or (days[1:] >= days[:-1]).all():
        return links
    since = days - days.min()
    # Numpy sorts 16 bits by their digits, several times as fast as it sorts 32 bits.
    sortable = since.astype(np.uint16) if since.max() < 1 << 16 else since
    order = np.argsort(sortable, kind="stable")
    return Links(links.persons[order], links.managers[order], days[order], links.lines[order])


@dataclass(slots=True)
class Loop:
    """A circle of two or more persons; each reports to the next, the last to the first.

    `last_day` is the day before the one that ends it, None when it stays. `lines` are the import's rows
    that say so, none when it was stored before.
    """

    members: tuple[int, ...]
    first_day: int
    last_day: int | None = None
    lines: set[int] = field(default_factory=set)


class Hierarchy:
    """Who reports to whom, as of a day that moves on."""

    def __init__(self, size: int) -> None:
        self.managers = np.full(size, NOBODY, dtype=np.int32)  # by id
        self._lines = np.zeros(size, dtype=np.uint32)
        self._standing: dict[int, Loop] = {}  # by member
        self._in_loop = np.zeros(size, dtype=np.bool_)
        self._loops: list[Loop] = []

    def run(self, links: Links) -> list[Loop]:
        """Enter all links day by day; the loops that stand on some day."""
        if links.days.size == 0:
            return []
        edges = [0, *(np.flatnonzero(np.diff(links.days)) + 1).tolist(), links.days.size]
        for begin, end in pairwise(edges):
            self._enter(
                links.persons[begin:end],
                links.managers[begin:end],
                links.lines[begin:end],
                day=int(links.days[begin]),
            )
        return self._loops

    def _enter(self, persons: Ids, managers: Ids, lines: Lines, *, day: int) -> None:
        changed = persons[self.managers[persons] != managers]
        self.managers[persons] = managers
        self._lines[persons] = lines
        if self._standing:
            self._follow_standing_loops(persons, day)
        for members in self._new_cycles(changed):
            loop = Loop(members, first_day=day, lines=self._lines_of(members))
            self._loops.append(loop)
            self._standing.update(dict.fromkeys(members, loop))
            self._in_loop[list(members)] = True

    def _follow_standing_loops(self, persons: Ids, day: int) -> None:
        """End the loops in which somebody got another manager, and note new rows of the others."""
        for person in persons[self._in_loop[persons]].tolist():
            loop = self._standing.get(person)
            if loop is None:
                continue  # ended through another member
            if self._stands(loop):
                loop.lines |= self._lines_of((person,))
                continue
            loop.last_day = day - 1
            for member in loop.members:
                del self._standing[member]
            self._in_loop[list(loop.members)] = False

    def _stands(self, loop: Loop) -> bool:
        above = (*loop.members[1:], loop.members[0])
        return bool((self.managers[list(loop.members)] == above).all())

    def _lines_of(self, members: tuple[int, ...]) -> set[int]:
        return set(self._lines[list(members)].tolist()) - {_STORED}

    def _new_cycles(self, changed: Ids) -> list[tuple[int, ...]]:
        """The cycles that can be reached from persons whose manager changed, but those that stand."""
        walking = changed
        for _ in range(_SHORT_WALK):
            if walking.size == 0:
                return []
            above = self.managers[walking]
            goes_on = (above != NOBODY) & (above != walking)
            above = above[goes_on]
            walking = self._distinct(above[~self._in_loop[above]])
        return self._cycles_from(walking.tolist())

    def _distinct(self, ids: Ids) -> Ids:
        if ids.size * 50 < self.managers.size:
            return np.unique(ids)
        is_in = np.zeros(self.managers.size, dtype=np.bool_)
        is_in[ids] = True
        return np.flatnonzero(is_in).astype(np.int32)

    def _cycles_from(self, starts: list[int]) -> list[tuple[int, ...]]:
        cycles: list[tuple[int, ...]] = []
        done: set[int] = set()
        for start in starts:
            path: dict[int, int] = {}
            person = start
            while person != NOBODY and person not in done and person not in path:
                path[person] = len(path)
                person = int(self.managers[person])
            if person in path:
                members = tuple(path)[path[person] :]
                if len(members) > 1 and not self._in_loop[person]:
                    cycles.append(members)
            done.update(path)
        return cycles
