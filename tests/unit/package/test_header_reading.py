"""The header of data.csv: its names, its place, and how it must fit the mapping."""

from __future__ import annotations

import difflib
import io
import json

import pytest
from archives import a_zip, metadata

from orgport.attributes.types import ValueType
from orgport.package.header import column_letters, judge_header, read_header
from orgport.package.model import Header, MappedColumn, PackageForm
from orgport.package.read import ReadOptions, read_package


def findings(tmp_path, csv: str | bytes, **changes):
    members = {"data.csv": csv, "metadata.json": json.dumps(metadata(**changes))}
    return read_package(
        a_zip(tmp_path, members), form=PackageForm.ZIP, options=ReadOptions(), scratch=tmp_path
    ).findings


@pytest.mark.parametrize(
    ("csv", "names", "line", "offset", "data_line"),
    [
        (b"a,b\n1,2\n", ("a", "b"), 1, 4, 2),
        (b"\xef\xbb\xbfa,b\r\n1,2", ("a", "b"), 1, 8, 2),
        (b"\n\r\n\na,b\n1,2", ("a", "b"), 4, 8, 5),
        (b'"a","b,c"\n1,2', ("a", "b,c"), 1, 10, 2),
        (b'"a\nx",b\n1,2', ("a\nx", "b"), 1, 8, 3),
    ],
)
def test_records_begin_behind_the_header(csv, names, line, offset, data_line):
    header = read_header(io.BytesIO(csv)).header
    assert header is not None
    assert (header.names, header.line, header.data_offset, header.data_line) == (
        names,
        line,
        offset,
        data_line,
    )


@pytest.mark.parametrize(
    ("csv", "expected"),
    [
        ("Employee,Boss\na@contoso.com,\n", ["HDR_COUNT_MISMATCH"]),
        ("Employee,Boss,unit\na@contoso.com,,X\n", ["HDR_NAMES_MISMATCH"]),
        ("Employee,Boss,Unit,Unit\na@contoso.com,,X,X\n", ["HDR_DUPLICATE", "HDR_COUNT_MISMATCH"]),
        ("Employee,Boss,Unit,\na@contoso.com,,X,\n", ["HDR_BLANK", "HDR_COUNT_MISMATCH"]),
        ("Employee,Boss,Unit \na@contoso.com,,X\n", ["HDR_CHARS", "HDR_NAMES_MISMATCH"]),
        ("Employee,Boss,Unit\n", ["FILE_NO_ROWS"]),
        ("Employee,Boss,Unit\n\r\n\n", ["FILE_NO_ROWS"]),
    ],
)
def test_each_fault_has_its_code(tmp_path, csv, expected):
    assert [finding.code for finding in findings(tmp_path, csv)] == expected


@pytest.mark.parametrize(
    "csv",
    [
        "Employee,Boss,Unit\n".encode("utf-16"),
        b"Employee,Bo\0ss,Unit\nx\n",
        b"Employee,B\xf6ss,Unit\nx\n",
    ],
    ids=["utf-16", "nul", "latin-1 in the header"],
)
def test_a_file_that_is_not_utf_8_is_told_alone(tmp_path, csv):
    assert [finding.code for finding in findings(tmp_path, csv)] == ["FILE_ENCODING"]


def test_a_bad_byte_of_the_header_is_told_with_line_and_offset(tmp_path):
    [finding] = findings(tmp_path, b"\nEmployee,B\xf6ss,Unit\nx\n")
    assert "line 2" in finding.message
    assert "offset 10 (0xF6)" in finding.message


def test_a_nul_byte_near_the_start_is_told_with_line_and_offset(tmp_path):
    [finding] = findings(tmp_path, b"\xef\xbb\xbfEmployee,Boss,Unit\r\nx\ny\0,z\n")
    assert finding.pointer.line == 3
    assert "NUL byte in line 3 at offset 1." in finding.message


def test_another_separator_is_recognised(tmp_path):
    hints = [finding.hint for finding in findings(tmp_path, "Employee;Boss;Unit\na;b;c\n")]
    assert any("separated by semicolons" in hint for hint in hints)


def test_a_near_miss_is_asked_back(tmp_path):
    [finding] = findings(tmp_path, "Employe,Boss,Unit\na@contoso.com,,X\n")
    assert finding.hint.startswith("Did you mean Employee by Employe?")


def test_of_very_many_names_only_the_first_are_compared(monkeypatch):
    compared = []
    compare = difflib.get_close_matches

    def near(cell, among, **limits):
        compared.append((cell, len(among)))
        return compare(cell, among, **limits)

    monkeypatch.setattr(difflib, "get_close_matches", near)
    names = [f"{number}Column" * 20 if number % 2 else f"Column{number}" for number in range(9000)]
    header = Header(tuple(name[::-1] for name in names), line=1, data_offset=0, data_line=2)
    columns = [MappedColumn(name, name, ValueType.STRING) for name in names]
    assert [finding.code for finding in judge_header(header, columns)] == ["HDR_NAMES_MISMATCH"]
    assert 0 < len(compared) <= 100
    assert all(len(cell) <= 128 and among <= 100 for cell, among in compared)


def test_a_system_field_is_told_once_and_by_its_own_rule(tmp_path):
    columns = metadata()["Mapping"] | {"Zone": {"name": "timezone", "type": "StringType"}}
    found = findings(tmp_path, "Employee,Boss,Unit,Zone\na@contoso.com,,X,UTC\n", Mapping=columns)
    assert [finding.code for finding in found] == ["HDR_SYSTEM_FIELD"]


def test_an_open_quote_in_the_header_ends_with_its_line():
    header = read_header(io.BytesIO(b'"a,b\n1,2\n3,4\n')).header
    assert header is not None
    assert header.names == ('"a', "b")


def test_a_header_without_an_end_is_refused_in_bounded_memory():
    reading = read_header(io.BytesIO(b"x" * 6_000_000))
    assert reading.header is None
    assert [finding.code for finding in reading.findings] == ["PKG_TOO_LARGE"]


def test_a_hundred_thousand_columns_are_read():
    names = ",".join(f"c{number}" for number in range(100_000))
    header = read_header(io.BytesIO(f"{names}\nx\n".encode())).header
    assert header is not None
    assert len(header.names) == 100_000


@pytest.mark.parametrize(("number", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (703, "AAA")])
def test_columns_have_the_letters_of_a_spreadsheet(number, letters):
    assert column_letters(number) == letters
