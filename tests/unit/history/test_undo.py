"""Undo and restore: what is taken back, what stays and why, and that each counts once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import histories
from histories import AT, DeltaHistory, persons_frame, sent, upload_frame, write_rows
from orgport.attributes.types import ValueType
from orgport.errors import WrongState
from orgport.history.acts import Act
from orgport.package.model import Refresh

A, B, C = "a@contoso.com", "b@contoso.com", "c@contoso.com"


@pytest.fixture
def history(tmp_path: Path) -> DeltaHistory:
    """Three imports: everybody, an edit of two, and a correction of one of those."""
    kept = DeltaHistory(tmp_path)
    kept.receive(
        Refresh.FULL,
        [sent(person, "2024-01-01", Organization="Sales", ManagerId=None) for person in (A, B, C)],
    )
    kept.receive(
        Refresh.INCREMENTAL,
        [
            sent(A, "2024-02-01", Organization="Legal"),
            sent(B, "2024-02-01", Organization="Legal"),
            sent(C, "2024-02-01", Organization="Sales"),
        ],
    )
    kept.receive(Refresh.INCREMENTAL, [sent(B, "2024-02-01", Organization="Finance")])
    return kept


def organizations(history: DeltaHistory, person: str) -> list[object]:
    return history.store.person(person)["Organization"].to_list()


def test_an_undo_takes_back_what_no_later_import_said(history: DeltaHistory) -> None:
    done = history.undo(history.import_ids[1])
    assert organizations(history, A) == ["Sales"]
    assert organizations(history, B) == ["Sales", "Finance"]
    assert organizations(history, C) == ["Sales"]
    assert (done.act, done.of, done.persons_changed) == (Act.UNDO, history.import_ids[1], 2)


def test_a_field_called_like_a_column_of_ours_is_no_hindrance(
    history: DeltaHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Packages with one are refused today; histories may have it from before."""
    monkeypatch.setitem(histories.TYPES, "line", ValueType.STRING)
    history.receive(Refresh.INCREMENTAL, [sent(A, "2024-03-01", line="7")])
    history.undo(history.import_ids[1])
    assert organizations(history, A) == ["Sales", "Sales"]
    assert history.store.person(A)["line"].to_list() == [None, "2"]


def test_the_preview_says_what_goes_what_stays_and_why(history: DeltaHistory) -> None:
    wanted = history.entry(Act.UNDO, of=history.import_ids[1])
    said = history.store.preview_rewrite(wanted)
    assert (said.given, said.taken_back, said.same_before) == (3, 1, 1)
    assert said.kept_by_import == {3: 1}
    assert not history.store.has(wanted.import_id)


def test_undoing_a_full_refresh_gives_back_who_was_not_in_it(history: DeltaHistory) -> None:
    before = pl.concat([history.store.person(person) for person in (A, B, C)])
    history.receive(Refresh.FULL, [sent(A, "2025-01-01", Organization="Board")])
    full = history.import_ids[-1]
    history.receive(Refresh.INCREMENTAL, [sent(A, "2025-02-01", Organization="Legal")])
    history.undo(full)
    assert organizations(history, A) == ["Sales", "Legal", "Legal"]
    assert organizations(history, B) == ["Sales", "Finance"]
    history.undo(history.import_ids[-2])
    assert_frame_equal(pl.concat([history.store.person(person) for person in (A, B, C)]), before)


def test_undoing_the_first_import_leaves_only_what_came_later(history: DeltaHistory) -> None:
    history.undo(history.import_ids[0])
    assert organizations(history, A) == ["Legal"]
    history.undo(history.import_ids[1])
    history.undo(history.import_ids[2])
    assert history.store.person(A).is_empty()
    stored = history.store.stored()
    assert (stored.has_uploads, dict(stored.fields)) == (False, {})
    assert stored.next_person == 4  # a number is never used again


def test_a_restore_makes_hold_again_what_held_then(history: DeltaHistory) -> None:
    then = [history.store.person(person, known_at=2) for person in (A, B, C)]
    history.delete_persons(A)
    history.delete_fields("Organization")
    history.restore(history.import_ids[1])
    for person, frame in zip((A, B, C), then, strict=True):
        assert_frame_equal(history.store.person(person), frame)


def test_a_restore_can_be_undone(history: DeltaHistory) -> None:
    history.restore(history.import_ids[0])
    assert organizations(history, B) == ["Sales"]
    history.undo(history.import_ids[-1])
    assert organizations(history, B) == ["Sales", "Finance"]


def test_an_undo_counts_once_and_answers_the_same(history: DeltaHistory) -> None:
    wanted = history.entry(Act.UNDO, of=history.import_ids[1])
    once = history.store.rewrite(wanted, scratch=history.folder)
    assert history.store.rewrite(wanted, scratch=history.folder) == once
    assert [one.number for one in history.store.imports()] == [4, 3, 2, 1]


def test_what_does_not_count_cannot_be_undone(history: DeltaHistory) -> None:
    history.undo(history.import_ids[1])
    with pytest.raises(WrongState, match="Import 2 does not count any more"):
        history.undo(history.import_ids[1])
    with pytest.raises(WrongState, match="is not part of the history"):
        history.undo(uuid4())
    with pytest.raises(WrongState, match="is the newest"):
        history.restore(history.import_ids[-1])


def test_an_undo_gives_a_field_its_former_type_back(history: DeltaHistory) -> None:
    for number, (value, value_type) in enumerate(
        [(1, ValueType.INTEGER), ("n/a", ValueType.STRING), (3, ValueType.INTEGER)], start=4
    ):
        fields = {"Grade": value_type}
        rows = upload_frame([sent((A, B, C)[number - 4], "2024-03-01")], {A: 1, B: 2, C: 3}, {})
        rows = rows.with_columns(Grade=pl.lit(value))
        if value_type is ValueType.INTEGER:
            rows = rows.with_columns(pl.col("Grade").cast(pl.Int32))
        history.import_ids.append(uuid4())
        history.store.commit(
            history.import_ids[-1],
            number=number,
            refresh=Refresh.INCREMENTAL,
            fields=fields,
            rows=write_rows(rows, history.folder / f"typed-{number}"),
            new_persons=persons_frame([]),
            at=AT,
            scratch=history.folder,
        )
    assert history.store.person(C)["Grade"].to_list()[-1] == "3"
    history.undo(history.import_ids[4])
    assert history.store.stored().fields["Grade"] is ValueType.INTEGER
    assert history.store.person(A)["Grade"].to_list()[-1] == 1
    assert history.store.person(C)["Grade"].to_list()[-1] == 3
    assert history.store.person(B)["Grade"].null_count() == 2


def test_deleted_persons_and_fields_come_back_by_an_undo(history: DeltaHistory) -> None:
    before = pl.concat([history.store.person(person) for person in (A, B, C)])
    done = history.delete_persons(A, C)
    assert done.persons_removed == 2
    assert history.store.as_of(AT.date())["PersonId"].to_list() == [B]
    history.delete_fields("ManagerId")
    assert "ManagerId" not in history.store.as_of(AT.date()).columns
    history.undo(history.import_ids[-2])
    history.undo(history.import_ids[-2])
    after = pl.concat([history.store.person(person) for person in (A, B, C)])
    assert_frame_equal(after, before, check_column_order=False)


def test_an_older_import_asked_for_again_answers_for_itself(history: DeltaHistory) -> None:
    wanted = history.entry(Act.UNDO, of=history.import_ids[1])
    once = history.store.rewrite(wanted, scratch=history.folder)
    history.import_ids.append(wanted.import_id)
    history.receive(Refresh.INCREMENTAL, [sent(A, "2024-05-01", Organization="Board")])
    assert history.store.rewrite(wanted, scratch=history.folder) == once


def test_the_imports_that_name_a_person_are_told_by_date(history: DeltaHistory) -> None:
    first, second, third = history.import_ids
    days = [date(2024, 1, 1), date(2024, 2, 1)]
    assert imports_by_day(history) == {days[0]: [first], days[1]: [third, second]}
    assert imports_by_day(history, known_at=1) == {days[0]: [first]}
    history.undo(second)
    assert imports_by_day(history) == {days[0]: [first], days[1]: [third]}


def imports_by_day(history: DeltaHistory, *, known_at: int | None = None) -> dict[date, list[UUID]]:
    found = history.store.sources(B, known_at=known_at)
    return {day: [one.import_id for one in said] for day, said in found.items()}


def test_an_import_is_told_with_the_fields_that_it_gave_or_cleared(history: DeltaHistory) -> None:
    history.receive(Refresh.INCREMENTAL, [sent(B, "2025-01-01", "ManagerId", Organization="Board")])
    said = history.store.sources(B)
    assert [set(one.fields) for one in said[date(2025, 1, 1)]] == [{"ManagerId", "Organization"}]
    assert set(said[date(2024, 1, 1)][-1].fields) >= {"ManagerId", "Organization"}
