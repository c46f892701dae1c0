"""Strategies for packages: csv with every malformation, and populations where persons and dates collide.

Alphabets are small on purpose: with five addresses and four dates, duplicates, self-reporting persons,
unknown managers and circles turn up all the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hypothesis import strategies as st

from factories import END_OF_TIME, TYPES, a_column, a_stored_organization, package_of
from orgport.attributes.types import ValueType
from orgport.package.model import MappedColumn, Mapping, Package, Refresh
from orgport.validation.verdict import StoredOrganization, ValidationSettings

UPLOAD_DATE = date(2025, 3, 3)
PERSONS = [f"{letter}@contoso.com" for letter in "abcde"] + ["straße@contoso.com"]
SPELLINGS = [*PERSONS, "A@contoso.com", " b@contoso.com", "c@CONTOSO.com\t", "STRASSE@contoso.com"]
NOT_EMAILS = [
    "a",
    "a@b",
    "a b@contoso.com",
    "A <a@contoso.com>",
    "a@contoso.com.",
    "a@b@contoso.com",
]
DATES = ["01/01/2025", "1/2/2025", "2025-01-03", "04-Jan-2025"]
OTHER_DATES = [
    "January 5, 2025",
    "Wednesday, January 1, 2025",
    "Thursday, January 1, 2025",
    "01/01/2025 10:15",
    "01/01/2025x",
    "01-02-25",
    "01/02/25",
    "13/01/2025",
    "02/30/2025",
    "2025-13-01",
    "45658",
    "20250101",
    "0001-01-01",
    "0000-01-01",
    "9999-12-31",
    "29-Feb-2024",
    "29-Feb-2025",
    "1-1-69",
    "1-1-68",
    "01/01/1949",
]
NUMBERS = ["0", "7", "007", "-1", "2.5", ".5", "-.5", "7.01", "5.0", "-0", "1000"]
NOT_NUMBERS = [
    "5.",
    "+1",
    "1e3",
    "1,5",
    "$5",
    "NaN",
    "inf",
    "0x1",
    "1_000",
    "\u0661",
    "2147483648",
    "--1",
]
EXTREME_NUMBERS = [
    "2147483647",
    "-2147483648",
    "-2147483649",
    "9" * 400,
    "1" * 5000,
    "0" * 40 + "7",
]
STRINGS = [
    "Sales",
    "sales",
    " Sales ",
    "Sales, North",
    "Größe",
    "NULL",
    'the "big" one',
    "a\tb",
    "''",
]
ODD_STRINGS = [
    "\u00a0",
    "\ufeff",
    "\x01",
    "\x00",
    "\x7f",
    "x\ny",
    "x\r\ny",
    "x\ry",
    "x\r",
    "\n",
    "😀",
    "\u2028",
]
LONG_STRINGS = ["x" * 131_072, "é" * 131_073]
BLANKS = ["", " ", "\t ", "''", " '' "]
LEVELS = ["IC", "Mngr", "Mngr+", " IC", "ic", "Manager"]
NOISE = [
    b'"',
    b'""',
    b",",
    b"\n",
    b"\r\n",
    b"\r",
    b"\xff",
    b"\xc3",
    b"\n\n",
    b'"\n',
    b'",',
    b" ",
    b"\x00",
]

OPTIONAL = [
    "HireDate",
    "HourlyRate",
    "Layer",
    "SupervisorIndicator",
    "WeeklyBadgeOnsiteDays",
    "Location",
]


@dataclass(frozen=True)
class Case:
    """All that a judgement depends on; `data` is there to be read when an example fails."""

    package: Package
    settings: ValidationSettings
    stored: StoredOrganization | None
    data: bytes
    measured: tuple[str, ...] = ()


def good_cells(field: str) -> st.SearchStrategy[str]:
    """Cells that are mostly in order by themselves."""
    if field in ("PersonId", "ManagerId"):
        blank = [] if field == "PersonId" else ["", "", "''", "boss@contoso.com"]
        return st.sampled_from([*SPELLINGS, *blank])
    return st.sampled_from(
        {
            "Organization": ["Sales", "sales", " Sales ", "Sales, North", ""],
            "EffectiveDate": DATES,
            "HireDate": [*DATES, ""],
            "HourlyRate": ["0", "2.50", "2.5", "", "-0"],
            "Layer": ["0", "1", "01", "", "''"],
            "WeeklyBadgeOnsiteDays": ["0", "7", "7.0", "2.5", ""],
            "SupervisorIndicator": ["IC", " IC", "Mngr+", ""],
        }.get(field, ["", "Burbank", "Oslo", "''"])
    )


def any_cells(field: str) -> st.SearchStrategy[str]:
    """Cells in order and out of order, of the field's own kind and of others."""
    own: list[str] = {
        "PersonId": [*SPELLINGS, *NOT_EMAILS],
        "ManagerId": [*SPELLINGS, *NOT_EMAILS],
        "EffectiveDate": [*DATES, *OTHER_DATES],
        "HireDate": [*DATES, *OTHER_DATES],
        "SupervisorIndicator": LEVELS,
    }.get(field, [*NUMBERS, *NOT_NUMBERS, *EXTREME_NUMBERS] if field in TYPES else STRINGS)
    return st.one_of(
        good_cells(field),
        st.sampled_from(own),
        st.sampled_from([*BLANKS, *STRINGS, *ODD_STRINGS]),
        st.text(max_size=5).filter(lambda text: text.isprintable()),
    )


@st.composite
def csv_lines(draw: st.DrawFn, cells: list[str]) -> bytes:
    """A record of the cells with its line end, quotes where needed and sometimes where not."""
    always = draw(st.booleans())
    line_end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    return (",".join(_written(cell, always=always) for cell in cells) + line_end).encode()


def csv_of_quoted(headers: list[str], rows: list[tuple[str, ...]]) -> bytes:
    """A csv with every cell of its rows in quotes."""
    lines = [",".join(headers), *(",".join(_written(c, always=True) for c in row) for row in rows)]
    return "".join(f"{line}\n" for line in lines).encode()


def _written(cell: str, *, always: bool) -> str:
    if always or any(sign in cell for sign in '",\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


@st.composite
def mappings(draw: st.DrawFn, refresh: Refresh) -> Mapping:
    """A mapping as the metadata stage lets through, columns in any order, headers not always fields."""
    fields = ["PersonId"]
    if refresh is Refresh.FULL or draw(st.booleans()):
        fields += ["ManagerId", "Organization"]
    elif draw(st.booleans()):
        fields.append(draw(st.sampled_from(["ManagerId", "Organization"])))
    if draw(st.integers(0, 4)):
        fields.append("EffectiveDate")
    fields += draw(st.lists(st.sampled_from(OPTIONAL), unique=True, max_size=3))
    return Mapping(
        refresh, tuple(_a_column(field, draw) for field in draw(st.permutations(fields)))
    )


def _a_column(field: str, draw: st.DrawFn) -> MappedColumn:
    if field.endswith("Date") and not draw(st.integers(0, 5)):
        return a_column(field, header=f"Col_{field}", type=ValueType.DATE_DAY_FIRST)
    if field == "HourlyRate" and draw(st.booleans()):
        return a_column(field, type=ValueType.INTEGER)
    return a_column(field, header=f"Col_{field}" if draw(st.booleans()) else field)


@st.composite
def stored_organizations(draw: st.DrawFn) -> StoredOrganization:
    """Some persons with one to three periods each; managers come before their reports: no circles."""
    periods: list[tuple[str, date, date, str | None]] = []
    for number, person in enumerate(draw(st.lists(st.sampled_from(PERSONS), unique=True))):
        starts = draw(st.lists(st.sampled_from([1, 2, 4, 6]), unique=True, min_size=1, max_size=3))
        days = [date(2025, 1, day) for day in sorted(starts)]
        managers = [None, "gone@contoso.com", *(address for address, *_ in periods[:number])]
        for start, end in zip(days, [*days[1:], END_OF_TIME], strict=True):
            periods.append((person, start, end, draw(st.sampled_from(managers))))
    fields = draw(st.lists(st.sampled_from(["ManagerId", "Organization", *OPTIONAL]), unique=True))
    return a_stored_organization(*periods, fields={name: a_column(name).type for name in fields})


def settings_of_connections() -> st.SearchStrategy[ValidationSettings]:
    """Settings of a connection; shares so that both sides of them are met."""
    return st.builds(
        ValidationSettings,
        exclude_invalid_rows=st.booleans(),
        max_excluded_share=st.sampled_from([0.2, 0.5, 1.0]),
        max_blank_manager_share=st.sampled_from([0.05, 0.5, 1.0]),
        strict_values=st.booleans(),
        self_report_means_top=st.booleans(),
        lenient_integers=st.booleans(),
    )


@st.composite
def cases(draw: st.DrawFn, *, malformed: bool) -> Case:
    """A package and all that its judgement depends on, in order by its cells or malformed at will."""
    refresh = draw(st.sampled_from(Refresh))
    mapping = draw(mappings(refresh))
    choose = any_cells if malformed else good_cells
    rows = draw(
        st.lists(
            st.tuples(*(choose(column.field) for column in mapping.columns)),
            min_size=1,
            max_size=8 if malformed else 14,
        )
    )
    lines = [draw(csv_lines(list(cells))) for cells in rows]
    header = ",".join(column.source for column in mapping.columns)
    body = b"".join(lines)
    if malformed:
        body = _with_noise(body, draw)
    start = draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf", b"\n", b"\xef\xbb\xbf\r\n\n"]))
    data = start + header.encode() + draw(st.sampled_from([b"\n", b"\r\n"])) + body
    if draw(st.booleans()):
        data = data.removesuffix(b"\n").removesuffix(b"\r")
    must_know = refresh is Refresh.INCREMENTAL
    stored = draw(stored_organizations()) if must_know or draw(st.booleans()) else None
    measured = draw(
        st.lists(
            st.sampled_from([*PERSONS, "A@contoso.com", "z@contoso.com"]), unique_by=str.casefold
        )
    )
    return Case(
        package_of(data, mapping), draw(settings_of_connections()), stored, data, tuple(measured)
    )


def _with_noise(body: bytes, draw: st.DrawFn) -> bytes:
    for noise in draw(st.lists(st.sampled_from(NOISE), max_size=3)):
        place = draw(st.integers(0, len(body)))
        keep = draw(st.integers(0, 1))  # whether the byte there stays
        body = body[:place] + noise + body[place + 1 - keep :]
    return body
