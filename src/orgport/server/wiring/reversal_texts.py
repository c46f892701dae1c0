"""What an undo or a restore does, in sentences: every number with its base, and the way back."""

from __future__ import annotations

from typing import Any

from orgport.history.acts import Act
from orgport.history.compare import Changes
from orgport.history.reversal import Reversal
from orgport.server.records.models import ImportRecord
from orgport.server.wiring.consumers import Switched, switched


def extent(changes: Changes) -> str:
    """How many persons an act reaches, as the end of the words on its button."""
    count = changes.change_count
    return "nobody changes" if not count else f"{_counted(count, 'person')} of {_all(changes):,}"


def consequences(record: ImportRecord, act: Act, said: Reversal) -> list[str]:
    """What would happen, in the order in which people ask."""
    changes = said.changes
    if act is Act.UNDO:
        opening = (
            f"Import {record.number}, {record.name}, will count as if it had never come. "
            "Later imports still count."
        )
    else:
        opening = (
            f"What held after import {record.number}, {record.name}, holds again. "
            "No import after it counts any more, undone or not."
        )
    sentences = [opening, *_extracts(record, said).sentences, _persons(changes), *_values(said)]
    if changes.cells_changed:
        fields = ", ".join(f"{name} {count:,}" for name, count in changes.cells_changed.items())
        sentences.append(f"Values that differ afterwards, by field: {fields}.")
    sentences.append(
        "It becomes an import of its own in the history, and can be undone like any other."
    )
    return sentences


def _persons(changes: Changes) -> str:
    if not changes.change_count:
        return "Nobody changes: what holds now does not depend on it."
    parts = [
        f"{count:,} {one if count == 1 else many}"
        for count, one, many in (
            (changes.persons_changed, "changes", "change"),
            (changes.persons_added, "comes back", "come back"),
            (changes.persons_removed, "is removed", "are removed"),
        )
        if count
    ]
    return (
        f"Of {_all(changes):,} persons {' and '.join(parts)}; "
        f"{changes.periods_before:,} periods become {changes.periods_after:,}."
    )


def _values(said: Reversal) -> list[str]:
    if not said.given:
        return []
    sentences = [
        f"Of {_counted(said.given, 'value')} that it gave, {said.taken_back:,} "
        f"{'is' if said.taken_back == 1 else 'are'} taken back."
    ]
    sentences += [
        f"{_counted(count, 'value')} {'stays' if count == 1 else 'stay'} because import {number}, "
        "which came later, said so."
        for number, count in said.kept_by_import.items()
    ]
    if said.same_before:
        sentences.append(
            f"{_counted(said.same_before, 'value')} "
            f"{'stays' if said.same_before == 1 else 'stay'} because the same held before."
        )
    return sentences


def _all(changes: Changes) -> int:
    return changes.change_count + changes.persons_unchanged


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def figures(record: ImportRecord, said: Reversal) -> dict[str, Any]:
    """The same in numbers, as JSON values."""
    changes = said.changes
    return {
        "personsAdded": changes.persons_added,
        "personsRemoved": changes.persons_removed,
        "personsChanged": changes.persons_changed,
        "personsUnchanged": changes.persons_unchanged,
        "periodsBefore": changes.periods_before,
        "periodsAfter": changes.periods_after,
        "cellsChanged": dict(changes.cells_changed),
        "valuesGiven": said.given,
        "valuesTakenBack": said.taken_back,
        "valuesKeptByImport": {str(number): n for number, n in said.kept_by_import.items()},
        "valuesSameBefore": said.same_before,
        **_extracts(record, said).figures,
    }


def _extracts(record: ImportRecord, said: Reversal) -> Switched:
    return switched(record.tenant, before=said.fields_before, after=said.fields_after)
