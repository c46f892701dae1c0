"""Rule: one check of a package, with its stable code and the words for what it finds.

The rules themselves stand beside what they judge: `package.rules` and `validation.rules`. Codes never
change their meaning.
"""

from __future__ import annotations

from dataclasses import dataclass

from orgport.errors import BadInput
from orgport.finding import Level, Severity

LATEST_RULE_SET = "2026.1"
RULE_SETS = (LATEST_RULE_SET,)  # oldest first; every import records the one that judged it


def known_rule_set(name: str) -> str:
    """The rule set of this name, the newest for a blank one; raises BadInput for one not known."""
    if name and name not in RULE_SETS:
        raise BadInput(f"There is no rule set {name}. Known: {', '.join(RULE_SETS)}.")
    return name or LATEST_RULE_SET


@dataclass(frozen=True, slots=True)
class Rule:
    """One check: its stable code, where it looks, and the words for what it finds.

    A message template names its placeholders; `{line}`, `{value}` and the like are filled in for each
    finding. In a title `{column}` is the header, or the field where there is no header.
    """

    code: str
    title: str
    level: Level
    severity: Severity
    message: str
    hint: str
    meaning: str  # for people who look the code up
    excludable: bool = False  # under the switch its rows are left out, and it only warns
    since: str = "2026.1"  # the first rule set that has it
    asks_approval: bool = False  # a guard rail: the import waits for an approver

    def severity_when(self, *, exclude_invalid_rows: bool) -> Severity:
        """Its severity with the switch that leaves invalid rows out on or off."""
        if exclude_invalid_rows and self.excludable and self.severity is Severity.ERROR:
            return Severity.WARNING
        return self.severity
