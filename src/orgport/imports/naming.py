"""How people name an import: by its number, as 12 or #12, by its id, or by how that id begins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from orgport.errors import NotFound

_LEAST_DIGITS = 4  # of the beginning of an id
_MOST_DIGITS = 9  # of a number: what databases take
_GROUPS = (8, 13, 18, 23)  # where the hyphens of an id stand


@dataclass(frozen=True, slots=True)
class ImportName:
    """What somebody wrote to name an import: a number, the beginning of an id, or what may be either."""

    number: int | None
    beginning: str  # of an id as it is printed; empty for none

    @classmethod
    def read(cls, text: str, *, where: str = "here") -> Self:
        """The name that a text is; raises NotFound for one that no import can have."""
        plain = text.strip().casefold().removeprefix("#")
        is_number = plain.isascii() and plain.isdecimal() and len(plain) <= _MOST_DIGITS
        name = cls(int(plain) if is_number else None, beginning_of(plain))
        if name.number is None and not name.beginning:
            raise not_found(text, where=where)
        return name

    def begins(self, import_id: UUID) -> bool:
        """Whether it is this id, or how it begins."""
        return bool(self.beginning) and str(import_id).startswith(self.beginning)


def not_found(text: str, *, where: str) -> NotFound:
    """What is said where no import has the name."""
    return NotFound(
        f"There is no import {text} {where}. Give its number, its id, or how its id begins "
        f"({_LEAST_DIGITS} characters or more)."
    )


def beginning_of(plain: str) -> str:
    """Text in lower case as an id is printed that begins with it; empty where none can."""
    digits = plain.replace("-", "")
    if not re.fullmatch(rf"[0-9a-f]{{{_LEAST_DIGITS},32}}", digits):
        return ""
    for place in _GROUPS:
        if len(digits) > place:
            digits = f"{digits[:place]}-{digits[place:]}"
    return digits
