"""Organizational data > Persons: who was there on a day, and one person's history with its imports.

Every question has two clocks: as of which day, and as known after which import.
"""

from __future__ import annotations

from urllib.parse import urlencode

import polars as pl
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from orgport.errors import Gone, NotFound
from orgport.history.columns import END, PERSON_ID, START
from orgport.server.portal.access import PortalRequest, for_roles
from orgport.server.portal.clocks import Clocks
from orgport.server.portal.person_view import PersonView, said
from orgport.server.portal.requests import page_number
from orgport.server.portal.stretch import Stretch
from orgport.server.portal.timeline import timeline
from orgport.server.portal.views.downloads import CSV, stream
from orgport.server.records.models import Role
from orgport.server.wiring.places import history_of
from orgport.server.wiring.sheets import sheet

PERSONS_A_PAGE = 25
_SHOWN_FIELDS = 4  # in the list; a person's own page has all
_FACTS = 10  # of a person at first; the others are behind a disclosure


@require_safe
@for_roles(Role.INSIGHTS_ADMIN)
def person_list(request: PortalRequest) -> HttpResponse:
    """Everybody on a day, by address, found by a part of it."""
    clocks = Clocks.of(request)
    text = request.GET.get("q", "")[:254]
    history = history_of(request.viewer.tenant.id)
    stretch = Stretch(1, PERSONS_A_PAGE, 0)
    refusal, found = "", pl.DataFrame(schema={PERSON_ID: pl.String})
    try:
        total = history.count(clocks.as_of, known_at=clocks.known_at, contains=text)
        stretch = Stretch(page_number(request.GET), PERSONS_A_PAGE, total)
        found = history.page(
            clocks.as_of, known_at=clocks.known_at, contains=text, limit=stretch.last
        )
    except (Gone, NotFound) as refused:
        refusal = refused.message
    page = found.slice(stretch.offset)
    fields = [name for name in page.columns if name not in (PERSON_ID, START, END)][:_SHOWN_FIELDS]
    context = {
        "clocks": clocks,
        "q": text,
        "refusal": refusal,
        "fields": fields,
        "rows": [
            (
                _link(row[PERSON_ID], clocks),
                row[PERSON_ID],
                [(name, said(row[name])) for name in fields],
            )
            for row in page.iter_rows(named=True)
        ],
        "stretch": stretch,
        "query": f"{urlencode({**clocks.query, 'q': text})}&",
        "crumbs": [("Organizational data", reverse("data-connections"))],
    }
    return render(request, "portal/persons.html", context, status=404 if refusal else 200)


@require_safe
@for_roles(Role.INSIGHTS_ADMIN)
def person(request: PortalRequest) -> HttpResponse:
    """One person: the values on the day, the timeline, and every period with its imports."""
    clocks = Clocks.of(request)
    view = _view(request, clocks)
    facts = view.facts(clocks.as_of)
    query = urlencode({"address": view.address, **clocks.query})
    context = {
        "address": view.address,
        "clocks": clocks,
        "fields": view.changing_fields,
        "lasting": view.lasting,
        "rows": view.rows(clocks.as_of)[::-1],
        "facts": facts[:_FACTS],
        "more_facts": facts[_FACTS:],
        "picture": timeline(view.periods, as_of=clocks.as_of),
        "import_count": view.import_count,
        "first_day": view.periods[0].start if view.periods else None,
        "csv_url": f"{reverse('person-periods')}?{query}",
        "place_url": f"{reverse('organization')}?"
        + urlencode({"at": view.address, **clocks.query}),
        "crumbs": [
            ("Organizational data", reverse("data-connections")),
            ("Persons", f"{reverse('persons')}?{urlencode(clocks.query)}"),
        ],
    }
    return render(request, "portal/person.html", context)


@require_safe
@for_roles(Role.INSIGHTS_ADMIN)
def person_periods(request: PortalRequest) -> StreamingHttpResponse:
    """The periods of one person as csv for spreadsheet programs, as known after an import."""
    view = _view(request, Clocks.of(request))
    header = [START, END, *view.fields, "Imports"]
    return stream(sheet(header, view.sheet_rows()), "periods.csv", CSV)


def _view(request: PortalRequest, clocks: Clocks) -> PersonView:
    history = history_of(request.viewer.tenant.id)
    address = request.GET.get("address", "")[:254]
    try:
        frame = history.person(address, known_at=clocks.known_at)
        sources = history.sources(address, known_at=clocks.known_at)
    except (Gone, NotFound) as refused:
        raise Http404(refused.message) from refused
    return PersonView.of(address, frame, sources, clocks.imports)


def _link(address: str, clocks: Clocks) -> str:
    return f"{reverse('person')}?{urlencode({'address': address, **clocks.query})}"
