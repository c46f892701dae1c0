"""Reads the raw bytes of a file again, byte by byte, and asserts of a finding that they are as it says.

It knows RFC 4180 and what a physical line is, and nothing of the scanner: LF or CRLF ends a line, a lone CR
none, and a row is known by its first line.
"""

from __future__ import annotations

import re

from orgport.finding import Finding

VALUE_CHARACTERS = 256
_AT = re.compile(r"Line (\d+) has a byte that is not UTF-8 at offset (\d+) \(0x([0-9A-F]{2})\)")
_FOUND = re.compile(r"Line (\d+) has (\d+) cells?, the header has (\d+)")


class QuoteOutOfPlace(Exception):
    """The record cannot be read; `column` is the cell at fault."""

    def __init__(self, column: int) -> None:
        super().__init__(column)
        self.column = column


class RawFile:
    """The bytes of a csv and where its physical lines begin."""

    def __init__(self, data: bytes, fields: tuple[str, ...]) -> None:
        self.data = data
        self.fields = fields
        self.starts = [0, *(m.end() for m in re.finditer(b"\n", data))]

    def line(self, number: int) -> bytes:
        """A physical line with its end."""
        start = self.starts[number - 1]
        return (
            self.data[start : self.starts[number]]
            if number < len(self.starts)
            else self.data[start:]
        )

    def record(self, number: int) -> list[bytes]:
        """The cells of the record that begins on a physical line."""
        return _record(self.data, self.starts[number - 1])

    def assert_is_as_told(self, finding: Finding) -> None:
        """Compare a finding on a row or a cell with the bytes that it points at."""
        place = finding.pointer
        assert place.line is not None
        if finding.code == "ROW_QUOTE":
            self._assert_quote(finding)
        elif finding.code == "ROW_ENCODING":
            self._assert_byte(finding)
        elif finding.code == "ADV_BLANK_LINE":
            assert self.line(place.line) in (b"\n", b"\r\n")
        elif finding.code == "ROW_COLUMN_COUNT":
            said = _FOUND.match(finding.message)
            assert said is not None
            assert int(said[1]) == place.line
            assert int(said[2]) == len(self.record(place.line)) != len(self.fields)
            assert int(said[3]) == len(self.fields)
        else:
            self._assert_cell(finding)

    def _assert_cell(self, finding: Finding) -> None:
        place = finding.pointer
        assert place.line is not None
        assert place.column is not None
        cells = self.record(place.line)
        assert len(cells) == len(self.fields)
        assert place.header == place.field == self.fields[place.column - 1]
        text = cells[place.column - 1].decode()
        cut = text[:VALUE_CHARACTERS] + "…" if len(text) > VALUE_CHARACTERS else text
        assert place.value == cut
        person = cells[self.fields.index("PersonId")].decode().strip(" \t")
        assert (finding.person_id or "") == person

    def _assert_quote(self, finding: Finding) -> None:
        assert finding.pointer.column == self._column_of_bad_quote(finding.pointer.line or 0)

    def _column_of_bad_quote(self, number: int) -> int:
        """The cell at fault; of two quotes out of place, the first cell that holds other lines."""
        try:
            cells = self.record(number)
        except QuoteOutOfPlace as fault:
            return fault.column
        return 1 + [b"\n" in cell for cell in cells].index(True)

    def _assert_byte(self, finding: Finding) -> None:
        said = _AT.match(finding.message)
        assert said is not None
        at_line, offset, wrong = int(said[1]), int(said[2]), int(said[3], 16)
        assert finding.pointer.line is not None
        assert at_line >= finding.pointer.line
        line = self.line(at_line)
        assert line[offset] == wrong
        assert line[:offset].decode() is not None  # what stands before is text
        for size in range(1, 5):
            try:
                line[offset : offset + size].decode()
            except UnicodeDecodeError:
                continue
            raise AssertionError(f"offset {offset} of line {at_line} begins a character")


def _record(data: bytes, start: int) -> list[bytes]:
    cells: list[bytes] = []
    at = start
    while True:
        column = len(cells) + 1
        cell, at = (_quoted if data[at : at + 1] == b'"' else _bare)(data, at, column)
        cells.append(cell)
        if data[at : at + 1] != b",":
            return cells
        at += 1


def _quoted(data: bytes, at: int, column: int) -> tuple[bytes, int]:
    cell = bytearray()
    at += 1
    while at < len(data):
        if data[at : at + 2] == b'""':
            cell += b'"'
            at += 2
        elif data[at : at + 1] == b'"':
            if data[at + 1 : at + 2] in (b",", b"\n", b"") or data[at + 1 : at + 3] == b"\r\n":
                return bytes(cell), at + 1
            raise QuoteOutOfPlace(column)
        else:
            cell.append(data[at])
            at += 1
    raise QuoteOutOfPlace(column)


def _bare(data: bytes, at: int, column: int) -> tuple[bytes, int]:
    end = at
    while end < len(data) and data[end] not in b",\n" and data[end : end + 2] != b"\r\n":
        end += 1
    cell = data[at:end]
    if cell.count(b'"') % 2:
        raise QuoteOutOfPlace(column)
    return cell, end
