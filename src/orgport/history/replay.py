"""The uploads folded again: what the history is when other imports count than did before.

Only persons whom a differing import names are folded again, unless it concerns everybody (a full
refresh, a deleted field, a field whose type depends on it); of all others the periods stay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import polars as pl

from orgport.attributes.types import ValueType
from orgport.history.acts import Act, Entry
from orgport.history.buckets import fields_of, files_by_bucket, in_buckets, periods_of, unchanged
from orgport.history.columns import (
    BUCKET,
    BUCKETS,
    CLEARED,
    EFFECTIVE_DATE,
    IMPORT_ID,
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
from orgport.history.uploads import FIELD_NOTE, accepted_files
from orgport.package.model import Refresh

Fields = dict[str, ValueType]


def fields_along(steps: Sequence[Entry]) -> list[Fields]:
    """The fields in use after each step, with their types."""
    along: list[Fields] = []
    now: Fields = {}
    for step in steps:
        if step.replaces_all:
            now = dict(step.fields)
        elif step.act is Act.DELETE_FIELDS:
            now = {name: of for name, of in now.items() if name not in step.deleted_fields}
        else:
            now = joined_fields(now, step.fields)
        along.append(now)
    return along


class Pair(NamedTuple):
    """Some periods before and after."""

    before: pl.DataFrame
    after: pl.DataFrame


class Rewritten(NamedTuple):
    """The periods of one bucket before and after."""

    bucket: int
    before: pl.DataFrame
    after: pl.DataFrame


class Said(NamedTuple):
    """An import that names a person on a day, and the fields that it gives or clears there."""

    import_id: UUID
    fields: frozenset[str]


class SentRows:
    """The accepted rows of imports, as the table of uploads keeps them."""

    def __init__(
        self, uploads: TableVersion | None, *, coming: tuple[UUID, Path] | None = None
    ) -> None:
        """`coming` is an import with its folder of rows, which name persons and give no field."""
        self._uploads = uploads
        self._coming = coming
        self._files: dict[tuple[str, str], list[DataFile]] = {}
        for file in uploads.files if uploads else ():
            key = file.partition[IMPORT_ID], file.partition[BUCKET]
            self._files.setdefault(key, []).append(file)

    def of(self, step: Entry, bucket: int) -> pl.DataFrame:
        """The rows of a bucket: person, EffectiveDate, the fields that were sent, and cleared."""
        return self._rows(step, bucket).collect()

    def persons(self, steps: Sequence[Entry], bucket: int) -> pl.Series:
        """The persons of a bucket whom some imports name."""
        files = [
            file
            for step in steps
            for file in self._files.get((str(step.import_id), str(bucket)), [])
        ]
        if self._uploads is None or not files:
            return pl.Series(PERSON, [], dtype=pl.Int64)
        return self._uploads.scan(files).select(pl.col(PERSON).unique()).collect().to_series()

    def said(self, step: Entry, person: int) -> dict[date, frozenset[str]]:
        """The fields that an import gives or clears for a person, by EffectiveDate."""
        rows = self._rows(step, person % BUCKETS).filter(
            (pl.col(PERSON) == person) & pl.col(EFFECTIVE_DATE).is_not_null()
        )
        return {
            row[EFFECTIVE_DATE]: frozenset(
                name
                for name in step.fields
                if step.replaces_all or row[name] is not None or name in (row[CLEARED] or ())
            )
            for row in rows.collect().iter_rows(named=True)
        }

    def _rows(self, step: Entry, bucket: int) -> pl.LazyFrame:
        schema = {PERSON: pl.Int64(), EFFECTIVE_DATE: pl.Date(), **field_columns(step.fields)}
        if self._coming is not None and step.import_id == self._coming[0]:
            sent = accepted_files(self._coming[1]).get(bucket, [])
            if sent:
                rows = pl.scan_parquet(sent, hive_partitioning=False, glob=False)
                return rows.select(*schema, CLEARED)
        files = self._files.get((str(step.import_id), str(bucket)), [])
        if self._uploads is None or not files:
            return pl.LazyFrame(schema={**schema, CLEARED: pl.List(pl.String())})
        names = self._names(step.fields)
        # Only what is asked for gets another name: a field may be called like a column that is not.
        columns = (pl.col(names.get(name, name)).alias(name) for name in schema)
        return self._uploads.scan(files).select(*columns, CLEARED)

    def _names(self, fields: Mapping[str, ValueType]) -> dict[str, str]:
        """The columns that the fields have there, where not their own name."""
        columns = self._uploads.columns if self._uploads else ()
        of_field = {(c.notes.get(FIELD_NOTE), c.dtype): c.name for c in columns}
        names = {name: of_field[name, stored_as(of)] for name, of in fields.items()}
        return {name: column for name, column in names.items() if name != column}


@dataclass(frozen=True)
class Replay:
    """The way from the steps that made a version of periods to other ones."""

    before: Sequence[Entry]
    after: Sequence[Entry]
    base: TableVersion | None  # the periods that `before` made
    rows: SentRows
    addresses: pl.DataFrame  # person (ascending) and address of everybody

    @cached_property
    def fields(self) -> Fields:
        """The fields in use after it."""
        along = fields_along(self.after)
        return along[-1] if along else {}

    @cached_property
    def files(self) -> dict[int, list[DataFile]]:
        """The files of the periods as they are, by bucket."""
        return files_by_bucket(self.base)

    @property
    def compared_fields(self) -> tuple[str, ...] | None:
        """The fields that can differ; None: any."""
        return None

    @cached_property
    def must_write(self) -> bool:
        """Whether every bucket gets other columns, so that no file may stay."""
        old = fields_of(self.base)
        return set(old) != set(self.fields) or any(
            stored_as(old[name]) != stored_as(of) for name, of in self.fields.items()
        )

    @cached_property
    def differing(self) -> list[Entry]:
        """The steps that count only before or only after."""
        before = {step.import_id: step for step in self.before}
        after = {step.import_id: step for step in self.after}
        return [
            step for key, step in {**before, **after}.items() if (key in before) != (key in after)
        ]

    @cached_property
    def concerns_all(self) -> bool:
        """Whether everybody has to be folded again."""
        if any(not step.names_persons for step in self.differing):
            return True
        # A type that once was another left its mark on the values of everybody.
        before, after = _types_by_step(self.before), _types_by_step(self.after)
        pairs = [(before[key], types) for key, types in after.items() if key in before]
        pairs.append((field_columns(fields_of(self.base)), field_columns(self.fields)))
        return any(old.get(name, of) != of for old, new in pairs for name, of in new.items())

    def of_bucket(self, bucket: int) -> Pair | None:
        """The periods of a bucket before and after; None where nothing can be different."""
        old = periods_of(self.base, self.files.get(bucket, []))
        if self._is_appended:
            new = old
            for step, fields in zip(self._appended, self._appended_fields, strict=True):
                new = self._with(new, step, fields, bucket)
            return Pair(old, new)
        if self.concerns_all:
            return Pair(old, self.folded(bucket))
        named = self.rows.persons(self.differing, bucket)
        if named.is_empty():
            return Pair(old, in_columns(old, self.fields)) if self.must_write else None
        others = old.filter(~pl.col(PERSON).is_in(named.implode()))
        again = self.folded(bucket, only=named)
        new = pl.concat([in_columns(others, self.fields), again]).sort(PERSON, START)
        return Pair(old, new)

    @property
    def _appended(self) -> Sequence[Entry]:
        return self.after[len(self.before) :]

    @property
    def _appended_fields(self) -> Sequence[Fields]:
        return fields_along(self.after)[len(self.before) :]

    @cached_property
    def _is_appended(self) -> bool:
        ids = [step.import_id for step in self.before]
        return bool(ids) and ids == [step.import_id for step in self.after[: len(ids)]]

    def folded(self, bucket: int, *, only: pl.Series | None = None) -> pl.DataFrame:
        """The periods of a bucket after all steps, from the first one on; of all persons, or of some."""
        periods = pl.DataFrame(schema=PERIOD_COLUMNS)
        for step, fields in zip(self.after, fields_along(self.after), strict=True):
            periods = self._with(periods, step, fields, bucket, only=only)
        return periods

    def _with(
        self,
        periods: pl.DataFrame,
        step: Entry,
        fields: Fields,
        bucket: int,
        *,
        only: pl.Series | None = None,
    ) -> pl.DataFrame:
        rows = self.rows.of(step, bucket)
        if step.act is Act.DELETE_EMPLOYEES:
            return periods.filter(~pl.col(PERSON).is_in(rows[PERSON].implode()))
        if step.act is Act.DELETE_FIELDS:
            return in_columns(periods, fields)
        return fold(
            periods,
            rows if only is None else rows.filter(pl.col(PERSON).is_in(only.implode())),
            refresh=step.refresh or Refresh.INCREMENTAL,
            fields=field_columns(fields),
            addresses=self.addresses.filter(pl.col(PERSON) % BUCKETS == bucket),
        )


def _types_by_step(steps: Sequence[Entry]) -> dict[UUID, dict[str, pl.DataType]]:
    ids = (step.import_id for step in steps)
    return dict(zip(ids, map(field_columns, fields_along(steps)), strict=True))


def in_columns(periods: pl.DataFrame, fields: Fields) -> pl.DataFrame:
    """Some periods with just these fields, blank where they had none."""
    return periods.select(
        *PERIOD_COLUMNS,
        *(
            pl.col(name).cast(dtype) if name in periods.columns else pl.lit(None, dtype).alias(name)
            for name, dtype in field_columns(fields).items()
        ),
    )


def rewrite(replay: Replay, see: Callable[[Rewritten, Changes], None]) -> Changes:
    """Go through all buckets that come out otherwise, and say what changes in all.

    `see` is called from several threads.
    """

    def of_bucket(bucket: int) -> Changes:
        pair = replay.of_bucket(bucket)
        if pair is None:
            return unchanged(replay.base, replay.files.get(bucket, []))
        changes = compare(*pair)
        see(Rewritten(bucket, *pair), changes)
        return changes

    return sum(in_buckets(of_bucket), Changes())
