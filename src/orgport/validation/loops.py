"""Finds managers who report to each other in a circle, on every date, in the resulting hierarchy.

Time is run through once: at each date the changed links are entered, and only from the persons whose link
changed can a new circle be reached.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from orgport.validation.cutting import Places
from orgport.validation.people import NOBODY, Ids
from orgport.validation.roll import Days, Lines

_STORED = 0  # instead of a line: the link is stored already
_NO_LOOP = -1
_SHORT_WALK = 64  # hierarchies are flatter than this
_FEWEST_MOVERS = 1000  # and at least one of so many persons, who may move within one shortcut
_SHARE_OF_MOVERS = 32


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


@dataclass(frozen=True, slots=True)
class Cut:
    """The link that closed a loop, to be mended first: the newest one.

    `before` is whom the person reported to until then, NOBODY when unknown; `line` is 0 for a stored link.
    """

    person: int
    manager: int
    before: int
    since: int
    line: int


@dataclass(slots=True)
class Loop:
    """A circle of two or more persons; each reports to the next, the last to the first.

    `last_day` is the day before the one that ends it, None when it stays. `lines` are the import's rows
    that say so, none when it was stored before.
    """

    members: Ids
    first_day: int
    cut: Cut
    last_day: int | None = None
    _lines: list[Lines] = field(default_factory=list)

    def note(self, lines: Lines) -> None:
        """Note rows that say so; several may be the same."""
        self._lines.append(lines[lines != _STORED])

    @property
    def lines(self) -> list[int]:
        """The rows in order."""
        return np.unique(np.concatenate(self._lines)).tolist() if self._lines else []

    def stands_in(self, managers: Ids) -> bool:
        """Whether all of its links are there."""
        return bool((managers[self.members] == np.roll(self.members, -1)).all())


class Hierarchy:
    """Who reports to whom, as of a day that moves on."""

    def __init__(self, size: int) -> None:
        self.managers = np.full(size, NOBODY, dtype=np.int32)  # by id, like all that follow
        self._lines = np.zeros(size, dtype=np.uint32)
        self._since = np.zeros(size, dtype=np.int32)  # the day of the last change of manager,
        self._before = np.full(size, NOBODY, dtype=np.int32)  # and the manager until then
        self._loop_of = np.full(size, _NO_LOOP, dtype=np.int32)  # place of the standing loop
        self._standing = 0
        self._loops: list[Loop] = []
        self._shortcut: _Shortcut | None = None
        self._moves: _Moves | None = None

    def run(self, links: Links) -> list[Loop]:
        """Enter all links day by day; the loops that stand on some day."""
        if links.days.size == 0:
            return []
        edges = [0]
        while edges[-1] < links.days.size:
            day = links.days[edges[-1]]
            edges.append(int(np.searchsorted(links.days, day, side="right")))
        self._moves = _Moves(links)
        for begin, end in pairwise(edges):
            self._enter(
                links.persons[begin:end],
                links.managers[begin:end],
                links.lines[begin:end],
                day=int(links.days[begin]),
            )
        return self._loops

    def _enter(self, persons: Ids, managers: Ids, lines: Lines, *, day: int) -> None:
        before = self.managers[persons]
        self.managers[persons] = managers
        is_other = self.managers[persons] != before
        changed = persons[is_other]
        self._before[changed] = before[is_other]
        self._since[changed] = day
        self._lines[persons] = lines
        if self._standing:
            self._follow_standing_loops(persons, day)
        found = list(self._new_cycles(changed, day))
        if not found:
            return
        reports = np.bincount(self.managers[self.managers != NOBODY], minlength=self.managers.size)
        for members in found:
            loop = Loop(members, first_day=day, cut=self._cut(members, reports))
            loop.note(self._lines[members])
            self._loop_of[members] = len(self._loops)
            self._loops.append(loop)
        self._standing += len(found)

    def _follow_standing_loops(self, persons: Ids, day: int) -> None:
        """End the loops in which somebody got another manager, and note new rows of the others."""
        touched = persons[self._loop_of[persons] != _NO_LOOP]
        places = self._loop_of[touched]
        if touched.size == 0:
            return
        order = np.argsort(places, kind="stable")
        touched = touched[order]
        distinct, starts = np.unique(places[order], return_index=True)
        for place, members in zip(distinct, np.split(touched, starts[1:]), strict=True):
            loop = self._loops[place]
            if loop.stands_in(self.managers):
                loop.note(self._lines[members])
                continue
            loop.last_day = day - 1
            self._loop_of[loop.members] = _NO_LOOP
            self._standing -= 1

    def _cut(self, members: Ids, reports: Places) -> Cut:
        """The newest link; of several the one that replaced another, then that of most reports.

        Who has many reports stands high, so a manager from below is most likely the mistake.
        """
        since = self._since[members]
        newest = members[since == since.max()]
        replacing = newest[(self._before[newest] != NOBODY) & (self._before[newest] != newest)]
        candidates = replacing if replacing.size else newest
        person = int(candidates[np.argmax(reports[candidates])])
        return Cut(
            person=person,
            manager=int(self.managers[person]),
            before=int(self._before[person]),
            since=int(self._since[person]),
            line=int(self._lines[person]),
        )

    def _new_cycles(self, changed: Ids, day: int) -> Iterator[Ids]:
        """The cycles that can be reached from persons whose manager changed, but those that stand."""
        walking = changed
        for _ in range(_SHORT_WALK):
            if walking.size == 0:
                return
            above = self.managers[walking]
            above = above[(above != NOBODY) & (above != walking)]
            walking = self._distinct(above[self._loop_of[above] == _NO_LOOP])
        yield from self._cycles_among(self._in_deep_cycles(changed, day))

    def _in_deep_cycles(self, changed: Ids, day: int) -> Ids:
        """One person at least of each new cycle, however long the ways up are."""
        if self._shortcut is None or day > self._shortcut.last_day:
            most = max(_FEWEST_MOVERS, self.managers.size // _SHARE_OF_MOVERS)
            movers, last_day = self._moves.after(day, most=most) if self._moves else (changed, day)
            movers = np.union1d(movers, changed)
            if movers.size > most:
                ends, endless = ways_up(self.managers, stops=changed[:0])
                return self._not_standing(self._distinct(ends[endless]))
            ends, endless = ways_up(self.managers, stops=movers)
            ends[endless] = NOBODY  # without anybody who moves it is a loop that stands already
            self._shortcut = _Shortcut(ends, last_day)
        found = self._shortcut.cycles_above(changed, self.managers)
        return self._not_standing(np.array(found, dtype=np.int32))

    def _not_standing(self, persons: Ids) -> Ids:
        new: Ids = persons[self._loop_of[persons] == _NO_LOOP]
        return new

    def _distinct(self, ids: Ids) -> Ids:
        if ids.size * 50 < self.managers.size:
            return np.unique(ids)
        is_in = np.zeros(self.managers.size, dtype=np.bool_)
        is_in[ids] = True
        return np.flatnonzero(is_in).astype(np.int32)

    def _cycles_among(self, persons: Ids) -> Iterator[Ids]:
        """The cycles that these persons form; each of them is in one."""
        above = self.managers.data
        done: set[int] = set()
        for start in persons.tolist():
            if start in done:
                continue
            members = [start]
            while (person := above[members[-1]]) != start:
                members.append(person)
            done.update(members)
            yield np.array(members, dtype=np.int32)


def ways_up(managers: Ids, *, stops: Ids) -> tuple[Ids, Ids]:
    """Where each person's way up ends, at a stop or NOBODY, and the persons whose way never ends.

    These lie on a cycle without a stop or below one; their entries are persons on it, all of them.
    """
    top = managers.size
    ids = np.arange(top + 1, dtype=np.int32)
    jump = np.append(managers, np.int32(top))  # jumps of doubling width
    is_end = np.zeros(top + 1, dtype=np.bool_)
    jump[(jump == NOBODY) | (jump == ids)] = top
    jump[stops] = stops
    is_end[stops] = is_end[top] = True
    left = ids[:-1]
    width = 1
    while (left := left[~is_end[jump[left]]]).size and width <= top:
        jump[left] = jump[jump[left]]
        width *= 2
    jump[jump == top] = NOBODY
    return jump[:-1], left


@dataclass(frozen=True, slots=True)
class _Shortcut:
    """Leads past everybody whose manager stays the same up to `last_day`: to the next who moves, or out."""

    ends: Ids  # by id
    last_day: int

    def cycles_above(self, starts: Ids, managers: Ids) -> list[int]:
        """One person of each cycle that can be reached from these persons, who all move."""
        above, ends = managers.data, self.ends.data
        found: list[int] = []
        done: set[int] = set()
        for start in starts.tolist():
            path: set[int] = set()
            person = start
            while person not in done and person not in path:
                path.add(person)
                manager = above[person]
                if manager in (NOBODY, person):
                    break
                person = ends[manager]
                if person == NOBODY:
                    break
            else:
                if person in path:
                    found.append(person)
            done |= path
        return found


class _Moves:
    """Who gets another manager when; looked through only where hierarchies are very deep."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._moves: tuple[Ids, Days] | None = None

    def after(self, day: int, *, most: int) -> tuple[Ids, int]:
        """The persons who move behind a day, up to the last day before there are more than `most`."""
        if self._moves is None:
            self._moves = self._found()
        persons, days = self._moves
        begin = int(np.searchsorted(days, day, side="right"))
        end = min(begin + most, days.size)
        if end == days.size:
            return np.unique(persons[begin:]), int(np.iinfo(np.int32).max)
        last_day = int(days[end]) - 1  # the day that begins or goes on at `end` is not whole
        end = int(np.searchsorted(days, last_day, side="right"))
        return np.unique(persons[begin:end]), last_day

    def _found(self) -> tuple[Ids, Days]:
        links = self._links
        order = np.argsort(links.persons, kind="stable")
        persons, managers = links.persons[order], links.managers[order]
        moves = np.ones(order.size, dtype=np.bool_)
        moves[1:] = (persons[1:] != persons[:-1]) | (managers[1:] != managers[:-1])
        places = np.sort(order[moves])
        return links.persons[places], links.days[places]
