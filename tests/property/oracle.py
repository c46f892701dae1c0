"""The oracle for rows and values: judges a csv byte by byte and cell by cell, slowly and obviously.

It shares no code with the columnar engine but the definition of a single value (`attributes.formats`) and
the catalogue. What rows mean together is judged by `oracle_population`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from orgport.attributes import formats
from orgport.attributes.types import ValueType
from orgport.finding import shorten
from orgport.package.model import MappedColumn, Package, Refresh
from orgport.validation.verdict import ValidationSettings

Value = str | int | float | date | bool | None

LONGEST_VALUE = 131_072
MOST_LINES_OF_A_RECORD = 200  # a quote that is open for longer is out of place
NEVER_EXCLUDED = {"VAL_REQUIRED"}
ADVICE = {"ADV_VALUE_UNUSUAL", "ADV_DATE_RANGE"}
USUAL_LEAD = timedelta(days=366)
TYPE_CODES = {
    ValueType.EMAIL: "VAL_EMAIL",
    ValueType.INTEGER: "VAL_INTEGER",
    ValueType.DOUBLE: "VAL_DOUBLE",
    ValueType.DATE_MONTH_FIRST: "VAL_DATE",
    ValueType.DATE_DAY_FIRST: "VAL_DATE",
    ValueType.BOOLEAN: "VAL_BOOLEAN",
}
QUOTE, COMMA, CR, LF = b'",\r\n'


@dataclass(frozen=True)
class Judged:
    """One finding, of what the engine must say in the same way."""

    code: str
    severity: str  # error, warning or advice
    line: int | None
    column: int | None = None  # from 1
    value: str | None = None  # the raw cell
    related_lines: tuple[int, ...] = ()


@dataclass
class Row:
    """A record of the csv that is no blank line; `cells` are None when it is malformed."""

    line: int
    cells: list[str] | None
    findings: list[Judged] = field(default_factory=list)
    values: dict[str, Value] = field(default_factory=dict)  # by field; blank is None
    cleared: set[str] = field(default_factory=set)  # fields cleared by the mark

    @property
    def is_failed(self) -> bool:
        return any(finding.severity == "error" for finding in self.findings)

    @property
    def is_excluded(self) -> bool:
        return not self.is_failed and any(f.severity == "warning" for f in self.findings)

    @property
    def is_good(self) -> bool:
        return not self.is_failed and not self.is_excluded


def judged_rows(
    package: Package, settings: ValidationSettings, upload_date: date
) -> tuple[list[Row], list[Judged]]:
    """Every row of the package in file order, with its own findings and values, and other findings."""
    with package.open_data() as stream:
        data = stream.read()[package.header.data_offset :]
    blank_lines: list[int] = []
    width = len(package.header.names)
    rows = list(_records(data, package.header.data_line, width, blank_lines))
    between = [line for line in blank_lines if rows and line < rows[-1].line]
    advice = [Judged("ADV_BLANK_LINE", "advice", between[0])] if between else []
    for number, row in enumerate(rows):
        if package.record_lines is not None:
            row.line = package.record_lines[number]
            row.findings = [_moved(finding, row.line) for finding in row.findings]
        if row.cells is not None:
            for index, (cell, column) in enumerate(zip(row.cells, package.columns, strict=True)):
                _judge_cell(row, cell, index + 1, column, package.refresh, settings)
            _judge_dates(row, package.columns, upload_date)
        row.findings = [_with_severity(finding, settings) for finding in row.findings]
    return rows, advice


def _moved(finding: Judged, line: int) -> Judged:
    return Judged(finding.code, finding.severity, line, finding.column, finding.value)


def _with_severity(finding: Judged, settings: ValidationSettings) -> Judged:
    severity = "error"
    if settings.exclude_invalid_rows and finding.code not in NEVER_EXCLUDED:
        severity = "warning"
    if finding.code in ADVICE:
        severity = "advice"
    return Judged(finding.code, severity, finding.line, finding.column, finding.value)


# Rows


def _records(data: bytes, first_line: int, width: int, blank_lines: list[int]) -> Iterator[Row]:
    """The rows, each by its first physical line; lines passed over after a bad quote give none."""
    starts = _line_starts(data)
    number = 0
    while number < len(starts) - 1:
        start, next_start = starts[number], starts[number + 1]
        if _is_blank_line(data[start:next_start]):
            blank_lines.append(first_line + number)
            number += 1
            continue
        line = first_line + number
        limit = starts[min(number + MOST_LINES_OF_A_RECORD, len(starts) - 1)]
        cells, end, bad_column = _read_record(data, start, limit)
        if bad_column is None:
            bad_column = _column_that_holds_rows(data, starts, number, end, cells, width)
        if bad_column is not None:
            yield Row(line, None, [Judged("ROW_QUOTE", "error", line, bad_column)])
            number += 1
            while number < len(starts) - 1 and not _is_whole_row(
                data[starts[number] : starts[number + 1]], width
            ):
                number += 1
            continue
        if len(cells) != width:
            yield Row(line, None, [Judged("ROW_COLUMN_COUNT", "error", line)])
        elif not _is_utf8(data[start:end]):
            yield Row(line, None, [Judged("ROW_ENCODING", "error", line)])
        else:
            yield Row(line, [cell.decode() for cell in cells])
        while starts[number] < end:
            number += 1


def _column_that_holds_rows(
    data: bytes, starts: list[int], number: int, end: int, cells: list[bytes], width: int
) -> int | None:
    """The first cell over several lines of a record that has a whole row among its later lines."""
    later = number + 1
    while starts[later] < end:
        if _is_whole_row(data[starts[later] : starts[later + 1]], width):
            return 1 + [b"\n" in cell for cell in cells].index(True)
        later += 1
    return None


def _line_starts(data: bytes) -> list[int]:
    """Where each physical line begins, and the end of the data; only LF ends a line."""
    starts = [0]
    for place, sign in enumerate(data):
        if sign == LF:
            starts.append(place + 1)
    return starts if starts[-1] == len(data) else [*starts, len(data)]


def _is_blank_line(line: bytes) -> bool:
    return line in (b"\n", b"\r\n")


def _read_record(text: bytes, start: int, end: int) -> tuple[list[bytes], int, int | None]:
    """The cells of the record at `start`, where it ends, and the column of a quote out of place."""
    cells: list[bytes] = []
    place = start
    while True:
        cell = bytearray()
        if place < end and text[place] == QUOTE:
            place += 1
            while True:
                if place >= end:
                    return cells, place, len(cells) + 1  # the quote stays open
                if text[place] != QUOTE:
                    cell.append(text[place])
                    place += 1
                elif text[place + 1 : place + 2] == b'"' and place + 1 < end:
                    cell.append(QUOTE)
                    place += 2
                else:
                    place += 1
                    break
            if not _is_cell_end(text, place, end):
                return cells, place, len(cells) + 1  # text behind the closing quote
        else:
            while not _is_cell_end(text, place, end):
                cell.append(text[place])
                place += 1
            if cell.count(QUOTE) % 2 == 1:
                return cells, place, len(cells) + 1  # an odd quote
        cells.append(bytes(cell))
        if place < end and text[place] == COMMA:
            place += 1
            continue
        if place < end and text[place] == CR:
            place += 1
        return cells, min(place + 1, end), None


def _is_cell_end(text: bytes, place: int, end: int) -> bool:
    if place >= end or text[place] in (COMMA, LF):
        return True
    return text[place] == CR and place + 1 < end and text[place + 1] == LF


def _is_whole_row(line: bytes, width: int) -> bool:
    """Whether a physical line, taken by itself, is a record with the right number of cells."""
    if _is_blank_line(line):
        return False
    cells, _, bad_column = _read_record(line, 0, len(line))
    return bad_column is None and len(cells) == width


def _is_utf8(record: bytes) -> bool:
    try:
        record.decode()
    except UnicodeDecodeError:
        return False
    return True


# Cells


def _judge_cell(
    row: Row,
    cell: str,
    number: int,
    column: MappedColumn,
    refresh: Refresh,
    settings: ValidationSettings,
) -> None:
    """Note the value of a cell, or the first thing that is wrong with it."""
    text = cell.strip(" \t")
    is_clear_mark = text == "''"
    if is_clear_mark and refresh is Refresh.FULL:
        text = ""
    name = column.field
    if text == "":
        row.values[name] = None
        always = ("PersonId", "EffectiveDate")
        if name in always or (name == "Organization" and refresh is Refresh.FULL):
            row.findings.append(Judged("VAL_REQUIRED", "error", row.line, number, shorten(cell)))
        return
    if is_clear_mark:
        row.values[name] = None
        row.cleared.add(name)
        if name in ("PersonId", "Organization", "EffectiveDate"):
            row.findings.append(
                Judged("VAL_CLEAR_REQUIRED", "error", row.line, number, shorten(cell))
            )
        return
    code, value = _value_of(text, column, settings)
    row.values[name] = value
    if code is not None:
        row.findings.append(Judged(code, "error", row.line, number, shorten(cell)))


def _judge_dates(row: Row, columns: tuple[MappedColumn, ...], upload_date: date) -> None:
    """Note dates that can be but hardly are."""
    effective = row.values.get("EffectiveDate")
    start = effective if any(one.field == "EffectiveDate" for one in columns) else upload_date
    for number, column in enumerate(columns, start=1):
        day = row.values.get(column.field)
        assert row.cells is not None
        unusual = False
        if column.field == "EffectiveDate" and isinstance(day, date):
            unusual = day < date(1950, 1, 1) or day - upload_date > USUAL_LEAD
        if column.field == "HireDate" and isinstance(day, date) and isinstance(start, date):
            unusual = day - start > USUAL_LEAD
        if unusual:
            raw = shorten(row.cells[number - 1])
            row.findings.append(Judged("ADV_DATE_RANGE", "advice", row.line, number, raw))


def _value_of(
    text: str, column: MappedColumn, settings: ValidationSettings
) -> tuple[str | None, Value]:
    """The code of what is wrong with a value that is not blank, and the value."""
    if len(text) > LONGEST_VALUE:
        return "VAL_TOO_LONG", None
    if "\n" in text or "\r" in text:
        return "VAL_NEWLINE", None
    if column.type is ValueType.STRING:
        if any(ord(sign) < 32 and sign != "\t" for sign in text):
            return "VAL_STRING", None
        value: Value = text
    else:
        try:
            value = formats.parse(text, column.type, lenient_integers=settings.lenient_integers)
        except formats.Unreadable:
            return TYPE_CODES[column.type], None
    return _outside_its_values(column.field, value, settings), value


def _outside_its_values(name: str, value: Value, settings: ValidationSettings) -> str | None:
    if isinstance(value, (int, float)):
        if name == "WeeklyBadgeOnsiteDays" and not 0 <= value <= 7:
            return "VAL_RANGE"
        if name in ("HourlyRate", "Layer") and value < 0:
            return "VAL_RANGE"
    if name == "SupervisorIndicator" and value not in ("IC", "Mngr", "Mngr+"):
        return "VAL_ALLOWED" if settings.strict_values else "ADV_VALUE_UNUSUAL"
    return None
