"""The cells of a cause as fields: what stood there, what is to stand there, and why a text is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from orgport.finding import VALUE_LIMIT
from orgport.validation.distinct import DistinctValue


@dataclass(frozen=True, slots=True)
class Cell:
    """One different value of a column with its field."""

    one: DistinctValue
    column: int
    text: str  # in the field
    refusal: str = ""

    @property
    def old(self) -> str:
        """The value as it stands in the package, as JSON: a form would change its line ends."""
        return json.dumps(self.one.value)

    @property
    def is_edited(self) -> bool:
        """Whether another text is kept for it."""
        return self.text != self.one.value and not self.refusal

    @property
    def is_editable(self) -> bool:
        """Whether a field of one line can hold the whole value."""
        return len(self.one.value) <= VALUE_LIMIT and self.one.value.isprintable()


def cell_of(
    one: DistinctValue,
    column: int,
    edits: Mapping[tuple[int, str], str],
    refused: Mapping[tuple[int, str], tuple[str, str]],
) -> Cell:
    """The field of a value; `refused` has text and reason by column and value."""
    key = column, one.value
    if key in refused:
        return Cell(one, column, *refused[key])
    return Cell(one, column, edits.get(key, one.value))
