"""What a request says: who acts, and the numbers of its address."""

from __future__ import annotations

from django.http import QueryDict
from django.utils import timezone

from orgport.server.portal.access import PortalRequest
from orgport.server.wiring.registrations import Actor


def actor_of(request: PortalRequest) -> Actor:
    """Who acts, when and from where."""
    viewer = request.viewer
    return Actor(viewer.account.email, timezone.now(), viewer.address)


def whole(text: str | None) -> int | None:
    """A whole number as an address has it, None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else None


def page_number(query: QueryDict) -> int:
    """The page of a list that an address asks for, the first where it asks for none."""
    return max(1, whole(query.get("page")) or 1)
