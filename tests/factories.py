"""Makers of test data that is valid by default: a test states only what matters to it."""

from __future__ import annotations

import io
from collections.abc import Mapping as Cells
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

from orgport.attributes.types import ValueType
from orgport.package.model import (
    Header,
    MappedColumn,
    Mapping,
    Package,
    PackageForm,
    Refresh,
)
from orgport.validation.verdict import StoredOrganization

END_OF_TIME = date(9999, 12, 31)
TYPES = {
    "PersonId": ValueType.EMAIL,
    "ManagerId": ValueType.EMAIL,
    "EffectiveDate": ValueType.DATE_MONTH_FIRST,
    "HireDate": ValueType.DATE_MONTH_FIRST,
    "HourlyRate": ValueType.DOUBLE,
    "WeeklyBadgeOnsiteDays": ValueType.DOUBLE,
    "Layer": ValueType.INTEGER,
}  # every other field is a String

HEADERS = ("PersonId", "ManagerId", "Organization", "EffectiveDate")


def a_person(number: int = 1, **cells: str) -> dict[str, str]:
    """A row of the csv by header: person `number`, who reports to person 0, in Sales since 2025."""
    return {
        "PersonId": f"person{number}@contoso.com",
        "ManagerId": "" if number == 0 else "person0@contoso.com",
        "Organization": "Sales",
        "EffectiveDate": "01/01/2025",
        **cells,
    }


def a_column(
    field: str, *, header: str | None = None, type: ValueType | None = None
) -> MappedColumn:
    """A column mapped to a field of the same name, of the type that the catalogue gives it."""
    return MappedColumn(header or field, field, type or TYPES.get(field, ValueType.STRING))


def a_mapping(*columns: MappedColumn | str, refresh: Refresh = Refresh.FULL) -> Mapping:
    """A mapping of the columns, by default of the four required fields."""
    chosen = columns or ("PersonId", "ManagerId", "Organization", "EffectiveDate")
    mapped = (a_column(column) if isinstance(column, str) else column for column in chosen)
    return Mapping(refresh, tuple(mapped))


def csv_of(rows: Sequence[Cells[str, str]], headers: Sequence[str]) -> bytes:
    """The rows as csv with LF line ends; only cells that need it are in quotes."""
    lines = [",".join(headers)]
    lines += [",".join(_quoted(row.get(header, "")) for header in headers) for row in rows]
    return "".join(f"{line}\n" for line in lines).encode()


def write_csv(folder: Path, *persons: dict[str, str], name: str = "people.csv") -> Path:
    """A csv of persons, two where none are given."""
    path = folder / name
    path.write_bytes(csv_of(persons or (a_person(0), a_person(1)), HEADERS))
    return path


def a_package(
    rows: Sequence[Cells[str, str]] | None = None,
    *,
    mapping: Mapping | None = None,
    data: bytes | None = None,
) -> Package:
    """A package that passed its first stages: of `rows`, or of a csv given as bytes.

    Without a mapping, the headers are the keys of the first row, each mapped to the field of its name.
    """
    persons = [a_person(0), a_person(1)] if rows is None else rows
    chosen = mapping or a_mapping(*(persons[0] if persons else a_person()))
    content = (
        csv_of(persons, [column.source for column in chosen.columns]) if data is None else data
    )
    return package_of(content, chosen)


def package_of(data: bytes, mapping: Mapping) -> Package:
    """The package of a csv whose header stands in its first line that is not blank."""
    bare = data.removeprefix(b"\xef\xbb\xbf")
    offset, line = len(data) - len(bare), 1
    while bare.startswith((b"\n", b"\r\n")):
        end = bare.index(b"\n") + 1
        bare, offset, line = bare[end:], offset + end, line + 1
    first = bare.split(b"\n", 1)[0]
    names = tuple(first.decode().removesuffix("\r").split(","))
    by_source = mapping.by_source()
    return Package(
        form=PackageForm.ZIP,
        refresh=mapping.refresh,
        columns=tuple(by_source[name] for name in names),
        header=Header(names, line, min(offset + len(first) + 1, len(data)), line + 1),
        data_name="data.csv",
        data_size_bytes=len(data),
        open_data=lambda: io.BytesIO(data),
    )


def a_stored_organization(
    *periods: tuple[str, date, date, str | None],
    fields: Cells[str, ValueType] | None = None,
) -> StoredOrganization:
    """What history holds: one (address, start, end, manager) a period; persons count in that order."""
    addresses = list(dict.fromkeys(address for address, *_ in periods))
    numbers = {address: number for number, address in enumerate(addresses)}
    stored_fields = {"ManagerId": ValueType.EMAIL, "Organization": ValueType.STRING}
    return StoredOrganization(
        persons=pl.DataFrame(
            {
                "person": list(numbers.values()),
                "key": [address.casefold() for address in addresses],
                "address": addresses,
            },
            schema={"person": pl.Int64, "key": pl.String, "address": pl.String},
        ),
        manager_periods=pl.LazyFrame(
            [(numbers[address], start, end, manager) for address, start, end, manager in periods],
            schema={
                "person": pl.Int64,
                "StartDate": pl.Date,
                "EndDate": pl.Date,
                "ManagerId": pl.String,
            },
            orient="row",
        ),
        fields=stored_fields if fields is None else fields,
        next_person=len(addresses),
        has_uploads=bool(periods),
    )


def _quoted(cell: str) -> str:
    if any(sign in cell for sign in '",\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell
