"""A day as the native API takes it, and what it says of one that is written otherwise."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

FORM = "YYYY-MM-DD, such as 2026-01-31"


def _read(value: object) -> object:
    # Pydantic alone would take 1 for a second of 1970, and speak of datetimes where something is wrong.
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        raise PydanticCustomError("day", f"This is no day. Write it as {FORM}.") from None


Day = Annotated[date, BeforeValidator(_read)]
