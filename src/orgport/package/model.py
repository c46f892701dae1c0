"""What a readable package is: a mapping, a header, and a stream of records.

`package.read` makes one or says why not; `validation` consumes it. Nothing here opens a socket or a setting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from io import BufferedIOBase

from orgport.attributes.types import ValueType


class PackageForm(Enum):
    """The three bodies that a sender can push."""

    ZIP = "zip"
    CSV = "csv"
    JSON = "json"


class Refresh(Enum):
    """Whether an import replaces everything or adds and edits."""

    FULL = "full"  # IsBootstrap "true", Replace all data
    INCREMENTAL = "incremental"  # IsBootstrap "false", Add or edit data


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """One column of the file, mapped to a field."""

    source: str  # the header, exactly as in the file
    field: str  # the catalogue's or the custom field's name
    type: ValueType


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which column is which field, and how the import refreshes; columns in metadata order."""

    refresh: Refresh
    columns: tuple[MappedColumn, ...]

    def by_source(self) -> dict[str, MappedColumn]:
        """The mapped columns by their header."""
        return {column.source: column for column in self.columns}


@dataclass(frozen=True, slots=True)
class Header:
    """The header of data.csv and where the records begin behind it."""

    names: tuple[str, ...]  # in file order
    line: int  # physical line of the header
    data_offset: int  # bytes of the unpacked csv before the first record
    data_line: int  # physical line on which the first record begins


@dataclass(frozen=True, slots=True)
class Package:
    """A package that passed the package, metadata and header stages.

    `columns` are in file order. `open_data` gives the unpacked csv from its first byte (a BOM
    included); reading it raises `PackageBroken` where the archive breaks or passes its limits.
    `record_lines`, given for json only, is the line number to report for each record of the csv.
    """

    form: PackageForm
    refresh: Refresh
    columns: tuple[MappedColumn, ...]
    header: Header
    data_name: str
    data_size_bytes: int | None  # as the archive states it: for progress only, never trusted
    open_data: Callable[[], BufferedIOBase]
    record_lines: Sequence[int] | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The mapped fields, in file order."""
        return tuple(column.field for column in self.columns)


class PackageBroken(Exception):
    """The stream of a package broke while it was read: a wrong CRC, a truncated member, a bomb.

    `code` is the package rule to report: PKG_CORRUPT, PKG_BOMB or PKG_TOO_LARGE.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
