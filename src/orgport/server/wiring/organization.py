"""The organization of a tenant as a tree, kept for the next look at it while no import changes it."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from uuid import UUID

from orgport.history.hierarchy import Hierarchy
from orgport.server.records.models import Tenant
from orgport.server.wiring.places import history_of
from orgport.server.wiring.quality import last_success

_KEPT = 4  # trees in the memory of a process: 100,000 persons take some 20 MB


def organization_of(tenant: Tenant, day: date, *, known_at: UUID | int | None = None) -> Hierarchy:
    """Who reports to whom on a day; raises NotFound for an unknown import, Gone past the retention."""
    last = last_success(tenant)
    return _read(tenant.id, day, known_at, last.number if last else 0)


@lru_cache(maxsize=_KEPT)
def _read(tenant_id: UUID, day: date, known_at: UUID | int | None, _newest: int) -> Hierarchy:
    # The newest import is part of the key: whatever it changes or erases is read anew.
    return history_of(tenant_id).hierarchy(day, known_at=known_at)
