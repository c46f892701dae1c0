"""The Parquet files of the tables hold what was written, in types that every reader knows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

from orgport.history import files
from orgport.history.files import write_parquet

FRAME = pl.DataFrame(
    {
        "person": [1, 2, 3],
        "PersonId": ["a@contoso.com", "b@contoso.com", None],
        "StartDate": [date.min, date(2024, 1, 1), date(9999, 12, 31)],
        "Own.Field": ["", None, "y"],
        "HourlyRate": [1.5, None, -2.0],
        "IsManager": [True, None, False],
        "BadgeData": pl.Series([None, 1, 2], dtype=pl.Int32),
        "Blank": pl.Series([None, None, None], dtype=pl.String),
        "cleared": pl.Series([None, [], ["Organization"]], dtype=pl.List(pl.String)),
    }
)


@pytest.mark.parametrize("frame", [FRAME, FRAME.clear()])
def test_a_frame_comes_back_as_it_was_written(frame: pl.DataFrame, tmp_path: Path) -> None:
    write_parquet(frame, tmp_path / "rows.parquet")
    assert_frame_equal(pl.read_parquet(tmp_path / "rows.parquet"), frame)


@pytest.mark.parametrize(
    ("length", "texts", "rows"),
    [
        (0, 70_000, 65_536),
        (128, 70_000, 65_536),
        (131_072, 1, 65_536),
        (2048, 8192, 4096),
        (2048, 4096, 65_536),
        (8192, 4096, 1024),
        (131_072, 256, 1024),
    ],
)
def test_of_many_long_texts_fewer_rows_are_encoded_at_once(
    length: int, texts: int, rows: int
) -> None:
    notes = pl.DataFrame({"Notes": ["x" * length] * texts})
    assert files._batch_rows(_in_arrow(notes)) == rows
    assert files._batch_rows(_in_arrow(FRAME)) == 65_536


def test_long_texts_come_back_as_they_were_written(tmp_path: Path) -> None:
    frame = pl.DataFrame({"Notes": ["a", None, "x" * 20_000, "", "y" * 12, "z" * 13] * 1000})
    for part in (frame, frame[3:1501]):
        write_parquet(part, tmp_path / "rows.parquet")
        assert_frame_equal(pl.read_parquet(tmp_path / "rows.parquet"), part)


def _in_arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.newest())


def test_other_readers_see_plain_types(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    write_parquet(FRAME, path)
    assert duckdb.read_parquet(str(path)).fetchall() == FRAME.rows()
    assert pq.read_schema(path).field("PersonId").type == "string"


def test_persons_and_days_have_bounds_and_texts_have_none(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    write_parquet(FRAME, path)
    group = pq.read_metadata(path).row_group(0)
    columns = [group.column(at) for at in range(group.num_columns)]
    bounded = {one.path_in_schema for one in columns if one.statistics is not None}
    assert bounded == {"person", "StartDate", "HourlyRate", "IsManager", "BadgeData"}
