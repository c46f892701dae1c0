"""Who differs between two states of the history, and how: the list behind a change preview.

Columnar and for one bucket of persons at a time; the numbers are those of `history.compare`. A person
stands where the newest snapshot says. Joiners have no periods before, leavers none after; movers have
another Organization in their newest snapshot; all others whose history differs are `other`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from orgport.history.columns import MANAGER_ID, ORGANIZATION, PERSON, PERSON_ID, START
from orgport.history.compare import changes_of
from orgport.history.figures import Figures
from orgport.history.keys import NOWHERE, Mask, Positions, gathered
from orgport.history.overlay import Overlay, differing, is_given

WORD: Final = 64  # fields a column of bits
_NEVER = np.iinfo(np.int32).max
Words = npt.NDArray[np.uint64]


class Kind(Enum):
    """What happens to a person."""

    JOINER = "joiner"
    LEAVER = "leaver"
    MOVER = "mover"
    OTHER = "other"


KINDS: Final = pl.Enum([kind.value for kind in Kind])
PERSONS_SCHEMA: Final = {
    PERSON: pl.Int64(),
    PERSON_ID: pl.String(),
    "kind": KINDS,
    "organization_before": pl.String(),
    "organization_after": pl.String(),
    "manager_before": pl.String(),
    "manager_after": pl.String(),
    "began_before": pl.Date(),  # the newest snapshot's date
    "began_after": pl.Date(),
    "changed_from": pl.Date(),  # the first day on which a value of both states differs
    "cells": pl.Int64(),
    "periods_before": pl.Int64(),
    "periods_after": pl.Int64(),
}
ORGANIZATIONS_SCHEMA: Final = {
    "organization": pl.String(),
    "before": pl.Int64(),
    "after": pl.Int64(),
}
BLANKED_SCHEMA: Final = {
    "field": pl.String(),
    "organization": pl.String(),
    "given": pl.Int64(),
    "blanked": pl.Int64(),
}


@dataclass(frozen=True, slots=True)
class Differences:
    """How two states differ.

    persons: PERSONS_SCHEMA and the bit columns `differs_N` and `moved_N` (in any stretch; in the
    newest snapshot), a row for each person that differs. organizations: persons by newest
    Organization, of all. blanked: cells by field and the organization that persons come from, only
    of fields of which any turn blank.
    """

    figures: Figures
    persons: pl.DataFrame
    organizations: pl.DataFrame
    blanked: pl.DataFrame


def differences(
    before: pl.DataFrame,
    after: pl.DataFrame,
    *,
    names: Sequence[str],
    fields: Collection[str] | None = None,
) -> Differences:
    """The differences between two frames of periods, each sorted by person and StartDate.

    `names` are all fields of either state: bit N % 64 of column N // 64 stands for the N-th.
    `fields` are those that can differ, where the caller knows that.
    """
    laid = Overlay(before, after)
    compared = _Compared(laid, names)
    if laid.stayed.any():
        for name in laid.fields if fields is None else fields:
            compared.field(name)
    return compared.differences()


def bit_of(names: Sequence[str], name: str) -> tuple[int, int]:
    """The number of the bit column of a field, and its mask there."""
    number = names.index(name)
    return number // WORD, 1 << (number % WORD)


def has_moved(names: Sequence[str], name: str) -> pl.Expr:
    """Of a row of the list: whether a field's newest value is another."""
    return _has_bit("moved", names, name)


def has_changed(names: Sequence[str], name: str) -> pl.Expr:
    """Of a row of the list: whether a field differs in any stretch."""
    return _has_bit("differs", names, name)


def _has_bit(what: str, names: Sequence[str], name: str) -> pl.Expr:
    word, mask = bit_of(names, name)
    return (pl.col(f"{what}_{word}") & pl.lit(mask, dtype=pl.UInt64)) != 0


def bit_columns(names: Sequence[str]) -> dict[str, pl.DataType]:
    """The bit columns that so many fields need."""
    words = range(-(-len(names) // WORD))
    return {f"{what}_{word}": pl.UInt64() for what in ("differs", "moved") for word in words}


class _Compared:
    """Collects, field by field, what differs."""

    def __init__(self, laid: Overlay, names: Sequence[str]) -> None:
        self._laid = laid
        self._names = names
        persons = len(laid.firsts)
        self._bits = {name: np.zeros(persons, dtype=np.uint64) for name in bit_columns(names)}
        self._differs = laid.is_moved_point.copy()
        self._changes_shared = np.zeros(len(laid.points), dtype=np.bool_)
        self._person_cells = np.zeros(persons, dtype=np.int64)
        self._cells: dict[str, int] = {}
        self._moves: dict[str, int] = {}
        self._given: dict[str, int] = {}
        self._blanked: dict[str, int] = {}
        self._blanked_by_organization: list[pl.DataFrame] = []

    def field(self, name: str) -> None:
        """Compare a field in every stretch of those who are in both states."""
        laid = self._laid
        old, new = laid.values(name)
        here = laid.is_shared & differing(old, new, length=len(laid.points))
        count = int(np.count_nonzero(here))
        if old is not None:
            blank = None if not count else here if new is None else here & ~is_given(new)
            self._blanks(name, old, blank)
        if not count:
            return
        self._cells[name] = count
        self._differs |= here
        self._person_cells += laid.count_of(here)
        word, mask = bit_of(self._names, name)
        self._bits[f"differs_{word}"][laid.any_of(here)] |= np.uint64(mask)
        moved = here[laid.lasts]
        if moves := int(np.count_nonzero(moved)):
            self._moves[name] = moves
            self._bits[f"moved_{word}"][moved] |= np.uint64(mask)
        if old is not None and new is not None:
            self._changes_shared |= here

    def _blanks(self, name: str, old: pl.Series, blank: Mask | None) -> None:
        had = is_given(old) & self._laid.is_shared
        if not (given := int(np.count_nonzero(had))):
            return
        self._given[name] = given
        blanked = np.zeros_like(had) if blank is None else blank & had
        if count := int(np.count_nonzero(blanked)):
            self._blanked[name] = count
        organizations, of_stretch = self._organizations
        length = len(organizations)
        given_in = np.bincount(of_stretch[had], minlength=length)
        at = np.flatnonzero(given_in)
        self._blanked_by_organization.append(
            pl.DataFrame(
                {
                    "field": pl.Series([name]).new_from_index(0, len(at)),
                    "organization": organizations.gather(pl.Series(at)),
                    "given": pl.Series(given_in[at]),
                    "blanked": pl.Series(np.bincount(of_stretch[blanked], minlength=length)[at]),
                },
                schema=BLANKED_SCHEMA,
            )
        )

    @cached_property
    def _organizations(self) -> tuple[pl.Series, Positions]:
        """The organizations that persons come from, and the place of each stretch's one among them."""
        of_person = self._old(ORGANIZATION).cast(pl.String)
        distinct = of_person.unique()
        place = of_person.rank("dense").cast(pl.Int64).fill_null(0)
        at = pl.DataFrame({"organization": distinct}).with_columns(
            place=distinct.rank("dense").cast(pl.Int64).fill_null(0)
        )
        by_place = pl.Series([None], dtype=pl.String).extend(
            at.drop_nulls("organization").sort("place")["organization"]
        )
        return by_place, place.to_numpy()[self._laid.person]

    def differences(self) -> Differences:
        """All that was found."""
        laid = self._laid
        changed_from = self._changed_from()
        persons = self._persons(changed_from)
        months = persons["changed_from"].drop_nulls().dt.strftime("%Y-%m").value_counts(sort=False)
        figures = Figures(
            changes_of(laid, self._differs, self._cells),
            persons_moved=int((persons["kind"] == Kind.MOVER.value).sum()),
            periods_split=int(np.count_nonzero(self._splits())),
            histories_shortened=self._shortened(),
            moves=self._moves,
            given=self._given,
            blanked=self._blanked,
            brought=self._brought(),
            changed_from=dict(sorted(months.iter_rows())),
        )
        blanked = [pl.DataFrame(schema=BLANKED_SCHEMA), *self._blanked_by_organization]
        return Differences(
            figures,
            persons,
            _totals(
                self._old(ORGANIZATION).filter(pl.Series(laid.had)),
                self._new(ORGANIZATION).filter(pl.Series(laid.has)),
            ),
            pl.concat(blanked),
        )

    def _persons(self, changed_from: pl.Series) -> pl.DataFrame:
        laid = self._laid
        is_listed = ~laid.stayed | laid.any_of(self._differs)
        at = pl.Series(np.flatnonzero(is_listed))
        frame = pl.DataFrame(
            {
                PERSON: pl.Series(laid.numbers),
                PERSON_ID: _either(self._new(PERSON_ID), self._old(PERSON_ID)),
                "organization_before": self._old(ORGANIZATION),
                "organization_after": self._new(ORGANIZATION),
                "manager_before": self._old(MANAGER_ID),
                "manager_after": self._new(MANAGER_ID),
                "began_before": self._old(START),
                "began_after": self._new(START),
                "changed_from": changed_from,
                "cells": self._person_cells,
                "periods_before": laid.count_of(laid.old_starts != NOWHERE),
                "periods_after": laid.count_of(laid.new_starts != NOWHERE),
                **self._bits,
            }
        )
        frame = frame[at].with_columns(self._kinds()[at].alias("kind"))
        return frame.select(*PERSONS_SCHEMA, *self._bits).cast(PERSONS_SCHEMA)  # type: ignore[arg-type]

    def _kinds(self) -> pl.Series:
        laid = self._laid
        moved: Mask = np.zeros(len(laid.firsts), dtype=np.bool_)
        if ORGANIZATION in self._moves:
            word, mask = bit_of(self._names, ORGANIZATION)
            moved = (self._bits[f"moved_{word}"] & np.uint64(mask)) != 0
        kinds = [kind.value for kind in Kind]
        codes = np.select([~laid.had, ~laid.has, moved], [0, 1, 2], default=3)
        return pl.Series(kinds, dtype=KINDS).gather(pl.Series(codes))

    def _changed_from(self) -> pl.Series:
        laid = self._laid
        none = pl.Series([None], dtype=pl.Date).new_from_index(0, len(laid.firsts))
        if not self._changes_shared.any():
            return none
        here = self._changes_shared & (laid.old_at != NOWHERE) & (laid.new_at != NOWHERE)
        first = pl.Series(laid.least_of(np.where(here, laid.days, _NEVER).astype(np.int32)))
        return pl.select(pl.when(first != _NEVER).then(first).cast(pl.Date)).to_series()

    def _splits(self) -> Mask:
        laid = self._laid
        is_new = (laid.old_starts == NOWHERE) & (laid.new_starts != NOWHERE)
        splits: Mask = is_new & laid.is_shared & (laid.old_at != NOWHERE)
        return splits

    def _shortened(self) -> int:
        laid = self._laid
        return int(np.count_nonzero(laid.stayed & (laid.new_at[laid.firsts] == NOWHERE)))

    def _brought(self) -> dict[str, int]:
        """How many joiners have a value in their newest snapshot, by field."""
        laid = self._laid
        newest = laid.new_at[laid.lasts][laid.has & ~laid.had]
        counts = {
            name: int(np.count_nonzero(is_given(laid.after[name])[newest]))
            for name in self._names
            if name in laid.after.columns
        }
        return {name: count for name, count in counts.items() if count}

    def _old(self, name: str) -> pl.Series:
        """What the newest snapshot of each person holds before; null for joiners."""
        return _newest(self._laid.before, name, self._laid.old_at[self._laid.lasts])

    def _new(self, name: str) -> pl.Series:
        """What the newest snapshot of each person holds after; null for leavers."""
        return _newest(self._laid.after, name, self._laid.new_at[self._laid.lasts])


def _newest(frame: pl.DataFrame, name: str, at: Positions) -> pl.Series:
    if name not in frame.columns:
        return pl.Series([None], dtype=pl.String).new_from_index(0, len(at))
    return gathered(frame[name], at)


def _either(first: pl.Series, second: pl.Series) -> pl.Series:
    return pl.select(pl.coalesce(first, second)).to_series()


def _totals(before: pl.Series, after: pl.Series) -> pl.DataFrame:
    """How many persons are in each organization, before and after."""
    counted = [
        pl.DataFrame({"organization": values.cast(pl.String)}).group_by("organization").len(name)
        for name, values in (("before", before), ("after", after))
    ]
    return summed(
        pl.concat(counted, how="diagonal"),
        by=["organization"],
    ).cast(ORGANIZATIONS_SCHEMA)  # type: ignore[arg-type]


def summed(parts: pl.DataFrame, *, by: Sequence[str]) -> pl.DataFrame:
    """The counts of several buckets added up."""
    return parts.group_by(by).sum()
