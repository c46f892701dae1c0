"""Persons erased for good: no value of theirs stays in a table, nor in a file that an old version needs.

The rows about them leave the uploads and the periods, and cells of others that name them turn blank. The
commit of the periods is what readers see; the persons follow, and then the files of all older versions
go. Each step sees whether it was done, so that whoever was interrupted starts again and ends the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import polars as pl

from orgport.attributes.mentions import Mentions
from orgport.history.acts import Entry
from orgport.history.buckets import Upload, fields_of, files_by_bucket, in_buckets, periods_of
from orgport.history.columns import (
    ADDRESS,
    BUCKET,
    CLEARED,
    IMPORT_ID,
    KEY,
    PERIOD_COLUMNS,
    PERSON,
    PERSON_COLUMNS,
    UPLOAD_COLUMNS,
)
from orgport.history.committed import Committed, message
from orgport.history.compare import Changes, compare
from orgport.history.landing import Landing, Tables, found
from orgport.history.tables import EVERYTHING, Commit, DataFile, TableVersion
from orgport.history.uploads import FIELD_NOTE
from orgport.package.model import Refresh


@dataclass(frozen=True, slots=True)
class Reach:
    """How much there is of some persons in the history."""

    persons: int  # of those who are asked for
    periods: int
    rows: int  # of all imports that are about them
    mentions: int  # periods of others that name them


@dataclass(frozen=True, slots=True)
class _Rid:
    """Who goes: by number where rows are theirs, by address where other rows name them."""

    numbers: pl.Series
    mentions: Mentions

    def without(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows of others."""
        return frame.filter(~pl.col(PERSON).is_in(self.numbers.implode()))

    def naming(self, frame: pl.DataFrame, own: Mapping[str, pl.DataType]) -> dict[str, pl.Expr]:
        """By field, which rows have a text that names one of them; only where there are any."""
        found = {}
        for name, dtype in frame.schema.items():
            if name in own or dtype != pl.String:
                continue
            texts = frame[name].drop_nulls().unique()
            texts = texts.filter(texts.str.contains("@", literal=True))
            if meant := [text for text in texts if self.mentions.are_in(text)]:
                found[name] = pl.col(name).is_in(meant)
        return found


@dataclass(frozen=True, slots=True)
class Erasing:
    """One erase, on its way through the tables."""

    tables: Tables
    entry: Entry
    mentions: Mentions
    scratch: Path

    def land(self) -> Committed | None:
        """Do what is still to do and say what it changed; None where nothing was imported yet.

        Raises Stale when someone was faster.
        """
        base = self.tables.periods.open()
        if base is None:
            return None
        rid = _rid(self.tables, self.mentions)
        done = found(self.tables.periods, base, str(self.entry.import_id))
        if done is None:
            self._landing().refuse_when_late(base)
            self._rewrite_uploads(rid)
            done = self._rewrite_periods(base, rid)
        self._forget_persons(rid)
        for table in self.tables:
            table.keep_only_the_newest()
        return done

    def _rewrite_uploads(self, rid: _Rid) -> None:
        """Write the rows of all imports that have any of them anew, without them."""
        table = self.tables.uploads
        base = table.open()
        if base is None or base.mark(self._mark) is not None:
            return
        by_import: dict[str, list[DataFile]] = {}
        for file in base.files:
            by_import.setdefault(file.partition[IMPORT_ID], []).append(file)
        touched = [
            import_id
            for import_id, files in by_import.items()
            if any(_is_touched(base, file, rid) for file in files)
        ]
        added = [
            written
            for import_id in touched
            for file in by_import[import_id]
            for written in self._rewritten(base, file, rid)
        ]
        self._commit_to(base, added, (IMPORT_ID, touched))

    def _rewritten(self, base: TableVersion, file: DataFile, rid: _Rid) -> list[DataFile]:
        """A file of uploads without them; cells that named them are emptied by their row."""
        rows = rid.without(base.scan([file]).collect())
        if rows.is_empty():
            return []
        real = {c.name: c.notes.get(FIELD_NOTE, c.name) for c in base.columns}
        for name, is_meant in rid.naming(rows, UPLOAD_COLUMNS).items():
            # Blank alone would keep what held before; the row did say something else.
            cleared = pl.concat_list(pl.col(CLEARED).fill_null([]), pl.lit(real[name]))
            rows = rows.with_columns(
                pl.when(~is_meant).then(pl.col(name)),
                pl.when(is_meant).then(cleared).otherwise(pl.col(CLEARED)).alias(CLEARED),
            )
        of = f"{IMPORT_ID}={file.partition[IMPORT_ID]}/{BUCKET}={file.partition[BUCKET]}"
        path = f"{of}/{self._new_name()}"
        size = self.tables.uploads.folder.write(rows, path, scratch=self.scratch)
        return [DataFile(path, file.partition, rows.height, size)]

    def _rewrite_periods(self, base: TableVersion, rid: _Rid) -> Committed:
        landing, files = self._landing(), files_by_bucket(base)
        written: dict[int, list[DataFile]] = {}

        def of_bucket(bucket: int) -> Changes:
            old = periods_of(base, files.get(bucket, []))
            new = rid.without(old)
            for name, is_meant in rid.naming(new, PERIOD_COLUMNS).items():
                new = new.with_columns(pl.when(~is_meant).then(pl.col(name)))
            changes = compare(old, new)
            if changes.change_count:
                written[bucket] = landing.write_bucket(bucket, new)
            return changes

        changes = sum(in_buckets(of_bucket), Changes())
        fields = fields_of(base)
        entry = self.entry
        said = message(
            entry.import_id,
            number=entry.number,
            refresh=None,
            at=entry.at,
            fields=fields,
            changes=changes,
            act=entry.act,
        )
        return landing.commit_written(base, fields, written, said)

    def _forget_persons(self, rid: _Rid) -> None:
        """Keep their numbers, which are never used again, and nothing else."""
        table = self.tables.persons
        base = table.open()
        if base is None or rid.numbers.is_empty():
            return
        is_theirs = pl.col(PERSON).is_in(rid.numbers.implode())
        persons = base.scan().with_columns(
            pl.when(~is_theirs).then(pl.col(name)) for name in (KEY, ADDRESS)
        )
        frame = persons.select(*PERSON_COLUMNS).sort(PERSON).collect()
        path = self._new_name()
        size = table.folder.write(frame, path, scratch=self.scratch)
        self._commit_to(base, [DataFile(path, {}, frame.height, size)], EVERYTHING)

    def _commit_to(
        self,
        base: TableVersion,
        added: list[DataFile],
        replaced: tuple[str, list[str]] | tuple[str, tuple[()]],
    ) -> None:
        table = self.tables.persons if replaced == EVERYTHING else self.tables.uploads
        entry = self.entry
        said = message(
            entry.import_id,
            number=entry.number,
            refresh=None,
            at=entry.at,
            fields={},
            act=entry.act,
        )
        at_ms = int(entry.at.timestamp() * 1000)
        marks = {self._mark: base.number + 1}
        table.commit(base, Commit(base.columns, added, replaced, said, marks, at_ms))

    def _landing(self) -> Landing:
        entry = self.entry
        nobody = pl.DataFrame(schema=PERSON_COLUMNS)
        upload = Upload(
            entry.import_id,
            entry.number,
            Refresh.INCREMENTAL,
            {},
            self.scratch,
            nobody,
            entry.at,
        )
        return Landing(self.tables, upload, self.scratch)

    @property
    def _mark(self) -> str:
        return str(self.entry.import_id)

    def _new_name(self) -> str:
        return f"{self.entry.import_id}-{uuid4().hex[:8]}.parquet"


def reach_of(tables: Tables, mentions: Mentions) -> Reach:
    """How much there is of some persons; nothing is written."""
    rid = _rid(tables, mentions)
    periods, uploads = tables.periods.open(), tables.uploads.open()
    theirs = pl.col(PERSON).is_in(rid.numbers.implode())
    files = files_by_bucket(periods)

    def of_bucket(bucket: int) -> tuple[int, int]:
        held = periods_of(periods, files.get(bucket, []))
        others = rid.without(held)
        naming = rid.naming(others, PERIOD_COLUMNS).values()
        count = others.filter(pl.any_horizontal(*naming)).height if naming else 0
        return held.height - others.height, count

    counts = list(in_buckets(of_bucket))
    rows = uploads.scan().filter(theirs).select(pl.len()).collect().item() if uploads else 0
    return Reach(
        persons=len(rid.numbers),
        periods=sum(periods for periods, _ in counts),
        rows=int(rows),
        mentions=sum(naming for _, naming in counts),
    )


def _rid(tables: Tables, mentions: Mentions) -> _Rid:
    persons = tables.persons.open()
    if persons is None:
        return _Rid(pl.Series(PERSON, [], dtype=pl.Int64), mentions)
    meant = persons.scan().filter(pl.col(KEY).is_in(sorted(mentions.keys)))
    return _Rid(meant.select(PERSON).collect().to_series(), mentions)


def _is_touched(base: TableVersion, file: DataFile, rid: _Rid) -> bool:
    rows = base.scan([file]).collect()
    return rid.without(rows).height < rows.height or bool(rid.naming(rows, UPLOAD_COLUMNS))
