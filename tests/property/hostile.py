"""Hostile csv files with a truth of their own: each piece knows its bytes and what is wrong in them.

Nothing here asks the scanner. Any piece may stand before any other, so that whatever shifts lines,
columns or offsets (quoted line breaks, CR, blank lines, open quotes, wrong bytes) stands before every fault.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

FIELDS = ("PersonId", "ManagerId", "Organization", "EffectiveDate", "HourlyRate", "Location")
HEADER = ",".join(FIELDS).encode()
LINE_ENDS = (b"\n", b"\r\n")
LONGEST = 131_072


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong, where, and with which bytes; `offset` and `hex_byte` are for bytes not UTF-8."""

    line: int  # of a piece: 1 is its first line
    code: str
    column: int | None = None
    value: str | None = None
    at_line: int | None = None
    offset: int | None = None
    hex_byte: str | None = None

    def moved(self, lines: int) -> Fault:
        """The fault of the same piece, that many lines further down."""
        at_line = None if self.at_line is None else self.at_line + lines
        return Fault(
            self.line + lines,
            self.code,
            self.column,
            self.value,
            at_line,
            self.offset,
            self.hex_byte,
        )


@dataclass(frozen=True)
class Piece:
    """A record, or a line that is none, without its line end."""

    text: bytes
    fault: Fault | None = None

    @property
    def lines(self) -> int:
        """How many physical lines it has."""
        return self.text.count(b"\n") + 1

    @property
    def ends_passing_over(self) -> bool:
        """Whether it is one whole line with the right number of cells, read after a bad quote too."""
        code = self.fault.code if self.fault else ""
        is_row = code not in ("ROW_COLUMN_COUNT", "ROW_QUOTE")
        return bool(self.text) and self.lines == 1 and is_row


Maker = Callable[[str], Piece]


def _row(person: str, **cells: bytes) -> bytes:
    given = {
        "PersonId": person.encode(),
        "ManagerId": b"",
        "Organization": b"Sales",
        "EffectiveDate": b"01/01/2025",
        "HourlyRate": b"2.5",
        "Location": b"Oslo",
    } | cells
    return b",".join(given[field] for field in FIELDS)


def _bad_cell(code: str, field: str, cell: bytes, value: str | None = None) -> Maker:
    shown = cell.decode() if value is None else value
    if len(shown) > 256:
        shown = shown[:256] + "…"

    def make(person: str) -> Piece:
        column = FIELDS.index(field) + 1
        return Piece(_row(person, **{field: cell}), Fault(1, code, column, shown))

    return make


def _bad_quote(field: str, cell: bytes) -> Maker:
    def make(person: str) -> Piece:
        column = FIELDS.index(field) + 1
        return Piece(_row(person, **{field: cell}), Fault(1, "ROW_QUOTE", column))

    return make


def _bad_byte(field: str, cell: bytes, wrong_at: int) -> Maker:
    """A row whose cell has its first byte that is no UTF-8 at this place."""

    def make(person: str) -> Piece:
        text = _row(person, **{field: cell})
        place = text.index(cell) + wrong_at
        start = text.rfind(b"\n", 0, place) + 1
        fault = Fault(
            1,
            "ROW_ENCODING",
            at_line=1 + text.count(b"\n", 0, place),
            offset=place - start,
            hex_byte=f"{text[place]:02X}",
        )
        return Piece(text, fault)

    return make


def _wrong_count(text: bytes) -> Maker:
    return lambda person: Piece(person.encode() + text, Fault(1, "ROW_COLUMN_COUNT"))


def _sound(**cells: bytes) -> Maker:
    return lambda person: Piece(_row(person, **cells))


def _all_quoted(person: str) -> Piece:
    return Piece(b",".join(b'"' + cell + b'"' for cell in _row(person).split(b",")))


def _blank(_person: str) -> Piece:
    return Piece(b"")


SOUND: tuple[Maker, ...] = (
    _sound(),
    _sound(Location="Zürich 東京".encode()),
    _sound(Organization=b'"Sales, ""North"""'),
    _sound(Location=b'the "big" one'),
    _sound(Location="\ufeffOslo".encode(), Organization=b" Sales\t"),
    _all_quoted,
    _blank,
)
FAULTY: tuple[Maker, ...] = (
    _bad_cell("VAL_NEWLINE", "Location", b'"x\ny"', "x\ny"),
    _bad_cell("VAL_NEWLINE", "Location", b'"x\r\n\r\ny, ""z"""', 'x\r\n\r\ny, "z"'),
    _bad_cell("VAL_NEWLINE", "Organization", b'"x\n\n\n"', "x\n\n\n"),
    _bad_cell("VAL_NEWLINE", "Location", b"x\ry"),
    _bad_cell("VAL_STRING", "Location", b"x\x00y"),
    _bad_cell("VAL_STRING", "Organization", b"\x0b"),
    _bad_cell("VAL_DOUBLE", "HourlyRate", b"2\x00"),
    _bad_cell("VAL_DOUBLE", "HourlyRate", b'"2,5"', "2,5"),
    _bad_cell("VAL_RANGE", "HourlyRate", b" -3 "),
    _bad_cell("VAL_DATE", "EffectiveDate", b"31/12/2025"),
    _bad_cell("VAL_DATE", "EffectiveDate", b" 2025-02-30"),
    _bad_cell("VAL_EMAIL", "ManagerId", "größe".encode()),
    _bad_cell("VAL_EMAIL", "ManagerId", b"m@" + b"x" * 300 + b".com"),
    _bad_cell("VAL_TOO_LONG", "Location", b"x" * (LONGEST + 1)),
    _bad_cell("VAL_REQUIRED", "Organization", b'""', ""),
    _wrong_count(b",,Sales"),
    _wrong_count(b",,Sales,01/01/2025,2.5,Oslo,"),
    _wrong_count(b',,Sales,01/01/2025,2.5,"x\ny",more'),
    _wrong_count(b";;Sales;01/01/2025;2.5;Oslo"),
    _bad_quote("Organization", b'"Sales'),
    _bad_quote("ManagerId", b'"m'),
    _bad_quote("Location", b'5" disk'),
    _bad_quote("Organization", b'"Sales" North'),
    _bad_byte("Location", b"caf\xe9", 3),
    _bad_byte("Location", "東".encode()[:2], 0),
    _bad_byte("Organization", "ä".encode() + b"\xed\xa0\x80", 2),
    _bad_byte("Location", b'"x\ny \xff"', 5),
)
MAKERS = SOUND + FAULTY


def hostile_file(
    pieces: Iterable[tuple[Maker, bytes]], *, start: bytes = b"", ends_open: bool = False
) -> tuple[bytes, list[Fault]]:
    """The bytes of a file and every fault in its rows; `start` stands before the header.

    A sound row comes first: a NUL in the first 4 KiB would be a fault of the whole file. `ends_open`
    leaves out the last line end.
    """
    written = [start, HEADER, b"\n", _row("first@contoso.com", Location=b"x" * 4096), b"\n"]
    line = start.count(b"\n") + 3
    faults: list[Fault] = []
    passing_over = False
    for number, (make, line_end) in enumerate(pieces):
        piece = make(f"p{number}@contoso.com")
        passing_over = passing_over and not piece.ends_passing_over
        if piece.fault and not passing_over:
            faults.append(piece.fault.moved(line - 1))
            passing_over = piece.fault.code == "ROW_QUOTE"
        written += [piece.text, line_end]
        line += piece.lines
    if ends_open:
        written.pop()
    return b"".join(written), sorted(faults, key=lambda fault: (fault.line, fault.code))


def hostile_bulk(rows: int, *, seed: int, faulty_share: float = 0.02) -> tuple[bytes, list[Fault]]:
    """A large file, mostly sound; the same seed gives the same bytes."""
    dice = random.Random(seed)  # noqa: S311 - test data
    short = [make for make in FAULTY if len(make("").text) < LONGEST]

    def pieces() -> Iterable[tuple[Maker, bytes]]:
        for _ in range(rows):
            is_faulty = dice.random() < faulty_share
            yield dice.choice(short if is_faulty else SOUND), dice.choice(LINE_ENDS)

    return hostile_file(pieces(), start=b"\xef\xbb\xbf\n\r\n")
