"""One Delta table: open a version of it, put files beside it, commit them. Nothing else knows Delta Lake.

Files come to the table as they are, by add actions; a commit is made on exactly the version that was
read, so a writer who is late is refused and has to read again. The log is kept for ever (it is small
and says which import made which version); data files go by `vacuum`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import polars as pl
from deltalake import DeltaTable, Field, Schema
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.schema import ArrayType, PrimitiveType
from deltalake.transaction import (
    AddAction,
    CommitProperties,
    Transaction,
    create_table_with_add_actions,
)

from orgport.errors import Fault
from orgport.history.files import Folder

_CONFIGURATION = {
    "delta.enableExpiredLogCleanup": "false",
    "delta.checkpointInterval": "20",  # opening a table reads the log since the last one
    "delta.deletedFileRetentionDuration": "interval 30 days",
}
_NO_SUCH_PARTITION = "-1"
EVERYTHING = ("", ())  # of a commit that replaces all files
_DELTA_TYPES: dict[pl.DataType, str] = {
    pl.Int64(): "long",
    pl.Int32(): "integer",
    pl.Float64(): "double",
    pl.String(): "string",
    pl.Date(): "date",
    pl.Boolean(): "boolean",
}
_POLARS_TYPES = {name: dtype for dtype, name in _DELTA_TYPES.items()}


class Stale(Exception):
    """Someone else committed since the version was read: read again and repeat."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `notes` travel in the schema, for every reader to see."""

    name: str
    dtype: pl.DataType
    notes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DataFile:
    """A Parquet file of a table: where under its folder, in which partition, with how many rows."""

    path: str
    partition: Mapping[str, str]
    rows: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Commit:
    """What to write in one commit: files in, whole partitions out, and what the log says of it."""

    columns: Sequence[Column]  # all of the table after it, partition columns too
    added: Sequence[DataFile]
    replaced: tuple[str, Sequence[str]] | None  # partition column, values whose files go out
    message: Mapping[str, Any] | None  # JSON values; shown by every reader's table history
    marks: Mapping[str, int]  # application transactions: what was done, and in which version
    at_ms: int


class TableVersion:
    """One version of a table, open for reading."""

    def __init__(self, table: DeltaTable, folder: Folder) -> None:
        self.table = table
        self._folder = folder
        self.number: int = table.version()
        self.columns = tuple(
            Column(f.name, _polars_type(f.type), dict(f.metadata or {}))
            for f in table.schema().fields
        )
        self.files = _files_of(table)

    def mark(self, name: str) -> int | None:
        """The number that the latest commit with this mark gave it; None if there is none."""
        version: int | None = self.table.transaction_version(name)
        return version

    def message(self) -> Mapping[str, Any] | None:
        """What the commit of this very version says of itself; None for a housekeeping commit."""
        return next(said for number, said in self._log() if number == self.number)

    def messages(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """The versions up to this one that say something, newest first."""
        for number, message in self._log():
            if message is not None and number <= self.number:
                yield number, message

    def _log(self) -> Iterator[tuple[int, Mapping[str, Any] | None]]:
        # Of an older version deltalake gives the log of the newest, numbered as if it ended with
        # the older one. The log is never cut, so its first commit is version 0.
        entries = self.table.history()
        for back, entry in enumerate(entries, start=1):
            yield len(entries) - back, _message_of(entry)

    def scan(self, files: Sequence[DataFile] | None = None) -> pl.LazyFrame:
        """The rows of all files, or of some, without the partition columns."""
        files = self.files if files is None else files
        partitions = self.table.metadata().partition_columns
        schema = {c.name: c.dtype for c in self.columns if c.name not in partitions}
        if not files:
            return pl.LazyFrame(schema=schema)
        return pl.scan_parquet(
            [self._folder.url_of(file.path) for file in files],
            schema=schema,
            missing_columns="insert",  # files older than a field
            extra_columns="ignore",
            hive_partitioning=False,
            glob=False,
            storage_options=self._folder.storage_options,
        )


class Table:
    """A Delta table in a folder or under an object store's URL; it need not exist yet."""

    def __init__(self, folder: Folder, partition_by: Sequence[str]) -> None:
        self.folder = folder
        self._partition_by = list(partition_by)

    def open(self, version: int | None = None) -> TableVersion | None:
        """The newest version, or a given one; None while there is no table."""
        with _faults(self.folder):
            try:
                table = DeltaTable(
                    self.folder.url, version=version, storage_options=self.folder.storage_options
                )
            except TableNotFoundError:
                return None
            return TableVersion(table, self.folder)

    def commit(self, base: TableVersion | None, commit: Commit) -> int:
        """Commit on top of a version and give the new one's number.

        Raises Stale when that version is no longer the newest.
        """
        properties = CommitProperties(
            custom_metadata={"userMetadata": json.dumps(commit.message)}
            if commit.message
            else None,
            max_commit_retries=0,
            app_transactions=[Transaction(name, number) for name, number in commit.marks.items()],
        )
        actions = [_add_action(file, commit.at_ms) for file in commit.added]
        schema = Schema([_delta_field(column) for column in commit.columns])
        if base is None:
            self._create(schema, actions, properties)
            return 0
        filters = None
        if commit.replaced is not None and commit.replaced != EVERYTHING:
            column, values = commit.replaced
            filters = [(column, "in", list(values) or [_NO_SUCH_PARTITION])]
        with _faults(self.folder):
            try:
                base.table.create_write_transaction(
                    [*actions],
                    "append"
                    if commit.replaced is None
                    else "overwrite",  # only this widens the schema
                    schema,
                    self._partition_by,
                    partition_filters=filters,
                    commit_properties=properties,
                )
            except CommitFailedError as error:
                raise Stale from error
        return base.number + 1

    def vacuum(self, keep_days: int) -> int:
        """Delete files that no version of the last days needs, and say how many."""
        with _faults(self.folder):
            if (version := self.open()) is None:
                return 0
            removed = version.table.vacuum(
                retention_hours=24 * keep_days,
                dry_run=False,
                enforce_retention_duration=False,
                full=True,
            )
            return len(removed)

    def keep_only_the_newest(self) -> int:
        """Delete every file that the newest version does not need, now, and say how many."""
        removed = self.vacuum(0)
        if (version := self.open()) is None:
            return removed
        # What a killed writer left under a hidden name is no file that Delta Lake would look at.
        return removed + self.folder.keep({file.path for file in version.files})

    def _create(
        self, schema: Schema, actions: list[AddAction], properties: CommitProperties
    ) -> None:
        with _faults(self.folder):
            self.folder.make()
            try:
                create_table_with_add_actions(
                    self.folder.url,
                    schema,
                    actions,
                    mode="error",
                    partition_by=self._partition_by,
                    configuration=_CONFIGURATION,
                    storage_options=self.folder.storage_options,
                    commit_properties=properties,
                )
            except DeltaError as error:
                if DeltaTable.is_deltatable(self.folder.url, self.folder.storage_options):
                    raise Stale from error
                raise


@contextmanager
def _faults(folder: Folder) -> Iterator[None]:
    try:
        yield
    except DeltaError as error:
        raise Fault(f"The history table {folder.name} cannot be used: {error}") from error


def _message_of(entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
    text = entry.get("userMetadata")
    message: Mapping[str, Any] | None = json.loads(text) if text else None
    return message


def _files_of(table: DeltaTable) -> tuple[DataFile, ...]:
    actions = table.get_add_actions(flatten=True)
    if not actions.num_rows:
        return ()
    partitions = table.metadata().partition_columns
    values = [actions.column(f"partition.{name}").to_pylist() for name in partitions]
    return tuple(
        DataFile(path, dict(zip(partitions, map(str, of), strict=True)), rows, size)
        for path, rows, size, *of in zip(
            actions.column("path").to_pylist(),
            actions.column("num_records").to_pylist(),
            actions.column("size_bytes").to_pylist(),
            *values,
            strict=True,
        )
    )


def _add_action(file: DataFile, at_ms: int) -> AddAction:
    return AddAction(
        path=file.path,
        size=file.size_bytes,
        partition_values=dict(file.partition),
        modification_time=at_ms,
        data_change=True,
        stats=json.dumps({"numRecords": file.rows}),
    )


def _delta_field(column: Column) -> Field:
    if isinstance(column.dtype, pl.List):
        kind: Any = ArrayType(PrimitiveType("string"))
    else:
        kind = PrimitiveType(_DELTA_TYPES[column.dtype])
    return Field(column.name, kind, nullable=True, metadata=dict(column.notes))


def _polars_type(kind: Any) -> pl.DataType:
    return pl.List(pl.String()) if isinstance(kind, ArrayType) else _POLARS_TYPES[kind.type]
