"""An import folded into the history a few buckets of persons at a time, so that no more lies in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import polars as pl

from orgport.attributes.types import ValueType
from orgport.history.columns import (
    ADDRESS,
    BUCKET,
    BUCKETS,
    EFFECTIVE_DATE,
    PERIOD_COLUMNS,
    PERSON,
    PERSON_ID,
    START,
    field_columns,
    joined_fields,
    stored_as,
)
from orgport.history.compare import Changes, compare
from orgport.history.fold import fold
from orgport.history.keys import is_ascending, keys, person_starts
from orgport.history.parts import of_persons, person_count, replaced
from orgport.history.tables import DataFile, TableVersion
from orgport.history.uploads import TYPE_NOTE, accepted_files
from orgport.package.model import Refresh

_AT_ONCE = 3  # buckets in memory; one more than processors, as a bucket also waits for the disk

T = TypeVar("T")


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


@dataclass(frozen=True, slots=True)
class FoldedBucket:
    """The periods of a bucket before and after an import, and those of the persons it names."""

    before: pl.DataFrame
    after: pl.DataFrame
    named_before: pl.DataFrame
    named_after: pl.DataFrame

    def changes(self, fields: Collection[str] | None) -> Changes:
        """What the import does to the bucket; `fields` are those that can differ."""
        others = self.before.height - self.named_before.height
        same = person_count(self.before) - person_count(self.named_before)
        return compare(self.named_before, self.named_after, fields=fields) + Changes(
            persons_unchanged=same, periods_before=others, periods_after=others
        )


@dataclass(frozen=True)
class Folding:
    """An import, and the periods that it is to be folded into, bucket by bucket.

    `addresses` reads person (ascending) and address of everybody; it is asked where somebody who is named has
    no periods, which have the address too.
    """

    base: TableVersion | None
    upload: Upload
    addresses: Callable[[], pl.DataFrame]

    @cached_property
    def fields(self) -> dict[str, ValueType]:
        """The fields in use after the import."""
        return fields_after(self.base, self.upload)

    @property
    def compared_fields(self) -> tuple[str, ...] | None:
        """The fields that can differ: what an incremental import does not send it only carries along."""
        return None if self._is_full else tuple(self.upload.fields)

    @cached_property
    def must_write(self) -> bool:
        """Whether every bucket has to be written, because its columns become others."""
        before = fields_of(self.base)
        return self._is_retyped or (self._is_full and set(before) != set(self.fields))

    @cached_property
    def files(self) -> dict[int, list[DataFile]]:
        """The files of the periods as they are, by bucket."""
        return files_by_bucket(self.base)

    def of_bucket(self, bucket: int) -> FoldedBucket | None:
        """The periods of a bucket before and after; None where the import does not reach."""
        files, sent = self.files.get(bucket, []), self._sent.get(bucket, [])
        if not sent and not (self._is_retyped or (self._is_full and files)):
            return None
        old, rows = periods_of(self.base, files), _rows(sent)
        if self._is_full or dict(old.schema) != PERIOD_COLUMNS | self._types:
            new = self._folded(old, rows)
            return FoldedBucket(old, new, old, new)
        is_named = of_persons(old, rows[PERSON])
        named = old.filter(pl.Series(is_named))
        new = self._folded(named, rows)
        return FoldedBucket(old, replaced(old, is_named, new), named, new)

    def _folded(self, old: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
        return fold(
            old,
            rows,
            refresh=self.upload.refresh,
            fields=self._types,
            addresses=self._addresses_of(old, rows),
        )

    def _addresses_of(self, old: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
        """The addresses of persons with periods and of those whom rows name, at least."""
        firsts = pl.Series(person_starts(keys(old, START)))
        here = old.select(PERSON, pl.col(PERSON_ID).alias(ADDRESS)).filter(firsts)
        named = of_persons(rows, here[PERSON])
        return here if named.all() else self._everybody

    @cached_property
    def _everybody(self) -> pl.DataFrame:
        return self.addresses().rechunk()

    @property
    def _is_full(self) -> bool:
        return self.upload.refresh is Refresh.FULL

    @cached_property
    def _types(self) -> dict[str, pl.DataType]:
        return field_columns(self.fields)

    @cached_property
    def _is_retyped(self) -> bool:
        before = fields_of(self.base)
        return any(stored_as(before[n]) != self._types[n] for n in self.fields if n in before)

    @cached_property
    def _sent(self) -> dict[int, list[Path]]:
        return accepted_files(self.upload.rows)


def fold_buckets(folding: Folding, *, keep: Callable[[int, pl.DataFrame], None]) -> Changes:
    """Fold an import into every bucket and say what it changes in all.

    `keep` gets the number and the new periods of each bucket that has to be written; where nothing
    changes, the files stay as they are. It is called from several threads.
    """

    def fold_one(bucket: int) -> Changes:
        folded = folding.of_bucket(bucket)
        if folded is None:
            return unchanged(folding.base, folding.files.get(bucket, []))
        changes, after = folded.changes(folding.compared_fields), folded.after
        del folded  # what was before need not lie in memory while the rest is written
        if folding.must_write or changes.change_count:
            keep(bucket, after)
        return changes

    return sum(in_buckets(fold_one), Changes())


def in_buckets(of_bucket: Callable[[int], T]) -> Iterator[T]:
    """The answers for all buckets, a few at a time so that no more lies in memory."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        yield from threads.map(of_bucket, range(BUCKETS))


def files_by_bucket(base: TableVersion | None) -> dict[int, list[DataFile]]:
    """The files of a version of periods by their bucket."""
    files: dict[int, list[DataFile]] = {}
    for file in base.files if base else ():
        files.setdefault(int(file.partition[BUCKET]), []).append(file)
    return files


def periods_of(base: TableVersion | None, files: Sequence[DataFile]) -> pl.DataFrame:
    """The periods in some files, by person and StartDate."""
    if base is None or not files:
        schema = (
            {c.name: c.dtype for c in base.columns if c.name != BUCKET} if base else PERIOD_COLUMNS
        )
        return pl.DataFrame(schema=schema)
    periods = base.scan(files).collect()
    if not is_ascending(keys(periods, START)):  # another tool may have split or rewritten them
        periods = periods.sort(PERSON, START)
    return periods


def _rows(files: Sequence[Path]) -> pl.DataFrame:
    if not files:
        return pl.DataFrame(schema={PERSON: pl.Int64, EFFECTIVE_DATE: pl.Date})
    rows = pl.scan_parquet(list(files), hive_partitioning=False, glob=False)
    return rows.drop("PersonId", "line").collect()


def unchanged(base: TableVersion | None, files: Sequence[DataFile]) -> Changes:
    """The changes of a bucket to which nothing happens."""
    if base is None or not files:
        return Changes()
    persons = base.scan(files).select(pl.col(PERSON).n_unique()).collect().item()
    periods = sum(file.rows for file in files)
    return Changes(persons_unchanged=persons, periods_before=periods, periods_after=periods)
