"""The types a mapped column can have, and the tokens by which metadata.json names them."""

from __future__ import annotations

from enum import Enum


class ValueType(Enum):
    """The type of a mapped column; the value is the token that orgport itself writes."""

    EMAIL = "EmailType"
    STRING = "StringType"
    INTEGER = "int32"
    DOUBLE = "double"
    DATE_MONTH_FIRST = "DateTime_MMDDYYYY"
    DATE_DAY_FIRST = "DateTime_DDMMYYYY"
    BOOLEAN = "boolean"

    @property
    def is_date(self) -> bool:
        """Whether values are dates, in either order of day and month."""
        return self in (ValueType.DATE_MONTH_FIRST, ValueType.DATE_DAY_FIRST)


_TOKENS = {
    "emailtype": ValueType.EMAIL,
    "email": ValueType.EMAIL,
    "stringtype": ValueType.STRING,
    "string": ValueType.STRING,
    "int32": ValueType.INTEGER,
    "int": ValueType.INTEGER,
    "integer": ValueType.INTEGER,
    "double": ValueType.DOUBLE,
    "float": ValueType.DOUBLE,
    "number": ValueType.DOUBLE,
    "datetime_mmddyyyy": ValueType.DATE_MONTH_FIRST,
    "datetime_mm/dd/yyyy": ValueType.DATE_MONTH_FIRST,
    "datetime": ValueType.DATE_MONTH_FIRST,
    "datetime_ddmmyyyy": ValueType.DATE_DAY_FIRST,
    "datetime_dd/mm/yyyy": ValueType.DATE_DAY_FIRST,
    "boolean": ValueType.BOOLEAN,
    "bool": ValueType.BOOLEAN,
}
TYPE_TOKENS = tuple(_TOKENS)


def type_of_token(token: str) -> ValueType | None:
    """The type that a token of metadata.json names, in any case; None for an unknown token."""
    return _TOKENS.get(token.lower())
