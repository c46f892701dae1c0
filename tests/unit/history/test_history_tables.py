"""A table behind a URL: files go there as a stream, and come back as they were."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from orgport.errors import Fault
from orgport.history.files import Folder
from orgport.history.tables import Column, Commit, DataFile, Stale, Table

COLUMNS = [Column("bucket", pl.Int32(), {}), Column("value", pl.Int64(), {"orgport.type": "int32"})]


def a_commit(
    table: Table, scratch: Path, *values: int, columns: list[Column] = COLUMNS, mark: str = "x"
) -> Commit:
    """A commit of one file with these values."""
    path = f"bucket=0/{mark}.parquet"
    frame = pl.DataFrame({"value": values}, schema={"value": pl.Int64})
    size = table.folder.write(frame, path, scratch=scratch)
    added = [DataFile(path, {"bucket": "0"}, frame.height, size)]
    return Commit(columns, added, ("bucket", ["0"]), {"mark": mark}, {mark: 0}, at_ms=0)


@pytest.fixture(params=["path", "url"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Table:
    place = tmp_path / "a table"  # a space: paths must not be taken for URLs, nor URLs for paths
    place.mkdir()
    return Table(Folder(place.as_uri() if request.param == "url" else str(place)), ["bucket"])


def test_there_is_nothing_to_open_before_the_first_commit(table: Table) -> None:
    assert table.open() is None
    assert table.vacuum(keep_days=0) == 0


def test_rows_come_back_from_where_they_were_put(table: Table, tmp_path: Path) -> None:
    table.commit(None, a_commit(table, tmp_path, 1, 2))
    version = table.open()
    assert version is not None
    assert version.scan().collect()["value"].to_list() == [1, 2]
    assert version.columns[1].notes == {"orgport.type": "int32"}
    assert version.message() == {"mark": "x"}


def test_a_file_is_put_as_it_is(table: Table, tmp_path: Path) -> None:
    source = tmp_path / "source.parquet"
    pl.DataFrame({"value": [7]}).write_parquet(source)
    size = table.folder.put(source, "bucket=1/put.parquet")
    assert size == source.stat().st_size
    url = table.folder.url_of("bucket=1/put.parquet")
    assert pl.read_parquet(url, hive_partitioning=False)["value"].to_list() == [7]


def test_a_commit_replaces_its_partitions_and_may_add_columns(table: Table, tmp_path: Path) -> None:
    table.commit(None, a_commit(table, tmp_path, 1))
    wider = [*COLUMNS, Column("later", pl.String(), {})]
    assert table.commit(table.open(), a_commit(table, tmp_path, 2, columns=wider, mark="y")) == 1
    version = table.open()
    assert version is not None
    assert version.scan().collect().rows() == [(2, None)]
    assert (version.mark("x"), version.mark("y"), version.mark("z")) == (0, 0, None)


def test_both_of_two_first_commits_cannot_succeed(table: Table, tmp_path: Path) -> None:
    table.commit(None, a_commit(table, tmp_path, 1))
    with pytest.raises(Stale):
        table.commit(None, a_commit(table, tmp_path, 2, mark="y"))


def test_a_commit_on_an_older_version_is_refused(table: Table, tmp_path: Path) -> None:
    table.commit(None, a_commit(table, tmp_path, 1))
    old = table.open()
    table.commit(old, a_commit(table, tmp_path, 2, mark="y"))
    with pytest.raises(Stale):
        table.commit(old, a_commit(table, tmp_path, 3, mark="z"))


def test_a_broken_log_is_a_fault_of_ours_that_names_the_table(tmp_path: Path) -> None:
    log = tmp_path / "broken" / "_delta_log"
    log.mkdir(parents=True)
    (log / "00000000000000000000.json").write_text("{")
    with pytest.raises(Fault, match="broken"):
        Table(Folder(str(tmp_path / "broken")), []).open()
