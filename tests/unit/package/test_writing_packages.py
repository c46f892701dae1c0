"""What we write ourselves is accepted by our own reader: packages, templates, samples, suggestions."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
from openpyxl import load_workbook

from orgport.attributes.catalogue import CATALOGUE
from orgport.attributes.types import ValueType
from orgport.package.first_rows import FirstRows, first_rows
from orgport.package.header import read_header
from orgport.package.mapping import doubts_about_dates, suggest_mapping
from orgport.package.model import PackageForm, Refresh
from orgport.package.read import ReadOptions, read_package
from orgport.package.sample import SampleOptions, write_sample
from orgport.package.template import template_csv, template_mapping, write_template
from orgport.package.write import write_package


def read(path, tmp_path):
    return read_package(path, form=PackageForm.ZIP, options=ReadOptions(), scratch=tmp_path)


def test_a_written_package_is_read_back_without_a_finding(tmp_path):
    data = tmp_path / "data.csv"
    data.write_text(template_csv())
    write_package(data, template_mapping(), tmp_path / "out.zip")
    reading = read(tmp_path / "out.zip", tmp_path)
    assert reading.findings == ()
    assert reading.package is not None
    assert len(reading.package.columns) == len(CATALOGUE)


def test_the_same_files_make_the_same_bytes(tmp_path):
    data = tmp_path / "data.csv"
    data.write_text(template_csv())
    for name in ("a.zip", "b.zip"):
        write_package(data, template_mapping(), tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_the_template_holds_workbook_csv_and_metadata(tmp_path):
    write_template(tmp_path / "template.zip")
    with zipfile.ZipFile(tmp_path / "template.zip") as archive:
        assert archive.namelist() == ["OrganizationalDataFile.xlsx", "data.csv", "metadata.json"]
        workbook = load_workbook(io.BytesIO(archive.read("OrganizationalDataFile.xlsx")))
    assert workbook.sheetnames == ["Template", "Guide"]
    heads = [cell.value for cell in next(workbook["Template"].iter_rows(max_row=1))]
    assert heads == [known.name for known in CATALOGUE]
    described = {row[0].value for row in workbook["Guide"].iter_rows(min_row=2)}
    assert described >= set(heads)


def test_the_same_seed_makes_the_same_people(tmp_path):
    options = SampleOptions(persons=60, months=3, seed=7)
    for name in ("a.csv", "b.csv"):
        write_sample(tmp_path / name, options)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    write_sample(tmp_path / "c.csv", SampleOptions(persons=60, months=3, seed=8))
    assert (tmp_path / "a.csv").read_bytes() != (tmp_path / "c.csv").read_bytes()


def test_a_sample_has_movers_joiners_and_leavers_and_a_manager_for_all_but_one(tmp_path):
    write_sample(tmp_path / "sample.csv", SampleOptions(persons=300, months=6))
    lines = [line.split(",") for line in (tmp_path / "sample.csv").read_text().splitlines()[1:]]
    months = sorted({cells[3] for cells in lines}, key=lambda text: (text[6:], text[:2]))
    staff = [{cells[0] for cells in lines if cells[3] == month} for month in months]
    managers: dict[str, set[str]] = {}
    for cells in lines:
        managers.setdefault(cells[0], set()).add(cells[1])
    assert len(months) == 6
    assert staff[-1] - staff[0]
    assert staff[0] - staff[-1]
    assert any(len(seen) > 1 for seen in managers.values())
    assert [person for person, seen in managers.items() if seen == {""}] == [
        "person000000@contoso.com"
    ]


def test_an_incremental_sample_is_the_month_after(tmp_path):
    options = SampleOptions(persons=40, months=3, last_month=date(2026, 1, 1))
    write_sample(tmp_path / "next.zip", options, refresh=Refresh.INCREMENTAL)
    package = read(tmp_path / "next.zip", tmp_path).package
    assert package is not None
    assert package.refresh is Refresh.INCREMENTAL
    assert b"02/01/2026" in package.open_data().read()


def test_a_sample_has_about_the_wanted_size(tmp_path):
    write_sample(tmp_path / "sample.csv", SampleOptions.of_size(2_000_000))
    assert 1_800_000 < (tmp_path / "sample.csv").stat().st_size < 2_200_000


def first_of(headers, *cells):
    return FirstRows(
        len(headers), tuple((cell,) for cell in cells), tuple(range(2, len(cells) + 2))
    )


def test_fields_are_suggested_by_the_names_of_headers():
    headers = ["Employee", "manager_id", "Department", "hiredate", "Shoe"]
    suggested = suggest_mapping(headers, first_of(headers), refresh=Refresh.FULL)
    assert [column.field for column in suggested.columns] == [
        "PersonId",
        "ManagerId",
        "Organization",
        "HireDate",
        "Shoe",
    ]


def test_no_two_columns_are_suggested_for_one_field():
    headers = ["PersonId", "email"]
    suggested = suggest_mapping(headers, first_of(headers), refresh=Refresh.FULL)
    assert [column.field for column in suggested.columns] == ["PersonId", "email"]


def test_the_order_of_dates_is_suggested_by_the_values():
    first = first_of(["EffectiveDate"], "31/12/2025", "01/02/2025", "")
    [column] = suggest_mapping(["EffectiveDate"], first, refresh=Refresh.FULL).columns
    assert column.type is ValueType.DATE_DAY_FIRST


def types_and_doubts(folder, *rows):
    path = folder / "people.csv"
    path.write_text("".join(f"{row}\n" for row in ("EffectiveDate,HireDate", *rows)))
    with path.open("rb") as stream:
        header = read_header(stream).header
    assert header is not None
    first = first_rows(path, header)
    mapping = suggest_mapping(header.names, first, refresh=Refresh.FULL)
    return [column.type for column in mapping.columns], doubts_about_dates(mapping, first)


def test_dates_that_can_be_read_in_either_order_follow_the_others_of_the_file(tmp_path):
    types, doubts = types_and_doubts(tmp_path, "01/11/2025,31/12/2020", "01/12/2025,30/04/2021")
    assert types == [ValueType.DATE_DAY_FIRST] * 2
    assert doubts == [[], []]


def test_a_single_date_of_the_other_order_does_not_turn_its_column(tmp_path):
    rows = [f"11/01/2025,12/{day}/2020" for day in range(13, 29)]
    types, doubts = types_and_doubts(tmp_path, *rows, "25/12/2025,12/13/2020")
    assert types == [ValueType.DATE_MONTH_FIRST] * 2
    assert doubts == [
        ["1 of its first dates can only be day first, and the mapping says month first."],
        [],
    ]


def test_where_no_date_tells_the_order_a_person_is_asked_to_look(tmp_path):
    types, doubts = types_and_doubts(tmp_path, "01/11/2025,", "01/12/2025,")
    assert types == [ValueType.DATE_MONTH_FIRST] * 2
    assert doubts == [
        [
            "its dates can be read in either order. 01/11/2025 is taken as 11 January 2025; day first, "
            "it is 1 November 2025."
        ],
        [],
    ]


def test_columns_that_clearly_have_an_order_each_keep_it(tmp_path):
    types, doubts = types_and_doubts(tmp_path, "12/31/2025,31/12/2020", "12/30/2025,30/04/2021")
    assert types == [ValueType.DATE_MONTH_FIRST, ValueType.DATE_DAY_FIRST]
    assert doubts == [[], []]


@pytest.mark.parametrize("later", ["12/25/24", "12.25.24", "12.25.2024"])
def test_dates_that_are_refused_tell_the_order_all_the_same_and_how_to_mend_them(tmp_path, later):
    types, doubts = types_and_doubts(tmp_path, f"{later[:3]}01{later[5:]},", f"{later},")
    assert types[0] is ValueType.DATE_MONTH_FIRST
    [[doubt], _] = doubts
    assert (
        "2 of its first dates cannot be read as DateTime_MMDDYYYY, the first in line 2: 12" in doubt
    )
    mend = "Write dashes for the dots." if "." in later else "four digits, or use dashes."
    assert mend in doubt


def test_days_with_dots_are_suggested_day_first_and_said_to_be_refused(tmp_path):
    types, doubts = types_and_doubts(tmp_path, "01-02-2025,", "", "13.01.25,", "14.01.25,")
    assert types == [ValueType.DATE_DAY_FIRST] * 2
    assert doubts == [
        [
            "2 of its first dates cannot be read as DateTime_DDMMYYYY, the first in line 4: 13.01.25. "
            "Write dashes for the dots."
        ],
        [],
    ]


def test_short_years_behind_slashes_are_taken_day_first_alone(tmp_path):
    assert types_and_doubts(tmp_path, "25/12/24,", "01/12/24,") == (
        [ValueType.DATE_DAY_FIRST] * 2,
        [[], []],
    )
    _, doubts = types_and_doubts(tmp_path, "01/11/24,", "01/12/24,")
    assert doubts == [
        [
            "2 of its first dates cannot be read as DateTime_MMDDYYYY, the first in line 2: 01/11/24. "
            "Write the year with four digits, or use dashes. Or, if the day comes first, map the column "
            "to the other type."
        ],
        [],
    ]


def test_a_date_that_is_none_is_named_with_its_line_and_a_cleared_one_is_left_alone(tmp_path):
    _, doubts = types_and_doubts(tmp_path, "2025-01-13,''", "2025-01-14,tomorrow")
    assert doubts == [
        [],
        [
            "1 of its first dates cannot be read as DateTime_MMDDYYYY, the first in line 3: tomorrow. "
            "Write it as MM/DD/YYYY."
        ],
    ]
