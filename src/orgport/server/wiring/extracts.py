"""Saved extracts: made, read, deleted, and what becomes of one that loses a field.

An extract is disabled while a field of it is not stored: it keeps its last result, which is of the day on
which it lost the first of them and as known after the last import that had them all. That follows from the
history alone, so an undo enables it again, and an erase finds no copy of anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from uuid import UUID

import polars as pl
from django.db import transaction

from orgport.errors import BadInput, NotFound, WrongState
from orgport.history.dropped import Standing, standings
from orgport.server.records.models import SavedExtract, Tenant
from orgport.server.wiring.places import history_of, now
from orgport.server.wiring.registrations import Actor
from orgport.server.wiring.texts import a_name, compared

MOST_EXTRACTS = 200
_NAME_LIMIT = 128


@dataclass(frozen=True, slots=True)
class Extract:
    """A saved extract as things are: the day that its rows are of, and what disables it."""

    saved: SavedExtract
    as_of: date
    standing: Standing

    @property
    def is_disabled(self) -> bool:
        """Whether it answers with what was known before it lost a field."""
        return bool(self.standing.missing)

    @property
    def stands_still(self) -> bool:
        """Whether its day would move on with the calendar if it had all its fields."""
        return self.is_disabled and self.saved.day is None

    @property
    def known_at(self) -> int | None:
        """The number of the import after which it is asked while it is disabled."""
        last = self.standing.last
        return last.number if self.is_disabled and last else None


def fields_in_use(tenant: Tenant) -> list[str]:
    """The fields that can be extracted, in the order of the tables."""
    return list(history_of(tenant.id).stored().fields)


def extracts_of(tenant: Tenant) -> list[Extract]:
    """The saved extracts of a tenant, by name."""
    return _as_they_are(tenant, list(SavedExtract.objects.of(tenant).order_by("name")))


def extract_of(tenant: Tenant, extract_id: UUID) -> Extract:
    """One saved extract; raises NotFound."""
    found = SavedExtract.objects.of(tenant).filter(id=extract_id).first()
    if found is None:
        raise NotFound("There is no such extract. It may have been deleted.")
    return _as_they_are(tenant, [found])[0]


def save_extract(
    tenant: Tenant, *, name: str, fields: Sequence[str], day: date | None, by: Actor
) -> Extract:
    """Save an extract; raises BadInput for no or unknown fields, WrongState for a name that is taken."""
    name = a_name(name, of="An extract", most=_NAME_LIMIT)
    in_use = history_of(tenant.id).stored().fields
    if not fields:
        raise BadInput(f"Name at least one field. In use are: {', '.join(in_use) or 'none yet'}.")
    if unknown := [field for field in fields if field not in in_use]:
        raise BadInput(
            f"There is no field {unknown[0]}. In use are: {', '.join(in_use) or 'none yet'}."
        )
    if doubled := [field for field, count in Counter(fields).items() if count > 1]:
        raise BadInput(f"{doubled[0]} is named twice.")
    with transaction.atomic():
        _refuse_name(tenant, name)
        saved = SavedExtract.objects.create(
            tenant=tenant,
            name=name,
            fields=list(fields),
            day=day,
            made_by=by.name,
            made_at=by.at,
        )
        by.note(tenant, "extract.saved", saved.id, {"fields": len(fields)})
    return _as_they_are(tenant, [saved])[0]


def delete_extract(tenant: Tenant, extract_id: UUID, *, by: Actor) -> None:
    """Delete a saved extract; the history stays as it is. Raises NotFound."""
    extract = extract_of(tenant, extract_id)
    with transaction.atomic():
        extract.saved.delete()
        by.note(tenant, "extract.deleted", extract_id)


def rows_of(extract: Extract, tenant: Tenant) -> Iterator[pl.DataFrame]:
    """Its rows, as a snapshot has them."""
    last = extract.standing.last
    # Asked after a named import also while it works: one that lands meanwhile may drop a field.
    return history_of(tenant.id).snapshot(
        extract.as_of, known_at=last.import_id if last else None, fields=extract.saved.fields
    )


def _refuse_name(tenant: Tenant, name: str) -> None:
    """Raise WrongState for a name that is taken, BadInput where there are enough extracts."""
    Tenant.objects.select_for_update().get(pk=tenant.pk)  # one is saved at a time
    names = list(SavedExtract.objects.of(tenant).values_list("name", flat=True))
    if len(names) >= MOST_EXTRACTS:
        raise BadInput(f"There are {MOST_EXTRACTS} extracts. Delete one before another is saved.")
    if taken := [one for one in names if compared(one) == compared(name)]:
        raise WrongState(
            f"There is an extract {taken[0]} already, and names count once, whatever their case. "
            "Choose another name."
        )


def _as_they_are(tenant: Tenant, saved: Sequence[SavedExtract]) -> list[Extract]:
    imports = history_of(tenant.id).imports() if saved else []
    today = now().date()
    stand = standings(imports, [one.fields for one in saved])
    return [
        Extract(one, _day_of(one, how, today), how) for one, how in zip(saved, stand, strict=True)
    ]


def _day_of(saved: SavedExtract, how: Standing, today: date) -> date:
    """The day that its rows are of: its own, else today, or the day (UTC) on which it lost a field."""
    if saved.day is not None:
        return saved.day
    return how.broken_by.at.astimezone(UTC).date() if how.broken_by else today
