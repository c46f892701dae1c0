"""The columns of the history's frames and tables, and how value types lie in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from orgport.attributes.catalogue import attribute
from orgport.attributes.types import ValueType

BUCKETS: Final = 16  # a person's bucket is its number modulo this; stable for ever
PERSON: Final = "person"
BUCKET: Final = "bucket"
PERSON_ID: Final = "PersonId"
MANAGER_ID: Final = "ManagerId"
ORGANIZATION: Final = "Organization"
EFFECTIVE_DATE: Final = "EffectiveDate"
START: Final = "StartDate"
END: Final = "EndDate"  # exclusive; OPEN_END for the last period
LINE: Final = "line"
CLEARED: Final = "cleared"
KEY: Final = "key"  # the case-folded address
ADDRESS: Final = "address"  # as first spelled
IMPORT_ID: Final = "import_id"
PERIOD_COLUMNS: Final = {
    PERSON: pl.Int64(),
    PERSON_ID: pl.String(),
    START: pl.Date(),
    END: pl.Date(),
}
UPLOAD_COLUMNS: Final = {
    PERSON: pl.Int64(),
    PERSON_ID: pl.String(),
    EFFECTIVE_DATE: pl.Date(),
    LINE: pl.Int64(),
    CLEARED: pl.List(pl.String()),
}
PERSON_COLUMNS: Final = {PERSON: pl.Int64(), KEY: pl.String(), ADDRESS: pl.String()}

_STORED_AS: dict[ValueType, pl.DataType] = {
    ValueType.EMAIL: pl.String(),
    ValueType.STRING: pl.String(),
    ValueType.INTEGER: pl.Int32(),
    ValueType.DOUBLE: pl.Float64(),
    ValueType.DATE_MONTH_FIRST: pl.Date(),
    ValueType.DATE_DAY_FIRST: pl.Date(),
    ValueType.BOOLEAN: pl.Boolean(),
}


def stored_as(value_type: ValueType) -> pl.DataType:
    """The type of the column that holds values of a type."""
    return _STORED_AS[value_type]


def field_columns(fields: Mapping[str, ValueType]) -> dict[str, pl.DataType]:
    """The columns of some fields, in their order."""
    return {name: stored_as(value_type) for name, value_type in fields.items()}


def as_catalogued(fields: Mapping[str, ValueType]) -> dict[str, ValueType]:
    """Some fields with the types they are stored as: a field of the catalogue always as its own."""
    entries = {name: attribute(name) for name in fields}
    return {name: entry.type if (entry := entries[name]) else sent for name, sent in fields.items()}


def joined_type(stored: ValueType, sent: ValueType) -> ValueType:
    """The type of a field that is stored as one type and now sent as another: it holds both.

    Dates stay dates, numbers become Double, an address stays one only beside addresses; anything
    else is text.
    """
    if stored is sent or (stored.is_date and sent.is_date):
        return stored
    if {stored, sent} == {ValueType.INTEGER, ValueType.DOUBLE}:
        return ValueType.DOUBLE
    return ValueType.STRING


def joined_fields(
    stored: Mapping[str, ValueType], sent: Mapping[str, ValueType]
) -> dict[str, ValueType]:
    """The fields after an incremental import: the stored ones, then the new ones, in order."""
    joined = dict(stored)
    for name, value_type in sent.items():
        joined[name] = joined_type(stored.get(name, value_type), value_type)
    return joined
