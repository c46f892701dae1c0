"""An erase leaves the history in which the persons never were, today and as it was known at any time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from searching import examples

from histories import DeltaHistory, Sent, sent
from orgport.attributes.mentions import Mentions
from orgport.errors import WrongState
from orgport.package.model import Refresh

PERSONS = tuple(f"person{number}@contoso.com" for number in range(1, 19))  # more than buckets
START = date(2024, 1, 1)
DAYS = tuple(START + timedelta(days=day) for day in (0, 3, 7))
FIELDS = ("ManagerId", "Organization")


def rows() -> st.SearchStrategy[list[Sent]]:
    places = st.tuples(st.sampled_from(PERSONS), st.sampled_from(DAYS))
    managers = st.none() | st.sampled_from(PERSONS[:4]).map(str.upper)
    notes = st.sampled_from(["x", None, "Deputy of Person1@contoso.com", "jim.person1@contoso.com"])
    drawn = st.dictionaries(places, st.tuples(managers, notes), min_size=1, max_size=12)
    return drawn.map(
        lambda cells: [
            sent("stays@contoso.com", START.isoformat(), ManagerId=None, Organization="x"),
            *(
                sent(person, day.isoformat(), ManagerId=manager, Organization=note)
                for (person, day), (manager, note) in cells.items()
            ),
        ]
    )


def without(upload: Sequence[Sent], persons: Sequence[str]) -> list[Sent]:
    """What a sender would have written who never heard of the persons."""
    mentions = Mentions(persons)
    kept = [row for row in upload if row.person not in persons]
    return [emptied(row, mentions) for row in kept]


def emptied(row: Sent, mentions: Mentions) -> Sent:
    named = frozenset(name for name in FIELDS if mentions.are_in(str(row.values.get(name))))
    values = {name: None if name in named else row.values[name] for name in FIELDS}
    return replace(row, values=values, cleared=row.cleared | named)


@settings(max_examples=examples(6))
@given(
    rows(),
    st.lists(st.tuples(st.sampled_from(Refresh), rows()), max_size=3),
    st.lists(st.sampled_from(PERSONS), min_size=1, max_size=3, unique=True),
    st.integers(0, 3),
)
def test_after_an_erase_every_answer_is_that_of_a_history_without_the_persons(
    first: list[Sent],
    later: list[tuple[Refresh, list[Sent]]],
    gone: list[str],
    undone: int,
) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        erased, plain = DeltaHistory(Path(one)), DeltaHistory(Path(other))
        for refresh, upload in [(Refresh.FULL, first), *later]:
            erased.receive(refresh, upload)
            plain.receive(refresh, without(upload, gone))
        erased.erase(*gone)
        plain.erase("nobody@contoso.com")
        of = min(undone, len(later))
        for history in (erased, plain):
            history.undo(history.import_ids[of])
        for known_at in range(1, len(erased.import_ids) + 1):
            for day in DAYS:
                answer = erased.store.as_of(day, known_at=known_at)
                assert_frame_equal(answer, plain.store.as_of(day, known_at=known_at))


@settings(max_examples=8)
@given(rows(), st.sampled_from(PERSONS))
def test_an_erased_person_who_comes_again_is_somebody_new(first: list[Sent], gone: str) -> None:
    with TemporaryDirectory() as folder:
        history = DeltaHistory(Path(folder))
        history.receive(Refresh.FULL, first)
        before = set(history.store.stored().persons["person"])
        history.erase(gone)
        history.receive(Refresh.FULL, [sent(gone, "2024-01-01", Organization="x")])
        after = history.store.stored().persons
        (number,) = after.filter(after["key"] == gone)["person"]
        assert number not in before
        assert history.store.as_of(START)["PersonId"].to_list() == [gone]


def test_an_erase_cannot_be_undone() -> None:
    with TemporaryDirectory() as folder:
        history = DeltaHistory(Path(folder))
        history.receive(Refresh.FULL, [sent(PERSONS[0], "2024-01-01", Organization="x")])
        done = history.erase(PERSONS[0])
        assert done.persons_removed == 1
        with pytest.raises(WrongState, match="for good"):
            history.undo(done.import_id)
