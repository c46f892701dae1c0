"""Explanation and Example: why a rule is there, a file that breaks it and one that does not.

Every example is a file that `orgport check` judges; the tests do so. Of a zip only the content is shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_MOST_LINES = 18
_MOST_CHARACTERS = 96
HEADER = "PersonId,ManagerId,Organization,EffectiveDate"
LEAD = "lead@contoso.com,,Sales,01/01/2024"
TYPES = {
    "PersonId": "EmailType",
    "ManagerId": "EmailType",
    "EffectiveDate": "DateTime_MMDDYYYY",
    "HireDate": "DateTime_MMDDYYYY",
    "Layer": "int32",
    "HourlyRate": "double",
}  # every other field is a StringType


@dataclass(frozen=True, slots=True)
class Example:
    """A file and how to judge it; `name` says what is special about it."""

    name: str
    text: str  # surrogates stand for bytes that are not UTF-8
    ending: str = ".csv"
    flags: tuple[str, ...] = ()  # of `orgport check`
    earlier: str = ""  # a csv that was imported before
    also: tuple[str, ...] = ()  # further codes that the file gives
    limits: tuple[tuple[str, float], ...] = ()  # of a connection, by which a comparison is judged
    is_deletion: bool = False  # a csv of persons to delete
    measured: str = ""  # a csv of those who should be in the data

    @property
    def file_name(self) -> str:
        """The file's name among the test packages, without the code."""
        return self.name.replace(" ", "-") + self.ending

    @property
    def before(self) -> str:
        """The earlier csv as a page shows it."""
        return Example("", self.earlier).shown

    @property
    def measured_shown(self) -> str:
        """The csv of measured persons as a page shows it."""
        return Example("", self.measured).shown

    @property
    def command(self) -> str:
        """The command that judges it; blank when it needs nothing but the file."""
        if self.limits or self.is_deletion:
            return ""
        flags = [*self.flags, *(["--against", "earlier.csv"] if self.earlier else [])]
        flags += ["--measured", "measured.csv"] if self.measured else []
        return f"orgport check FILE {' '.join(flags)}" if flags else ""

    @property
    def limit_words(self) -> str:
        """The limits by which it is judged; blank for those that a connection has at first."""
        return ", ".join(f"{name} {share:.0%}" for name, share in self.limits)

    @property
    def kind(self) -> str:
        """What sort of file it is, as a caption begins."""
        return {".zip": "A zip of", ".json": "A json"}.get(
            self.ending, f"A {self.ending.lower()[1:]}"
        )

    @property
    def content(self) -> bytes:
        """The bytes of a csv or json."""
        return self.text.encode("utf-8", "surrogateescape")

    @property
    def shown(self) -> str:
        """The file as a page shows it: its first lines, bytes that are not text as escapes."""
        lines = self.text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        every = lines.replace("\0", "\\x00").replace("\r", "\\r").rstrip("\n").split("\n")
        kept = [
            line if len(line) <= _MOST_CHARACTERS else line[:_MOST_CHARACTERS] + "…"
            for line in every[:_MOST_LINES]
        ]
        more = len(every) - len(kept)
        return "\n".join(
            [*kept, f"… and {more} more lines"] if more > 1 else kept + every[len(kept) :]
        )


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a page says beside the rule itself."""

    why: str
    fails: Example
    passes: Example


def csv_of(header: str, *rows: str) -> str:
    """The text of a csv."""
    return "".join(f"{line}\n" for line in (header, *rows))


def crowd(header: str, row: str, count: int = 24) -> str:
    """The text of a csv with many persons; `{n}` in the row is a person's number, 0 the lead's."""
    rows = (row.replace("{n}", str(number)) for number in range(1, count))
    return csv_of(
        header,
        row.replace("person{n}", "lead")
        .replace("lead@contoso.com,lead@contoso.com", "lead@contoso.com,")
        .replace("{n}", "0"),
        *rows,
    )


def document(
    columns: Mapping[str, str] | Sequence[str],
    *rows: Sequence[str],
    full: bool = True,
    **changes: Any,
) -> str:
    """The text of a json with its metadata; columns are fields, or headers with their fields."""
    fields = columns if isinstance(columns, Mapping) else {name: name for name in columns}
    metadata: dict[str, Any] = {
        "DatasetType": "HR",
        "IsBootstrap": "true" if full else "false",
        "Mapping": {header: mapped(field) for header, field in fields.items()},
    }
    metadata |= changes
    data = [dict(zip(fields, row, strict=True)) for row in rows]
    known = {name: value for name, value in metadata.items() if value is not ...}
    return _written({"metadata": known, "data": data})


def mapped(field: str, token: str = "") -> dict[str, str]:
    """An entry of a mapping."""
    return {"name": field, "type": token or TYPES.get(field, "StringType")}


def _written(content: Mapping[str, Any]) -> str:
    """The document, one line for each property, column and row."""
    metadata, data = content["metadata"], content["data"]
    lines = []
    for name, value in metadata.items():
        if name == "Mapping" and isinstance(value, dict):
            entries = [
                f"    {json.dumps(key)}: {json.dumps(entry)}" for key, entry in value.items()
            ]
            text = "{\n" + ",\n".join(entries) + "\n  }" if entries else "{}"
        else:
            text = json.dumps(value)
        lines.append(f"  {json.dumps(name)}: {text}")
    rows = ",\n".join(f"  {json.dumps(row)}" for row in data)
    return '{"metadata": {\n' + ",\n".join(lines) + '\n},\n"data": [\n' + rows + "\n]}\n"
