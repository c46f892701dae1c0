"""What an import left and is there no longer: whether its time was over, or an erase took it along."""

from __future__ import annotations

from datetime import timedelta

from orgport.errors import Gone
from orgport.history.acts import Act
from orgport.imports.lifecycle import State
from orgport.server.records.models import ImportRecord
from orgport.server.settings import settings


def gone(record: ImportRecord, what: str, cure: str = "") -> Gone:
    """Why something that an import left, such as its log, is not there any more, and what to do."""
    erase = _erase_that_took_it(record)
    why = (
        f"The {what} was removed with an erase of persons (import {erase.number}, "
        f"{erase.ended_at:%d %B %Y}), which removes those of all imports before it."
        if erase is not None
        else f"The {what} was kept for its time and then removed."
    )
    return Gone(f"{why} {cure}".rstrip())


def _erase_that_took_it(record: ImportRecord) -> ImportRecord | None:
    """The first erase after an import, unless the time of what it left was over by then."""
    if record.ended_at is None:
        return None
    until = record.ended_at + timedelta(days=settings().keep_packages_days)
    erases = ImportRecord.objects.of(record.tenant).filter(
        act=Act.ERASE.value,
        state=State.SUCCEEDED.value,
        ended_at__range=(record.ended_at, until),
    )
    found: ImportRecord | None = erases.order_by("ended_at").first()
    return found
