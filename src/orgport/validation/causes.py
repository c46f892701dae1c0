"""Causes: one change that would mend many findings, such as another date order in the mapping.

They are drawn from the listed findings of a code and column, by their different values, so they cost
nothing where nothing is wrong. What is not sure is not said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from orgport.attributes import formats
from orgport.attributes.types import ValueType
from orgport.validation.columns import Column
from orgport.validation.near_addresses import near_domain
from orgport.validation.verdict import RuleCount

MANY = 2  # findings at least that one change mends
_MOST_VALUES = 20_000  # different ones that are looked at
_SURE = 0.9  # of the findings, so that a change of the whole column is advised
_MUCH_OF_A_COLUMN = 0.1  # of all rows
_MEANT = re.compile(r"Did you mean (.+)\?$")
_COMMA = re.compile(r"-?[0-9]+,[0-9]{1,2}|-?[0-9]+,[0-9]{4,}")
_CURRENCY = re.compile(r"(?:[$€£]|USD|EUR|GBP) ?-?[0-9.]+|-?[0-9.]+ ?(?:[$€£]|USD|EUR|GBP)")
_SEPARATED = "It looks separated by"
_ORDERS = {
    ValueType.DATE_MONTH_FIRST: ("month-first", "day-first", "DateTime_DDMMYYYY"),
    ValueType.DATE_DAY_FIRST: ("day-first", "month-first", "DateTime_MMDDYYYY"),
}


@dataclass(frozen=True, slots=True)
class Cause:
    """A change that would mend many findings at once.

    `count` is how many findings the code has in the column; `resolved` how many of the listed ones the
    change would mend. `change` names it for programs: type, replace, setting or save.
    """

    code: str
    column: int | None
    header: str | None
    field: str | None
    count: int
    resolved: int
    cure: str
    change: str
    find: str | None = None
    put: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The cause as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Group:
    """The findings of one code in one column; `values` are the different ones: value, hint, count."""

    count: RuleCount
    values: pl.DataFrame
    column: Column | None
    rows: int
    domains: Sequence[str]

    @property
    def name(self) -> str:
        return self.count.header or self.count.field or "The file"

    def mended_by(self, mends: Callable[[str], bool]) -> int:
        counted = zip(self.values["value"], self.values["count"], strict=True)
        return sum(count for value, count in counted if value is not None and mends(value))

    def cause(
        self, resolved: int, cure: str, change: str, find: str | None = None, put: str | None = None
    ) -> Iterator[Cause]:
        if resolved >= MANY:
            one = self.count
            yield Cause(
                one.code,
                one.column,
                one.header,
                one.field,
                one.count,
                resolved,
                cure,
                change,
                find,
                put,
            )


def causes_of(
    counts: Sequence[RuleCount],
    findings: Path,
    *,
    columns: Sequence[Column],
    rows: int,
    domains: Sequence[str],
) -> list[Cause]:
    """What one change would mend, the greatest first."""
    by_number = {column.number: column for column in columns}
    found: list[Cause] = []
    for count in counts:
        finder = _FINDERS.get(count.code)
        if finder is not None and count.count >= MANY:
            column = by_number.get(count.column) if count.column is not None else None
            group = _Group(count, _values(findings, count), column, rows, domains)
            found += finder(group)
    return sorted(found, key=lambda cause: -cause.resolved)


def _values(findings: Path, count: RuleCount) -> pl.DataFrame:
    column = pl.col("column")
    here = column.is_null() if count.column is None else column == count.column
    return (
        pl.scan_parquet(findings)
        .filter((pl.col("code") == count.code) & here)
        .group_by("value", "hint", maintain_order=True)
        .agg(pl.len().alias("count"))
        .sort("count", descending=True, maintain_order=True)
        .head(_MOST_VALUES)
        .collect()
    )


def _other_date_order(group: _Group) -> Iterator[Cause]:
    order = _ORDERS.get(group.column.type) if group.column else None
    if order is None:
        return
    told, seen, token = order

    def reads(value: str) -> bool:
        try:
            formats.parse_date(value.strip(formats.BLANKS), day_first=seen == "day-first")
        except formats.Unreadable:
            return False
        return True

    resolved = group.mended_by(reads)
    listed = int(group.values["count"].sum())
    if resolved >= _SURE * listed and group.count.count >= _MUCH_OF_A_COLUMN * group.rows:
        cure = (
            f"{group.name}: {resolved:,} values look {seen}; the mapping says {told}. "
            f"Change the type to {token}."
        )
        yield from group.cause(resolved, cure, "type", find=group.name, put=token)


def _meant(group: _Group) -> Iterator[Cause]:
    """Values of which the finding's hint says what was meant."""
    meant: dict[tuple[str, str], int] = {}
    for value, hint, count in group.values.iter_rows():
        match = _MEANT.search(hint or "")
        if match and value is not None:
            find, put = _differing(value.strip(formats.BLANKS), match[1])
            meant[find, put] = meant.get((find, put), 0) + count
    for (find, put), resolved in meant.items():
        cure = f"{group.name}: {resolved:,} findings come of {find}. Replace {find} by {put}."
        yield from group.cause(resolved, cure, "replace", find, put)


def _differing(value: str, meant: str) -> tuple[str, str]:
    """The two values, or only their domains when the rest is the same."""
    name, at, domain = value.rpartition("@")
    if at and meant.startswith(name + at):
        return at + domain, meant[len(name) :]
    return value, meant


def _near_domains(group: _Group) -> Iterator[Cause]:
    ends: dict[tuple[str, str], int] = {}
    for value, _, count in group.values.iter_rows():
        name, at, domain = (value or "").strip(formats.BLANKS).rpartition("@")
        near = near_domain(domain.lower(), group.domains) if at and name else None
        if near is not None:
            ends[domain, near] = ends.get((domain, near), 0) + count
    for (domain, near), resolved in ends.items():
        cure = (
            f"{group.name}: {resolved:,} addresses end in @{domain}; most others end in @{near}. "
            f"Replace @{domain} by @{near}."
        )
        yield from group.cause(resolved, cure, "replace", f"@{domain}", f"@{near}")


def _numbers(group: _Group) -> Iterator[Cause]:
    commas = group.mended_by(lambda value: bool(_COMMA.fullmatch(value.strip(formats.BLANKS))))
    cure = (
        f"{group.name}: {commas:,} values have a decimal comma. Export them with a decimal point."
    )
    yield from group.cause(commas, cure, "replace", ",", ".")
    signs = group.mended_by(lambda value: bool(_CURRENCY.fullmatch(value.strip(formats.BLANKS))))
    cure = f"{group.name}: {signs:,} values have a currency sign. Export the bare numbers."
    yield from group.cause(signs, cure, "save")


def _lenient_integers(group: _Group) -> Iterator[Cause]:
    def reads(value: str) -> bool:
        try:
            formats.parse(value, ValueType.INTEGER, lenient_integers=True)
        except formats.Unreadable:
            return False
        return True

    resolved = group.mended_by(reads)
    cure = (
        f"{group.name}: {resolved:,} whole numbers are written with .0. Export them without, or let "
        "the connection take whole numbers written as 5.0."
    )
    yield from group.cause(resolved, cure, "setting", put="lenient_integers")


def _separator(group: _Group) -> Iterator[Cause]:
    looks = group.values.filter(pl.col("hint").str.starts_with(_SEPARATED))
    resolved = int(looks["count"].sum())
    if resolved:
        cure = f"{resolved:,} rows have other signs than commas between their cells. {looks['hint'][0]}"
        yield from group.cause(resolved, cure, "save")


def _encoding(group: _Group) -> Iterator[Cause]:
    cure = (
        f"{group.count.count:,} rows are not UTF-8. Save the whole file as UTF-8 and send it again."
    )
    yield from group.cause(int(group.values["count"].sum()), cure, "save")


def _blank_column(group: _Group) -> Iterator[Cause]:
    if group.count.count >= _SURE * group.rows:
        cure = (
            f"{group.name}: {group.count.count:,} of {group.rows:,} rows have no value. "
            "Look whether the export lost the column."
        )
        yield from group.cause(int(group.values["count"].sum()), cure, "save")


def _self_reports(group: _Group) -> Iterator[Cause]:
    cure = (
        f"{group.count.count:,} rows have the person as their own manager. If that marks the top, let "
        "the connection take self-reporting persons as the top of the hierarchy."
    )
    yield from group.cause(
        int(group.values["count"].sum()), cure, "setting", put="self_report_means_top"
    )


_FINDERS: dict[str, Callable[[_Group], Iterator[Cause]]] = {
    "VAL_DATE": _other_date_order,
    "VAL_EMAIL": _near_domains,
    "POP_UNKNOWN_MANAGER": _meant,
    "VAL_ALLOWED": _meant,
    "ADV_VALUE_UNUSUAL": _meant,
    "VAL_DOUBLE": _numbers,
    "VAL_INTEGER": _lenient_integers,
    "ROW_COLUMN_COUNT": _separator,
    "ROW_ENCODING": _encoding,
    "VAL_REQUIRED": _blank_column,
    "POP_SELF_MANAGER": _self_reports,
}
