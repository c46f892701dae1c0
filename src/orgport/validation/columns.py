"""What is demanded of each column of one package: by the catalogue, its mapping and its refresh."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from orgport.attributes.catalogue import ALIASES, attribute
from orgport.attributes.types import ValueType
from orgport.package.model import Package, Refresh

PERSON, MANAGER, ORGANIZATION, EFFECTIVE = "PersonId", "ManagerId", "Organization", "EffectiveDate"
REQUIRED = (PERSON, MANAGER, ORGANIZATION, EFFECTIVE)

STORED_AS: dict[ValueType, pl.DataType] = {
    ValueType.EMAIL: pl.String(),
    ValueType.STRING: pl.String(),
    ValueType.INTEGER: pl.Int32(),
    ValueType.DOUBLE: pl.Float64(),
    ValueType.DATE_MONTH_FIRST: pl.Date(),
    ValueType.DATE_DAY_FIRST: pl.Date(),
    ValueType.BOOLEAN: pl.Boolean(),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file and what its cells must be.

    `type` is the type that cells are checked as, `stored_type` that of the field. In a required column no
    cell is blank; one that `refuses_mark` cannot be cleared by ''.
    """

    number: int  # 1-based
    header: str
    field: str
    type: ValueType
    stored_type: ValueType
    is_required: bool
    refuses_mark: bool
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()


def columns_of(package: Package) -> tuple[Column, ...]:
    """The columns of a package in file order."""
    is_full = package.refresh is Refresh.FULL
    required = {PERSON, EFFECTIVE, ORGANIZATION} if is_full else {PERSON, EFFECTIVE}
    columns = []
    for number, mapped in enumerate(package.columns, start=1):
        field = ALIASES.get(mapped.field, mapped.field)
        known = attribute(field)
        checked = mapped.type
        if known and known.type is ValueType.DOUBLE and checked is ValueType.STRING:
            checked = ValueType.DOUBLE  # only the former name OnsiteDays may be mapped as a String
        columns.append(
            Column(
                number=number,
                header=mapped.source,
                field=field,
                type=checked,
                stored_type=_stored(known.type if known else checked),
                is_required=field in required,
                refuses_mark=field in (PERSON, EFFECTIVE, ORGANIZATION),
                minimum=known.minimum if known else None,
                maximum=known.maximum if known else None,
                allowed=tuple(known.allowed or ()) if known else (),
            )
        )
    return tuple(columns)


def _stored(kind: ValueType) -> ValueType:
    return ValueType.DATE_MONTH_FIRST if kind.is_date else kind
