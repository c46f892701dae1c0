"""Loops over time are those that a plain walk on every single day finds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from searching import examples

from orgport.validation import loops as under_test
from orgport.validation.loops import Hierarchy, Links, Loop, in_order_of_days
from orgport.validation.people import NOBODY

PERSONS, DAYS = 7, 6
CHANGES = st.lists(
    st.tuples(
        st.integers(0, PERSONS - 1),
        st.integers(NOBODY, PERSONS - 1),
        st.integers(0, DAYS - 1),
        st.booleans(),
    ),
    max_size=40,
)
Change = tuple[int, int, int, bool]  # person, manager, day, whether the import says so


def links_of(changes: list[Change]) -> Links:
    """The changes in order of days; a change is its own line when the import says so."""
    persons, managers, days, imported = zip(*changes, strict=True) if changes else ((),) * 4
    lines = [number * said for number, said in enumerate(imported, 2)]
    return in_order_of_days(
        Links(
            np.array(persons, dtype=np.int32),
            np.array(managers, dtype=np.int32),
            np.array(days, dtype=np.int32),
            np.array(lines, dtype=np.uint32),
        )
    )


@dataclass
class Seen:
    """A loop as the plain walk sees it."""

    members: tuple[int, ...]
    first: int
    last: int | None
    lines: set[int]


def plainly(links: Links) -> list[Seen]:
    """Walk up from everybody on each day that has a link."""
    manager: dict[int, int] = {}
    line_of: dict[int, int] = {}
    standing: dict[tuple[int, ...], Seen] = {}
    ended: list[Seen] = []
    for day in sorted(set(links.days.tolist())):
        for person, above, when, line in zip(
            links.persons.tolist(),
            links.managers.tolist(),
            links.days.tolist(),
            links.lines.tolist(),
            strict=True,
        ):
            if when == day:
                manager[person], line_of[person] = above, line
        circles = circles_in(manager)
        for members in [one for one in standing if one not in circles]:
            standing[members].last = day - 1
            ended.append(standing.pop(members))
        for members in circles:
            seen = standing.setdefault(members, Seen(members, day, None, set()))
            seen.lines |= {line_of[member] for member in members} - {0}
    return ended + list(standing.values())


def circles_in(manager: dict[int, int]) -> set[tuple[int, ...]]:
    """Every circle of two or more, each beginning with its smallest member."""
    found = set()
    for start in manager:
        path = [start]
        while (above := manager.get(path[-1], NOBODY)) != NOBODY and above not in path:
            path.append(above)
        if above == start and len(path) > 1 and start == min(path):
            found.add(tuple(path))
    return found


def comparable(loop: Loop) -> tuple[tuple[int, ...], int, int | None, tuple[int, ...]]:
    """A loop from its smallest member on."""
    members = loop.members.tolist()
    start = members.index(min(members))
    return (
        (*members[start:], *members[:start]),
        loop.first_day,
        loop.last_day,
        tuple(loop.lines),
    )


@pytest.mark.parametrize("short_walk", [1, 64], ids=["deep", "flat"])
@pytest.mark.parametrize("fewest_movers", [0, 2, 1000])
@settings(max_examples=examples(150))
@given(changes=CHANGES)
def test_loops_are_those_of_a_plain_walk(
    changes: list[Change], short_walk: int, fewest_movers: int
) -> None:
    links = links_of(changes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(under_test, "_SHORT_WALK", short_walk)
        patch.setattr(under_test, "_FEWEST_MOVERS", fewest_movers)
        found = Hierarchy(PERSONS).run(links)
    expected = [
        (one.members, one.first, one.last, tuple(sorted(one.lines))) for one in plainly(links)
    ]
    assert sorted(map(comparable, found), key=str) == sorted(expected, key=str)


@given(changes=CHANGES)
def test_the_cut_is_a_link_of_the_loop_and_none_of_them_is_newer(changes: list[Change]) -> None:
    links = links_of(changes)
    for loop in Hierarchy(PERSONS).run(links):
        members = loop.members.tolist()
        above = dict(zip(members, [*members[1:], members[0]], strict=True))
        assert above[loop.cut.person] == loop.cut.manager
        assert loop.cut.since == loop.first_day
        assert loop.cut.before != loop.cut.manager
        said = [
            line
            for person, manager, day, line in zip(
                links.persons.tolist(),
                links.managers.tolist(),
                links.days.tolist(),
                links.lines.tolist(),
                strict=True,
            )
            if (person, manager, day) == (loop.cut.person, loop.cut.manager, loop.cut.since)
        ]
        assert loop.cut.line in said


def test_the_newest_link_that_replaced_another_is_the_one_to_cut() -> None:
    changes = [(0, NOBODY, 0, True), (1, 0, 0, True), (2, 1, 0, True), (3, 1, 0, True)]
    [loop] = Hierarchy(PERSONS).run(links_of([*changes, (0, 2, 3, True), (1, 0, 4, True)]))
    assert (loop.cut.person, loop.cut.manager, loop.cut.before) == (0, 2, NOBODY)
    assert (loop.cut.since, loop.cut.line, loop.lines) == (3, 6, [3, 4, 6, 7])


def test_who_has_most_reports_is_cut_when_all_links_are_as_old() -> None:
    changes = [(person, manager, 0, True) for person, manager in [(0, 1), (1, 0), (2, 1), (3, 1)]]
    [loop] = Hierarchy(PERSONS).run(links_of(changes))
    assert loop.cut.person == 1
