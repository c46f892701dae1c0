"""Figures of data quality for a tenant, read from its history and kept until the next import."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import cast
from uuid import UUID

import polars as pl
from django.core.cache import cache
from django.db.models import QuerySet
from django.utils import timezone

from orgport.errors import BadInput, Gone, NotFound
from orgport.history.acts import steps
from orgport.history.columns import PERSON_ID
from orgport.history.insights import INSIGHTS, Availability, Insight, availability
from orgport.history.quality import (
    DERIVED,
    Distribution,
    Quality,
    distribution,
    filled,
    incomplete,
    last_sent,
    missing,
    quality,
)
from orgport.imports.lifecycle import State
from orgport.server.records.models import ImportRecord, Tenant
from orgport.server.wiring.measured import measured_of
from orgport.server.wiring.places import history_of
from orgport.server.wiring.sheets import sheet

IMPORTS_IN_TREND = 8
_KEPT_SECONDS = 3600
_TREND_KEPT_SECONDS = 30 * 86_400  # what was known then on that day does not change


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about quality: of which tenant, on which day, after which import; None: the newest."""

    tenant: Tenant
    day: date
    known_at: UUID | int | None = None


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """How complete the data were on the day of an import, right after it."""

    record: ImportRecord
    day: date
    quality: Quality
    available: int  # insights


def last_success(tenant: Tenant) -> ImportRecord | None:
    """The newest import that is part of the history."""
    return _succeeded(tenant).first()


def quality_on(asked: Asked) -> Quality:
    """The quality of each field; kept until the next import. Raises NotFound and Gone as `as_of` does."""
    history = history_of(asked.tenant.id)
    return _kept(
        "quality",
        asked,
        lambda measured: quality(history.as_of(asked.day, known_at=asked.known_at), measured),
    )


def standing_on(found: Quality) -> dict[Insight, Availability]:
    """Which insights data of this quality allow."""
    return {insight: availability(insight, found.fields) for insight in INSIGHTS}


def standing_before(asked: Asked) -> tuple[ImportRecord, dict[Insight, Availability]] | None:
    """The import before the one asked about, and which insights its data allowed on the day.

    None where there is none, or what was known then is gone.
    """
    records = _succeeded(asked.tenant)
    if isinstance(asked.known_at, int):
        records = records.filter(number__lte=asked.known_at)
    earlier = records[1:2]
    if not earlier:
        return None
    before = earlier[0]
    try:
        return before, standing_on(
            _filled(Asked(asked.tenant, asked.day, before.number), _KEPT_SECONDS)
        )
    except (Gone, NotFound):
        return None


def trend(tenant: Tenant) -> list[TrendPoint]:
    """How complete the data were after each of the last imports, oldest first."""
    found = []
    for record in reversed(_succeeded(tenant)[:IMPORTS_IN_TREND]):
        day = timezone.localdate(record.ended_at or record.received_at)
        try:
            then = _filled(Asked(tenant, day, record.number), _TREND_KEPT_SECONDS)
        except (Gone, NotFound):
            continue
        standing = standing_on(then).values()
        available = sum(one is Availability.AVAILABLE for one in standing)
        found.append(TrendPoint(record, day, then, available))
    return found


def sources_of_fields(asked: Asked) -> dict[str, ImportRecord]:
    """The import that sent each field last."""
    log = history_of(asked.tenant.id).log(known_at=asked.known_at)
    sent = last_sent(steps(log))
    records = ImportRecord.objects.of(asked.tenant).in_bulk(list(set(sent.values())))
    return {name: records[one] for name, one in sent.items() if one in records}


def distribution_on(asked: Asked, field: str) -> Distribution:
    """How many persons have each value of a field; raises NotFound for one that is not in use."""
    fields = [] if field in DERIVED else [field]
    history = history_of(asked.tenant.id)
    try:
        parts = list(history.snapshot(asked.day, known_at=asked.known_at, fields=fields))
    except BadInput as refused:
        raise NotFound(refused.message) from refused
    return distribution(pl.concat(parts), field) if parts else Distribution()


def missing_csv(asked: Asked) -> Iterator[str]:
    """What measured person lacks a value, with all their fields, as csv text to be completed and sent."""
    history = history_of(asked.tenant.id)
    measured = measured_of(asked.tenant)
    if measured is not None:
        snapshot = history.as_of(asked.day, known_at=asked.known_at)
        found = missing(snapshot, measured.addresses)
        return sheet(found.columns, found.iter_rows())
    parts = map(incomplete, history.snapshot(asked.day, known_at=asked.known_at))
    first = next(parts, pl.DataFrame(schema=[PERSON_ID]))  # so that what is refused is, at once
    rows = (row for part in chain([first], parts) for row in part.sort(PERSON_ID).iter_rows())
    return sheet(first.columns, rows)


def _filled(asked: Asked, kept_seconds: int) -> Quality:
    history = history_of(asked.tenant.id)
    return _kept(
        "filled",
        asked,
        lambda measured: filled(history.snapshot(asked.day, known_at=asked.known_at), measured),
        kept_seconds,
    )


def _kept(
    what: str,
    asked: Asked,
    work_out: Callable[[Sequence[str] | None], Quality],
    seconds: int = _KEPT_SECONDS,
) -> Quality:
    measured = measured_of(asked.tenant)
    after: UUID | int | None = asked.known_at
    if after is None:  # what is newest changes with each import; what was known after one does not
        newest = last_success(asked.tenant)
        after = -newest.number if newest else 0
    # An erase takes persons out of a list without setting it.
    of = f"{measured.set_at.timestamp()}-{len(measured.addresses)}" if measured else "all"
    key = f"{what}-{asked.tenant.id}-{after}-{asked.day.isoformat()}-{of}"
    kept = cache.get(key)
    if kept is None:
        kept = work_out(measured.addresses if measured else None)
        cache.set(key, kept, seconds)
    return cast(Quality, kept)


def _succeeded(tenant: Tenant) -> QuerySet[ImportRecord]:
    records: QuerySet[ImportRecord] = ImportRecord.objects.of(tenant)
    return records.filter(state=State.SUCCEEDED.value).order_by("-number")
