"""What an import would change, in figures: those of `Changes`, and what an approver asks about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from orgport.history.compare import Changes

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Figures:
    """The changes of some persons; a mover's newest snapshot has another Organization."""

    changes: Changes = field(default_factory=Changes)
    persons_moved: int = 0  # of those changed
    periods_split: int = 0  # change points within an old period
    histories_shortened: int = 0  # persons whose first snapshot is now a later one
    moves: Counts = field(default_factory=dict)  # persons whose newest value is another, by field
    given: Counts = field(default_factory=dict)  # cells with a value before, by field
    blanked: Counts = field(default_factory=dict)  # those of them that are blank after, by field
    brought: Counts = field(default_factory=dict)  # persons who join with a value, by field
    changed_from: Counts = field(default_factory=dict)  # persons by the month of their first change

    def __add__(self, other: Figures) -> Figures:
        """The figures of two sets of persons together."""
        return Figures(
            self.changes + other.changes,
            self.persons_moved + other.persons_moved,
            self.periods_split + other.periods_split,
            self.histories_shortened + other.histories_shortened,
            _sum(self.moves, other.moves),
            _sum(self.given, other.given),
            _sum(self.blanked, other.blanked),
            _sum(self.brought, other.brought),
            _sum(self.changed_from, other.changed_from),
        )

    @property
    def persons_before(self) -> int:
        """How many persons there are now."""
        changes = self.changes
        return changes.persons_removed + changes.persons_changed + changes.persons_unchanged

    @property
    def persons_after(self) -> int:
        """How many persons there would be."""
        return self.persons_before + self.changes.persons_added - self.changes.persons_removed

    @property
    def persons_otherwise(self) -> int:
        """Persons who change and stay in their organization."""
        return self.changes.persons_changed - self.persons_moved

    def as_json(self) -> dict[str, Any]:
        """The figures as JSON values, by the names of their fields."""
        return asdict(self)

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Figures:
        """The figures that `as_json` gave."""
        return cls(**{**said, "changes": Changes(**said["changes"])})


def _sum(left: Counts, right: Counts) -> Counts:
    return {name: left.get(name, 0) + right.get(name, 0) for name in {**left, **right}}
