"""A privacy erase over the API: first what it would reach, then the act with what has to be typed.

Addresses stand in bodies only: paths get into the logs of proxies.
"""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from orgport.server.api.asked import Body
from orgport.server.api.callers import caller
from orgport.server.api.reversals import Started
from orgport.server.records.models import ImportRecord, Role
from orgport.server.wiring import erasures

router = Router(tags=["deletions"])


class ToErase(Body):
    """Whom an erase is about."""

    addresses: list[str] = Field(max_length=erasures.MOST_PERSONS)


class Confirmed(ToErase):
    """The same with what the answer to the preview says has to be typed."""

    confirmation: str = ""
    import_id: UUID | None = Field(None, alias="importId", description="asked twice, done once")


class Reached(Schema):
    """What the erase would reach, in numbers and in sentences, and what confirms it."""

    figures: dict[str, int]
    consequences: list[str]
    confirmation: str


@router.post("/tenants/{uuid:tenant}/erasures/preview", response=Reached)
def preview(request: HttpRequest, tenant: UUID, body: ToErase) -> dict[str, Any]:
    """How much there is of some persons; nothing changes."""
    who = caller(request, tenant, Role.INSIGHTS_ADMIN)
    said = erasures.preview(who.tenant, erasures.addresses_of(body.addresses))
    return {
        "figures": erasures.figures(said),
        "consequences": erasures.consequences(said),
        "confirmation": said.confirmation,
    }


@router.post("/tenants/{uuid:tenant}/erasures", response={202: Started})
def erase(request: HttpRequest, tenant: UUID, body: Confirmed) -> Status[ImportRecord]:
    """Erase persons for good, from the history and from all that imports left."""
    who = caller(request, tenant, Role.INSIGHTS_ADMIN)
    record = erasures.erase(
        who.tenant,
        erasures.addresses_of(body.addresses),
        confirmation=body.confirmation,
        by=who.actor,
        import_id=body.import_id or uuid.uuid4(),
    )
    return Status(202, record)
