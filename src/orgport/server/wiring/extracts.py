"""Saved extracts: made, read, deleted, and what becomes of one that loses a field.

An extract is disabled while a field of it is not stored: it answers as after the last import that had them
all. That follows from the history alone, so an undo enables it again, and an erase finds no copy of anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import polars as pl
from django.db import IntegrityError, transaction

from orgport.errors import BadInput, NotFound, WrongState
from orgport.server.records.models import SavedExtract, Tenant
from orgport.server.wiring.places import history_of, now
from orgport.server.wiring.registrations import Actor
from orgport.server.wiring.texts import a_name

MOST_EXTRACTS = 200
_NAME_LIMIT = 128


@dataclass(frozen=True, slots=True)
class Extract:
    """A saved extract as things are: the fields that it lacks, and after which import it is asked then."""

    saved: SavedExtract
    missing: tuple[str, ...]
    known_at: int | None

    @property
    def is_disabled(self) -> bool:
        """Whether it answers with what was known before it lost a field."""
        return bool(self.missing)


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
    if doubled := [field for field in fields if fields.count(field) > 1]:
        raise BadInput(f"{doubled[0]} is named twice.")
    if unknown := [field for field in fields if field not in in_use]:
        raise BadInput(
            f"There is no field {unknown[0]}. In use are: {', '.join(in_use) or 'none yet'}."
        )
    if SavedExtract.objects.of(tenant).count() >= MOST_EXTRACTS:
        raise BadInput(f"There are {MOST_EXTRACTS} extracts. Delete one before another is saved.")
    try:
        with transaction.atomic():
            saved = SavedExtract.objects.create(
                tenant=tenant,
                name=name,
                fields=list(fields),
                day=day,
                made_by=by.name,
                made_at=by.at,
            )
            by.note(tenant, "extract.saved", saved.id, {"fields": len(fields)})
    except IntegrityError:
        raise WrongState("There is an extract of this name. Choose another name.") from None
    return Extract(saved, (), None)


def delete_extract(tenant: Tenant, extract_id: UUID, *, by: Actor) -> None:
    """Delete a saved extract; the history stays as it is. Raises NotFound."""
    extract = extract_of(tenant, extract_id)
    with transaction.atomic():
        extract.saved.delete()
        by.note(tenant, "extract.deleted", extract_id)


def rows_of(extract: Extract, tenant: Tenant) -> tuple[date, Iterator[pl.DataFrame]]:
    """The day that it is asked for and its rows, as a snapshot has them."""
    day = extract.saved.day or now().date()
    fields = extract.saved.fields
    return day, history_of(tenant.id).snapshot(day, known_at=extract.known_at, fields=fields)


def using(tenant: Tenant, fields: Sequence[str]) -> list[tuple[str, list[str]]]:
    """The saved extracts that use any of these fields: the name of each, and which of them."""
    saved = SavedExtract.objects.of(tenant).order_by("name")
    used = ((one.name, [field for field in one.fields if field in fields]) for one in saved)
    return [(name, of_it) for name, of_it in used if of_it]


def _as_they_are(tenant: Tenant, saved: Sequence[SavedExtract]) -> list[Extract]:
    history = history_of(tenant.id)
    in_use = history.stored().fields if saved else {}
    imports = None
    extracts = []
    for one in saved:
        missing = tuple(field for field in one.fields if field not in in_use)
        known_at = None
        if missing:
            imports = history.imports() if imports is None else imports
            had_all = [done.number for done in imports if set(one.fields) <= set(done.fields)]
            known_at = max(had_all, default=None)
        extracts.append(Extract(one, missing, known_at))
    return extracts
