"""Until when some fields were all in use, and which imports dropped those that are not: read off the log.

The imports come newest first, as the store tells them; each says which fields were in use after it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from orgport.history.committed import Committed


@dataclass(frozen=True, slots=True)
class Dropped:
    """An import after which some fields were out of use and have been ever since."""

    by: Committed
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """How some fields stand: `last` had them all in use, `broken_by` is the import that ended this."""

    last: Committed | None
    broken_by: Committed | None
    missing: tuple[str, ...]
    dropped: tuple[Dropped, ...]  # oldest first


def standing(imports: Sequence[Committed], fields: Sequence[str]) -> Standing:
    """How these fields stand after the newest of the imports.

    A field that was dropped, came back and was dropped again counts as dropped by the later import.
    """
    whole = _newest_with(imports, fields)
    dropped: dict[int, list[str]] = {}  # by the place of the import
    missing = []
    for field in fields:
        place = _newest_with(imports, [field])
        if place == 0:
            continue
        missing.append(field)
        if place is not None:
            dropped.setdefault(place - 1, []).append(field)
    return Standing(
        imports[whole] if whole is not None else None,
        imports[whole - 1] if whole else None,
        tuple(missing),
        tuple(Dropped(imports[at], tuple(dropped[at])) for at in sorted(dropped, reverse=True)),
    )


def _newest_with(imports: Sequence[Committed], fields: Collection[str]) -> int | None:
    """The place of the newest import after which these fields were in use; None: never together."""
    places = range(len(imports))
    return next((at for at in places if imports[at].fields.keys() >= set(fields)), None)
