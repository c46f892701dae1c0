"""Judges a mapping against the catalogue: which fields may be targets, of which type, and which must.

The rules are the same whether the mapping came with the package, from the connection or from headers.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from orgport.attributes.catalogue import (
    ALIASES,
    CATALOGUE,
    MAX_CUSTOM_NAME_LENGTH,
    MAX_FIELDS,
    MAX_OPTIONAL_FIELDS,
    attribute,
    fits,
    is_column_beside,
    is_system_field,
)
from orgport.attributes.types import ValueType
from orgport.finding import Finding, Level, Pointer
from orgport.package.faults import advice, listed, metadata_error
from orgport.package.model import MappedColumn, Mapping, Refresh

_NAMES = tuple(attribute.name for attribute in CATALOGUE)
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_]")
_CHARACTERS = {" ": "a space", "/": "a slash", "-": "a hyphen", ".": "a dot"}
_REQUIRED = frozenset(attribute.name for attribute in CATALOGUE if attribute.is_required)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the connection and the tenant's stored data say about reading a package.

    `has_uploads` None means that stored data are unknown, as offline: rules that need them stay silent.
    """

    allow_custom_fields: bool = False
    typed_custom_fields: bool = False
    stored_mapping: Mapping | None = None
    requested_refresh: Refresh | None = None
    has_uploads: bool | None = None
    stored_fields: AnyMapping[str, ValueType] = field(default_factory=dict)
    upload_name: str | None = None  # of a csv that a person uploads


def judge_targets(
    columns: Sequence[MappedColumn],
    refresh: Refresh | None,
    options: ReadOptions,
    *,
    file: str = "metadata.json",
) -> list[Finding]:
    """Every fault of the targets; `refresh` None demands nothing but PersonId."""
    findings = [found for column in columns for found in _judge_column(column, options, file)]
    by_field: defaultdict[str, list[str]] = defaultdict(list)
    for column in columns:
        by_field[ALIASES.get(column.field, column.field).casefold()].append(column.source)
    for column in columns:
        sources = by_field.pop(ALIASES.get(column.field, column.field).casefold(), [])
        if len(sources) > 1:
            findings.append(
                metadata_error(
                    "META_DUP_TARGET",
                    f"Columns {listed(sources)} are all mapped to {column.field}. "
                    "One column per field.",
                    hint="Keep one of them in csv and mapping.",
                    field=column.field,
                    header=sources[0],
                    file=file,
                )
            )
    return findings + _judge_presence(columns, refresh, options, file)


def canonical(columns: Sequence[MappedColumn]) -> tuple[MappedColumn, ...]:
    """The columns under today's names of their fields; a former OnsiteDays is judged as a Double."""
    return tuple(
        replace(column, field=ALIASES[column.field], type=ValueType.DOUBLE)
        if column.field in ALIASES
        else column
        for column in columns
    )


def _judge_column(column: MappedColumn, options: ReadOptions, file: str) -> list[Finding]:
    if is_system_field(column.field):
        return []  # a header rule speaks of it
    if column.field in ALIASES:
        renamed = advice(
            "ADV_FIELD_RENAMED",
            Level.METADATA,
            f"{column.field} is now called {ALIASES[column.field]}; it is taken as such.",
            pointer=Pointer(file=file, header=column.source, field=column.field),
        )
        return [renamed, *_judge_type(column, options, file)]
    if attribute(column.field) is not None:
        return _judge_type(column, options, file)
    near = _near_name(column.field)
    is_reserved = near is not None and near.casefold() == column.field.casefold()
    fault = "" if options.allow_custom_fields and not is_reserved else "is not a known field"
    reason = "" if fault else _why_no_custom_name(column.field)
    if reason:
        fault = "cannot be the name of a custom field"
    if fault:
        ending = (
            "." if options.allow_custom_fields else " and this connection takes no custom fields."
        )
        told = [
            f"{column.field or 'A blank'} {fault}{ending}",
            reason,
            f"Did you mean {near}?" if near else "",
        ]
        return [
            metadata_error(
                "META_UNKNOWN_TARGET",
                " ".join(filter(None, told)),
                hint=f"Map {column.source} to a field of the catalogue, or leave the column out.",
                header=column.source,
                field=column.field,
                file=file,
            )
        ]
    return _judge_type(column, options, file)


def _judge_type(column: MappedColumn, options: ReadOptions, file: str) -> list[Finding]:
    target = attribute(column.field)
    if target is None:
        stored = options.stored_fields.get(column.field)
        fine = options.typed_custom_fields or column.type is ValueType.STRING
        expected = ValueType.STRING.value
        if stored is not None:  # a custom field keeps its type for life
            fine = _is_stored_as(column.type, stored)
            expected = stored.value
    else:
        fine = fits(column.type, column.field)
        expected = target.type.value
        if target.type.is_date:
            expected = f"{expected} or {ValueType.DATE_DAY_FIRST.value}"
    if fine:
        return []
    return [
        metadata_error(
            "META_TYPE_MISMATCH",
            f"Column {column.source} has the type {column.type.value}; "
            f"{column.field} needs {expected}.",
            hint=f"Change the type of {column.source} in the mapping.",
            header=column.source,
            field=column.field,
            value=column.type.value,
            expected=expected,
            file=file,
        )
    ]


def _is_stored_as(one: ValueType, stored: ValueType) -> bool:
    return one is stored or (one.is_date and stored.is_date)


def _judge_presence(
    columns: Sequence[MappedColumn], refresh: Refresh | None, options: ReadOptions, file: str
) -> list[Finding]:
    mapped = {ALIASES.get(column.field, column.field) for column in columns}
    needed = ["PersonId"]
    if refresh is Refresh.FULL:
        needed += ["ManagerId", "Organization"]
    findings = [
        metadata_error(
            "META_REQUIRED_UNMAPPED",
            f"No column is mapped to {name}, which this kind of import needs.",
            hint=f"Map one column of the csv to {name}.",
            field=name,
            file=file,
        )
        for name in needed
        if name not in mapped
    ]
    if refresh is Refresh.INCREMENTAL and options.has_uploads is False:
        findings.append(
            metadata_error(
                "META_FIRST_NOT_FULL",
                "The first import of a tenant must be a full refresh; this one is incremental.",
                hint='Write "IsBootstrap": "true".',
                value="false",
                file=file,
            )
        )
    after = mapped if refresh is not Refresh.INCREMENTAL else mapped | options.stored_fields.keys()
    optional = len(after - _REQUIRED)
    if optional > MAX_OPTIONAL_FIELDS:
        findings.append(
            metadata_error(
                "META_TOO_MANY_FIELDS",
                f"There would be {optional} optional fields after this import; "
                f"at most {MAX_OPTIONAL_FIELDS} are allowed, {MAX_FIELDS} fields in all.",
                hint="Leave columns out, or delete fields first.",
                file=file,
            )
        )
    return findings


def _near_name(name: str) -> str | None:
    folded = {known.casefold(): known for known in _NAMES}
    if name.strip().casefold() in folded:
        return folded[name.strip().casefold()]
    near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.75)
    return folded[near[0]] if near else None


def _why_no_custom_name(name: str) -> str:
    """Why no custom field can have this name and how to mend it; blank for a name that is fine."""
    if not name:
        return "Use ASCII letters, digits and underscore."
    strange = _NOT_IN_A_NAME.search(name)
    if strange:
        shown = strange[0] if strange[0].isprintable() else f"U+{ord(strange[0]):04X}"
        character = _CHARACTERS.get(strange[0], f"the character {shown}")
        return f"It has {character}: use ASCII letters, digits and underscore."
    if len(name) > MAX_CUSTOM_NAME_LENGTH:
        return f"It has {len(name)} characters: use {MAX_CUSTOM_NAME_LENGTH} at most."
    if is_column_beside(name):
        return "A column of ours is called so: use another name."
    return ""
