"""Which import is meant by what somebody wrote, and where people see it."""

from __future__ import annotations

from django.db.models import QuerySet

from orgport.errors import BadInput
from orgport.imports.naming import ImportName, not_found
from orgport.server.records.models import ImportRecord
from orgport.server.settings import settings

_SHOWN = 3


def import_named(text: str, among: QuerySet[ImportRecord], *, where: str = "here") -> ImportRecord:
    """The import of a number, an id, or the beginning of an id.

    Raises NotFound where none has it, BadInput where several have.
    """
    name = ImportName.read(text, where=where)
    found: list[ImportRecord] = []
    if name.number is not None:
        found = list(among.filter(number=name.number)[:_SHOWN])
    if not found and name.beginning:
        found = list(among.filter(id__startswith=name.beginning)[:_SHOWN])
    if not found:
        raise not_found(text, where=where)
    if len(found) > 1:
        ids = ", ".join(str(record.id) for record in found)
        raise BadInput(f"Several imports may be meant by {text}: {ids}. Give the id.")
    return found[0]


def page_of(record: ImportRecord) -> str:
    """The address of an import's page in the portal."""
    return f"{settings().bases[0]}/imports/{record.id}/"
