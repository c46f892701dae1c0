"""The list of a change preview, to page through: who differs, narrowed and in the order of addresses.

The files of the list are scanned anew for each page; a page of a million persons takes a moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from orgport.history.columns import BUCKETS, PERSON, PERSON_ID
from orgport.history.differences import (
    PERSONS_SCHEMA,
    Kind,
    bit_columns,
    bit_of,
    has_changed,
    summed,
)
from orgport.history.proposal import Proposal
from orgport.history.spreadsheets import without_formulas


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the list is narrowed to; empty is everybody."""

    kind: Kind | None = None
    organization: str | None = None  # before or after
    field: str | None = None  # that differs in any stretch of time
    text: str = ""  # a part of the address, in any case


@dataclass(frozen=True, slots=True)
class Listed:
    """One person of the list; before and after are those of the newest snapshots."""

    person: int
    person_id: str
    kind: Kind
    organization_before: str | None
    organization_after: str | None
    manager_before: str | None
    manager_after: str | None
    began_before: date | None
    began_after: date | None
    changed_from: date | None
    cells: int
    periods_before: int
    periods_after: int
    fields: tuple[str, ...]  # that differ in any stretch of time
    moved: tuple[str, ...]  # that differ in the newest snapshot


@dataclass(frozen=True, slots=True)
class OrganizationChange:
    """An organization by the newest snapshots: who is there, who goes and who comes."""

    name: str | None  # None: of those without one
    before: int
    left: int
    moved_out: int
    joined: int
    moved_in: int
    after: int

    @property
    def gone(self) -> int:
        """How many go."""
        return self.left + self.moved_out

    @property
    def come(self) -> int:
        """How many come."""
        return self.joined + self.moved_in


def listed(
    proposal: Proposal, chosen: Chosen = Chosen(), *, offset: int = 0, limit: int = 50
) -> list[Listed]:
    """A page of those who differ, by address."""
    page = _narrowed(proposal, chosen).sort(PERSON_ID, PERSON).slice(offset, limit).collect()
    return [_row(row, proposal.fields) for row in page.iter_rows(named=True)]


def count(proposal: Proposal, chosen: Chosen = Chosen()) -> int:
    """How many there are in all pages."""
    return int(_narrowed(proposal, chosen).select(pl.len()).collect().item())


def person(proposal: Proposal, number: int) -> Listed | None:
    """The row of one person; None when nothing of theirs differs."""
    found = _persons(proposal, only=number).filter(pl.col(PERSON) == number).collect()
    return _row(found.row(0, named=True), proposal.fields) if found.height else None


def organizations(proposal: Proposal) -> list[OrganizationChange]:
    """Every organization, those with the most coming and going first."""
    persons = _persons(proposal)
    of_kind = {kind: persons.filter(pl.col("kind") == kind.value) for kind in Kind}
    counts = [
        pl.scan_parquet(proposal.organizations),
        _counted(of_kind[Kind.LEAVER], "organization_before", "left"),
        _counted(of_kind[Kind.MOVER], "organization_before", "moved_out"),
        _counted(of_kind[Kind.JOINER], "organization_after", "joined"),
        _counted(of_kind[Kind.MOVER], "organization_after", "moved_in"),
    ]
    together = pl.concat(counts, how="diagonal").collect()
    found = [
        OrganizationChange(
            row["organization"],
            *(row[name] for name in ("before", "left", "moved_out", "joined", "moved_in", "after")),
        )
        for row in summed(together, by=["organization"]).iter_rows(named=True)
    ]
    return sorted(found, key=lambda one: (-(one.gone + one.come), -one.before, one.name or ""))


def organization_names(proposal: Proposal) -> list[str]:
    """The names of organizations in either state, in alphabetical order."""
    names = pl.scan_parquet(proposal.organizations).select("organization").drop_nulls().collect()
    return sorted(names["organization"].to_list())


def changes_csv(proposal: Proposal) -> Iterator[str]:
    """The whole list as csv text in chunks, for spreadsheet programs: a row for each person."""
    names = _csv_names()
    header = pl.DataFrame(schema=dict.fromkeys([*names.values(), "Fields"], pl.String()))
    yield "\ufeff" + header.write_csv(line_terminator="\r\n")
    for bucket in range(BUCKETS):
        part = _persons(proposal, only=bucket).sort(PERSON_ID).collect()
        if part.height:
            fields = [", ".join(_named(row, "differs", proposal.fields)) for row in part.to_dicts()]
            texts = part.select(
                pl.col(old).cast(pl.String).alias(new) for old, new in names.items()
            )
            rows = texts.with_columns(Fields=pl.Series(fields, dtype=pl.String))
            safe = without_formulas(rows.select(header.columns))
            yield safe.write_csv(include_header=False, line_terminator="\r\n")


def _csv_names() -> dict[str, str]:
    own = {PERSON_ID: PERSON_ID, "kind": "Change"}
    rest = [name for name in PERSONS_SCHEMA if name not in (PERSON, *own)]
    return own | {name: "".join(word.capitalize() for word in name.split("_")) for name in rest}


def _narrowed(proposal: Proposal, chosen: Chosen) -> pl.LazyFrame:
    persons = _persons(proposal)
    if chosen.kind is not None:
        persons = persons.filter(pl.col("kind") == chosen.kind.value)
    if chosen.organization is not None:
        wanted = pl.lit(chosen.organization)
        persons = persons.filter(
            (pl.col("organization_before") == wanted) | (pl.col("organization_after") == wanted)
        )
    if chosen.field is not None:
        known = chosen.field in proposal.fields
        persons = persons.filter(
            has_changed(proposal.fields, chosen.field) if known else pl.lit(value=False)
        )
    if chosen.text:
        address = pl.col(PERSON_ID).str.to_lowercase()
        persons = persons.filter(address.str.contains(chosen.text.lower(), literal=True))
    return persons


def _persons(proposal: Proposal, *, only: int | None = None) -> pl.LazyFrame:
    """The list, or the part of it in which a person of this number stands."""
    files = proposal.persons
    if only is not None:
        files = [path for path in files if path.stem == f"bucket={only % BUCKETS}"]
    if not files:
        return pl.LazyFrame(schema={**PERSONS_SCHEMA, **bit_columns(proposal.fields)})
    return pl.scan_parquet(files, hive_partitioning=False, glob=False)


def _counted(persons: pl.LazyFrame, by: str, name: str) -> pl.LazyFrame:
    counts = persons.group_by(pl.col(by).alias("organization")).agg(pl.len().alias(name))
    return counts.with_columns(pl.col(name).cast(pl.Int64))


def _row(row: dict[str, Any], fields: Sequence[str]) -> Listed:
    plain = {name: row[name] for name in PERSONS_SCHEMA if name not in (PERSON_ID, "kind")}
    return Listed(
        person_id=row[PERSON_ID],
        kind=Kind(row["kind"]),
        fields=_named(row, "differs", fields),
        moved=_named(row, "moved", fields),
        **plain,
    )


def _named(row: dict[str, Any], what: str, fields: Sequence[str]) -> tuple[str, ...]:
    found = []
    for name in fields:
        word, mask = bit_of(fields, name)
        if row[f"{what}_{word}"] & mask:
            found.append(name)
    return tuple(found)
