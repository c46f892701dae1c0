"""What the pages of a change preview show: rows of the chart, words of the banner, periods side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import polars as pl
from django.http import QueryDict

from orgport.history import listing
from orgport.history.columns import END, PERSON_ID, START
from orgport.history.differences import Kind
from orgport.history.listing import Chosen, Listed, OrganizationChange
from orgport.history.periods import OPEN_END
from orgport.history.proposal import Proposal
from orgport.imports.guard_rails import REMOVED, Breach, sentence
from orgport.imports.previews import Preview
from orgport.server.portal.person_view import in_reading_order
from orgport.server.records.models import ImportRecord
from orgport.server.wiring.previews import Timelines

KIND_NAMES = {
    Kind.JOINER: "Joiners",
    Kind.LEAVER: "Leavers",
    Kind.MOVER: "Movers",
    Kind.OTHER: "Other changes",
}
MOST_IN_A_CHOICE = 500
_MOST_ORGANIZATIONS = 10
_MOST_FIELDS = 12
_SAMPLE = 3
_SEARCH_LIMIT = 254


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to, as the address of the page says it; unknown values count as none."""

    chosen: Chosen

    @classmethod
    def of(cls, query: QueryDict, proposal: Proposal) -> Filters:
        """The filters of an address."""
        kinds = {kind.value: kind for kind in Kind}
        field = query.get("field", "")
        return cls(
            Chosen(
                kind=kinds.get(query.get("kind", "")),
                organization=query.get("organization") or None,
                field=field if field in proposal.fields else None,
                text=query.get("q", "").strip()[:_SEARCH_LIMIT],
            )
        )

    @property
    def count(self) -> int:
        """How many filters are set."""
        one = self.chosen
        return sum(bool(value) for value in (one.kind, one.organization, one.field, one.text))

    def as_query(self) -> dict[str, str]:
        """The filters as the query of an address."""
        one = self.chosen
        given = {
            "kind": one.kind.value if one.kind else "",
            "organization": one.organization or "",
            "field": one.field or "",
            "q": one.text,
        }
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Page:
    """The figures of the first page."""

    organizations: list[OrganizationChange]
    others: OrganizationChange | None
    other_count: int
    scale: int  # the longest bar
    is_first: bool  # nobody was there: fields are told by the persons who have a value
    fields: list[tuple[str, int, str]]  # name, cells or persons, new or dropped
    more_fields: int
    months: list[tuple[str, int]]
    kinds: list[tuple[Kind, str, int]]
    sample_of: Kind
    sample_count: int
    sample: list[Listed]
    reasons: list[tuple[str, str]]  # sentence, code
    limit: str  # that the first of them is past, in words
    explanation: str


def page_of(preview: Preview, record: ImportRecord, *, sample_of: str) -> Page:
    """What the first page shows; `sample_of` is the kind whose first persons are shown."""
    proposal, figures = preview.proposal, preview.proposal.figures
    found = listing.organizations(proposal)
    # One that stands alone below ten others would be the eleventh row anyway.
    cut = len(found) if len(found) <= _MOST_ORGANIZATIONS + 1 else _MOST_ORGANIZATIONS
    shown, rest = found[:cut], found[cut:]
    others = _together(rest) if rest else None
    rows = [*shown, others] if others else shown
    changes = figures.changes
    counts = {
        Kind.JOINER: changes.persons_added,
        Kind.LEAVER: changes.persons_removed,
        Kind.MOVER: figures.persons_moved,
        Kind.OTHER: figures.persons_otherwise,
    }
    kinds = [(kind, name, counts[kind]) for kind, name in KIND_NAMES.items()]
    chosen = next((kind for kind in Kind if kind.value == sample_of), None) or _sampled(counts)
    fields = _fields(proposal)
    return Page(
        organizations=shown,
        others=others,
        other_count=len(rest),
        scale=max((max(one.gone, one.come) for one in rows), default=0),
        is_first=not figures.persons_before,
        fields=fields[:_MOST_FIELDS],
        more_fields=max(0, len(fields) - _MOST_FIELDS),
        months=sorted(figures.changed_from.items()),
        kinds=kinds,
        sample_of=chosen,
        sample_count=counts[chosen],
        sample=listing.listed(proposal, Chosen(kind=chosen), limit=_SAMPLE),
        reasons=[(sentence(breach), breach.code) for breach in record.past_limits],
        limit=limit_of(record.past_limits),
        explanation=_explanation(record.past_limits, found),
    )


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A value in a table of periods, with whether the other side has another one on the same days."""

    field: str
    text: str | None
    differs: bool


@dataclass(frozen=True, slots=True)
class ShownPeriod:
    """One row of a table of periods."""

    start: date
    end: date | None  # None: open
    cells: list[ShownCell]


def periods(
    mine: pl.DataFrame, other: pl.DataFrame | None, fields: Sequence[str]
) -> list[ShownPeriod]:
    """The periods of a person on one side, in some fields, marked where the other side differs.

    Rows begin and end where a value or a mark does: what is equal in these fields is one row. Nothing
    is marked where the other side has no period at all, or is not known.
    """
    sides = [mine] if other is None or other.is_empty() else [mine, other]
    days = sorted({day for side in sides for day in (*side[START], *side[END])})
    shown: list[ShownPeriod] = []
    for start, end in pairwise(days):
        here, *there = (_held(side, start) for side in sides)
        if not here:
            continue
        cells = [
            ShownCell(
                name,
                _text(here.get(name)),
                differs=any(row.get(name) != here.get(name) for row in there),
            )
            for name in fields
        ]
        last = shown[-1] if shown else None
        if last is not None and last.end == start and last.cells == cells:
            start = shown.pop().start
        shown.append(ShownPeriod(start, None if end == OPEN_END else end, cells))
    return shown


def _held(side: pl.DataFrame, day: date) -> dict[str, Any]:
    """What holds on a day; nothing where no period does."""
    found = side.filter(pl.col(START) <= day, pl.col(END) > day)
    return found.row(0, named=True) if found.height else {}


def fields_of(lines: Timelines) -> tuple[list[str], list[tuple[str, str | None]]]:
    """The fields to be shown by period; and with their only value those that last.

    They are those that differ. Of who joins or leaves everything does: what changes stands by period.
    """
    if lines.row.fields:
        return in_reading_order(lines.row.fields), []
    frame = lines.before if lines.before.height or lines.after is None else lines.after
    names = [
        name
        for name in in_reading_order(frame.columns)
        if name not in (PERSON_ID, START, END) and frame[name].is_not_null().any()
    ]
    changing = [name for name in names if frame[name].n_unique() > 1]
    return changing, [(name, _text(frame[name][0])) for name in names if name not in changing]


def _text(value: object) -> str | None:
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y}"
    return None if value is None else str(value)


def _fields(proposal: Proposal) -> list[tuple[str, int, str]]:
    if not proposal.figures.persons_before:
        brought = proposal.figures.brought
        persons = [(name, brought.get(name, 0), "") for name in proposal.fields_after]
        return sorted(persons, key=lambda row: -row[1])
    cells = proposal.figures.changes.cells_changed
    names = dict.fromkeys([*cells, *proposal.fields_new, *proposal.fields_dropped])
    said = dict.fromkeys(proposal.fields_new, "new")
    said |= dict.fromkeys(proposal.fields_dropped, "dropped")
    rows = [(name, cells.get(name, 0), said.get(name, "")) for name in names]
    return sorted(rows, key=lambda row: (row[2] != "", -row[1]))


def _sampled(counts: dict[Kind, int]) -> Kind:
    order = (Kind.LEAVER, Kind.MOVER, Kind.JOINER, Kind.OTHER)
    return next((kind for kind in order if counts[kind]), Kind.LEAVER)


def _together(rest: Sequence[OrganizationChange]) -> OrganizationChange:
    names = ("before", "left", "moved_out", "joined", "moved_in", "after")
    return OrganizationChange(None, *(sum(getattr(one, name) for one in rest) for name in names))


def limit_of(breaches: Sequence[Breach]) -> str:
    """The limit that the first of them is past, in words."""
    if not breaches or breaches[0].limit is None:
        return "The connection asks for an approval each time."
    return f"More than the limit of {100 * breaches[0].limit:g}%, so an approver decides."


def _explanation(breaches: Sequence[Breach], found: Sequence[OrganizationChange]) -> str:
    """Where the most of those removed are: one organization that is missing explains much."""
    if not breaches or breaches[0].code != REMOVED or not found:
        return ""
    most = max(found, key=lambda one: one.left)
    if most.left * 2 < breaches[0].count or most.name is None:
        return ""
    return f"{most.left:,} of them are in {most.name}: a part of the export may be missing."
