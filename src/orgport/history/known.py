"""The periods as they were known after an import: read from their version, or folded again.

Data files of old versions go with the retention. Their log stays, and so do the uploads, so what was
known then can be worked out once more: a bucket of persons at a time, the same to the byte of answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from orgport.history.acts import steps
from orgport.history.buckets import fields_of, files_by_bucket
from orgport.history.columns import BUCKETS, MANAGER_ID, ORGANIZATION, PERIOD_COLUMNS, PERSON
from orgport.history.landing import Tables, addresses
from orgport.history.replay import Replay, SentRows, in_columns
from orgport.history.rewriting import log_of
from orgport.history.tables import TableVersion

NO_PERIODS = {**PERIOD_COLUMNS, MANAGER_ID: pl.String(), ORGANIZATION: pl.String()}

# Asked of some periods, and then of all answers together, it gives what it gives of all periods.
Question = Callable[[pl.LazyFrame], pl.LazyFrame]


@dataclass(frozen=True)
class Known:
    """What was known in a version of the periods; in None, before the first, nothing was."""

    tables: Tables
    version: TableVersion | None

    def ask(self, question: Question) -> pl.DataFrame:
        """The answer to a question about all persons."""
        if self.version is None:
            return question(pl.LazyFrame(schema=NO_PERIODS)).collect()
        try:
            return question(self.version.scan()).collect()
        except FileNotFoundError:
            answers = [question(self._again(bucket)).collect() for bucket in range(BUCKETS)]
            return question(pl.concat(answers).lazy()).collect()

    def ask_by_bucket(self, question: Question) -> Iterator[pl.DataFrame]:
        """The answers to a question bucket by bucket, so that no more lies in memory."""
        files = files_by_bucket(self.version)
        return (self._of_bucket(bucket, question) for bucket in sorted(files))

    def of_person(self, person: int) -> pl.DataFrame:
        """The periods of a person by number, in no order."""
        if self.version is None:
            return pl.DataFrame(schema=NO_PERIODS)
        return self._of_bucket(person % BUCKETS, lambda some: some.filter(pl.col(PERSON) == person))

    def _of_bucket(self, bucket: int, question: Question) -> pl.DataFrame:
        if self.version is None:
            return question(pl.LazyFrame(schema=NO_PERIODS)).collect()
        try:
            files = files_by_bucket(self.version).get(bucket, [])
            return question(self.version.scan(files)).collect()
        except FileNotFoundError:
            return question(self._again(bucket)).collect()

    def _again(self, bucket: int) -> pl.LazyFrame:
        return in_columns(self._replay.folded(bucket), fields_of(self.version)).lazy()

    @cached_property
    def _replay(self) -> Replay:
        return Replay(
            before=(),
            after=steps(log_of(self.tables, self.version)),
            base=None,
            rows=SentRows(self.tables.uploads.open()),
            addresses=addresses(self.tables.persons.open()),
        )
