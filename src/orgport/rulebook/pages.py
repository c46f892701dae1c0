"""The pages of the rulebook, by code and in the order in which a package meets the rules."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from orgport.finding import Level, Severity
from orgport.rule import Rule
from orgport.rulebook.example import Explanation
from orgport.rulebook.of_changes import CHANGES
from orgport.rulebook.of_metadata import METADATA
from orgport.rulebook.of_packages import PACKAGES
from orgport.rulebook.of_population import POPULATION
from orgport.rulebook.of_rows_and_values import ROWS_AND_VALUES
from orgport.validation.rules import ALL_RULES

_EXPLANATIONS = {**PACKAGES, **METADATA, **ROWS_AND_VALUES, **POPULATION, **CHANGES}
_STAGES = {
    Level.PACKAGE: "the package",
    Level.METADATA: "the metadata",
    Level.HEADER: "the header",
    Level.ROW: "whole rows",
    Level.VALUE: "single values",
    Level.POPULATION: "the whole population",
}
_ENDS = {
    Severity.ERROR: "An error: the import fails and nothing changes.",
    Severity.WARNING: "A warning: the import goes on.",
    Severity.ADVICE: "Advice: nothing is left out, and nothing fails.",
}
_EXCLUDABLE = (
    " With Upload valid rows and exclude rows with invalid data on, it is a warning and the row is "
    "left out."
)
_ASKS = "A guard rail: the import waits until an approver lets it pass or refuses it."


@dataclass(frozen=True, slots=True)
class Page:
    """What the book says of one rule."""

    rule: Rule
    explanation: Explanation

    @property
    def code(self) -> str:
        """The code of its rule."""
        return self.rule.code

    @property
    def title(self) -> str:
        """Its title, for a column in general."""
        title = self.rule.title.format(column="a value")
        return title[0].upper() + title[1:]

    @property
    def looks_at(self) -> str:
        """What its rule looks at."""
        return _STAGES[self.rule.level]

    @property
    def end(self) -> str:
        """What becomes of an import that breaks the rule."""
        if self.rule.asks_approval:
            return _ASKS
        return _ENDS[self.rule.severity] + (_EXCLUDABLE if self.rule.excludable else "")

    def says(self, words: str) -> bool:
        """Whether code, title or meaning have all these words."""
        text = f"{self.code} {self.title} {self.rule.meaning} {self.rule.hint}".casefold()
        return all(word in text for word in words.casefold().split())


@cache
def pages() -> dict[str, Page]:
    """All pages by code."""
    return {code: Page(rule, _EXPLANATIONS[code]) for code, rule in ALL_RULES.items()}
