"""Cures: the one change that mends many findings, made where a server can make it.

A type goes into how the package is read, values become edits of cells. What only an export or a setting can
mend stays advice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orgport.attributes.types import ValueType
from orgport.errors import BadInput, NotFound
from orgport.finding import Severity
from orgport.server.records.models import ImportRecord
from orgport.server.wiring.cell_edits import Typed, edited_rows, edits_of, keep_edits
from orgport.server.wiring.corrections import Corrected, Sender, correct, refuse_unless_correctable
from orgport.server.wiring.places import artifacts_of
from orgport.validation.distinct import distinct_values
from orgport.validation.verdict import RuleCount

MOST_VALUES = 5_000  # that one cure edits


@dataclass(frozen=True, slots=True)
class Cure:
    """A cause of the verdict's summary; `number` is its place there."""

    number: int
    change: str  # type, replace, setting or save
    words: str
    resolved: int
    find: str
    put: str
    column: int | None
    code: str
    is_of_rows: bool  # whether the rows failed, so that they can be corrected

    @property
    def is_type(self) -> bool:
        """Whether the column is to be read as another type."""
        return self.change == "type"

    @property
    def is_applicable(self) -> bool:
        """Whether it can be made here."""
        return self.is_of_rows and self.change in ("type", "replace") and self.column is not None


def cures_of(summary: Mapping[str, Any], counts: tuple[RuleCount, ...]) -> list[Cure]:
    """The cures that a verdict names, the greatest first."""
    failed = {(one.code, one.column) for one in counts if one.severity is not Severity.ADVICE}
    return [
        Cure(
            number=number,
            change=cause["change"],
            words=cause["cure"],
            resolved=cause["resolved"],
            find=cause["find"] or "",
            put=cause["put"] or "",
            column=cause["column"],
            code=cause["code"],
            is_of_rows=(cause["code"], cause["column"]) in failed,
        )
        for number, cause in enumerate(summary.get("causes", ()))
    ]


def apply_cure(record: ImportRecord, number: int, *, by: Sender) -> Corrected | int:
    """Make a cure: the new import for a change of type, else how many values were edited.

    Cells that were edited go with a change of type. Raises NotFound for a cure that there is not, and as
    `corrections.correct` does.
    """
    refuse_unless_correctable(record)
    verdict = artifacts_of(record).verdict()
    cures = cures_of(verdict.summary, verdict.counts) if verdict else []
    if not 0 <= number < len(cures) or not cures[number].is_applicable:
        raise NotFound("There is no such change to make. Load the page again.")
    cure = cures[number]
    if cure.is_type:
        edits = edits_of(record)
        rows = edited_rows(record, edits) if edits else None
        return correct(record, rows, by=by, retyped={_header_of(record, cure): ValueType(cure.put)})
    typed = _typed(record, cure)
    return len(typed) - len(keep_edits(record, typed, by=by))


def _header_of(record: ImportRecord, cure: Cure) -> str:
    columns = record.mapping or []
    if cure.column is None or cure.column > len(columns):
        raise BadInput("The package has no such column.")
    return str(columns[cure.column - 1]["source"])


def _typed(record: ImportRecord, cure: Cure) -> list[Typed]:
    values = distinct_values(
        artifacts_of(record).findings, code=cure.code, column=cure.column, limit=MOST_VALUES
    )
    edits = edits_of(record)
    return [
        Typed(cure.column, value, _replaced(value, cure))
        for value in values
        if cure.column is not None
        and edits.of(cure.column, value, None) is None
        and _replaced(value, cure) != value
    ]


def _replaced(value: str, cure: Cure) -> str:
    bare = value.strip()
    if cure.find.startswith("@"):
        return bare.removesuffix(cure.find) + cure.put if bare.endswith(cure.find) else value
    if cure.find == ",":
        return bare.replace(",", ".")
    return cure.put if bare == cure.find else value
