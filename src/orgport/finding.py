"""Finding, Pointer and Severity: what is wrong in a package, and where.

A finding is a value: returned, stored and shown, never raised. Wording rules are in docs/rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import Enum

VALUE_LIMIT = 256  # characters of a raw cell that a finding carries


class Severity(Enum):
    """What a finding means for its import."""

    ERROR = "error"  # the import fails
    WARNING = "warning"  # the row is left out, the rest is imported
    ADVICE = "advice"  # the row is kept


class Level(Enum):
    """The part of a package that a finding speaks of, in the order in which they are judged."""

    PACKAGE = "package"
    METADATA = "metadata"
    HEADER = "header"
    ROW = "row"
    VALUE = "value"
    POPULATION = "population"


@dataclass(frozen=True, slots=True)
class Pointer:
    """A place in a package; what does not apply is None."""

    file: str | None = None
    line: int | None = None  # physical line, the header is in line 1; json: index + 1
    column: int | None = None  # 1-based number of the source column
    header: str | None = None  # what the file calls the column
    field: str | None = None  # the catalogue's name for it
    value: str | None = None  # the raw cell, cut to VALUE_LIMIT characters


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong in one place of a package."""

    code: str  # stable and documented: "VAL_DATE"
    severity: Severity
    level: Level
    message: str  # what is wrong, and where
    hint: str = ""  # what the sender can do about it
    pointer: Pointer = field(default_factory=Pointer)
    expected: str = ""  # what was expected instead: the patterns, the range, the allowed values
    person_id: str | None = None
    effective_date: date | None = None
    related_lines: tuple[int, ...] = ()
    occurrences: int = 1


def shorten(value: str) -> str:
    """The value as a pointer carries it: at most VALUE_LIMIT characters, cut ones end in an ellipsis."""
    return value if len(value) <= VALUE_LIMIT else value[:VALUE_LIMIT] + "…"
