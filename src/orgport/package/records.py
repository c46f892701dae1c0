"""Raw json: an array of flat objects, or an object of metadata and data, turned into a csv to judge.

The csv lies in the scratch folder; each record keeps the line that findings name it by, index + 1.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import ijson
import numpy as np

from orgport.finding import Finding, Level, Pointer
from orgport.package.faults import error, metadata_error, package_error
from orgport.package.limits import DATA_BYTES, JSON_DEPTH

_CHUNK_BYTES = 1 << 20
_SCALARS = (str, int, float, bool, Decimal, type(None))


@dataclass(frozen=True, slots=True)
class Records:
    """The records of a raw json as csv, what they are called, and the faults of their shape."""

    csv: Path
    lines: tuple[int, ...]  # for each record of the csv
    metadata: dict[str, Any] | None
    findings: tuple[Finding, ...]


def read_records(
    path: Path, scratch: Path, *, name: str
) -> tuple[Records | None, tuple[Finding, ...]]:
    """The records, or None and why the body as a whole cannot be read."""
    try:
        _refuse_deep_nesting(path)
        prefix, metadata = _outline(path)
        if prefix is None:
            return None, (_wrong_shape(name),)
        keys = _union_of_keys(path, prefix)
        if keys is None:
            return None, (package_error("FILE_NO_ROWS", f"{name} has no row.", file=name),)
        return _write_csv(path, prefix, keys, scratch, metadata, name)
    except (ijson.JSONError, UnicodeDecodeError, ValueError) as broken:
        reason = str(broken).splitlines()[0][:100] if str(broken) else "it ends too early"
        return None, (
            metadata_error(
                "META_INVALID_JSON",
                f"{name} is not valid JSON: {reason}.",
                hint="Send an array of flat objects.",
                file=name,
            ),
        )


def _refuse_deep_nesting(path: Path) -> None:
    """Raise ValueError where brackets lie deeper than `JSON_DEPTH`.

    The parser names each place by all keys above it, so its memory grows with the square of the depth:
    a megabyte of brackets would take all that a machine has.
    """
    depth, in_text = 0, False
    for marks in _marks(path):
        is_quote = marks == ord('"')
        is_inside = (np.cumsum(is_quote) + in_text) % 2 == 1
        opens = (marks == ord("[")) | (marks == ord("{"))
        steps = np.where(is_quote | is_inside, 0, np.where(opens, 1, -1))
        depths = depth + np.cumsum(steps)
        if depths.max() > JSON_DEPTH:
            raise ValueError("it is nested too deeply")
        depth, in_text = int(depths[-1]), bool(is_inside[-1])


def _marks(path: Path) -> Iterator[np.ndarray[tuple[int], np.dtype[np.uint8]]]:
    """The quotes that begin or end a text, and all brackets, in pieces that are not empty."""
    others = bytes(set(range(256)) - set(b'"[]{}'))
    rest = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            text = rest + chunk
            rest = b"\\" * ((len(text) - len(text.rstrip(b"\\"))) % 2)
            text = text.removesuffix(rest).replace(b"\\\\", b"").replace(b'\\"', b"")
            marks = np.frombuffer(text.translate(None, others), dtype=np.uint8)
            if marks.size:
                yield marks


def _outline(path: Path) -> tuple[str | None, dict[str, Any] | None]:
    with path.open("rb") as file:
        start = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"["):
        return "item", None
    if not start.startswith(b"{"):
        return None, None
    metadata: dict[str, Any] | None = None
    with _opened(path) as file:
        for key, value in ijson.kvitems(file, "", use_float=True):
            if key.lower() == "metadata" and isinstance(value, dict):
                metadata = value
    return "data.item", metadata


def _union_of_keys(path: Path, prefix: str) -> list[str] | None:
    keys: dict[str, None] = {}
    found = False
    with _opened(path) as file:
        for record in ijson.items(file, prefix):
            found = True
            if isinstance(record, dict):
                keys.update(dict.fromkeys(record))
    return list(keys) if found else None


def _write_csv(
    path: Path,
    prefix: str,
    keys: list[str],
    scratch: Path,
    metadata: dict[str, Any] | None,
    name: str,
) -> tuple[Records | None, tuple[Finding, ...]]:
    target = scratch / "data.csv"
    lines: list[int] = []
    findings: list[Finding] = []
    with _opened(path) as file, target.open("w", encoding="utf-8", newline="") as out:
        # CR LF, since the writer quotes the characters of its line end: a CR in a cell has to be.
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(keys)
        for line, record in enumerate(ijson.items(file, prefix), 2):
            if not _is_flat(record):
                findings.append(_misshapen(line, name))
                continue
            writer.writerow([_cell(record.get(key)) for key in keys])
            lines.append(line)
            if out.tell() > DATA_BYTES:
                long = f"{name} holds more than {DATA_BYTES:,} bytes of values."
                return None, (package_error("PKG_TOO_LARGE", long, file=name),)
    return Records(target, tuple(lines), metadata, tuple(findings)), ()


def _opened(path: Path) -> BinaryIO:
    file = path.open("rb")
    if file.read(3) != b"\xef\xbb\xbf":
        file.seek(0)
    return file


def _is_flat(record: Any) -> bool:
    return isinstance(record, dict) and all(isinstance(v, _SCALARS) for v in record.values())


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # A lone surrogate is no character: told as a bad byte of its row.
        return value.encode("utf-8", "replace").decode("utf-8")
    return str(value)


def _misshapen(line: int, name: str) -> Finding:
    return error(
        "ROW_JSON_SHAPE",
        Level.ROW,
        f"Row {line - 1} of {name} is not a flat object of texts, numbers, true, false and null.",
        hint="Write one object a row, its keys the headers, without objects or lists inside.",
        pointer=Pointer(file=name, line=line),
    )


def _wrong_shape(name: str) -> Finding:
    return metadata_error(
        "META_INVALID_JSON",
        f"{name} is not valid JSON at line 1, column 1: an array or an object was expected.",
        hint='Send [{…}, {…}] or {"metadata": {…}, "data": [{…}]}.',
        line=1,
        column=1,
        file=name,
    )
