"""The table of uploads: the accepted rows of every import as they came, each in its own partition.

Files are taken over as they are. Only where a column's name is taken by an older one of another type
(a custom field that was deleted and came back as something else) is a file written anew, with the
column under a numbered name; the schema's notes keep the field's real name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from uuid import UUID

import polars as pl
import pyarrow.parquet as pq

from orgport.attributes.types import ValueType
from orgport.history.columns import BUCKET, BUCKETS, IMPORT_ID, UPLOAD_COLUMNS, stored_as
from orgport.history.files import Folder
from orgport.history.tables import Column, DataFile, TableVersion

FIELD_NOTE = "orgport.field"
TYPE_NOTE = "orgport.type"


def upload_columns(
    base: TableVersion | None, fields: Mapping[str, ValueType]
) -> tuple[list[Column], dict[str, str]]:
    """All columns of the table once an import with these fields is in it, and the field's names there."""
    columns = list(base.columns) if base else _own_columns()
    names: dict[str, str] = {}
    for field, value_type in fields.items():
        dtype = stored_as(value_type)
        same = (c for c in columns if c.notes.get(FIELD_NOTE) == field and c.dtype == dtype)
        if (column := next(same, None)) is None:
            notes = {FIELD_NOTE: field, TYPE_NOTE: value_type.value}
            column = Column(_free_name(field, columns), dtype, notes)
            columns.append(column)
        names[field] = column.name
    return columns, names


def accepted_files(rows: Path) -> dict[int, list[Path]]:
    """The Parquet files of accepted rows by bucket, in a stable order; buckets without any are left out."""
    found = {
        bucket: sorted((rows / f"bucket={bucket}").glob("*.parquet")) for bucket in range(BUCKETS)
    }
    return {bucket: files for bucket, files in found.items() if files}


def take_over(
    files: Mapping[int, Sequence[Path]],
    folder: Folder,
    *,
    import_id: UUID,
    columns: Collection[Column],
    names: Mapping[str, str],
    scratch: Path,
) -> list[DataFile]:
    """Put accepted rows below the folder of uploads; the same again when it is done again."""
    types = {column.name: column.dtype for column in columns}
    taken: list[DataFile] = []
    for bucket, paths in files.items():
        for source in paths:
            path = f"{IMPORT_ID}={import_id}/{BUCKET}={bucket}/{source.name}"
            scan = pl.scan_parquet(source, hive_partitioning=False, glob=False)
            schema = scan.collect_schema()
            wanted = pl.Schema((names.get(one, one), types[names.get(one, one)]) for one in schema)
            if schema == wanted:
                size = folder.put(source, path)
            else:
                renamed = scan.rename(names, strict=False).cast(wanted).collect()
                size = folder.write(renamed, path, scratch=scratch)
            rows = pq.read_metadata(source).num_rows
            taken.append(
                DataFile(path, {IMPORT_ID: str(import_id), BUCKET: str(bucket)}, rows, size)
            )
    return taken


def _own_columns() -> list[Column]:
    own = {IMPORT_ID: pl.String(), BUCKET: pl.Int32(), **UPLOAD_COLUMNS}
    return [Column(name, dtype, {}) for name, dtype in own.items()]


def _free_name(field: str, columns: Collection[Column]) -> str:
    # Case is no difference: Spark and others read column names without it.
    taken = {column.name.casefold() for column in columns}
    candidates = [field, *(f"{field}__{n}" for n in range(2, len(taken) + 3))]
    return next(name for name in candidates if name.casefold() not in taken)
