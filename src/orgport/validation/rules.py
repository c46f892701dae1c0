"""The registry of rules by code: those that judge rows, values and the population, and all of them."""

from __future__ import annotations

from orgport.package.rules import PACKAGE_RULES
from orgport.rule import Rule
from orgport.validation.rules_on_changes import RULES_ON_CHANGES
from orgport.validation.rules_on_population import RULES_ON_POPULATION
from orgport.validation.rules_on_values import RULES_ON_VALUES

__all__ = ["ALL_RULES", "RULES", "Rule"]

# A json body can turn out to have no row that can be judged, so this one is told here too.
_ALL = (PACKAGE_RULES["FILE_NO_ROWS"], *RULES_ON_VALUES, *RULES_ON_POPULATION)

RULES = {rule.code: rule for rule in _ALL}
# What a comparison with the stored data finds is no matter of a verdict, but has its codes and pages too.
ALL_RULES = {**PACKAGE_RULES, **RULES, **{rule.code: rule for rule in RULES_ON_CHANGES}}
