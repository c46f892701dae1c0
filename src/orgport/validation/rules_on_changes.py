"""What is said of an import compared with what is stored: guard rails, and addresses that nobody has.

The comparison itself is made where imports are; here are the codes and their words.
"""

from __future__ import annotations

from orgport.finding import Level, Severity
from orgport.rule import Rule

_POPULATION = Level.POPULATION
_LOOK = (
    "Look at the change preview. If it is meant, an approver lets it pass; if not, mend the file."
)

RULES_ON_CHANGES = (
    Rule(
        "POP_REMOVED_SHARE",
        "Many persons would be removed",
        _POPULATION,
        Severity.WARNING,
        "{count} of {total} persons would be removed, {percent}%.",
        _LOOK,
        "A full refresh drops at most a tenth of the known persons, or what the connection's limit says.",
        asks_approval=True,
    ),
    Rule(
        "POP_BLANKED_SHARE",
        "Many cells of a field would turn blank",
        _POPULATION,
        Severity.WARNING,
        "{count} of {total} cells of {field} would turn blank, {percent}%.",
        _LOOK,
        "At most a fifth of the cells of any one field turn blank, or what the connection's limit says.",
        asks_approval=True,
    ),
    Rule(
        "POP_MANAGER_MOVES",
        "Many persons would get another manager",
        _POPULATION,
        Severity.WARNING,
        "{count} of {total} persons would get another manager, {percent}%.",
        _LOOK,
        "No more persons get another manager than the connection's limit says; it has none at first.",
        asks_approval=True,
    ),
    Rule(
        "POP_HISTORY_REWRITTEN",
        "The history of many persons would change far back",
        _POPULATION,
        Severity.WARNING,
        "The history of {count} of {total} persons would change further back than {months} months, "
        "{percent}%.",
        _LOOK,
        "No more persons get another past than the connection's limit says; it has none at first.",
        asks_approval=True,
    ),
    Rule(
        "ADV_UNKNOWN_PERSON",
        "Addresses to delete that nobody has",
        _POPULATION,
        Severity.ADVICE,
        "{person} is not among the persons; there is nothing to delete.",
        "Look whether the address is spelled as in the data, or was deleted before.",
        "A deletion of employee data names persons who are there.",
    ),
)
