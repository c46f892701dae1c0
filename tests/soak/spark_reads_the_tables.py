"""Spark reads the files of a version as plain Parquet and answers as orgport does: see docs/tables.md."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable
from polars.testing import assert_frame_equal
from pyspark.sql import SparkSession

from histories import DeltaHistory, sent
from orgport.package.model import Refresh

PERSONS = [f"person{number}@contoso.com" for number in range(1, 20)]  # more than buckets
DAYS = [date(2023, 12, 31), date(2024, 1, 1), date(2024, 2, 10), date(2026, 1, 1)]


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    yield session
    session.stop()


def test_spark_gives_the_same_answers(spark: SparkSession, tmp_path: Path) -> None:
    history = DeltaHistory(tmp_path)
    history.receive(Refresh.FULL, [sent(p, "2024-01-01", Organization="Sales") for p in PERSONS])
    history.receive(Refresh.INCREMENTAL, [sent(PERSONS[0], "2024-02-01", BadgeData=7)])
    history.receive(Refresh.INCREMENTAL, [sent(PERSONS[1], "2024-02-01", Organization="Legal")])
    history.undo(history.import_ids[2])
    history.delete_persons(PERSONS[2])
    files = DeltaTable(history.store.tables()["periods"]).file_uris()
    periods = spark.read.option("mergeSchema", "true").parquet(*files)
    for day in DAYS:
        answer = history.store.as_of(day)
        rows = (
            periods.where(f"StartDate <= date'{day}' and EndDate > date'{day}'")
            .select(*answer.columns)
            .orderBy("PersonId")
            .collect()
        )
        told = pl.DataFrame([tuple(row) for row in rows], schema=answer.schema, orient="row")
        assert_frame_equal(told, answer)
