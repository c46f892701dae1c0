"""The way of an import into the tables: uploads and persons, then periods, the commit point.

Each step is made on the version it read and marked with the import's id. A step that is done is
skipped the next time; a step that someone else outran raises `Stale`, and all starts again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import polars as pl
import pyarrow.parquet as pq

from orgport.attributes.types import ValueType
from orgport.errors import WrongState
from orgport.history.acts import Entry
from orgport.history.buckets import Folding, Upload, fields_after, fold_buckets
from orgport.history.columns import (
    ADDRESS,
    BUCKET,
    IMPORT_ID,
    KEY,
    PERIOD_COLUMNS,
    PERSON,
    PERSON_COLUMNS,
    field_columns,
)
from orgport.history.committed import Committed, committed, message
from orgport.history.compare import Changes
from orgport.history.keys import is_ascending
from orgport.history.proposal import Proposal
from orgport.history.replay import Replay, Rewritten, rewrite
from orgport.history.tables import Column, Commit, DataFile, Table, TableVersion
from orgport.history.uploads import TYPE_NOTE, accepted_files, take_over, upload_columns

Written = dict[int, list[DataFile]]  # new files by bucket

LAST_IMPORT = "orgport"  # the mark whose value is the number of the newest import


class Tables(NamedTuple):
    """The three tables of a tenant."""

    uploads: Table
    persons: Table
    periods: Table


@dataclass(frozen=True, slots=True)
class Landing:
    """One import on its way into the history."""

    tables: Tables
    upload: Upload
    scratch: Path
    proposal: Proposal | None = None  # the fold, if it was done before

    def land(self) -> Committed:
        """Do what is still to do and say what the import changed; Stale when someone was faster."""
        base = self.tables.periods.open()
        if base is not None:
            if (done := found(self.tables.periods, base, str(self.upload.import_id))) is not None:
                return done
            self.refuse_when_late(base)
        with ThreadPoolExecutor(1) as beside:
            uploads = beside.submit(self.commit_uploads)
            try:
                self.commit_persons()
                written, changes = self.new_periods(base)
            finally:
                uploads.result()  # where both fail, its error is told and has the other one beside it
        return self.commit_periods(base, written, changes)

    def commit_uploads(self) -> None:
        """Take over the accepted rows."""
        table, mark = self.tables.uploads, str(self.upload.import_id)
        base = table.open()
        if base is not None and base.mark(mark) is not None:
            return
        columns, names = upload_columns(base, self.upload.fields)
        added = take_over(
            accepted_files(self.upload.rows),
            table.folder,
            import_id=self.upload.import_id,
            columns=columns,
            names=names,
            scratch=self.scratch,
        )
        self._commit(table, base, columns, added, replaced=(IMPORT_ID, [mark]))

    def commit_persons(self) -> None:
        """Add the new persons; their numbers and addresses must still be free."""
        table = self.tables.persons
        base = table.open()
        if base is not None and base.mark(str(self.upload.import_id)) is not None:
            return
        new = self.upload.new_persons.select(
            pl.col(name).cast(dtype) for name, dtype in PERSON_COLUMNS.items()
        )
        if base is not None and new.is_empty():
            return
        if base is not None:
            self._refuse_when_taken(base, new)
        added = []
        if not new.is_empty():
            path = f"{self.upload.import_id}-{uuid4().hex[:8]}.parquet"
            size = table.folder.write(new.sort(PERSON), path, scratch=self.scratch)
            added = [DataFile(path, {}, new.height, size)]
        columns = [Column(name, dtype, {}) for name, dtype in PERSON_COLUMNS.items()]
        self._commit(table, base, columns, added, replaced=None)

    def new_periods(self, base: TableVersion | None) -> tuple[Written, Changes]:
        """Fold the import into the periods, and write those of each bucket in which something changes."""
        if self.proposal is not None and self.proposal.stands_on(base):
            taken = {bucket: self._taken(bucket) for bucket in self.proposal.buckets}
            return taken, self.proposal.figures.changes
        written: Written = {}

        def keep(bucket: int, periods: pl.DataFrame) -> None:
            written[bucket] = self.write_bucket(bucket, periods)

        persons = self.tables.persons.open()
        folding = Folding(base, self.upload, partial(addresses, persons))
        return written, fold_buckets(folding, keep=keep)

    def commit_periods(
        self, base: TableVersion | None, written: Written, changes: Changes
    ) -> Committed:
        """Commit the new periods: from here on the import counts."""
        fields = fields_after(base, self.upload)
        said = message(
            self.upload.import_id,
            number=self.upload.number,
            refresh=self.upload.refresh,
            at=self.upload.at,
            fields=fields,
            changes=changes,
        )
        return self.commit_written(base, fields, written, said)

    def commit_rewritten(self, base: TableVersion, replay: Replay, entry: Entry) -> Committed:
        """Write the periods that come out otherwise and commit them: from here on it counts."""
        if self.proposal is not None and self.proposal.stands_on(base):
            written = {bucket: self._taken(bucket) for bucket in self.proposal.buckets}
            changes = self.proposal.figures.changes
        else:
            written, changes = self._rewritten(replay)
        said = message(
            entry.import_id,
            number=entry.number,
            refresh=None,
            at=entry.at,
            fields=replay.fields,
            changes=changes,
            act=entry.act,
            of=entry.of,
            deleted_fields=entry.deleted_fields,
        )
        return self.commit_written(base, replay.fields, written, said)

    def _rewritten(self, replay: Replay) -> tuple[Written, Changes]:
        written: Written = {}

        def see(one: Rewritten, changes: Changes) -> None:
            if replay.must_write or changes.change_count:
                written[one.bucket] = self.write_bucket(one.bucket, one.after)

        changes = rewrite(replay, see)
        return written, changes

    def commit_written(
        self,
        base: TableVersion | None,
        fields: Mapping[str, ValueType],
        written: Mapping[int, Sequence[DataFile]],
        said: Mapping[str, Any],
    ) -> Committed:
        """Commit the periods of some buckets in place of those that were there."""
        version = self._commit(
            self.tables.periods,
            base,
            _period_columns(fields),
            [file for bucket in sorted(written) for file in written[bucket]],
            replaced=(BUCKET, [str(bucket) for bucket in sorted(written)]),
            said=said,
        )
        return committed(version, said)

    def _taken(self, bucket: int) -> list[DataFile]:
        """The periods of a bucket as they were proposed, taken over as they lie."""
        source = self.proposal.periods(bucket) if self.proposal else None
        if source is None:
            return []
        path = self._path(bucket)
        size = self.tables.periods.folder.put(source, path)
        rows = pq.read_metadata(source).num_rows
        return [DataFile(path, {BUCKET: str(bucket)}, rows, size)]

    def write_bucket(self, bucket: int, periods: pl.DataFrame) -> list[DataFile]:
        """Write the periods of a bucket beside the table, under a name of this attempt."""
        if periods.is_empty():
            return []
        path = self._path(bucket)
        size = self.tables.periods.folder.write(periods, path, scratch=self.scratch)
        return [DataFile(path, {BUCKET: str(bucket)}, periods.height, size)]

    def _path(self, bucket: int) -> str:
        # A name of its own for each attempt: what a killed one left is never taken for ours.
        return f"{BUCKET}={bucket}/{self.upload.import_id}-{uuid4().hex[:8]}.parquet"

    def _commit(
        self,
        table: Table,
        base: TableVersion | None,
        columns: Sequence[Column],
        added: Sequence[DataFile],
        *,
        replaced: tuple[str, Sequence[str]] | None,
        said: Mapping[str, Any] | None = None,
    ) -> int:
        upload = self.upload
        next_version = base.number + 1 if base else 0
        marks = {str(upload.import_id): next_version}
        if said is None:
            said = message(
                upload.import_id,
                number=upload.number,
                refresh=upload.refresh,
                at=upload.at,
                fields=upload.fields,
            )
        else:
            marks[LAST_IMPORT] = upload.number
        at_ms = int(upload.at.timestamp() * 1000)
        return table.commit(base, Commit(columns, added, replaced, said, marks, at_ms))

    def refuse_when_late(self, base: TableVersion) -> None:
        """Raise WrongState when a later import is in the history already."""
        last = base.mark(LAST_IMPORT)
        if last is not None and last >= self.upload.number:
            raise WrongState(
                f"Import {self.upload.number} cannot be added: import {last} is in the history "
                "already. Send the data again."
            )

    def _refuse_when_taken(self, base: TableVersion, new: pl.DataFrame) -> None:
        known = base.scan().select(PERSON, KEY).collect()
        is_taken = new.select(
            pl.col(PERSON).is_in(known[PERSON].implode()).any()
            | pl.col(KEY).is_in(known[KEY].implode()).any()
        ).item()
        if is_taken:
            raise WrongState(
                f"Import {self.upload.number} cannot be added: persons have come since it was "
                "validated. Validate it again."
            )


def drop_lost_uploads(tables: Tables, *, at: datetime) -> None:
    """Let go of the uploads of imports that came to nothing; Stale when someone was faster.

    Only those older than the newest import in the history: they can never become part of it.
    """
    periods, uploads = tables.periods.open(), tables.uploads.open()
    if periods is None or uploads is None:
        return
    in_history = {said["import"]: int(said["number"]) for _, said in periods.messages()}
    newest = max(in_history.values())
    lost = [
        said["import"]
        for _, said in uploads.messages()
        if said["import"] not in in_history and said["number"] < newest
    ]
    held = {file.partition[IMPORT_ID] for file in uploads.files}
    if going := sorted(held.intersection(lost)):
        at_ms = int(at.timestamp() * 1000)
        tables.uploads.commit(
            uploads, Commit(uploads.columns, [], (IMPORT_ID, going), None, {}, at_ms)
        )


def found(table: Table, newest: TableVersion, import_id: str) -> Committed | None:
    """What the log of periods says of an import; None when it is not in the history."""
    version = newest.mark(import_id)
    if version is None:
        return None
    of_import = table.open(version)
    said = of_import.message() if of_import else None
    return committed(version, said) if said else None


def addresses(persons: TableVersion | None) -> pl.DataFrame:
    """The address of each person that ever was: person (ascending), address."""
    if persons is None:
        return pl.DataFrame(schema={PERSON: pl.Int64, ADDRESS: pl.String})
    known = persons.scan().select(PERSON, ADDRESS).collect()
    return known if is_ascending(known[PERSON].to_numpy()) else known.sort(PERSON)


def _period_columns(fields: Mapping[str, ValueType]) -> list[Column]:
    own = {BUCKET: pl.Int32(), **PERIOD_COLUMNS}
    return [Column(name, dtype, {}) for name, dtype in own.items()] + [
        Column(name, dtype, {TYPE_NOTE: fields[name].value})
        for name, dtype in field_columns(fields).items()
    ]
