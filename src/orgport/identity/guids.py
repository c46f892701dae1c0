"""GUIDs of tenants and apps, as they stand in paths and claims."""

from __future__ import annotations

import re
from uuid import UUID

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def read_guid(text: str) -> UUID | None:
    """The GUID in its one usual spelling, in any case; None for anything else.

    UUID itself would also take braces, `urn:uuid:`, missing hyphens and digits of other scripts.
    """
    return UUID(text) if _GUID.fullmatch(text) and text.isascii() else None
