"""The organization as a tree: its shape, the way down to a person, and who reports to them, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from orgport.errors import BadInput, NotFound
from orgport.history.hierarchy import Hierarchy, Node, Standing
from orgport.server.api.callers import caller
from orgport.server.api.days import Day
from orgport.server.api.people import MOST_PERSONS, READS_PERSONS, Known
from orgport.server.wiring.organization import organization_of
from orgport.server.wiring.places import now

_LONGEST_WAY = 100

router = Router(tags=["people"])


class OrganizationQuery(Known):
    """Which day, and below whom."""

    as_of: Day | None = Field(None, alias="asOf", description="YYYY-MM-DD; else today, UTC")
    manager: str = Field(
        "", max_length=254, description="whose reports; else everybody with nobody above them"
    )
    limit: int = Field(100, ge=1, le=MOST_PERSONS)
    cursor: str = Field("", max_length=20, description="nextCursor of the page before")

    @property
    def offset(self) -> int:
        """Where the page begins; raises BadInput."""
        if self.cursor and not (self.cursor.isascii() and self.cursor.isdecimal()):
            raise BadInput("The cursor is none that this API gave. Begin again without one.")
        return int(self.cursor or 0)


class Place(Schema):
    """A person in the tree; no layer at a circle of managers, and below one."""

    person_id: str = Field(alias="personId")
    manager_id: str | None = Field(alias="managerId")
    organization: str | None
    standing: str = Field(description="top, report, unknown_manager or circle")
    layer: int | None
    reports: int
    below: int


class LayerCount(Schema):
    """Everybody at one distance from the top."""

    number: int
    persons: int
    managers: int
    reports: int


class Organization(Schema):
    """The shape of the whole, the managers down to the one asked for, and a page of reports."""

    as_of: date = Field(alias="asOf")
    persons: int
    managers: int
    median_span: float = Field(alias="medianSpan")
    largest_span: int = Field(alias="largestSpan")
    tops: int
    unknown_manager: int = Field(alias="unknownManager")
    in_circles: int = Field(alias="inCircles")
    layers: list[LayerCount]
    chain: list[Place]
    people: list[Place]
    next_cursor: str | None = Field(alias="nextCursor")


@router.get("/tenants/{uuid:tenant}/organization", response=Organization, by_alias=True)
def organization(
    request: HttpRequest, tenant: UUID, query: Query[OrganizationQuery]
) -> dict[str, Any]:
    """Who reports to whom on a day; those with the most persons below them come first."""
    who = caller(request, tenant, *READS_PERSONS)
    day = query.as_of or now().date()
    tree = organization_of(who.tenant, day, known_at=query.after)
    chain = tree.chain(query.manager, limit=_LONGEST_WAY) if query.manager else []
    if query.manager and not chain:
        raise NotFound(f"Nobody with the address {query.manager} was there on {day}.")
    end = query.offset + query.limit
    found = _page(tree, query.manager, query.offset, query.limit + 1)
    return {
        "asOf": day,
        **_in_camel_case(asdict(tree.shape())),
        "chain": _places(chain),
        "people": _places(found[: query.limit]),
        "nextCursor": str(end) if len(found) > query.limit else None,
    }


def _page(tree: Hierarchy, manager: str, offset: int, limit: int) -> Sequence[Node]:
    if manager:
        return tree.reports(manager, offset=offset, limit=limit)
    roots: list[Node] = []
    for standing in Standing:
        count = tree.root_count(standing) if standing is not Standing.REPORT else 0
        if len(roots) < limit and offset < count:
            roots += tree.roots(standing, offset=offset, limit=limit - len(roots))
        offset = max(0, offset - count)
    return roots


def _places(nodes: Sequence[Node]) -> list[dict[str, Any]]:
    return [_in_camel_case({**asdict(node), "standing": node.standing.value}) for node in nodes]


def _in_camel_case(values: dict[str, Any]) -> dict[str, Any]:
    words = ((name.split("_"), value) for name, value in values.items())
    return {
        first + "".join(word.capitalize() for word in rest): value
        for (first, *rest), value in words
    }
