"""Whatever is sent: the columnar fold is the plain one, and periods stay what periods are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from histories import ColumnarHistory, PlainHistory, Sent
from orgport.history.periods import OPEN_END
from orgport.package.model import Refresh

PERSONS = ("a@contoso.com", "b@contoso.com", "C@contoso.com")
VALUES: dict[str, st.SearchStrategy[str | int | None]] = {
    "ManagerId": st.sampled_from([None, "x@contoso.com", "y@contoso.com"]),
    "Organization": st.sampled_from([None, "x", "y"]),
    "BadgeData": st.none() | st.integers(0, 3),
}
Upload = tuple[Refresh, list[Sent]]


def days() -> st.SearchStrategy[date]:
    near = st.integers(0, 5).map(lambda n: date(2024, 1, 1) + timedelta(days=n))
    return near | st.sampled_from([date.min, date(1969, 12, 31), date(9999, 12, 30)])


@st.composite
def sent_rows(draw: st.DrawFn) -> list[Sent]:
    """The rows of one file: one a person and date, any of the fields, each blank, given or cleared."""
    places = st.tuples(st.sampled_from(PERSONS), days())
    fields = draw(st.sets(st.sampled_from(sorted(VALUES))))
    rows = []
    for person, day in draw(st.lists(places, unique=True, max_size=8)):
        values: dict[str, str | int | None] = dict.fromkeys(sorted(fields))
        for name in values:
            values[name] = draw(VALUES[name])
        blank = [name for name, value in values.items() if value is None]
        cleared = draw(st.sets(st.sampled_from(blank))) if blank else set()
        rows.append(Sent(person, day, values, frozenset(cleared)))
    return rows


def uploads() -> st.SearchStrategy[list[Upload]]:
    later = st.tuples(st.sampled_from(Refresh), sent_rows())
    return st.tuples(sent_rows(), st.lists(later, max_size=3)).map(
        lambda drawn: [(Refresh.FULL, drawn[0]), *drawn[1]]
    )


def columnar(sent: Sequence[Upload]) -> ColumnarHistory:
    history = ColumnarHistory()
    for refresh, rows in sent:
        history.receive(refresh, rows)
    return history


@given(uploads())
def test_the_columnar_fold_is_the_plain_one(sent: list[Upload]) -> None:
    plain = PlainHistory()
    for refresh, rows in sent:
        plain.receive(refresh, rows)
    folded = columnar(sent)
    for person in PERSONS:
        assert folded.of(person) == plain.of(person)


@given(uploads())
def test_periods_never_overlap_and_leave_no_gap(sent: list[Upload]) -> None:
    history = columnar(sent)
    for person in PERSONS:
        periods = history.of(person)
        assert all(period.start < period.end for period in periods)
        assert [p.end for p in periods[:-1]] == [p.start for p in periods[1:]]
        assert all(period.end == OPEN_END for period in periods[-1:])


@given(uploads(), sent_rows(), st.sampled_from(Refresh))
def test_folding_the_same_upload_twice_changes_nothing_the_second_time(
    sent: list[Upload], rows: list[Sent], refresh: Refresh
) -> None:
    history = columnar([*sent, (refresh, rows)])
    once = history.frame
    changes = history.receive(refresh, rows)
    assert_frame_equal(history.frame, once)
    assert changes is not None
    assert (changes.change_count, changes.cells_changed) == (0, {})


@given(uploads(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(sent: list[Upload], random: Random) -> None:
    shuffled = [(refresh, sorted(rows, key=lambda _: random.random())) for refresh, rows in sent]
    for person in PERSONS:
        assert columnar(shuffled).of(person) == columnar(sent).of(person)


@given(uploads(), sent_rows())
def test_persons_without_rows_are_left_alone_by_an_incremental_import(
    sent: list[Upload], rows: list[Sent]
) -> None:
    history = columnar(sent)
    before = {person: history.of(person) for person in PERSONS}
    history.receive(Refresh.INCREMENTAL, rows)
    for person in set(PERSONS) - {row.person for row in rows}:
        assert history.of(person) == before[person]


@given(uploads(), sent_rows(), st.sampled_from(Refresh))
def test_changes_count_every_person_once(
    sent: list[Upload], rows: list[Sent], refresh: Refresh
) -> None:
    history = columnar(sent)
    before = {person: history.of(person) for person in PERSONS}
    changes = history.receive(refresh, rows)
    after = {person: history.of(person) for person in PERSONS}
    assert changes is not None
    differ = [person for person in PERSONS if before[person] != after[person]]
    assert changes.change_count == len(differ)
    present = [person for person in PERSONS if before[person] or after[person]]
    assert changes.change_count + changes.persons_unchanged == len(present)
    assert changes.periods_after == sum(len(periods) for periods in after.values())
