"""Reads metadata.json: the data set, the refresh type and the mapping, with every fault told at once.

What the mapping means for the catalogue is judged by `mapping`; here only the file itself is read.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from typing import Any

from orgport.attributes.types import ValueType, type_of_token
from orgport.finding import Finding, Level, Pointer
from orgport.package.faults import advice, metadata_error
from orgport.package.model import MappedColumn, Refresh

DATASET_TYPE = "HR"
_KNOWN = {"datasettype": "DatasetType", "isbootstrap": "IsBootstrap", "mapping": "Mapping"}
_REFRESHES = {"true": Refresh.FULL, "false": Refresh.INCREMENTAL}
TYPE_NAMES = ", ".join(dict.fromkeys(value_type.value for value_type in ValueType))


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a metadata.json says; refresh and columns are None where it does not say it rightly."""

    refresh: Refresh | None
    columns: tuple[MappedColumn, ...] | None
    findings: tuple[Finding, ...]


class _Repeated(ValueError):
    """The same key stands twice in one object."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def parse_metadata(content: bytes, *, name: str = "metadata.json") -> Metadata:
    """What the file says, and everything that is wrong with it."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        reason = "a byte that is not UTF-8"
        return _unreadable(
            name, *_place(content[: broken.start].decode("utf-8", "replace")), reason
        )
    if not text.strip():
        return Metadata(None, None, (_empty(name),))
    try:
        document = json.loads(
            text, object_pairs_hook=_object_without_repeats, parse_constant=_refuse_constant
        )
    except json.JSONDecodeError as broken:
        return _unreadable(name, broken.lineno, broken.colno, broken.msg.lower())
    except _Repeated as repeated:
        place = _place_of_repeat(text, repeated.key)
        return _unreadable(name, *place, f"the key {repeated.key!r} stands twice in one object")
    except RecursionError:
        return _unreadable(name, 1, 1, "it is nested too deeply")
    except ValueError as refused:
        return _unreadable(name, 1, 1, str(refused)[:100])
    if not isinstance(document, dict):
        return _unreadable(name, 1, 1, "an object was expected")
    return read_document(document, name=name)


def read_document(document: dict[str, Any], *, name: str = "metadata.json") -> Metadata:
    """What an already parsed metadata object says."""
    findings: list[Finding] = []
    known: dict[str, Any] = {}
    for key, value in document.items():
        folded = key.lower()
        if folded not in _KNOWN:
            findings.append(_unknown_property(key, name))
        elif folded in known:
            return _unreadable(name, 1, 1, f"the key {_KNOWN[folded]!r} stands twice")
        else:
            known[folded] = value
    findings += _judge_dataset_type(known.get("datasettype"), name)
    refresh = _refresh_of(known.get("isbootstrap"))
    if refresh is None:
        value = known.get("isbootstrap")
        findings.append(
            metadata_error(
                "META_IS_BOOTSTRAP",
                f"IsBootstrap is {_shown(value)}; true or false was expected.",
                hint='Write "true" for a full refresh and for the first import, else "false".',
                value=_shown(value),
                expected="true, false",
                file=name,
            )
        )
    columns = _read_mapping(known.get("mapping"), findings, name)
    return Metadata(refresh, columns, tuple(findings))


def _read_mapping(
    mapping: Any, findings: list[Finding], name: str
) -> tuple[MappedColumn, ...] | None:
    if mapping is not None and not isinstance(mapping, dict):
        findings.extend(_unreadable(name, 1, 1, "Mapping must be an object").findings)
        return None
    if not mapping:
        findings.append(
            metadata_error(
                "META_MAPPING_MISSING",
                "The metadata has no Mapping.",
                hint='Add "Mapping": one entry for each column of the csv.',
                file=name,
            )
        )
        return None
    columns = [_read_column(source, entry, findings, name) for source, entry in mapping.items()]
    return tuple(column for column in columns if column is not None)


def _read_column(
    source: str, entry: Any, findings: list[Finding], name: str
) -> MappedColumn | None:
    if entry is not None and not isinstance(entry, dict):
        reason = f"the entry of column {source} must be an object with name and type"
        findings.extend(_unreadable(name, 1, 1, reason).findings)
        return None
    properties = {key.lower(): value for key, value in (entry or {}).items()}
    for key in entry or {}:
        if key.lower() not in ("name", "type"):
            findings.append(_unknown_property(f"{source}.{key}", name))
    target = properties.get("name")
    if not isinstance(target, str) or not target.strip():
        findings.append(
            metadata_error(
                "META_NULL_TARGET",
                f"Column {source} is mapped to nothing. Give it a field name.",
                hint=f'Write {{"name": "…", "type": "…"}}, or leave {source} out of csv and mapping.',
                header=source,
                file=name,
            )
        )
        target = None
    token = properties.get("type")
    value_type = type_of_token(token) if isinstance(token, str) else None
    if value_type is None:
        near = difflib.get_close_matches(str(token), [t.value for t in ValueType], n=1)
        findings.append(
            metadata_error(
                "META_TYPE_UNSUPPORTED",
                f"Column {source} has the type {_shown(token)}. Known types: {TYPE_NAMES}.",
                hint=f"Did you mean {near[0]}?" if near else "",
                header=source,
                field=target,
                value=_shown(token),
                expected=TYPE_NAMES,
                file=name,
            )
        )
    if target is None or value_type is None:
        return None
    return MappedColumn(source, target, value_type)


def _judge_dataset_type(value: Any, name: str) -> list[Finding]:
    if isinstance(value, str) and value.upper() == DATASET_TYPE:
        return []
    return [
        metadata_error(
            "META_DATASET_TYPE",
            f"DatasetType is {_shown(value)}; HR was expected.",
            hint='Write "DatasetType": "HR".',
            value=_shown(value),
            expected=DATASET_TYPE,
            file=name,
        )
    ]


def _refresh_of(value: Any) -> Refresh | None:
    if isinstance(value, bool):
        return Refresh.FULL if value else Refresh.INCREMENTAL
    return _REFRESHES.get(value.lower()) if isinstance(value, str) else None


def _unknown_property(key: str, name: str) -> Finding:
    return advice(
        "ADV_META_UNKNOWN",
        Level.METADATA,
        f"The metadata has the unknown property {key}; it is ignored.",
        pointer=Pointer(file=name),
    )


def _empty(name: str) -> Finding:
    return metadata_error(
        "PKG_JSON_EMPTY",
        f"{name} in the package is empty.",
        hint="Start from the template.",
        file=name,
    )


def _unreadable(name: str, line: int, column: int, reason: str) -> Metadata:
    finding = metadata_error(
        "META_INVALID_JSON",
        f"{name} is not valid JSON at line {line}, column {column}: {reason}.",
        hint="Mend it there, or start from the template.",
        line=line,
        column=column,
        file=name,
    )
    return Metadata(None, None, (finding,))


def _shown(value: Any) -> str:
    return "missing" if value is None else str(value)[:100]


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        # Column names are case-sensitive, so only those of an entry are compared without case.
        if key in seen:
            raise _Repeated(key)
        seen[key] = value
    return seen


def _refuse_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _place(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _place_of_repeat(text: str, key: str) -> tuple[int, int]:
    places = [match.start() for match in re.finditer(re.escape(json.dumps(key)) + r"\s*:", text)]
    return _place(text[: places[-1]]) if places else (1, 1)
