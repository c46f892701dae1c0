"""What an act needs to know of the request that asks for it."""

from __future__ import annotations

from django.utils import timezone

from orgport.server.portal.access import PortalRequest
from orgport.server.wiring.registrations import Actor


def actor_of(request: PortalRequest) -> Actor:
    """Who acts, when and from where."""
    viewer = request.viewer
    return Actor(viewer.account.email, timezone.now(), viewer.address)
