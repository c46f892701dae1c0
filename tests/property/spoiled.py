"""Seeded packages, each sound but for what one spoiler does to it; the truth is known without the reader.

A spoiler is named by the code that it brings about. Dice vary the package, its form, and how it is spoiled.
"""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from factories import TYPES
from orgport.attributes.types import ValueType
from orgport.package.model import PackageForm, Refresh
from orgport.package.read import ReadOptions

_REQUIRED = ("PersonId", "ManagerId", "Organization", "EffectiveDate")
_OPTIONAL = ("Location", "Layer", "HireDate", "FunctionType", "CountryOrRegion", "HourlyRate")
_CELLS = {
    "PersonId": "person{}@contoso.com",
    "ManagerId": "person0@contoso.com",
    "EffectiveDate": "01/01/2025",
    "HireDate": "01/01/2020",
    "Layer": "1",
    "HourlyRate": "20.5",
}
_LOCAL, _CENTRAL = b"PK\x03\x04", b"PK\x01\x02"


@dataclass
class Parcel:
    """A package in the making; spoilers change what they are about."""

    headers: list[str]
    mapping: dict[str, Any]
    rows: list[list[str]]
    form: PackageForm = PackageForm.ZIP
    metadata: dict[str, Any] = field(default_factory=dict)
    names: list[str] = field(default_factory=lambda: ["data.csv", "metadata.json"])
    more: list[tuple[str, bytes]] = field(default_factory=list)
    csv: bytes | None = None  # in place of headers and rows
    json: bytes | None = None  # in place of metadata and mapping
    end: Callable[[bytes], bytes] = lambda body: body
    options: dict[str, Any] = field(default_factory=lambda: {"has_uploads": True})

    def body(self) -> bytes:
        """The bytes that are sent."""
        lines = [",".join(cells) for cells in (self.headers, *self.rows)]
        csv = "".join(f"{line}\n" for line in lines).encode() if self.csv is None else self.csv
        if self.form is PackageForm.CSV:
            return self.end(csv)
        text = json.dumps(
            {**self.metadata, "Mapping": self.mapping} if self.mapping else self.metadata
        )
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(self.names[0], csv)
            archive.writestr(self.names[1], text.encode() if self.json is None else self.json)
            for name, content in self.more:
                archive.writestr(name, content)
        return self.end(made.getvalue())

    def read_options(self) -> ReadOptions:
        """What the connection says of reading it."""
        return ReadOptions(**self.options)

    def add(
        self, header: str, target: object = ..., *, type_: str = "String", cell: str = "x"
    ) -> None:
        """One more column; without a target it is not mapped."""
        self.headers.append(header)
        for row in self.rows:
            row.append(cell)
        if target is not ...:
            self.mapping[header] = {"name": target, "type": type_}

    def rename(self, old: str, new: str, *, in_mapping: bool = True) -> None:
        """Give a column another header."""
        self.headers[self.headers.index(old)] = new
        if in_mapping:
            self.mapping[new] = self.mapping.pop(old)

    def drop(self, header: str) -> None:
        """Take a column out, here and in the mapping."""
        at = self.headers.index(header)
        for cells in (self.headers, *self.rows):
            del cells[at]
        del self.mapping[header]


def a_parcel(dice: random.Random) -> Parcel:
    """A sound package: the required fields and some others, in any order, a full refresh or not."""
    fields = [*_REQUIRED, *dice.sample(_OPTIONAL, dice.randint(1, 4))]
    dice.shuffle(fields)
    mapping = {name: {"name": name, "type": _token(name)} for name in fields}
    rows = [
        [_CELLS.get(name, "Sales").format(number) for name in fields]
        for number in range(dice.randint(1, 30))
    ]
    is_full = dice.choice(["true", "false", "True"])
    return Parcel(fields, mapping, rows, metadata={"DatasetType": "HR", "IsBootstrap": is_full})


def _token(name: str) -> str:
    return TYPES.get(name, ValueType.STRING).value


def _any(parcel: Parcel, dice: random.Random) -> str:
    """One of its optional columns."""
    return dice.choice([name for name in parcel.headers if name in _OPTIONAL])


def _uploaded(parcel: Parcel, name: str) -> None:
    parcel.form = PackageForm.CSV
    parcel.options |= {"upload_name": name, "requested_refresh": Refresh.FULL}


def _flags(body: bytes) -> bytes:
    content = bytearray(body)
    for signature, offset in ((_LOCAL, 6), (_CENTRAL, 8)):
        content[content.index(signature) + offset] |= 1
    return bytes(content)


def _promise(size: int) -> Callable[[bytes], bytes]:
    def promised(body: bytes) -> bytes:
        at = body.index(_CENTRAL) + 24
        return body[:at] + size.to_bytes(4, "little") + body[at + 4 :]

    return promised


def _spoil_empty_body(parcel: Parcel, dice: random.Random) -> None:
    parcel.form = dice.choice([PackageForm.ZIP, PackageForm.CSV])
    parcel.end = lambda body: b""


def _spoil_corrupt(parcel: Parcel, dice: random.Random) -> None:
    share = dice.uniform(0.3, 0.8)
    parcel.end = lambda body: body[: int(len(body) * share)]


def _spoil_not_zip(parcel: Parcel, dice: random.Random) -> None:
    begin = dice.choice([b"PersonId,ManagerId\n", b"\x1f\x8b", b"%PDF-1.7\n", b"Rar!"])
    parcel.end = lambda body: begin + b"\0" * 40


def _spoil_encrypted(parcel: Parcel, dice: random.Random) -> None:
    parcel.end = _flags


def _spoil_unsafe_name(parcel: Parcel, dice: random.Random) -> None:
    at = dice.randrange(2)
    parcel.names[at] = dice.choice(["../", "/", "a/../../"]) + parcel.names[at]


def _spoil_bomb(parcel: Parcel, dice: random.Random) -> None:
    parcel.end = _promise(dice.randrange(2**31, 2**32 - 1))


def _spoil_too_large(parcel: Parcel, dice: random.Random) -> None:
    parcel.more = [(f"__MACOSX/{number}", b"") for number in range(dice.randint(31, 60))]


def _spoil_files(parcel: Parcel, dice: random.Random) -> None:
    parcel.more = [(dice.choice(["older.csv", "other.json", "notes.txt", "x.xlsx"]), b"a,b\n1,2\n")]


def _spoil_null_target(parcel: Parcel, dice: random.Random) -> None:
    parcel.mapping[_any(parcel, dice)]["name"] = dice.choice([None, "", "  "])


def _spoil_dup_target(parcel: Parcel, dice: random.Random) -> None:
    twice = _any(parcel, dice)
    parcel.add("Again", twice, type_=_token(twice))


def _spoil_names_mismatch(parcel: Parcel, dice: random.Random) -> None:
    parcel.rename(_any(parcel, dice), "Elsewhere", in_mapping=False)


def _spoil_duplicate(parcel: Parcel, dice: random.Random) -> None:
    twice = _any(parcel, dice)
    parcel.add(dice.choice([twice.upper(), twice.lower()]), "LevelDesignation")


def _spoil_required(parcel: Parcel, dice: random.Random) -> None:
    parcel.metadata["IsBootstrap"] = "true"
    parcel.drop(dice.choice(["ManagerId", "Organization"]))


def _spoil_too_many(parcel: Parcel, dice: random.Random) -> None:
    parcel.options["allow_custom_fields"] = True
    for number in range(dice.randint(101, 120)):
        parcel.add(f"Own{number}", f"Own{number}")


def _spoil_encoding(parcel: Parcel, dice: random.Random) -> None:
    sound = ",".join(parcel.headers)
    parcel.csv = f"{sound}\n".encode(dice.choice(["utf-16", "utf-16-le", "utf-16-be"]))


def _spoil_first(parcel: Parcel, dice: random.Random) -> None:
    parcel.metadata["IsBootstrap"] = dice.choice(["false", "False"])
    parcel.options["has_uploads"] = False


def _spoil_type_mismatch(parcel: Parcel, dice: random.Random) -> None:
    wrong = {"ManagerId": "double", "EffectiveDate": "StringType", "PersonId": "int32"}
    name = dice.choice(list(wrong))
    parcel.mapping[name]["type"] = wrong[name]


def _spoil_invalid_json(parcel: Parcel, dice: random.Random) -> None:
    parcel.json = dice.choice([b"{", b'{"a": 1,}', b"[1, 2]x", b'{"DatasetType": HR}', b"nothing"])


def _put(name: str, *values: object) -> Callable[[Parcel, random.Random], None]:
    def spoil(parcel: Parcel, dice: random.Random) -> None:
        parcel.metadata[name] = dice.choice(values)

    return spoil


def _add(
    headers: list[str], target: str, cell: str = "x"
) -> Callable[[Parcel, random.Random], None]:
    def spoil(parcel: Parcel, dice: random.Random) -> None:
        parcel.add(dice.choice(headers), target, cell=cell)

    return spoil


def _set(name: str, *values: bytes) -> Callable[[Parcel, random.Random], None]:
    def spoil(parcel: Parcel, dice: random.Random) -> None:
        setattr(parcel, name, dice.choice(values))

    return spoil


def _upload(*names: str, csv: bytes | None = None) -> Callable[[Parcel, random.Random], None]:
    def spoil(parcel: Parcel, dice: random.Random) -> None:
        _uploaded(parcel, dice.choice(names))
        parcel.csv = csv

    return spoil


SPOILERS: dict[str, Callable[[Parcel, random.Random], None]] = {
    "PKG_EMPTY_BODY": _spoil_empty_body,
    "PKG_TOO_LARGE": _spoil_too_large,
    "PKG_NOT_ZIP": _spoil_not_zip,
    "PKG_CORRUPT": _spoil_corrupt,
    "PKG_ENCRYPTED": _spoil_encrypted,
    "PKG_UNSAFE_NAME": _spoil_unsafe_name,
    "PKG_BOMB": _spoil_bomb,
    "PKG_FILES": _spoil_files,
    "PKG_CSV_EMPTY": _set("csv", b"", b"\n", b"\r\n\n", b"\xef\xbb\xbf"),
    "PKG_JSON_EMPTY": _set("json", b"", b" ", b"\n\t", b"\xef\xbb\xbf"),
    "FILE_EMPTY": _upload("people.csv", "a.CSV", csv=b""),
    "FILE_EXTENSION": _upload("people.txt", "people", "people.csv.xlsx", "people.tsv"),
    "META_INVALID_JSON": _spoil_invalid_json,
    "META_NULL_TARGET": _spoil_null_target,
    "META_TYPE_UNSUPPORTED": lambda parcel, dice: parcel.mapping[_any(parcel, dice)].update(
        type=dice.choice(["text", "varchar", "datetimeoffset", "int64"])
    ),
    "META_DATASET_TYPE": _put("DatasetType", "Survey", "", "H R"),
    "META_IS_BOOTSTRAP": _put("IsBootstrap", "yes", "1", "", None, 1, "wahr"),
    "META_FIRST_NOT_FULL": _spoil_first,
    "META_MAPPING_MISSING": lambda parcel, dice: parcel.mapping.clear(),
    "META_DUP_TARGET": _spoil_dup_target,
    "META_UNKNOWN_TARGET": _add(["Desk", "Office"], "Locaton"),
    "META_TYPE_MISMATCH": _spoil_type_mismatch,
    "META_REQUIRED_UNMAPPED": _spoil_required,
    "META_TOO_MANY_FIELDS": _spoil_too_many,
    "HDR_NAMES_MISMATCH": _spoil_names_mismatch,
    "HDR_COUNT_MISMATCH": lambda parcel, dice: parcel.add(dice.choice(["Desk", "Floor"])),
    "HDR_DUPLICATE": _spoil_duplicate,
    "HDR_BLANK": _add(["", " "], "LevelDesignation"),
    "HDR_CHARS": _add(["Office #", "Büro", "a-b", "x;y"], "LevelDesignation"),
    "HDR_SYSTEM_FIELD": _add(["Desk", "Zone"], "TimeZone"),
    "FILE_ENCODING": _spoil_encoding,
    "FILE_NO_ROWS": lambda parcel, dice: parcel.rows.clear(),
    "ADV_PKG_NAMES": lambda parcel, dice: setattr(
        parcel, "names", dice.choice([["people.csv", "metadata.json"], ["data.csv", "map.json"]])
    ),
    "ADV_FILE_NAME": _upload("my people.csv", "people-2026.csv", "Büro.csv", "a.b.csv"),
    "ADV_META_UNKNOWN": _put("Comment", "monthly", 1, None, [], {"a": 1}),
    "ADV_FIELD_RENAMED": lambda parcel, dice: parcel.add(
        "Days", "OnsiteDays", type_="double", cell="2.5"
    ),
}
