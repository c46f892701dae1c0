"""The mapping table of a csv upload: what each row offers, and what the form said."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from orgport.attributes.catalogue import CATALOGUE, Attribute, attribute
from orgport.attributes.types import ValueType
from orgport.server.portal.templatetags.portal import TYPE_NAMES
from orgport.server.records.models import CsvDraft
from orgport.server.wiring.csv_uploads import DraftColumn, JudgedDraft

CUSTOM = ""  # the choice of a name of one's own
_DATES = (ValueType.DATE_MONTH_FIRST, ValueType.DATE_DAY_FIRST)


@dataclass(frozen=True, slots=True)
class MappingRow:
    """A column with what can be chosen for it."""

    column: DraftColumn
    choice: str  # the field, or CUSTOM
    own_name: str
    own_fields: tuple[str, ...]  # custom fields in use
    types: tuple[tuple[str, str], ...]  # token and name; empty where the field settles the type
    type_name: str


@dataclass(frozen=True, slots=True)
class PanelField:
    """A field of the catalogue beside the table, and whether a column is mapped to it."""

    field: Attribute
    is_mapped: bool
    is_missing: bool


def mapping_rows(judged: JudgedDraft) -> list[MappingRow]:
    """A row for each column, in file order."""
    own = tuple(sorted(name for name in judged.stored if attribute(name) is None))
    return [_row(column, own) for column in judged.columns]


def posted(form: QueryDict, draft: CsvDraft) -> list[tuple[str, str]]:
    """The field and the type token that the form names for each column; what it leaves out stays."""
    said = []
    for number, column in enumerate(draft.columns, 1):
        choice = form.get(f"field-{number}")
        own_name = form.get(f"own-{number}", "").strip()
        field = column["field"] if choice is None else choice or own_name
        said.append((field, form.get(f"type-{number}", column["type"])))
    return said


def panel(judged: JudgedDraft) -> tuple[list[PanelField], list[PanelField]]:
    """The required fields, then the reserved optional ones."""
    mapped = {column.mapped.field for column in judged.columns}
    fields = [
        PanelField(
            one,
            is_mapped=one.name in mapped,
            is_missing=one.name not in mapped and any(one.name in said for said in judged.faults),
        )
        for one in CATALOGUE
    ]
    return [f for f in fields if f.field.is_required], [
        f for f in fields if not f.field.is_required
    ]


def _row(column: DraftColumn, own: tuple[str, ...]) -> MappingRow:
    field = column.mapped.field
    known = attribute(field)
    is_date = known is not None and known.type.is_date
    return MappingRow(
        column=column,
        choice=known.name if known else (field if field in own else CUSTOM),
        own_name="" if known or field in own else field,
        own_fields=own,
        types=tuple((one.value, TYPE_NAMES[one]) for one in _DATES) if is_date else (),
        type_name=TYPE_NAMES[column.mapped.type],
    )
