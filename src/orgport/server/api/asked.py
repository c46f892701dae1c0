"""What a request of the native API asks for: a name that nobody knows is refused, not passed over.

Who misspells a parameter would otherwise get the answer to another question, and not notice.
"""

from __future__ import annotations

from typing import Any

from ninja import Schema
from ninja.errors import ValidationError
from pydantic import ConfigDict, ValidationInfo, model_validator


class Parameters(Schema):
    """The query of an operation."""

    @model_validator(mode="before")
    @classmethod
    def _are_known(cls, values: Any, info: ValidationInfo) -> Any:
        # ninja only hands on what a schema has, so the rest is looked for where it stands.
        sent = info.context["request"].GET if info.context else {}
        known = sorted(field.alias or name for name, field in cls.model_fields.items())
        message = f"This operation has no such parameter. It takes {', '.join(known)}."
        unknown = [{"loc": ("query", name), "msg": message} for name in sent if name not in known]
        if unknown:
            raise ValidationError(unknown)
        return values


class Body(Schema):
    """The JSON that is sent to an operation."""

    model_config = ConfigDict(extra="forbid")
