"""What people write to name an import: numbers, ids, and how ids begin."""

from __future__ import annotations

from uuid import UUID

import pytest

from orgport.errors import NotFound
from orgport.imports.naming import ImportName

ID = UUID("0123abcd-4567-4890-abcd-ef0123456789")


@pytest.mark.parametrize("text", ["12", "#12", " #12 ", "0012"])
def test_a_number_is_read_with_and_without_its_sign(text: str) -> None:
    assert ImportName.read(text).number == 12


@pytest.mark.parametrize("text", ["0123", "0123ABCD", "0123abcd-", "0123abcd4567", str(ID), ID.hex])
def test_an_id_is_meant_by_its_beginning_with_or_without_hyphens(text: str) -> None:
    assert ImportName.read(text).begins(ID)


@pytest.mark.parametrize("text", ["4567", "0123abce", "12"])
def test_an_id_that_begins_otherwise_is_not_meant(text: str) -> None:
    assert not ImportName.read(text).begins(ID)


@pytest.mark.parametrize("text", ["", "#", "x", "abc", "nightly", "-", "12 13", f"{ID}0", "²"])
def test_what_no_import_can_be_called_is_not_found(text: str) -> None:
    with pytest.raises(NotFound, match=r"Give its number, its id, or how its id begins"):
        ImportName.read(text)
