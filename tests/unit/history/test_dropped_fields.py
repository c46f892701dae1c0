"""Which import dropped a field, and until when all fields of a question were in use."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from orgport.attributes.types import ValueType
from orgport.history.committed import Committed
from orgport.history.dropped import Standing, standings
from orgport.package.model import Refresh


def standing(imports: list[Committed], fields: str) -> Standing:
    [found] = standings(imports, [list(fields)])
    return found


def log_of(*fields_after: str) -> list[Committed]:
    """The imports of a history, newest first, by the letters in use after each from the first on."""
    return [
        Committed(
            import_id=uuid.UUID(int=number),
            number=number,
            refresh=Refresh.FULL,
            at=datetime(2026, 1, number, tzinfo=UTC),
            version=number - 1,
            fields=dict.fromkeys(letters, ValueType.STRING),
        )
        for number, letters in enumerate(fields_after, 1)
    ][::-1]


def numbers(found: Standing) -> tuple[int | None, int | None, list[tuple[int, str]]]:
    """Which import had all, which ended that, and who dropped what."""
    return (
        found.last.number if found.last else None,
        found.broken_by.number if found.broken_by else None,
        [(one.by.number, "".join(one.fields)) for one in found.dropped],
    )


def test_fields_in_use_stand_on_the_newest_import() -> None:
    found = standing(log_of("ab", "abc"), "ab")
    assert numbers(found) == (2, None, [])
    assert found.missing == ()


def test_a_dropped_field_is_told_with_the_import_that_dropped_it() -> None:
    found = standing(log_of("ab", "ab", "a", "ac"), "ab")
    assert numbers(found) == (2, 3, [(3, "b")])
    assert found.missing == ("b",)


def test_fields_that_went_one_after_another_are_told_each_with_its_import() -> None:
    found = standing(log_of("abc", "ac", "a"), "cab")
    assert numbers(found) == (1, 2, [(2, "b"), (3, "c")])
    assert found.missing == ("c", "b")


def test_a_field_that_came_back_is_not_missing_while_another_is() -> None:
    assert numbers(standing(log_of("ab", "a", "", "b"), "ab")) == (1, 2, [(3, "a")])


def test_a_field_that_went_twice_was_dropped_by_the_later_import() -> None:
    assert numbers(standing(log_of("ab", "a", "ab", "a"), "ab")) == (3, 4, [(4, "b")])


def test_fields_that_were_never_in_use_together_have_no_last_import() -> None:
    found = standing(log_of("a", "b"), "abx")
    assert numbers(found) == (None, None, [(2, "a")])
    assert found.missing == ("a", "x")
    assert standing([], "a").missing == ("a",)
