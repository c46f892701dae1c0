"""The store: an import counts once and from one commit on, and what we knew then can be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from histories import (
    AT,
    DeltaHistory,
    Sent,
    persons_frame,
    sent,
    supplied,
    upload_frame,
    write_rows,
)
from orgport.attributes.types import ValueType
from orgport.errors import NotFound, WrongState
from orgport.history.buckets import Upload
from orgport.history.columns import BUCKETS
from orgport.history.landing import Landing
from orgport.history.store import HistoryStore
from orgport.history.tables import Stale
from orgport.package.model import Refresh
from orgport.validation import verdict

A, B, C = "a@contoso.com", "b@contoso.com", "c@contoso.com"
DAY = date(2024, 3, 1)
FIRST = [
    sent(A, "2024-01-01", Organization="Sales", ManagerId=None),
    sent(B, "2024-01-01", Organization="Sales", ManagerId=A),
    sent(C, "2024-01-01", Organization="Legal", ManagerId="A@Contoso.com"),
]
EDIT = [sent(B, "2024-02-01", Organization="Legal")]


@pytest.fixture
def history(tmp_path: Path) -> DeltaHistory:
    return DeltaHistory(tmp_path)


@pytest.fixture
def loaded(history: DeltaHistory) -> DeltaHistory:
    history.receive(Refresh.FULL, FIRST)
    return history


def an_upload(
    history: DeltaHistory,
    rows: Sequence[Sent],
    *,
    import_id: UUID | None = None,
    number: int = 2,
    refresh: Refresh = Refresh.INCREMENTAL,
) -> Upload:
    """An import that names only persons who are known already."""
    numbers = dict(history.store.stored().persons.select("key", "person").iter_rows())
    fields = supplied(rows)
    folder = write_rows(upload_frame(rows, numbers, fields), history.folder / uuid4().hex)
    return Upload(import_id or uuid4(), number, refresh, fields, folder, persons_frame([]), AT)


def a_landing(history: DeltaHistory, upload: Upload) -> Landing:
    return Landing(history.store._tables, upload, history.folder)


def commit(history: DeltaHistory, upload: Upload) -> object:
    return history.store.commit(
        upload.import_id,
        number=upload.number,
        refresh=upload.refresh,
        fields=upload.fields,
        rows=upload.rows,
        new_persons=upload.new_persons,
        at=upload.at,
        scratch=history.folder,
    )


def everybody(history: DeltaHistory) -> pl.DataFrame:
    return history.store.as_of(DAY)


def test_persons_are_spread_as_validation_spreads_them() -> None:
    assert BUCKETS == verdict.BUCKETS


def test_an_empty_history_has_no_uploads_and_answers_nobody(history: DeltaHistory) -> None:
    stored = history.store.stored()
    assert (stored.has_uploads, stored.next_person, dict(stored.fields)) == (False, 1, {})
    assert everybody(history).is_empty()


def test_what_is_stored_names_persons_managers_and_fields(loaded: DeltaHistory) -> None:
    stored = loaded.store.stored()
    assert stored.persons["key"].to_list() == [A, B, C]
    assert stored.next_person == 4
    assert dict(stored.fields) == {
        "ManagerId": ValueType.EMAIL,
        "Organization": ValueType.STRING,
    }
    managers = stored.manager_periods.sort("person").collect()
    assert managers["ManagerId"].to_list() == [None, A, "A@Contoso.com"]


def test_a_commit_says_what_it_changed(loaded: DeltaHistory) -> None:
    done = loaded.receive(Refresh.INCREMENTAL, [*EDIT, sent("d@contoso.com", "2024-02-01")])
    assert (done.persons_added, done.persons_changed, done.persons_unchanged) == (1, 1, 2)
    assert (done.periods_before, done.periods_after) == (3, 5)
    assert done.cells_changed == {"Organization": 1}


def test_the_same_import_counts_once_and_answers_the_same(loaded: DeltaHistory) -> None:
    upload = an_upload(loaded, EDIT)
    once = commit(loaded, upload)
    tables = {name: pl.scan_delta(url).collect() for name, url in loaded.store.tables().items()}
    assert commit(loaded, upload) == once
    for name, url in loaded.store.tables().items():
        assert_frame_equal(pl.scan_delta(url).collect(), tables[name], check_row_order=False)


@pytest.mark.parametrize("steps", [1, 2])
def test_an_import_that_was_killed_between_tables_ends_the_same(
    loaded: DeltaHistory, steps: int
) -> None:
    upload = an_upload(loaded, EDIT)
    before = everybody(loaded)
    landing = a_landing(loaded, upload)
    landing.commit_uploads()
    if steps == 2:
        landing.commit_persons()
    assert not loaded.store.has(upload.import_id)
    assert_frame_equal(everybody(loaded), before)

    commit(loaded, upload)
    assert loaded.store.has(upload.import_id)
    assert loaded.store.as_of(DAY)["Organization"].to_list() == ["Sales", "Legal", "Legal"]
    uploads = pl.scan_delta(loaded.store.tables()["uploads"]).collect()
    assert uploads.filter(pl.col("import_id") == str(upload.import_id)).height == len(EDIT)


def test_the_uploads_of_an_import_that_came_to_nothing_go_with_a_vacuum(
    loaded: DeltaHistory,
) -> None:
    a_landing(loaded, an_upload(loaded, EDIT, number=2)).commit_uploads()
    loaded.import_ids.append(uuid4())
    loaded.receive(Refresh.INCREMENTAL, [sent(C, "2024-02-01", Organization="Sales")])
    running = an_upload(loaded, EDIT, number=4)
    a_landing(loaded, running).commit_uploads()
    loaded.store.vacuum(keep_days=30, at=AT)
    uploads = pl.scan_delta(loaded.store.tables()["uploads"]).collect()
    kept = [loaded.import_ids[0], loaded.import_ids[2], running.import_id]
    assert set(uploads["import_id"]) == {str(one) for one in kept}


def test_a_writer_who_read_an_older_version_is_refused(loaded: DeltaHistory) -> None:
    stale = loaded.store._tables.periods.open()
    late = a_landing(loaded, an_upload(loaded, EDIT, number=3))
    late.commit_uploads()
    commit(loaded, an_upload(loaded, [sent(C, "2024-02-01", Organization="X")], number=2))
    with pytest.raises(Stale):
        late.commit_periods(stale, *late.new_periods(stale))


def test_a_writer_who_was_outrun_folds_into_what_stands_now(
    loaded: DeltaHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = an_upload(loaded, [sent(C, "2024-02-01", Organization="X")], number=2)
    commit_persons = Landing.commit_persons
    outran: list[bool] = []

    def be_outrun(landing: Landing) -> None:
        commit_persons(landing)
        if not outran:
            outran.append(True)
            commit(loaded, other)

    monkeypatch.setattr(Landing, "commit_persons", be_outrun)
    commit(loaded, an_upload(loaded, EDIT, number=3))
    assert everybody(loaded)["Organization"].to_list() == ["Sales", "Legal", "X"]
    assert [one.number for one in loaded.store.imports()] == [3, 2, 1]


def test_who_left_and_comes_back_is_looked_up_among_all_addresses(loaded: DeltaHistory) -> None:
    loaded.receive(Refresh.FULL, [FIRST[0], FIRST[2]])
    rows = [
        sent(B, "2024-02-01", Organization="Legal", ManagerId=A),
        sent(C, "2024-02-01", Organization="Sales", ManagerId=A),
    ]
    commit(loaded, an_upload(loaded, rows, number=3))
    assert everybody(loaded)["PersonId"].to_list() == [A, B, C]
    assert everybody(loaded)["Organization"].to_list() == ["Sales", "Legal", "Sales"]


def test_where_all_have_periods_the_table_of_addresses_is_not_read(
    loaded: DeltaHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orgport.history.landing.addresses", pytest.fail)
    commit(loaded, an_upload(loaded, EDIT))
    assert everybody(loaded)["PersonId"].to_list() == [A, B, C]


def test_an_import_older_than_the_newest_is_refused(loaded: DeltaHistory) -> None:
    with pytest.raises(WrongState, match="Import 1 cannot be added"):
        commit(loaded, an_upload(loaded, EDIT, number=1))


def test_person_numbers_that_were_given_to_others_are_refused(loaded: DeltaHistory) -> None:
    stranger = "z@contoso.com"
    rows = upload_frame([sent(stranger, "2024-01-01")], {stranger: 2}, {})
    folder = write_rows(rows, loaded.folder / "taken")
    new = persons_frame([(2, stranger, stranger)])
    with pytest.raises(WrongState, match="Validate it again"):
        commit(loaded, Upload(uuid4(), 2, Refresh.INCREMENTAL, {}, folder, new, AT))


def test_what_we_knew_after_an_import_stays_to_be_asked_for(loaded: DeltaHistory) -> None:
    before = everybody(loaded)
    loaded.receive(Refresh.INCREMENTAL, EDIT)
    assert_frame_equal(loaded.store.as_of(DAY, known_at=loaded.import_ids[0]), before)
    assert_frame_equal(loaded.store.as_of(DAY, known_at=1), before)
    assert everybody(loaded)["Organization"].to_list() == ["Sales", "Legal", "Legal"]


def test_known_after_an_import_that_came_to_nothing_is_known_before_it(
    loaded: DeltaHistory,
) -> None:
    loaded.import_ids.append(uuid4())  # number 2 failed
    loaded.receive(Refresh.INCREMENTAL, EDIT)
    assert loaded.store.version_of(2) == loaded.store.version_of(1)
    with pytest.raises(NotFound):
        loaded.store.as_of(DAY, known_at=0)
    with pytest.raises(NotFound):
        loaded.store.as_of(DAY, known_at=uuid4())


def test_the_people_of_a_manager_are_found_in_any_case(loaded: DeltaHistory) -> None:
    assert loaded.store.as_of(DAY, manager="a@CONTOSO.com")["PersonId"].to_list() == [B, C]


def test_nobody_is_there_before_their_first_date(loaded: DeltaHistory) -> None:
    assert loaded.store.as_of(date(2023, 12, 31)).is_empty()


def test_the_last_day_there_is_has_everybody_once(loaded: DeltaHistory) -> None:
    loaded.receive(Refresh.INCREMENTAL, [sent(B, "9999-12-31", Organization="Moon")])
    assert loaded.store.as_of(date(9999, 12, 30))["Organization"][1] == "Sales"
    assert loaded.store.as_of(date(9999, 12, 31))["Organization"].to_list() == [
        "Sales",
        "Moon",
        "Legal",
    ]


def test_the_first_spelling_of_an_address_stays_through_a_full_refresh(
    loaded: DeltaHistory,
) -> None:
    loaded.receive(Refresh.FULL, [sent("A@CONTOSO.COM", "2024-01-01", Organization="New")])
    assert everybody(loaded)["PersonId"].to_list() == [A]


def test_a_person_who_comes_back_has_the_number_of_old(loaded: DeltaHistory) -> None:
    loaded.receive(Refresh.FULL, [FIRST[0]])
    gone = loaded.store.stored().persons
    assert gone["is_current"].to_list() == [True, False, False]
    loaded.receive(Refresh.INCREMENTAL, [FIRST[1], sent("d@contoso.com", "2024-01-01")])
    assert loaded.store.stored().persons.rows() == [
        (1, A, A, True),
        (2, B, B, True),
        (3, C, C, False),
        (4, "d@contoso.com", "d@contoso.com", True),
    ]


def test_a_new_field_is_blank_before_and_for_all_others(loaded: DeltaHistory) -> None:
    loaded.receive(Refresh.INCREMENTAL, [sent(B, "2024-02-01", BadgeData=7)])
    assert everybody(loaded)["BadgeData"].to_list() == [None, 7, None]
    assert loaded.store.person(B)["BadgeData"].to_list() == [None, 7]
    assert list(loaded.store.stored().fields) == ["ManagerId", "Organization", "BadgeData"]


def test_a_full_refresh_drops_the_fields_it_does_not_have(loaded: DeltaHistory) -> None:
    done = loaded.receive(Refresh.FULL, [sent(A, "2024-01-01", Organization="Sales")])
    assert (done.persons_removed, done.persons_unchanged) == (2, 1)
    assert list(loaded.store.stored().fields) == ["Organization"]
    assert everybody(loaded).columns == ["PersonId", "StartDate", "EndDate", "Organization"]


def test_a_field_that_comes_back_as_another_type_keeps_its_old_uploads(
    loaded: DeltaHistory,
) -> None:
    as_text = sent(A, "2024-01-01", Custom="west")
    as_number = sent(A, "2024-01-01", Custom=1.5)
    for number, row, value_type in [
        (2, as_text, ValueType.STRING),
        (3, as_number, ValueType.DOUBLE),
    ]:
        rows = upload_frame([row], {A: 1}, {"Custom": value_type})
        folder = write_rows(rows, loaded.folder / f"custom-{number}")
        fields = {"Custom": value_type}
        new = persons_frame([])
        commit(loaded, Upload(uuid4(), number, Refresh.FULL, fields, folder, new, AT))
    assert everybody(loaded)["Custom"].to_list() == [1.5]
    uploads = pl.scan_delta(loaded.store.tables()["uploads"]).collect()
    assert uploads["Custom"].drop_nulls().to_list() == ["west"]
    assert uploads["Custom__2"].drop_nulls().to_list() == [1.5]


def test_a_whole_number_sent_for_a_fractional_field_is_stored_as_one(
    loaded: DeltaHistory,
) -> None:
    rows = pl.DataFrame(
        {"person": [1], "PersonId": [A], "EffectiveDate": [DAY], "HourlyRate": [40], "line": [2]},
        schema_overrides={"HourlyRate": pl.Int32},
    ).with_columns(cleared=pl.lit(None, dtype=pl.List(pl.String)))
    folder = write_rows(rows, loaded.folder / "rates")
    fields = {"HourlyRate": ValueType.INTEGER}
    new = persons_frame([])
    commit(loaded, Upload(uuid4(), 2, Refresh.INCREMENTAL, fields, folder, new, AT))
    assert loaded.store.as_of(DAY)["HourlyRate"].to_list() == [40.0, None, None]
    uploads = pl.scan_delta(loaded.store.tables()["uploads"])
    assert uploads.collect_schema()["HourlyRate"] == pl.Float64


def test_what_was_known_past_the_retention_is_folded_again(loaded: DeltaHistory) -> None:
    then = loaded.store.as_of(DAY)
    of_a = loaded.store.person(A)
    loaded.receive(Refresh.INCREMENTAL, EDIT)
    assert loaded.store.vacuum(keep_days=30, at=AT) == 0
    assert loaded.store.vacuum(keep_days=0, at=AT) > 0
    assert everybody(loaded).height == 3
    assert loaded.store.as_of(DAY, known_at=1).equals(then)
    assert loaded.store.person(A, known_at=1).equals(of_a)
    assert loaded.store.page(DAY, known_at=1, after=A, limit=1).equals(then[1:2])
    assert pl.concat(loaded.store.snapshot(DAY, known_at=1)).sort("PersonId").equals(then)
    assert loaded.store.periods_of(1, version=0).equals(of_a.drop("PersonId"))
    assert [one.number for one in loaded.store.imports()] == [2, 1]
    loaded.receive(Refresh.INCREMENTAL, [sent(A, "2024-02-01", Organization="Head office")])
    assert [one.number for one in loaded.store.imports()] == [3, 2, 1]


def test_the_history_of_one_tenant_is_not_that_of_another(loaded: DeltaHistory) -> None:
    other = HistoryStore(loaded.folder / "history", tenant_id=UUID(int=8))
    assert not other.stored().has_uploads
    assert other.as_of(DAY).is_empty()


def test_an_unknown_address_has_no_history(loaded: DeltaHistory) -> None:
    with pytest.raises(NotFound, match="nobody@contoso"):
        loaded.store.person("nobody@contoso.com")


def test_taking_over_leaves_the_sender_of_rows_free_to_remove_them(loaded: DeltaHistory) -> None:
    upload = an_upload(loaded, EDIT)
    commit(loaded, upload)
    for file in upload.rows.rglob("*.parquet"):
        file.unlink()
    uploads = pl.scan_delta(loaded.store.tables()["uploads"]).collect()
    assert uploads.height == len(FIRST) + len(EDIT)
