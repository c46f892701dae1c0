"""Organizational data > Persons: who was there on a day, and one person's history with its imports.

Every question has two clocks: as of which day, and as known after which import.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

import polars as pl
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from orgport.errors import Gone, NotFound
from orgport.history.columns import END, PERSON_ID, START
from orgport.history.periods import OPEN_END, Period, Value
from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.portal.clocks import Clocks
from orgport.server.portal.timeline import timeline
from orgport.server.records.models import ImportRecord, Role
from orgport.server.wiring.places import history_of

PERSONS_A_PAGE = 25
_SHOWN_FIELDS = 4  # in the list; a person's own page has all


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of a period, and whether it is another than in the period before."""

    field: str
    text: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A row of the table of periods."""

    start: date
    end: date | None  # None while it is open
    is_in_force: bool
    cells: Sequence[Cell]
    imports: Sequence[ImportRecord]


@require_safe
@for_roles(Role.INSIGHTS_ADMIN)
def person_list(request: PortalRequest) -> HttpResponse:
    """Everybody on a day, by address, found by a part of it."""
    clocks = Clocks.of(request)
    text, after = request.GET.get("q", "")[:254], request.GET.get("after", "")[:254]
    refusal, found = "", pl.DataFrame(schema={PERSON_ID: pl.String})
    try:
        found = history_of(request.viewer.tenant.id).page(
            clocks.as_of,
            known_at=clocks.known_at,
            contains=text,
            after=after,
            limit=PERSONS_A_PAGE + 1,
        )
    except (Gone, NotFound) as refused:
        refusal = refused.message
    page = found.head(PERSONS_A_PAGE)
    fields = [name for name in page.columns if name not in (PERSON_ID, START, END)][:_SHOWN_FIELDS]
    query = {**clocks.query, "q": text}
    more = {**query, "after": page[PERSON_ID][-1]} if found.height > PERSONS_A_PAGE else None
    context = {
        "clocks": clocks,
        "q": text,
        "refusal": refusal,
        "fields": fields,
        "rows": [
            (
                _link(row[PERSON_ID], clocks),
                row[PERSON_ID],
                [(name, _text(row[name])) for name in fields],
            )
            for row in page.iter_rows(named=True)
        ],
        "next": urlencode(more) if more else "",
        "crumbs": [("Organizational data", reverse("data-connections"))],
    }
    return render(request, "portal/persons.html", context, status=404 if refusal else 200)


@require_safe
@for_roles(Role.INSIGHTS_ADMIN)
def person(request: PortalRequest) -> HttpResponse:
    """One person: the values on the day, the timeline, and every period with its imports."""
    clocks = Clocks.of(request)
    history = history_of(request.viewer.tenant.id)
    address = request.GET.get("address", "")[:254]
    try:
        frame = history.person(address, known_at=clocks.known_at)
        sources = history.sources(address, known_at=clocks.known_at)
    except (Gone, NotFound) as refused:
        raise Http404(refused.message) from refused
    periods = _periods(frame)
    fields = [name for name in frame.columns if name not in (PERSON_ID, START, END)]
    fields = [name for name in fields if frame[name].null_count() < frame.height]
    by_id = {record.id: record for record in clocks.imports}
    named = {day: [by_id[one] for one in ids if one in by_id] for day, ids in sources.items()}
    rows = _rows(periods, fields, named, clocks.as_of)
    in_force = next((row for row in rows if row.is_in_force), None)
    context = {
        "address": str(frame[PERSON_ID][0]) if frame.height else address,
        "clocks": clocks,
        "fields": fields,
        "rows": rows[::-1],
        "values": zip(fields, in_force.cells, strict=True) if in_force else [],
        "picture": timeline(periods, as_of=clocks.as_of),
        "import_count": len({record.id for records in named.values() for record in records}),
        "crumbs": [
            ("Organizational data", reverse("data-connections")),
            ("Persons", f"{reverse('persons')}?{urlencode(clocks.query)}"),
        ],
    }
    return render(request, "portal/person.html", context)


def _periods(frame: pl.DataFrame) -> list[Period]:
    rows = frame.drop(PERSON_ID).iter_rows(named=True)
    return [Period(row.pop(START), row.pop(END), row) for row in rows]


def _rows(
    periods: Sequence[Period],
    fields: Sequence[str],
    named: Mapping[date, Sequence[ImportRecord]],
    as_of: date,
) -> list[PeriodRow]:
    rows: list[PeriodRow] = []
    before: dict[str, Value | None] = {}
    for period in periods:
        cells = [
            Cell(name, _text(period.values[name]), period.values[name] != before.get(name))
            for name in fields
        ]
        before = dict(period.values)
        rows.append(
            PeriodRow(
                start=period.start,
                end=None if period.end == OPEN_END else period.end,
                is_in_force=period.start <= as_of < period.end,
                cells=cells,
                imports=named.get(period.start, ()),
            )
        )
    return rows


def _text(value: Any) -> str:
    return "\u2013" if value is None else str(value)


def _link(address: str, clocks: Clocks) -> str:
    return f"{reverse('person')}?{urlencode({'address': address, **clocks.query})}"
