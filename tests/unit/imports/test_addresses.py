"""A csv of persons: what is read of it, and what is said of one that cannot be taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from orgport.errors import BadInput
from orgport.imports.addresses import as_known, read_addresses


def read(tmp_path: Path, content: str | bytes) -> list[str]:
    path = tmp_path / "persons.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_addresses(path)


def test_each_address_is_read_once_as_it_is_first_spelled(tmp_path: Path) -> None:
    content = "\ufeffPersonId\r\nAnna@contoso.com\r\n\r\n anna@CONTOSO.com \r\nbo@contoso.com"
    assert read(tmp_path, content) == ["Anna@contoso.com", "bo@contoso.com"]


def test_an_address_is_read_as_it_stands(tmp_path: Path) -> None:
    assert read(tmp_path, "PersonId\n'+anna@contoso.com\n") == ["'+anna@contoso.com"]


def test_the_apostrophe_of_a_spreadsheet_goes_where_somebody_has_the_address_without_it() -> None:
    known = {"+anna@contoso.com", "'bo@contoso.com"}
    assert as_known(
        ["'+Anna@contoso.com", "+anna@contoso.com", "'bo@contoso.com", "'-nobody@contoso.com"],
        known,
    ) == ["+Anna@contoso.com", "+anna@contoso.com", "'bo@contoso.com", "'-nobody@contoso.com"]


def test_an_address_that_may_mean_two_persons_is_refused_with_how_each_is_written() -> None:
    known = {"+anna@contoso.com", "'+anna@contoso.com"}
    with pytest.raises(BadInput) as refused:
        as_known(["'+anna@contoso.com"], known)
    assert "Write +anna@contoso.com for the first and ''+anna@contoso.com" in refused.value.message
    assert as_known(["''+anna@contoso.com", "+anna@contoso.com"], known) == [
        "'+anna@contoso.com",
        "+anna@contoso.com",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "has the header nothing"),
        ("PersonId\n", "names nobody below its header"),
        ("PersonId\n\n \n", "names nobody below its header"),
        ("Mail\na@contoso.com\n", "has the header Mail"),
        ("PersonId;Name\na@contoso.com;x\n", "looks separated by semicolons"),
        ("PersonId,Name\na@contoso.com,x\n", "has the header PersonId, Name"),
        (
            "PersonId\na@contoso.com\n\nanna\n",
            "Line 4 is no address such as name@contoso.com: anna",
        ),
        ("PersonId\na@contoso.com,b@contoso.com\n", "Line 2 has 2 cells"),
        ("PersonId\na@contoso.com\n".encode("utf-16"), "is in UTF-16"),
        (b"PersonId\n\xff@contoso.com\n", "is not in UTF-8"),
        ('PersonId\n"a@contoso.com', "is no csv"),
    ],
)
def test_a_file_that_cannot_be_taken_is_told_with_what_it_must_be(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    with pytest.raises(BadInput) as refused:
        read(tmp_path, content)
    assert said in refused.value.message
