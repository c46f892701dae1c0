"""Until when some fields were all in use, and which imports dropped those that are not: read off the log.

The imports come newest first, as the store tells them; each says which fields were in use after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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


def standings(imports: Sequence[Committed], wanted: Iterable[Sequence[str]]) -> list[Standing]:
    """How some sets of fields stand after the newest of the imports.

    A field that was dropped, came back and was dropped again counts as dropped by the later import.
    """
    newest: dict[str, int] = {}  # by field, the place of the last import after which it was in use
    for place, done in enumerate(imports):
        for field in done.fields:
            newest.setdefault(field, place)
    return [_standing(imports, fields, newest) for fields in wanted]


def _standing(
    imports: Sequence[Committed], fields: Sequence[str], newest: Mapping[str, int]
) -> Standing:
    dropped: dict[int, list[str]] = {}  # by the place of the import
    missing = [field for field in fields if newest.get(field) != 0]
    for field in missing:
        if field in newest:
            dropped.setdefault(newest[field] - 1, []).append(field)
    whole = _newest_with(imports, fields, newest)
    return Standing(
        imports[whole] if whole is not None else None,
        imports[whole - 1] if whole else None,
        tuple(missing),
        tuple(Dropped(imports[at], tuple(dropped[at])) for at in sorted(dropped, reverse=True)),
    )


def _newest_with(
    imports: Sequence[Committed], fields: Sequence[str], newest: Mapping[str, int]
) -> int | None:
    """The place of the newest import after which these fields were in use; None: never together."""
    if any(field not in newest for field in fields):
        return None
    all_of_them = set(fields)
    places = range(max((newest[field] for field in fields), default=0), len(imports))
    return next((at for at in places if imports[at].fields.keys() >= all_of_them), None)
