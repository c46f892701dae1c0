"""Figures of data quality for a tenant, read from its history and kept until the next import."""

from __future__ import annotations

from datetime import date
from typing import cast

from django.core.cache import cache

from orgport.history.quality import FieldQuality, field_quality
from orgport.imports.lifecycle import State
from orgport.server.records.models import ImportRecord, Tenant
from orgport.server.wiring.places import history_of

_KEPT_SECONDS = 3600


def last_success(tenant: Tenant) -> ImportRecord | None:
    """The newest import that is part of the history."""
    records = ImportRecord.objects.of(tenant).filter(state=State.SUCCEEDED.value)
    last: ImportRecord | None = records.order_by("-number").first()
    return last


def quality_on(tenant: Tenant, day: date, *, after: ImportRecord) -> dict[str, FieldQuality]:
    """The quality of each field on a day, as known after an import; the last one's is cached."""
    key = f"quality-{tenant.id}-{after.number}-{day.isoformat()}"
    kept = cache.get(key)
    if kept is None:
        kept = field_quality(history_of(tenant.id).as_of(day))
        cache.set(key, kept, _KEPT_SECONDS)
    return cast(dict[str, FieldQuality], kept)
