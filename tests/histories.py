"""Uploads and histories for tests, and one history kept in three ways: plainly, in columns, in Delta."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID, uuid4

import polars as pl

from orgport.attributes.types import ValueType
from orgport.history.acts import Act, Entry
from orgport.history.columns import BUCKETS, PERIOD_COLUMNS, field_columns
from orgport.history.committed import Committed
from orgport.history.compare import Changes, compare
from orgport.history.fold import fold
from orgport.history.periods import History, Period, UploadRow, Value, periods
from orgport.history.periods import fold as plain_fold
from orgport.history.store import HistoryStore
from orgport.package.model import Refresh

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TYPES = {
    "ManagerId": ValueType.EMAIL,
    "Organization": ValueType.STRING,
    "BadgeData": ValueType.INTEGER,
}


@dataclass(frozen=True, slots=True)
class Sent:
    """One row of a file, as a sender wrote it."""

    person: str
    effective_date: date
    values: Mapping[str, Value | None] = field(default_factory=dict)
    cleared: frozenset[str] = frozenset()


def sent(person: str, day: str, *cleared: str, **values: Value | None) -> Sent:
    """A row of a file; the day as in YYYY-MM-DD, the cleared fields by name."""
    return Sent(person, date.fromisoformat(day), values, frozenset(cleared))


def supplied(rows: Sequence[Sent]) -> dict[str, ValueType]:
    """The fields that stand in some rows, as a mapping would name them."""
    names = {name for row in rows for name in (*row.values, *row.cleared)}
    return {name: value_type for name, value_type in TYPES.items() if name in names}


def upload_frame(
    rows: Sequence[Sent], numbers: Mapping[str, int], fields: Mapping[str, ValueType]
) -> pl.DataFrame:
    """Accepted rows as validation writes them: person, PersonId, EffectiveDate, fields, line, cleared."""
    records = [
        {
            "person": numbers[row.person.casefold()],
            "PersonId": row.person,
            "EffectiveDate": row.effective_date,
            **{name: row.values.get(name) for name in fields},
            "line": line,
            "cleared": sorted(row.cleared) or None,
        }
        for line, row in enumerate(rows, start=2)
    ]
    schema = {
        "person": pl.Int64(),
        "PersonId": pl.String(),
        "EffectiveDate": pl.Date(),
        **field_columns(fields),
        "line": pl.Int64(),
        "cleared": pl.List(pl.String()),
    }
    return pl.DataFrame(records, schema=schema)


def write_rows(frame: pl.DataFrame, folder: Path) -> Path:
    """Write accepted rows by person bucket, as validation leaves them."""
    for (bucket,), part in frame.group_by(pl.col("person") % BUCKETS):
        target = folder / f"bucket={bucket}"
        target.mkdir(parents=True)
        part.write_parquet(target / "part-0.parquet")
    folder.mkdir(exist_ok=True)
    return folder


class KeptHistory(Protocol):
    """A history that files are loaded into, whatever keeps it."""

    def receive(self, refresh: Refresh, rows: Sequence[Sent]) -> Changes | None:
        """Take in one file; the changes it made, where they are counted."""

    def of(self, person: str) -> list[Period]:
        """The periods of a person, fields that hold nothing in any period left out."""


class PlainHistory:
    """Kept as the definition says, a person at a time."""

    def __init__(self) -> None:
        self.persons: dict[str, History] = {}  # by case-folded address; empty for who was removed
        self.fields: dict[str, ValueType] = {}

    def receive(self, refresh: Refresh, rows: Sequence[Sent]) -> Changes | None:
        by_person: dict[str, list[UploadRow]] = {}
        for row in rows:
            upload_row = UploadRow(row.effective_date, row.values, row.cleared)
            by_person.setdefault(row.person.casefold(), []).append(upload_row)
        before = {} if refresh is Refresh.FULL else self.persons
        self.fields = {} if refresh is Refresh.FULL else self.fields
        self.fields |= supplied(rows)
        self.persons = {
            key: plain_fold(
                before.get(key, {}), by_person.get(key, []), refresh=refresh, fields=self.fields
            )
            for key in {**before, **by_person}
        }
        return None

    def delete_fields(self, names: Sequence[str]) -> None:
        self.fields = {name: of for name, of in self.fields.items() if name not in names}
        self.persons = {
            key: plain_fold(history, [], refresh=Refresh.INCREMENTAL, fields=self.fields)
            for key, history in self.persons.items()
        }

    def delete_persons(self, persons: Sequence[str]) -> None:
        gone = {person.casefold() for person in persons}
        self.persons = {key: of for key, of in self.persons.items() if key not in gone}

    def of(self, person: str) -> list[Period]:
        return [_bare(one) for one in periods(self.persons.get(person.casefold(), {}))]


class ColumnarHistory:
    """Kept in one frame of periods."""

    def __init__(self) -> None:
        self._addresses: dict[str, str] = {}
        self.fields: dict[str, ValueType] = {}
        self.frame = pl.DataFrame(schema=PERIOD_COLUMNS)

    def receive(self, refresh: Refresh, rows: Sequence[Sent]) -> Changes | None:
        for row in rows:
            self._addresses.setdefault(row.person.casefold(), row.person)
        numbers = {key: number for number, key in enumerate(self._addresses, start=1)}
        sent_fields = supplied(rows)
        self.fields = {} if refresh is Refresh.FULL else self.fields
        self.fields |= sent_fields
        before = self.frame
        self.frame = fold(
            before,
            upload_frame(rows, numbers, sent_fields),
            refresh=refresh,
            fields=field_columns(self.fields),
            addresses=pl.DataFrame(
                {"person": list(numbers.values()), "address": list(self._addresses.values())},
                schema={"person": pl.Int64, "address": pl.String},
            ),
        )
        return compare(before, self.frame)

    def of(self, person: str) -> list[Period]:
        spelled = self._addresses.get(person.casefold(), "")
        return periods_in(self.frame.filter(pl.col("PersonId") == spelled))


class DeltaHistory:
    """Kept in a real store below a folder; `import_ids` are those of the files, in order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = HistoryStore(folder / "history", tenant_id=UUID(int=7))
        self.import_ids: list[UUID] = []

    def receive(self, refresh: Refresh, rows: Sequence[Sent]) -> Committed:
        import_id = uuid4()
        self.import_ids.append(import_id)
        return self.commit(import_id, len(self.import_ids), refresh, rows)

    def commit(
        self, import_id: UUID, number: int, refresh: Refresh, rows: Sequence[Sent]
    ) -> Committed:
        """Number the new persons, write the rows and commit, as the stages of an import do."""
        stored = self.store.stored()
        numbers = dict(stored.persons.select("key", "person").iter_rows())
        new: dict[str, tuple[int, str]] = {}
        for row in rows:
            key = row.person.casefold()
            if key not in numbers:
                numbers[key] = stored.next_person + len(new)
                new[key] = (numbers[key], row.person)
        fields = supplied(rows)
        return self.store.commit(
            import_id,
            number=number,
            refresh=refresh,
            fields=fields,
            rows=write_rows(upload_frame(rows, numbers, fields), self.folder / uuid4().hex),
            new_persons=persons_frame([(n, key, address) for key, (n, address) in new.items()]),
            at=AT,
            scratch=self.folder,
        )

    def undo(self, of: UUID) -> Committed:
        return self.rewrite(Act.UNDO, of=of)

    def restore(self, of: UUID) -> Committed:
        return self.rewrite(Act.RESTORE, of=of)

    def delete_fields(self, *names: str) -> Committed:
        return self.rewrite(Act.DELETE_FIELDS, deleted_fields=frozenset(names))

    def delete_persons(self, *persons: str) -> Committed:
        keys = [person.casefold() for person in persons]
        named = self.store.stored().persons.filter(pl.col("key").is_in(keys))
        rows = upload_frame([], {}, {}).clear()
        rows = pl.concat([rows, named.select("person", PersonId="address")], how="diagonal").select(
            rows.columns
        )
        folder = write_rows(rows, self.folder / uuid4().hex)
        return self.rewrite(Act.DELETE_EMPLOYEES, rows=folder)

    def erase(self, *persons: str) -> Committed:
        entry = self.entry(Act.ERASE)
        done = self.store.erase(entry, persons, scratch=self.folder)
        assert done is not None
        self.import_ids.append(entry.import_id)
        return done

    def rewrite(
        self,
        act: Act,
        *,
        of: UUID | None = None,
        deleted_fields: frozenset[str] = frozenset(),
        rows: Path | None = None,
    ) -> Committed:
        entry = self.entry(act, of=of, deleted_fields=deleted_fields)
        done = self.store.rewrite(entry, scratch=self.folder, rows=rows)
        self.import_ids.append(entry.import_id)
        return done

    def entry(
        self, act: Act, *, of: UUID | None = None, deleted_fields: frozenset[str] = frozenset()
    ) -> Entry:
        """The entry of an import that follows what is there."""
        number = len(self.import_ids) + 1
        return Entry(uuid4(), number, act, AT, of=of, deleted_fields=deleted_fields)

    def of(self, person: str) -> list[Period]:
        return periods_in(self.store.person(person))


def persons_frame(persons: Sequence[tuple[int, str, str]]) -> pl.DataFrame:
    """New persons as validation hands them over: person, key, address."""
    schema = {"person": pl.Int64, "key": pl.String, "address": pl.String}
    return pl.DataFrame(persons, schema=schema, orient="row")


def periods_in(frame: pl.DataFrame) -> list[Period]:
    """The rows of a frame of periods, in its order, without the fields that are blank."""
    plain = frame.drop("person", "PersonId", strict=False)
    return [
        _bare(Period(row.pop("StartDate"), row.pop("EndDate"), row))
        for row in plain.iter_rows(named=True)
    ]


def _bare(period: Period) -> Period:
    given = {name: value for name, value in period.values.items() if value is not None}
    return Period(period.start, period.end, given)
