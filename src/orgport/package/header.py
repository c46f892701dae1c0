"""Reads the header of data.csv from its stream and judges it; records begin where it ends.

Line numbers are physical: the header need not stand in line 1, and a quoted header may hold line breaks.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import string
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from orgport.attributes.catalogue import is_system_field
from orgport.finding import Finding
from orgport.package.faults import header_error, listed, package_error
from orgport.package.limits import HEADER_BYTES
from orgport.package.model import Header, MappedColumn
from orgport.package.workbooks import SAVE_AS_CSV, begins_as_workbook

_BOM = b"\xef\xbb\xbf"
_WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_FIRST_BYTES = 4096
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_ALLOWED = frozenset(string.ascii_letters + string.digits + "_")
_PIECE_BYTES = 256 * 1024
_MOST_COMPARED, _LONGEST_COMPARED = 100, 128  # names, and characters of one


@dataclass(frozen=True, slots=True)
class HeaderReading:
    """The header, or None and why not."""

    header: Header | None
    findings: tuple[Finding, ...] = ()


def read_header(stream: io.BufferedIOBase, *, name: str = "data.csv") -> HeaderReading:
    """The header at the start of an unpacked csv; the stream is left somewhere behind it.

    Raises PackageBroken when the stream breaks.
    """
    start = stream.read(_PIECE_BYTES)
    encoding = _judge_encoding(start, name)
    if encoding:
        return HeaderReading(None, (encoding,))
    text = start.removeprefix(_BOM)
    offset = len(start) - len(text)
    blank_lines, blank_bytes, text = _skip_blank_lines(text, stream)
    offset += blank_bytes
    line = blank_lines + 1
    if not text:
        empty = package_error("PKG_CSV_EMPTY", f"{name} in the package is empty.", file=name)
        return HeaderReading(None, (empty,))
    record, text = _first_record(text, stream)
    if record is None:
        long = package_error(
            "PKG_TOO_LARGE",
            f"The header of {name} (line {line}) has more than {HEADER_BYTES:,} bytes.",
            hint="Look for a quote that is never closed, or for line ends other than LF and CRLF.",
            file=name,
        )
        return HeaderReading(None, (long,))
    try:
        decoded = record.decode("utf-8")
    except UnicodeDecodeError as broken:
        return HeaderReading(None, (_bad_byte(record, broken.start, line, name),))
    header = Header(
        names=_cells(decoded),
        line=line,
        data_offset=offset + len(record),
        data_line=line + record.count(b"\n") + (0 if record.endswith(b"\n") else 1),
    )
    if not _has_rows(text, stream):
        rows = header_error(
            "FILE_NO_ROWS",
            f"{name} has a header and no row.",
            hint="Export the rows too.",
            line=line,
            file=name,
        )
        return HeaderReading(header, (rows,))
    return HeaderReading(header)


def judge_header(
    header: Header, columns: Sequence[MappedColumn], *, name: str = "data.csv"
) -> list[Finding]:
    """Every fault of the header against the columns of the mapping."""
    findings = _judge_names(header, name)
    for column in columns:
        if is_system_field(column.field):
            findings.append(
                header_error(
                    "HDR_SYSTEM_FIELD",
                    f"{column.field} is a system field. Choose another name.",
                    hint=f"Map {column.source} to another field, or leave the column out.",
                    header=column.source,
                    field=column.field,
                    file=name,
                )
            )
    return findings + _judge_against_mapping(header, columns, name)


def mended(header: Header) -> Header:
    """The header with underscores for the blanks and signs between words, and none around them.

    Only what stands for nothing is mended: a letter that is not ASCII stays, to be judged, and so does what
    looks like another separator.
    """
    if other_separator(header.names):
        return header
    return replace(header, names=tuple(map(_mended, header.names)))


def _mended(name: str) -> str:
    strange = set(name) - _ALLOWED
    if not strange or any(one.isalnum() or unicodedata.combining(one) for one in strange):
        return name
    return re.sub(r"\W+", "_", name).strip("_") or name


def column_letters(number: int) -> str:
    """The letters by which spreadsheet programs name the column: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = string.ascii_uppercase[rest] + letters
    return letters


def other_separator(names: Sequence[str]) -> str:
    """What a header of one column looks separated by instead of commas; empty for nothing."""
    if len(names) == 1:
        for separator, named in _OTHER_SEPARATORS.items():
            if separator in names[0]:
                return named
    return ""


def _judge_names(header: Header, name: str) -> list[Finding]:
    findings: list[Finding] = []
    blank = [number for number, cell in enumerate(header.names, 1) if not cell.strip()]
    if blank:
        findings.append(
            header_error(
                "HDR_BLANK",
                f"Header missing in column(s) {listed(column_letters(n) for n in blank)}.",
                hint="Name the column, or leave it out.",
                line=header.line,
                column=blank[0],
                file=name,
            )
        )
    places: defaultdict[str, list[int]] = defaultdict(list)
    for number, cell in enumerate(header.names, 1):
        if cell.strip():
            places[cell.casefold()].append(number)
        strange = sorted(set(cell) - _ALLOWED) if cell.strip() else []
        if strange:
            findings.append(
                header_error(
                    "HDR_CHARS",
                    f"Header {cell[:100]} contains {listed(_spelled(c) for c in strange)}. "
                    "Use ASCII letters, digits and underscore.",
                    hint="Rename the column in csv and mapping.",
                    line=header.line,
                    column=number,
                    header=cell[:256],
                    file=name,
                )
            )
    for numbers in places.values():
        if len(numbers) > 1:
            cell = header.names[numbers[0] - 1]
            findings.append(
                header_error(
                    "HDR_DUPLICATE",
                    f"Header {cell[:100]} appears in columns {listed(str(n) for n in numbers)}.",
                    hint="Give each column a name of its own.",
                    line=header.line,
                    column=numbers[1],
                    header=cell[:256],
                    file=name,
                )
            )
    return findings


def _judge_against_mapping(
    header: Header, columns: Sequence[MappedColumn], name: str
) -> list[Finding]:
    sources = dict.fromkeys(column.source for column in columns)
    names = set(header.names)
    only_csv = [cell for cell in header.names if cell not in sources]
    only_mapping = [source for source in sources if source not in names]
    same_count = len(header.names) == len(columns)
    if same_count and not only_csv and not only_mapping:
        return []
    code = "HDR_NAMES_MISMATCH" if same_count else "HDR_COUNT_MISMATCH"
    hints = [separator_hint(header), _near_hint(only_csv, only_mapping)]
    return [
        header_error(
            code,
            f"Only in the csv: {listed(only_csv)}. Only in the mapping: {listed(only_mapping)}.",
            hint=" ".join(hint for hint in hints if hint)
            or "Map every column of the csv, and no other.",
            line=header.line,
            header=next(iter(only_csv + only_mapping), None),
            file=name,
        )
    ]


def separator_hint(header: Header) -> str:
    """What to say of a header that looks separated by something else; empty for nothing."""
    other = other_separator(header.names)
    return f"The file looks separated by {other}; commas are expected." if other else ""


def _near_hint(only_csv: Sequence[str], only_mapping: Sequence[str]) -> str:
    folded = {source.strip().casefold(): source for source in _comparable(only_mapping)}
    for cell in _comparable(only_csv):
        near = difflib.get_close_matches(cell.strip().casefold(), folded, n=1, cutoff=0.8)
        if near:
            return (
                f"Did you mean {folded[near[0]]} by {cell}? Names must be the same to the letter."
            )
    return ""


def _comparable(names: Sequence[str]) -> list[str]:
    """Those of the first names that are short enough to be compared with every other one."""
    return [name for name in names[:_MOST_COMPARED] if len(name) <= _LONGEST_COMPARED]


def _judge_encoding(start: bytes, name: str) -> Finding | None:
    wide = start.startswith(_WIDE_BOMS)
    zero = start[:_FIRST_BYTES].find(b"\0")
    if not wide and zero < 0:
        return None
    if begins_as_workbook(start):
        return header_error(
            "FILE_ENCODING",
            f"{name} is an Excel workbook or another zip, not a csv.",
            hint=SAVE_AS_CSV,
            line=1,
            file=name,
        )
    line = 1 if wide else 1 + start.count(b"\n", 0, zero)
    offset = zero - start.rfind(b"\n", 0, max(zero, 0)) - 1
    what = "is UTF-16 or UTF-32" if wide else f"has a NUL byte in line {line} at offset {offset}"
    return header_error(
        "FILE_ENCODING", f"{name} {what}.", hint="Save the file as UTF-8.", line=line, file=name
    )


def _bad_byte(record: bytes, offset: int, line: int, name: str) -> Finding:
    line_start = record.rfind(b"\n", 0, offset) + 1
    line += record.count(b"\n", 0, offset)
    return header_error(
        "FILE_ENCODING",
        f"The header of {name} (line {line}) has a byte that is not UTF-8 at offset "
        f"{offset - line_start} (0x{record[offset]:02X}).",
        hint="Save the file as UTF-8.",
        line=line,
        file=name,
    )


def _skip_blank_lines(text: bytes, stream: io.BufferedIOBase) -> tuple[int, int, bytes]:
    lines = skipped = 0
    while True:
        match = re.match(rb"(?:\r?\n)*", text)
        ends = match.end() if match else 0
        lines += text.count(b"\n", 0, ends)
        skipped += ends
        text = text[ends:]
        if text not in (b"", b"\r"):
            return lines, skipped, text
        more = stream.read(_PIECE_BYTES)
        if not more:
            return lines, skipped, text
        text += more


def _first_record(text: bytes, stream: io.BufferedIOBase) -> tuple[bytes | None, bytes]:
    while True:
        end = _record_end(text)
        if end is not None:
            return text[:end], text[end:]
        more = stream.read(_PIECE_BYTES) if len(text) <= HEADER_BYTES else b""
        if not more:
            break
        text += more
    if len(text) <= HEADER_BYTES and text.count(b'"') % 2 == 0:
        return text, b""
    # A quote is never closed: the physical line is the header, and its characters are judged.
    first, _, rest = text.partition(b"\n")
    return (None, rest) if len(first) > HEADER_BYTES else (text[: len(first) + 1], rest)


def _record_end(text: bytes) -> int | None:
    searched = quotes = 0
    while (newline := text.find(b"\n", searched)) >= 0:
        quotes += text.count(b'"', searched, newline)
        searched = newline + 1
        if quotes % 2 == 0:
            return searched
    return None


def _cells(record: str) -> tuple[str, ...]:
    line = record.removesuffix("\n").removesuffix("\r")
    try:
        return tuple(next(csv.reader(io.StringIO(line, newline=""), strict=True), [""]))
    except csv.Error:
        return tuple(line.split(","))


def _has_rows(text: bytes, stream: io.BufferedIOBase) -> bool:
    while not text.strip(b"\r\n"):
        text = stream.read(_PIECE_BYTES)
        if not text:
            return False
    return True


def _spelled(character: str) -> str:
    return {" ": "a space", "\t": "a tab", "\n": "a line break", "\r": "a line break"}.get(
        character, character if character.isprintable() else f"U+{ord(character):04X}"
    )
