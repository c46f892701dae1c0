"""Undo, restore and deletions in any order: the history is the one in which the undone never was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from searching import examples

from histories import AT, DeltaHistory, PlainHistory, Sent, sent
from orgport.errors import NotFound, WrongState
from orgport.history.acts import Act
from orgport.history.periods import Period
from orgport.package.model import Refresh

PERSONS = tuple(f"person{number}@contoso.com" for number in range(1, 19))  # more than buckets
FIELDS = ("ManagerId", "Organization", "BadgeData")
START = date(2024, 1, 1)
DAYS = tuple(START + timedelta(days=day) for day in (0, 3, 7))


@dataclass(frozen=True)
class Done:
    """One import as the reference keeps it; `number` counts from 1."""

    number: int
    act: Act
    of: int = 0
    refresh: Refresh = Refresh.FULL
    rows: Sequence[Sent] = ()
    names: tuple[str, ...] = ()


def holding(log: list[Done]) -> list[Done]:
    """What brings something once the log is through: obviously right, whatever it costs."""
    if not log:
        return []
    *earlier, last = log
    if last.act is Act.UNDO:
        return holding([one for one in earlier if one.number != last.of])
    if last.act is Act.RESTORE:
        return holding([one for one in earlier if one.number <= last.of])
    return [*holding(earlier), last]


def plain(log: list[Done]) -> PlainHistory:
    history = PlainHistory()
    for one in holding(log):
        if one.act is Act.UPLOAD:
            history.receive(one.refresh, one.rows)
        elif one.act is Act.DELETE_FIELDS:
            history.delete_fields(one.names)
        else:
            history.delete_persons(one.names)
    return history


def rows() -> st.SearchStrategy[list[Sent]]:
    places = st.tuples(st.sampled_from(PERSONS), st.sampled_from(DAYS))
    values = st.sampled_from(["x", "y", None])
    numbers = st.none() | st.integers(0, 2)
    drawn = st.dictionaries(places, st.tuples(values, numbers), min_size=1, max_size=12)
    return drawn.map(
        lambda cells: [
            sent(person, day.isoformat(), Organization=value, **({"BadgeData": n} if n else {}))
            for (person, day), (value, n) in cells.items()
        ]
    )


def acts() -> st.SearchStrategy[list[Done]]:
    target = st.integers(1, 8)
    one = st.one_of(
        st.builds(Done, target, st.just(Act.UPLOAD), refresh=st.sampled_from(Refresh), rows=rows()),
        st.builds(Done, target, st.just(Act.UNDO), of=target),
        st.builds(Done, target, st.just(Act.UNDO), of=target),
        st.builds(Done, target, st.just(Act.RESTORE), of=target),
        st.builds(
            Done, target, st.just(Act.DELETE_FIELDS), names=st.tuples(st.sampled_from(FIELDS))
        ),
        st.builds(
            Done,
            target,
            st.just(Act.DELETE_EMPLOYEES),
            names=st.lists(st.sampled_from(PERSONS), min_size=1, max_size=3, unique=True).map(
                tuple
            ),
        ),
    )
    return st.lists(one, min_size=1, max_size=6)


def perform(history: DeltaHistory, wanted: Done, log: list[Done]) -> Done | None:
    """Do it in the real store; what was done, or None where it cannot be."""
    number = len(log) + 1
    of = min(wanted.of, len(log)) or 1
    if wanted.act is Act.UPLOAD:
        history.receive(wanted.refresh, wanted.rows)
    elif wanted.act is Act.DELETE_FIELDS:
        history.delete_fields(*wanted.names)
    elif wanted.act is Act.DELETE_EMPLOYEES:
        history.delete_persons(*wanted.names)
    else:
        try:
            history.rewrite(wanted.act, of=history.import_ids[of - 1])
        except WrongState:
            return None
    return Done(number, wanted.act, of, wanted.refresh, wanted.rows, wanted.names)


def kept(history: DeltaHistory, person: str) -> list[Period]:
    try:
        return history.of(person)
    except NotFound:  # was never in any import
        return []


@settings(max_examples=examples(10))
@given(rows(), acts())
def test_whatever_is_undone_restored_or_deleted_the_history_is_the_plain_one(
    first: list[Sent], wanted: list[Done]
) -> None:
    with TemporaryDirectory() as folder:
        history = DeltaHistory(Path(folder))
        history.receive(Refresh.FULL, first)
        log, answers = [Done(1, Act.UPLOAD, rows=first)], [history.store.as_of(DAYS[1])]
        for one in wanted:
            done = perform(history, one, log)
            if done is None:
                continue
            log.append(done)
            answers.append(history.store.as_of(DAYS[1]))
            expected = plain(log)
            for person in PERSONS:
                assert kept(history, person) == expected.of(person), (log, person)
        for keep_days in (30, 0):  # from old versions; then they are gone: folded again
            history.store.vacuum(keep_days, at=AT)
            for number, answer in enumerate(answers, start=1):
                assert_frame_equal(history.store.as_of(DAYS[1], known_at=number), answer)


@settings(max_examples=examples(6))
@given(rows(), rows(), rows(), st.sampled_from(Refresh), st.sampled_from(Refresh))
def test_undo_and_redo_give_the_same_answer(
    first: list[Sent], second: list[Sent], third: list[Sent], one: Refresh, other: Refresh
) -> None:
    with TemporaryDirectory() as folder:
        history = DeltaHistory(Path(folder))
        for refresh, upload in [(Refresh.FULL, first), (one, second), (other, third)]:
            history.receive(refresh, upload)
        for number in (1, 2, 3):
            before = [history.store.as_of(day) for day in DAYS]
            undone = history.undo(history.import_ids[number - 1])
            redone = history.undo(undone.import_id)
            assert redone.change_count == undone.change_count
            for day, answer in zip(DAYS, before, strict=True):
                assert_frame_equal(history.store.as_of(day), answer)


@settings(max_examples=examples(6))
@given(rows(), rows(), rows(), st.sampled_from(Refresh))
def test_the_preview_of_an_undo_says_what_it_then_does(
    first: list[Sent], second: list[Sent], third: list[Sent], refresh: Refresh
) -> None:
    with TemporaryDirectory() as folder:
        history = DeltaHistory(Path(folder))
        history.receive(Refresh.FULL, first)
        history.receive(refresh, second)
        history.receive(Refresh.INCREMENTAL, third)
        wanted = history.entry(Act.UNDO, of=history.import_ids[1])
        said = history.store.preview_rewrite(wanted)
        done = history.undo(history.import_ids[1])
        assert said.changes.change_count == done.change_count
        assert said.changes.cells_changed == done.cells_changed
        assert said.given == said.taken_back + said.same_before + sum(said.kept_by_import.values())
