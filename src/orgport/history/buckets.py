"""An import folded into the history a few buckets of persons at a time, so that no more lies in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
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

_AT_ONCE = 2  # buckets in memory


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


def fields_of(base: TableVersion | None) -> dict[str, ValueType]:
    """The fields in use in a version of periods, in the order of the table."""
    columns = base.columns if base else ()
    return {c.name: ValueType(c.notes[TYPE_NOTE]) for c in columns if TYPE_NOTE in c.notes}


def fields_after(base: TableVersion | None, upload: Upload) -> dict[str, ValueType]:
    """The fields in use once an import is in the history."""
    if upload.refresh is Refresh.FULL:
        return dict(upload.fields)
    return joined_fields(fields_of(base), upload.fields)


def fold_buckets(
    base: TableVersion | None,
    upload: Upload,
    *,
    addresses: pl.DataFrame,
    keep: Callable[[int, pl.DataFrame], None],
) -> Changes:
    """Fold an import into every bucket and say what it changes in all.

    `keep` gets the number and the new periods of each bucket that has to be written; where nothing
    changes, the files stay as they are. It is called from several threads. `addresses`: person
    (ascending) and address of everybody.
    """
    fields = fields_after(base, upload)
    sent, stored = accepted_files(upload.rows), _files_by_bucket(base)
    before, types = fields_of(base), field_columns(fields)
    is_full = upload.refresh is Refresh.FULL
    is_retyped = any(stored_as(before[n]) != types[n] for n in fields if n in before)
    must_write = is_retyped or (is_full and set(before) != set(fields))

    def fold_one(bucket: int) -> Changes:
        files = stored.get(bucket, [])
        if bucket not in sent and not (is_retyped or (is_full and files)):
            return _unchanged(base, files)
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
        if must_write or changes.change_count:
            keep(bucket, new)
        return changes

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return sum(threads.map(fold_one, range(BUCKETS)), Changes())


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
