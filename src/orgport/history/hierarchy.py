"""The organization on a day as a tree: who reports to whom, on which layer, and how many are below.

A manager who is not there that day leaves reports without a layer above them, and a circle of managers
is cut at its first member by address; so it is always a forest, and every question comes to an end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt
import polars as pl

from orgport.attributes.formats import person_key
from orgport.history.columns import KEY, MANAGER_ID, ORGANIZATION, PERSON_ID

Indices = npt.NDArray[np.int64]

_NOBODY = -1


class Standing(Enum):
    """How a person stands in the tree."""

    TOP = "top"  # has no manager
    REPORT = "report"  # the manager is there
    UNKNOWN_MANAGER = "unknown_manager"  # the manager is not among the persons of the day
    CIRCLE = "circle"  # here a circle of managers is cut


@dataclass(frozen=True, slots=True)
class Node:
    """One person in the tree; the layer of a top is 0, and None where a circle is above or around."""

    person_id: str
    manager_id: str | None
    organization: str | None
    standing: Standing
    layer: int | None
    reports: int
    below: int  # reports, their reports and so on


@dataclass(frozen=True, slots=True)
class Layer:
    """Everybody at one distance from the top."""

    number: int
    persons: int
    managers: int
    reports: int  # of those managers

    @property
    def span(self) -> float:
        """How many reports a manager of this layer has on average."""
        return self.reports / self.managers if self.managers else 0.0


@dataclass(frozen=True, slots=True)
class Shape:
    """The tree in figures."""

    persons: int
    managers: int
    median_span: float  # reports of a manager
    largest_span: int
    tops: int
    unknown_manager: int  # whose manager is not there
    in_circles: int  # in a circle of managers or below one
    layers: tuple[Layer, ...]

    @property
    def reports(self) -> int:
        """How many have a manager who is there."""
        return sum(layer.reports for layer in self.layers)


@dataclass(frozen=True)
class Hierarchy:
    """The tree, to be asked a node at a time."""

    persons: pl.DataFrame  # PersonId (ascending), ManagerId, Organization, key
    _managers: Indices  # the manager's row, or _NOBODY for a root
    _standings: npt.NDArray[np.int8]  # position in Standing
    _layers: Indices  # _NOBODY where there is none
    _below: Indices
    _members: Indices  # the rows by manager; those with the most below them first
    _firsts: Indices  # where the reports of a row begin among the members; one more for the end

    def roots(self, standing: Standing, *, offset: int = 0, limit: int) -> list[Node]:
        """Those of a standing with nobody above them in the tree; with the most below them first."""
        roots = self._members[: self._firsts[0]]
        return self._nodes(roots[self._standings[roots] == _position(standing)], offset, limit)

    def root_count(self, standing: Standing) -> int:
        """How many there are in all."""
        return int((self._standings == _position(standing)).sum())

    def reports(self, address: str, *, offset: int = 0, limit: int) -> list[Node]:
        """Who reports to a person, those with the most below them first; none of a stranger."""
        row = self._row(address)
        return self._nodes(self._of(row), offset, limit) if row is not None else []

    def node(self, address: str) -> Node | None:
        """A person of the day, by an address in any case."""
        row = self._row(address)
        return self._node(row) if row is not None else None

    def chain(self, address: str, *, limit: int) -> list[Node]:
        """From the top down to a person, who is the last, the nearest to them; none of a stranger."""
        row, found = self._row(address), list[Node]()
        while row is not None and len(found) < limit:
            found.append(self._node(row))
            above = int(self._managers[row])
            row = above if above != _NOBODY else None
        return found[::-1]

    def search(self, text: str, *, limit: int) -> list[Node]:
        """Persons with a text in their address, by address."""
        lower = self.persons[PERSON_ID].str.to_lowercase()
        hits = lower.str.contains(text.strip().lower(), literal=True)
        return self._nodes(np.flatnonzero(hits.to_numpy()), 0, limit)

    def shape(self) -> Shape:
        """The tree in figures."""
        spans = np.diff(self._firsts)
        of_managers = spans[spans > 0]
        return Shape(
            persons=self.persons.height,
            managers=len(of_managers),
            median_span=float(np.median(of_managers)) if len(of_managers) else 0.0,
            largest_span=int(of_managers.max()) if len(of_managers) else 0,
            tops=self.root_count(Standing.TOP),
            unknown_manager=self.root_count(Standing.UNKNOWN_MANAGER),
            in_circles=int((self._layers == _NOBODY).sum()),
            layers=tuple(self._by_layer(spans)),
        )

    def _by_layer(self, spans: Indices) -> list[Layer]:
        layered = self._layers >= 0
        layers, spans = self._layers[layered], spans[layered]
        persons = np.bincount(layers)
        managers = np.bincount(layers, weights=spans > 0)
        reports = np.bincount(layers, weights=spans)
        counts = zip(persons, managers, reports, strict=True)
        return [Layer(number, *map(int, of)) for number, of in enumerate(counts)]

    def _row(self, address: str) -> int | None:
        rows = np.flatnonzero((self.persons[KEY] == person_key(address)).to_numpy())
        return int(rows[0]) if len(rows) else None

    def _of(self, row: int) -> Indices:
        return self._members[self._firsts[row] : self._firsts[row + 1]]

    def _nodes(self, rows: Indices, offset: int, limit: int) -> list[Node]:
        return [self._node(int(row)) for row in rows[offset : offset + limit]]

    def _node(self, row: int) -> Node:
        person_id, manager_id, organization, _ = self.persons.row(row)
        layer = int(self._layers[row])
        return Node(
            person_id,
            manager_id,
            organization,
            list(Standing)[self._standings[row]],
            layer if layer != _NOBODY else None,
            int(self._firsts[row + 1] - self._firsts[row]),
            int(self._below[row]),
        )


def hierarchy(snapshot: pl.DataFrame) -> Hierarchy:
    """The tree of a snapshot: one row a person, PersonId and where known ManagerId and Organization."""
    persons = _keyed(snapshot)
    named, managers = _manager_rows(persons)
    standings = np.full(persons.height, _position(Standing.REPORT), dtype=np.int8)
    standings[managers == _NOBODY] = _position(Standing.UNKNOWN_MANAGER)
    standings[~named] = _position(Standing.TOP)
    layers = _layers(managers)
    if (layers == _NOBODY).any():
        cuts = _first_of_circles(managers, layers)
        managers[cuts] = _NOBODY
        standings[cuts] = _position(Standing.CIRCLE)
    depths = _layers(managers)  # within what a circle was, too
    below = _counts_below(managers, depths)
    members = np.lexsort((np.arange(len(managers)), -below, managers))
    firsts = np.searchsorted(managers[members], np.arange(len(managers) + 1))
    return Hierarchy(persons, managers, standings, layers, below, members, firsts)


def _keyed(snapshot: pl.DataFrame) -> pl.DataFrame:
    blanks = [name for name in (MANAGER_ID, ORGANIZATION) if name not in snapshot.columns]
    persons = snapshot.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in blanks)
    persons = persons.select(PERSON_ID, MANAGER_ID, ORGANIZATION).sort(PERSON_ID)
    return persons.with_columns(_keys(persons[PERSON_ID]).alias(KEY))


def _keys(addresses: pl.Series) -> pl.Series:
    # Case-folding is Python's, as everywhere.
    return pl.Series(
        [None if one is None else person_key(one) for one in addresses.to_list()], dtype=pl.String
    )


def _manager_rows(persons: pl.DataFrame) -> tuple[npt.NDArray[np.bool_], Indices]:
    """Who names a manager, and in which row that manager stands, or _NOBODY."""
    rows = persons.with_row_index("row").unique(KEY, keep="first").select(KEY, "row")
    spellings = persons[MANAGER_ID].unique().drop_nulls()
    by_spelling = pl.DataFrame({MANAGER_ID: spellings, KEY: _keys(spellings)})
    by_spelling = by_spelling.join(rows, on=KEY, how="left")
    found = persons.select(MANAGER_ID).join(
        by_spelling, on=MANAGER_ID, how="left", maintain_order="left"
    )
    named = found.select(pl.col(KEY).fill_null("") != "").to_series().to_numpy()
    return named, found["row"].cast(pl.Int64).fill_null(_NOBODY).to_numpy().copy()


def _layers(managers: Indices) -> Indices:
    """How many are above each person, by doubling the reach of each look; _NOBODY at a circle."""
    count = len(managers)
    above = np.append(np.where(managers == _NOBODY, count, managers), count)
    steps = np.ones(count + 1, dtype=np.int64)
    steps[count] = 0
    for _ in range(count.bit_length() + 1):
        if (above == count).all():
            break
        steps += steps[above]
        above = above[above]
    return np.where(above == count, steps - 1, _NOBODY)[:count]


def _first_of_circles(managers: Indices, layers: Indices) -> Sequence[int]:
    """Of each circle the row that comes first; whoever hangs below a circle is in none."""
    left = np.flatnonzero(layers == _NOBODY)
    ahead = managers.copy()
    ahead[layers != _NOBODY] = 0  # never looked at
    for _ in range(len(managers).bit_length()):
        ahead[left] = ahead[ahead[left]]
    firsts, seen = [], set[int]()
    for row in np.unique(ahead[left]).tolist():  # everybody who is in a circle
        if row in seen:
            continue
        firsts.append(row)
        while row not in seen:
            seen.add(row)
            row = int(managers[row])
    return firsts


def _counts_below(managers: Indices, depths: Indices) -> Indices:
    below = np.zeros(len(managers), dtype=np.int64)
    order = np.argsort(depths, kind="stable")
    ends = np.cumsum(np.bincount(depths)) if len(depths) else np.zeros(0, dtype=np.int64)
    for start, end in zip(ends[-2::-1], ends[:0:-1], strict=True):  # layer by layer, deepest first
        rows = order[start:end]
        np.add.at(below, managers[rows], below[rows] + 1)
    return below


def _position(standing: Standing) -> int:
    return list(Standing).index(standing)
