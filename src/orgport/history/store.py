"""The history of one tenant: three Delta tables, and one commit that makes an import count.

uploads (what came) and persons (numbers and addresses) are written before periods (what holds when); an
import is part of the history from the commit of `periods` on, and not before. Each
step knows the import by its id, so that whoever was interrupted starts again and ends the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname
from uuid import UUID

import polars as pl
from polars.selectors import by_name

from orgport.attributes.formats import person_key
from orgport.attributes.mentions import Mentions
from orgport.attributes.types import ValueType
from orgport.errors import BadInput, NotFound, WrongState
from orgport.history import as_of as questions
from orgport.history.acts import Act, Entry, steps
from orgport.history.buckets import Upload, fields_of
from orgport.history.columns import (
    ADDRESS,
    BUCKET,
    END,
    IMPORT_ID,
    KEY,
    MANAGER_ID,
    PERSON,
    PERSON_COLUMNS,
    PERSON_ID,
    START,
    as_catalogued,
)
from orgport.history.committed import Committed, committed
from orgport.history.erasing import Erasing, Reach, reach_of
from orgport.history.files import Folder
from orgport.history.hierarchy import Hierarchy, hierarchy
from orgport.history.known import NO_PERIODS, Known
from orgport.history.landing import Landing, Tables, addresses, drop_lost_uploads
from orgport.history.proposal import Proposal, propose, proposed
from orgport.history.replay import Said, SentRows
from orgport.history.reversal import Reversal, reversal_of
from orgport.history.rewriting import Rewriting, log_of, replay_of
from orgport.history.stored import Stored
from orgport.history.tables import Stale, Table, TableVersion
from orgport.package.model import Refresh

_ATTEMPTS = 5
_NOBODY, _NEVER = UUID(int=0), datetime.min.replace(tzinfo=UTC)  # of a preview


class HistoryStore:
    """The history of a tenant, below a folder or an object store's URL."""

    def __init__(
        self,
        url: str | Path,
        *,
        tenant_id: UUID,
        storage_options: Mapping[str, str] | None = None,
    ) -> None:
        folder = Folder(_as_path(str(url)), dict(storage_options) if storage_options else None)
        folder = folder.child(str(tenant_id))
        self.tenant_id = tenant_id
        self._tables = Tables(
            uploads=Table(folder.child("uploads"), [IMPORT_ID, BUCKET]),
            persons=Table(folder.child("persons"), []),
            periods=Table(folder.child("periods"), [BUCKET]),
        )

    def tables(self) -> dict[str, str]:
        """Where the Delta tables lie, by name: for any other tool that reads them."""
        return {table.folder.name: table.folder.url for table in self._tables}

    def commit(
        self,
        import_id: UUID,
        *,
        number: int,
        refresh: Refresh,
        fields: Mapping[str, ValueType],
        rows: Path,
        new_persons: pl.DataFrame,
        at: datetime,
        scratch: Path,
        proposal: Proposal | None = None,
    ) -> Committed:
        """Make an import part of the history, once: a second call changes nothing and answers the same.

        `rows` is the folder of accepted rows (bucket=N/*.parquet: person, PersonId, EffectiveDate,
        the fields, line, cleared); its files become part of the history and must not be written
        again. new_persons: person, key, address. A `proposal` of the same import spares the fold
        while nothing else was committed. Raises WrongState when a later import is already in the
        history, or the import was validated against an older one.
        """
        upload = Upload(import_id, number, refresh, as_catalogued(fields), rows, new_persons, at)
        for _ in range(_ATTEMPTS):
            try:
                return Landing(self._tables, upload, scratch, proposal).land()
            except Stale:
                continue  # someone else was faster: read what stands now and do it again
        raise WrongState(
            f"Import {number} cannot be added: others keep being faster. Run it again."
        )

    def propose(
        self,
        *,
        refresh: Refresh,
        fields: Mapping[str, ValueType],
        rows: Path,
        new_persons: pl.DataFrame,
        folder: Path,
    ) -> Proposal:
        """What an import with these rows would change, and its periods; written to `folder` only."""
        upload = Upload(_NOBODY, 0, refresh, as_catalogued(fields), rows, new_persons, _NEVER)
        periods, persons = self._tables.periods.open(), self._tables.persons.open()

        def everybody() -> pl.DataFrame:
            known = pl.concat([addresses(persons), new_persons.select(PERSON, ADDRESS)])
            return known.unique(PERSON, keep="first").sort(PERSON)

        return propose(periods, upload, addresses=everybody, folder=folder)

    def rewrite(
        self,
        entry: Entry,
        *,
        scratch: Path,
        rows: Path | None = None,
        proposal: Proposal | None = None,
    ) -> Committed:
        """Undo, restore or delete, once: a second call changes nothing and answers the same.

        `rows` is for a deletion of persons: as for `commit`, with no field and no EffectiveDate. A
        `proposal` of the same import spares the fold while nothing else was committed.
        Raises WrongState when there is nothing to take back, or a later import came first.
        """
        for _ in range(_ATTEMPTS):
            try:
                return Rewriting(self._tables, entry, scratch, rows, proposal).land()
            except Stale:
                continue
        raise WrongState(
            f"Import {entry.number} cannot be added: others keep being faster. Run it again."
        )

    def propose_rewrite(self, entry: Entry, *, folder: Path, rows: Path | None = None) -> Proposal:
        """What an undo, a restore or a deletion would change; written to `folder` only.

        Raises WrongState as `rewrite` does.
        """
        base = self._tables.periods.open()
        if base is None:
            raise WrongState(
                "Nothing was imported yet: there is nothing to take back or to delete."
            )
        return proposed(replay_of(self._tables, base, entry, rows=rows), folder)

    def erase(self, entry: Entry, addresses: Iterable[str], *, scratch: Path) -> Committed | None:
        """Erase persons for good, once: whoever was interrupted goes on and ends the same.

        Afterwards only the newest version of each table is left; what was known before is folded again.
        None where nothing was imported yet.
        """
        for _ in range(_ATTEMPTS):
            try:
                return Erasing(self._tables, entry, Mentions(addresses), scratch).land()
            except Stale:
                continue
        raise WrongState(
            f"Import {entry.number} cannot be added: others keep being faster. Run it again."
        )

    def reach_of(self, addresses: Iterable[str]) -> Reach:
        """How much of some persons there is, before they are erased."""
        return reach_of(self._tables, Mentions(addresses))

    def preview_rewrite(self, entry: Entry) -> Reversal:
        """What an undo or a restore would take back, and what it would leave; nothing is written."""
        base = self._tables.periods.open()
        if base is None:
            raise WrongState("Nothing was imported yet: there is nothing to take back.")
        return reversal_of(log_of(self._tables, base), entry, replay_of(self._tables, base, entry))

    def log(self, *, known_at: UUID | int | None = None) -> list[Entry]:
        """The imports of the history and what each brought, oldest first, as known after one."""
        return log_of(self._tables, self._version(known_at))

    def has(self, import_id: UUID) -> bool:
        """Whether an import is part of the history."""
        newest = self._tables.periods.open()
        return newest is not None and newest.mark(str(import_id)) is not None

    def imports(self) -> list[Committed]:
        """The imports that the history is made of, newest first."""
        newest = self._tables.periods.open()
        return [committed(*said) for said in newest.messages()] if newest else []

    def version_of(self, import_number: int) -> int:
        """The version of periods in which we knew what we knew after an import of this number.

        An import that came to nothing left things as they were. Raises NotFound before the first.
        """
        for one in self.imports():
            if one.number <= import_number:
                return one.version
        raise NotFound(f"Nothing was known after import {import_number}: the first came later.")

    def stored(self) -> Stored:
        """What validation needs to know of the history as it stands."""
        periods, persons = self._tables.periods.open(), self._tables.persons.open()
        lasting = periods.scan() if periods else pl.LazyFrame(schema=NO_PERIODS)
        fields = fields_of(periods)
        if MANAGER_ID not in fields:
            lasting = lasting.with_columns(pl.lit(None, dtype=pl.String).alias(MANAGER_ID))
        return Stored(
            known_persons=_persons(persons),
            manager_periods=lasting.select(PERSON, START, END, MANAGER_ID),
            fields=fields,
            has_uploads=any(one.act is Act.UPLOAD for one in steps(log_of(self._tables, periods))),
        )

    def as_of(
        self, day: date, *, known_at: UUID | int | None = None, manager: str | None = None
    ) -> pl.DataFrame:
        """Everybody on a day: PersonId, StartDate, EndDate (exclusive) and the fields, by PersonId.

        `known_at` asks for what we knew after an import, by its id or number; `manager` for those
        who report to an address. Raises NotFound for an unknown import.
        """
        found = self._known(known_at).ask(lambda periods: _of(periods, day, manager))
        return found.drop(PERSON).sort(PERSON_ID)

    def page(
        self,
        day: date,
        *,
        known_at: UUID | int | None = None,
        manager: str | None = None,
        contains: str = "",
        after: str = "",
        limit: int,
    ) -> pl.DataFrame:
        """As `as_of`, but only the next persons behind a PersonId, by address; raises as it does."""
        found = self._known(known_at).ask(
            lambda periods: questions.page(
                _of(periods, day, manager), contains=contains, after=after, limit=limit
            )
        )
        return found.drop(PERSON)

    def count(
        self,
        day: date,
        *,
        known_at: UUID | int | None = None,
        manager: str | None = None,
        contains: str = "",
    ) -> int:
        """How many there are in all pages; raises as `as_of` does."""
        columns = by_name(*NO_PERIODS, require_all=False)
        found = self._known(known_at).ask(
            lambda periods: questions.called(_of(periods, day, manager), contains).select(columns)
        )
        return found.height

    def hierarchy(self, day: date, *, known_at: UUID | int | None = None) -> Hierarchy:
        """Who reports to whom on a day, as a tree; raises as `as_of` does."""
        columns = by_name(*NO_PERIODS, require_all=False)
        known = self._known(known_at)
        return hierarchy(known.ask(lambda some: _of(some, day, None).select(columns)))

    def snapshot(
        self, day: date, *, known_at: UUID | int | None = None, fields: Sequence[str] | None = None
    ) -> Iterator[pl.DataFrame]:
        """Everybody on a day, some thousands at a time, in no order: PersonId, StartDate, EndDate, fields.

        Raises BadInput for a field that is not in use, else as `as_of` does; all before the first.
        """
        known = self._known(known_at)
        in_use = fields_of(known.version)
        if unknown := [name for name in fields or () if name not in in_use]:
            raise BadInput(f"There is no field {unknown[0]}. In use are: {', '.join(in_use)}.")
        wanted = [PERSON_ID, START, END, *(in_use if fields is None else fields)]
        return known.ask_by_bucket(lambda periods: questions.in_force(periods, day).select(wanted))

    def extent(self, fields: Sequence[str]) -> dict[str, questions.Extent]:
        """How much of some fields in use there is now, by field."""
        parts = self._known(None).ask_by_bucket(lambda some: questions.extent(some, fields))
        return questions.together(parts, fields)

    def person(self, address: str, *, known_at: UUID | int | None = None) -> pl.DataFrame:
        """The periods of one person in order: PersonId, StartDate, EndDate (exclusive), the fields.

        Raises NotFound when nobody has or had this address, in any case.
        """
        number, known = self._number(address), self._known(known_at)
        if known.version is None:
            raise NotFound(f"Nobody with the address {address} is in the history.")
        return known.of_person(number).drop(PERSON).sort(START)

    def _number(self, address: str) -> int:
        known = _persons(self._tables.persons.open())
        numbers = known.filter(pl.col(KEY) == person_key(address)).select(PERSON).collect()
        if numbers.is_empty():
            raise NotFound(f"Nobody with the address {address} is in the history.")
        return int(numbers.item(0, 0))

    def periods_of(self, person: int, *, version: int | None) -> pl.DataFrame:
        """The periods of a person by number, in a version of the table of periods, in order.

        StartDate, EndDate (exclusive) and the fields; none for version None.
        """
        then = self._tables.periods.open(version) if version is not None else None
        if then is None:
            return pl.DataFrame(schema={START: pl.Date(), END: pl.Date()})
        return Known(self._tables, then).of_person(person).drop(PERSON, PERSON_ID).sort(START)

    def sources(
        self, address: str, *, known_at: UUID | int | None = None
    ) -> dict[date, list[Said]]:
        """Which imports name a person, by EffectiveDate, the newest first; only those that count."""
        log = log_of(self._tables, self._version(known_at))
        rows, person = SentRows(self._tables.uploads.open()), self._number(address)
        found: dict[date, list[Said]] = {}
        for step in reversed(steps(log)):
            for day, fields in rows.said(step, person).items():
                found.setdefault(day, []).append(Said(step.import_id, fields))
        return found

    def vacuum(self, keep_days: int, *, at: datetime) -> int:
        """Delete the files that only versions older than this need, and say how many.

        The uploads of imports that came to nothing leave the table first.
        """
        with suppress(Stale):  # an import is being added: the next vacuum finds them
            drop_lost_uploads(self._tables, at=at)
        return sum(table.vacuum(keep_days) for table in self._tables)

    def _known(self, known_at: UUID | int | None) -> Known:
        return Known(self._tables, self._version(known_at))

    def _version(self, known_at: UUID | int | None) -> TableVersion | None:
        newest = self._tables.periods.open()
        if known_at is None:
            return newest
        if isinstance(known_at, int):
            version: int | None = self.version_of(known_at)
        else:
            version = newest.mark(str(known_at)) if newest else None
        then = self._tables.periods.open(version) if version is not None else None
        if then is None:
            raise NotFound(f"Import {known_at} is not part of the history.")
        return then


def _as_path(url: str) -> str:
    return url2pathname(urlsplit(url).path) if url.startswith("file://") else url


def _persons(table: TableVersion | None) -> pl.LazyFrame:
    return table.scan() if table else pl.LazyFrame(schema=PERSON_COLUMNS)


def _of(periods: pl.LazyFrame, day: date, manager: str | None) -> pl.LazyFrame:
    held = questions.in_force(periods, day)
    return held if manager is None else questions.reporting_to(held, manager)
