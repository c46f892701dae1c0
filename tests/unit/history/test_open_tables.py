"""Other tools read the tables as they are documented, and answer as orgport does."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest
from deltalake import DeltaTable
from polars.testing import assert_frame_equal

from histories import DeltaHistory, sent
from orgport.package.model import Refresh

PAGE = (Path(__file__).parents[3] / "docs/tables.md").read_text(encoding="utf-8")
PERSONS = [f"person{number}@contoso.com" for number in range(1, 20)]  # more than buckets
DAYS = [date(2023, 12, 31), date(2024, 1, 1), date(2024, 2, 10), date(2026, 1, 1)]


@pytest.fixture
def history(tmp_path: Path) -> DeltaHistory:
    """Files of several ages: older than a field, written anew, undone, with persons deleted."""
    kept = DeltaHistory(tmp_path)
    kept.receive(Refresh.FULL, [sent(p, "2024-01-01", Organization="Sales") for p in PERSONS])
    kept.receive(Refresh.INCREMENTAL, [sent(PERSONS[0], "2024-02-01", BadgeData=7)])
    kept.receive(Refresh.INCREMENTAL, [sent(PERSONS[1], "2024-02-01", Organization="Legal")])
    kept.undo(kept.import_ids[2])
    kept.delete_persons(PERSONS[2])
    return kept


def url(history: DeltaHistory, table: str = "periods") -> str:
    return history.store.tables()[table]


@pytest.mark.parametrize("day", DAYS)
def test_polars_gives_the_same_answer(history: DeltaHistory, day: date) -> None:
    answer = history.store.as_of(day)
    asked = pl.scan_delta(url(history)).filter(pl.col("StartDate") <= day, pl.col("EndDate") > day)
    assert_frame_equal(asked.sort("PersonId").select(answer.columns).collect(), answer)


@pytest.mark.parametrize("day", DAYS)
def test_duckdb_gives_the_same_answer(history: DeltaHistory, day: date) -> None:
    answer = history.store.as_of(day)
    columns = ", ".join(f'"{name}"' for name in answer.columns)
    rows = duckdb.execute(
        f"select {columns} "  # noqa: S608  # names of our own columns
        "from read_parquet($files, union_by_name = true, hive_partitioning = false) "
        "where StartDate <= $day and EndDate > $day order by PersonId",
        {"files": DeltaTable(url(history)).file_uris(), "day": day},
    ).fetchall()
    assert rows == answer.rows()


def test_the_version_of_an_import_is_found_by_its_number(history: DeltaHistory) -> None:
    for entry in DeltaTable(url(history)).history():
        said = json.loads(entry["userMetadata"])
        then = pl.scan_delta(url(history), version=entry["version"])
        day = DAYS[2]
        asked = then.filter(pl.col("StartDate") <= day, pl.col("EndDate") > day)
        answer = history.store.as_of(day, known_at=said["number"])
        assert_frame_equal(asked.sort("PersonId").select(answer.columns).collect(), answer)


def test_every_column_and_every_word_of_the_log_is_documented(history: DeltaHistory) -> None:
    for table in ("periods", "persons", "uploads"):
        part = PAGE.partition(f"## {table}\n")[2].partition("\n## ")[0]
        own = {field.name for field in DeltaTable(url(history, table)).schema().fields}
        missing = {name for name in own if f"`{name}`" not in part}
        assert missing <= {"Organization", "BadgeData"}, table  # each field
    words = {
        name
        for entry in DeltaTable(url(history)).history()
        for name in json.loads(entry["userMetadata"])
    }
    assert {word for word in words if f"`{word}`" not in PAGE} == set()


def test_a_plain_reader_can_read_them(history: DeltaHistory) -> None:
    for table in ("periods", "persons", "uploads"):
        protocol = DeltaTable(url(history, table)).protocol()
        assert (protocol.min_reader_version, protocol.min_writer_version) == (1, 2)
