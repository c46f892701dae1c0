"""The saved extracts that a change of the fields in use disables, or enables again.

It is asked before a deletion, an undo, a restore and an approval, and everywhere said in the same words.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orgport.server.records.models import SavedExtract, Tenant


@dataclass(frozen=True, slots=True)
class Switch:
    """A saved extract, and the fields of it that go or come back."""

    name: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Switched:
    """What a change of the fields does to the saved extracts, by name."""

    disabled: tuple[Switch, ...]
    enabled: tuple[Switch, ...]

    @property
    def sentences(self) -> list[str]:
        """The same in words; nothing where no extract is concerned."""
        said = []
        if self.disabled:
            lasts = "last result stays" if len(self.disabled) == 1 else "last results stay"
            said.append(
                f"This disables {_counted(self.disabled)}, whose {lasts}: {_all(self.disabled)}."
            )
        if self.enabled:
            said.append(f"This enables {_counted(self.enabled)} again: {_all(self.enabled)}.")
        return said

    @property
    def figures(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "extractsDisabled": [one.name for one in self.disabled],
            "extractsEnabled": [one.name for one in self.enabled],
        }


def switched(
    tenant: Tenant,
    *,
    before: Collection[str],
    after: Collection[str],
    known_by: datetime | None = None,
) -> Switched:
    """What becomes of a tenant's extracts when these fields are in use after those before.

    `known_by` leaves out what was saved later. An extract that lacks a field before and after stays disabled.
    """
    saved = SavedExtract.objects.of(tenant).order_by("name")
    if known_by is not None:
        saved = saved.filter(made_at__lte=known_by)
    disabled, enabled = [], []
    for one in saved:
        goes = tuple(field for field in one.fields if field not in after)
        lacked = tuple(field for field in one.fields if field not in before)
        if goes and not lacked:
            disabled.append(Switch(one.name, goes))
        elif lacked and not goes:
            enabled.append(Switch(one.name, lacked))
    return Switched(tuple(disabled), tuple(enabled))


def _counted(switches: Sequence[Switch]) -> str:
    return "1 extract" if len(switches) == 1 else f"{len(switches)} extracts"


def _all(switches: Sequence[Switch]) -> str:
    return ", ".join(f"{one.name} ({', '.join(one.fields)})" for one in switches)
