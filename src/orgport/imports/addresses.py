"""Reads a csv with the one column PersonId: who is to be deleted, or who is measured."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from orgport.attributes.formats import is_email, person_key
from orgport.attributes.spreadsheets import as_text, from_text
from orgport.errors import BadInput
from orgport.finding import shorten
from orgport.history.columns import PERSON_ID
from orgport.package.header import other_separator
from orgport.package.workbooks import refuse_workbook

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_WANTED = f"a csv in UTF-8 with one column, {PERSON_ID}: one address a line"


def read_addresses(path: Path) -> list[str]:
    """The addresses of a csv with the one column PersonId, each once, as first spelled.

    Raises BadInput that says what is wrong, on which line, and what the file must be.
    """
    refuse_workbook(path, called="The file")
    with path.open("rb") as file:
        if file.read(2) in _UTF_16:
            raise BadInput(f"The file is in UTF-16. Save it as {_WANTED}.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return _addresses(csv.reader(lines, strict=True))
    except UnicodeDecodeError as error:
        raise BadInput(f"The file is not in UTF-8. Save it as {_WANTED}.") from error
    except csv.Error as error:
        raise BadInput(f"The file is no csv: {error}. Save it as {_WANTED}.") from error


def as_known(addresses: Sequence[str], keys: Collection[str]) -> list[str]:
    """Addresses as persons with these keys have them: the apostrophe of a spreadsheet's text goes.

    Raises BadInput for one that may mean two persons.
    """
    return [_as_known(address, keys) for address in addresses]


def _as_known(address: str, keys: Collection[str]) -> str:
    bare = from_text(address)
    if bare == address or person_key(bare) not in keys:
        return address
    if person_key(address) in keys:
        raise BadInput(
            f"{address} may mean two persons, {bare} and {address}. Write {bare} for the first and "
            f"{as_text(address)} for the second."
        )
    return bare


def _addresses(rows: Iterator[list[str]]) -> list[str]:
    header = [cell.strip() for cell in next(rows, [])]
    if header != [PERSON_ID]:
        other = other_separator(header)
        found = f"looks separated by {other}" if other else f"has the header {_shown(header)}"
        raise BadInput(f"The file {found}. It must be {_WANTED}.")
    found_by_key: dict[str, str] = {}
    line = 2
    for cells in rows:
        address = cells[0].strip() if cells else ""
        if len(cells) > 1:
            raise BadInput(f"Line {line} has {len(cells)} cells. Write one address a line.")
        if address and not is_email(address):
            raise BadInput(
                f"Line {line} is no address such as name@contoso.com: {shorten(address)}. "
                "Mend the line, or take it out."
            )
        if address:
            found_by_key.setdefault(person_key(address), address)
        line += 1
    if not found_by_key:
        raise BadInput(f"The file names nobody below its header. It must be {_WANTED}.")
    return list(found_by_key.values())


def _shown(header: list[str]) -> str:
    return shorten(", ".join(header)) or "nothing"
