"""An import folded into the history one bucket of persons at a time, so that no more lies in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import polars as pl

from orgport.attributes.types import ValueType
from orgport.history.columns import (
    BUCKET,
    BUCKETS,
    EFFECTIVE_DATE,
    PERIOD_COLUMNS,
    PERSON,
    START,
    field_columns,
    joined_fields,
    stored_as,
)
from orgport.history.compare import Changes, compare
from orgport.history.fold import fold
from orgport.history.tables import DataFile, TableVersion
from orgport.history.uploads import TYPE_NOTE, accepted_files
from orgport.package.model import Refresh


@dataclass(frozen=True, slots=True)
class Upload:
    """The accepted rows of one import and what goes with them."""

    import_id: UUID
    number: int
    refresh: Refresh
    fields: Mapping[str, ValueType]
    rows: Path  # folder of bucket=N/*.parquet
    new_persons: pl.DataFrame  # person, key, address
    at: datetime


@dataclass(frozen=True, slots=True)
class FoldedBucket:
    """A bucket after an import; `periods` is None where its files can stay as they are."""

    bucket: int
    periods: pl.DataFrame | None
    changes: Changes


def fields_of(base: TableVersion | None) -> dict[str, ValueType]:
    """The fields in use in a version of periods, in the order of the table."""
    columns = base.columns if base else ()
    return {c.name: ValueType(c.notes[TYPE_NOTE]) for c in columns if TYPE_NOTE in c.notes}


def fields_after(base: TableVersion | None, upload: Upload) -> dict[str, ValueType]:
    """The fields in use once an import is in the history."""
    if upload.refresh is Refresh.FULL:
        return dict(upload.fields)
    return joined_fields(fields_of(base), upload.fields)


def folded_buckets(
    base: TableVersion | None,
    upload: Upload,
    *,
    fields: Mapping[str, ValueType],
    addresses: pl.DataFrame,
) -> Iterator[FoldedBucket]:
    """Each bucket after an import, in order. `addresses`: person, address, of all persons."""
    sent, stored = accepted_files(upload.rows), _files_by_bucket(base)
    before, types = fields_of(base), field_columns(fields)
    is_retyped = any(stored_as(before[n]) != types[n] for n in fields if n in before)
    is_full = upload.refresh is Refresh.FULL
    must_write = is_retyped or (is_full and set(before) != set(fields))
    for bucket in range(BUCKETS):
        files = stored.get(bucket, [])
        if bucket not in sent and not (is_retyped or (is_full and files)):
            yield FoldedBucket(bucket, None, _unchanged(base, files))
            continue
        old = _periods(base, files)
        new = fold(
            old,
            _rows(sent.get(bucket, [])),
            refresh=upload.refresh,
            fields=types,
            addresses=addresses.filter(pl.col(PERSON) % BUCKETS == bucket),
        )
        # What an incremental import does not send it only carries along.
        changes = compare(old, new, fields=None if is_full else tuple(upload.fields))
        is_same = changes.change_count == 0 and not must_write
        yield FoldedBucket(bucket, None if is_same else new, changes)


def _files_by_bucket(base: TableVersion | None) -> dict[int, list[DataFile]]:
    files: dict[int, list[DataFile]] = {}
    for file in base.files if base else ():
        files.setdefault(int(file.partition[BUCKET]), []).append(file)
    return files


def _periods(base: TableVersion | None, files: Sequence[DataFile]) -> pl.DataFrame:
    if base is None or not files:
        schema = (
            {c.name: c.dtype for c in base.columns if c.name != BUCKET} if base else PERIOD_COLUMNS
        )
        return pl.DataFrame(schema=schema)
    periods = base.scan(files).collect()
    if len(files) > 1:  # another tool may have split them
        periods = periods.sort(PERSON, START)
    return periods


def _rows(files: Sequence[Path]) -> pl.DataFrame:
    if not files:
        return pl.DataFrame(schema={PERSON: pl.Int64, EFFECTIVE_DATE: pl.Date})
    rows = pl.scan_parquet(list(files), hive_partitioning=False, glob=False)
    return rows.drop("PersonId", "line").collect()


def _unchanged(base: TableVersion | None, files: Sequence[DataFile]) -> Changes:
    if base is None or not files:
        return Changes()
    persons = base.scan(files).select(pl.col(PERSON).n_unique()).collect().item()
    periods = sum(file.rows for file in files)
    return Changes(persons_unchanged=persons, periods_before=periods, periods_after=periods)
