"""The cells of a cause as fields: what stood there, what is to stand there, and why a text is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from orgport.finding import VALUE_LIMIT, Finding, Level, Severity
from orgport.server.wiring.cell_edits import Edits, Kept, Place, Typed
from orgport.validation.distinct import DistinctValue


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a column with its field; of one line, or of every line that has it."""

    column: int
    value: str
    line: int | None
    text: str  # in the field
    label: str  # of the field
    kept: Kept | None = None
    refusal: str = ""

    @property
    def place(self) -> str:
        """Which cells are meant, as JSON: a form would change the line ends of a value."""
        return json.dumps([self.column, self.value, self.line])

    @property
    def is_edited(self) -> bool:
        """Whether another text is kept for it."""
        return self.text != self.value and not self.refusal

    @property
    def is_editable(self) -> bool:
        """Whether a field of one line can hold the whole value."""
        return len(self.value) <= VALUE_LIMIT and (not self.value or self.value.isprintable())


@dataclass(frozen=True, slots=True)
class Fields:
    """What fields are made of: the edits that hold, and what was just refused."""

    edits: Edits
    refused: Mapping[Typed, str]

    def of_value(self, one: DistinctValue, column: int, header: str) -> Cell:
        """The field of a value, for every line that has it."""
        lines = "1 line" if one.count == 1 else f"{one.count:,} lines"
        return self._cell(
            (column, one.value, None), f"{header}, {lines} from line {one.first_line}"
        )

    def of_finding(self, finding: Finding) -> Cell | None:
        """The field of the cell that a finding points at; None for what is no cell of a failed row."""
        at = finding.pointer
        if finding.severity is Severity.ADVICE or finding.level is not Level.VALUE:
            return None
        if at.value is None or at.column is None or at.line is None:
            return None
        return self._cell((at.column, at.value, at.line), f"{at.header}, line {at.line}")

    def _cell(self, place: Place, label: str) -> Cell:
        told = {one.place: (one.new, reason) for one, reason in self.refused.items()}
        if place in told:
            text, refusal = told[place]
            return Cell(*place, text, label, refusal=refusal)
        return Cell(*place, self.edits.text(*place), label, self.edits.of(*place))


def place_of(text: str) -> Place:
    """The cells that a form means; raises ValueError for what no page sends."""
    match json.loads(text):
        case [int(column), str(value), int() | None as line]:
            return column, value, line
    raise ValueError
