"""How complete the organization is on a day: the share of persons who have a value, field by field.

A field with a value for more than 95 % of the measured persons is good; the verdict uses the exact ratio.
Measured are those of a list, present or not, and without a list everybody who is there on the day. Domain and
TimeZone are never sent: the domain is read off the address, and a time zone nobody has told yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import polars as pl

from orgport.history.acts import Act, Entry
from orgport.history.columns import END, PERSON_ID, START

GOOD_ABOVE = 0.95
DOMAIN, TIME_ZONE = "Domain", "TimeZone"
DERIVED = (DOMAIN, TIME_ZONE)
SMALLEST_GROUP = 5  # persons; a smaller group could be somebody
_NOT_FIELDS = (PERSON_ID, START, END)
_KEY = pl.col(PERSON_ID).str.to_lowercase()  # by which addresses of snapshot and list compare


@dataclass(frozen=True, slots=True)
class FieldQuality:
    """One field on one day."""

    field: str
    with_value: int  # of the measured persons
    persons: int  # measured
    distinct: int  # different values, case-sensitive, blanks around them cut; 0 where not counted
    employees: int = 0  # with a value, measured or not

    @property
    def share(self) -> float:
        """The share of persons with a value, 0 to 1."""
        return self.with_value / self.persons if self.persons else 0.0

    @property
    def is_good(self) -> bool:
        """Whether more than 95 % of the persons have a value."""
        return self.share > GOOD_ABOVE

    @property
    def is_derived(self) -> bool:
        """Whether it is worked out instead of sent."""
        return self.field in DERIVED


@dataclass(frozen=True, slots=True)
class Quality:
    """All fields on one day, and how many measured persons lack a value in one that is sent."""

    persons: int = 0  # measured
    incomplete: int = 0  # 0 where not counted
    absent: int = 0  # of the measured persons: not there on the day, and so incomplete
    fields: Mapping[str, FieldQuality] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """The share of cells with a value in the fields that are sent."""
        sent = [one for one in self.fields.values() if not one.is_derived]
        return sum(one.share for one in sent) / len(sent) if sent else 0.0


@dataclass(frozen=True, slots=True)
class Distribution:
    """How many persons have each value of a field; groups too small to show are told together."""

    groups: Sequence[tuple[str, int]] = ()  # the largest first
    small_groups: int = 0
    persons_in_small: int = 0
    without_value: int = 0

    @property
    def persons(self) -> int:
        """Everybody of the day."""
        return sum(count for _, count in self.groups) + self.persons_in_small + self.without_value


def quality(snapshot: pl.DataFrame, measured: Sequence[str] | None = None) -> Quality:
    """The quality of a snapshot (one row a person, as `HistoryStore.as_of` gives it).

    `measured` are addresses; None means everybody of the snapshot.
    """
    of_measured = _measured_in(snapshot, measured)
    persons = snapshot.height if measured is None else len(measured)
    fields = _derived(snapshot, of_measured, persons)
    fields |= {name: _quality(snapshot, of_measured, name, persons) for name in fields_in(snapshot)}
    absent = persons - of_measured.height
    return Quality(persons, incomplete(of_measured).height + absent, absent, fields)


def filled(snapshots: Iterable[pl.DataFrame], measured: Sequence[str] | None = None) -> Quality:
    """The same without distinct values and incomplete persons, of a snapshot that comes in parts."""
    persons, counts = 0 if measured is None else len(measured), dict[str, int]()
    for snapshot in snapshots:
        part = _measured_in(snapshot, measured)
        persons += part.height if measured is None else 0
        for name in (*fields_in(part), PERSON_ID):
            counts[name] = counts.get(name, 0) + len(_values(part, name))
    counts[DOMAIN], counts[TIME_ZONE] = counts.pop(PERSON_ID, 0), counts.get(TIME_ZONE, 0)
    fields = {name: FieldQuality(name, of, persons, distinct=0) for name, of in counts.items()}
    return Quality(persons, fields=fields)


def missing(snapshot: pl.DataFrame, measured: Sequence[str]) -> pl.DataFrame:
    """PersonId and the fields of those measured persons who lack a value, or are not there at all."""
    addresses = pl.DataFrame({PERSON_ID: list(measured)}, schema={PERSON_ID: pl.String})
    there = incomplete(_measured_in(snapshot, measured))
    absent = addresses.join(snapshot, on=_KEY, how="anti")
    return pl.concat([there, absent], how="diagonal").sort(PERSON_ID)


def incomplete(snapshot: pl.DataFrame) -> pl.DataFrame:
    """Of a snapshot PersonId and the fields of those persons who lack a value in one of them."""
    names = fields_in(snapshot)
    blank = [_is_blank(snapshot, name) for name in names]
    return snapshot.filter(pl.any_horizontal(blank) if blank else False).select(PERSON_ID, *names)


def distribution(snapshot: pl.DataFrame, name: str) -> Distribution:
    """How many persons of a snapshot have each value of a field, be it a derived one."""
    values = _domains(snapshot) if name == DOMAIN else _values(snapshot, name)
    counts = values.cast(pl.String).alias("value").value_counts()
    counts = counts.sort("count", "value", descending=[True, False])
    large = counts.filter(pl.col("count") >= SMALLEST_GROUP)
    small = counts.filter(pl.col("count") < SMALLEST_GROUP)
    return Distribution(
        list(large.iter_rows()),
        small.height,
        int(small["count"].sum()),
        snapshot.height - len(values),
    )


def last_sent(steps: Sequence[Entry]) -> dict[str, UUID]:
    """The import that sent each field last, of the steps of a history, oldest first."""
    sent = (step for step in steps if step.act is Act.UPLOAD)
    return {name: step.import_id for step in sent for name in step.fields}


def fields_in(snapshot: pl.DataFrame) -> list[str]:
    """The fields of a snapshot that are sent."""
    return [name for name in snapshot.columns if name not in _NOT_FIELDS]


def _measured_in(snapshot: pl.DataFrame, measured: Sequence[str] | None) -> pl.DataFrame:
    if measured is None:
        return snapshot
    addresses = pl.DataFrame({PERSON_ID: list(measured)}, schema={PERSON_ID: pl.String})
    return snapshot.join(addresses, on=_KEY, how="semi")


def _derived(
    snapshot: pl.DataFrame, measured: pl.DataFrame, persons: int
) -> dict[str, FieldQuality]:
    distinct = _domains(snapshot).n_unique()
    return {
        DOMAIN: FieldQuality(DOMAIN, measured.height, persons, distinct, snapshot.height),
        TIME_ZONE: FieldQuality(TIME_ZONE, 0, persons, 0),
    }


def _domains(snapshot: pl.DataFrame) -> pl.Series:
    return snapshot[PERSON_ID].str.split("@").list.last().str.to_lowercase()


def _quality(
    snapshot: pl.DataFrame, measured: pl.DataFrame, name: str, persons: int
) -> FieldQuality:
    values = _values(snapshot, name)
    with_value = len(_values(measured, name))
    return FieldQuality(name, with_value, persons, values.n_unique(), len(values))


def _values(snapshot: pl.DataFrame, name: str) -> pl.Series:
    if name not in snapshot.columns:
        return pl.Series(name, [], dtype=pl.String)
    values = snapshot[name].drop_nulls()
    if values.dtype == pl.String:
        values = values.str.strip_chars()
        values = values.filter(values != "")
    return values


def _is_blank(snapshot: pl.DataFrame, name: str) -> pl.Expr:
    value = pl.col(name)
    if snapshot.schema[name] == pl.String:
        return value.is_null() | (value.str.strip_chars() == "")
    return value.is_null()
