"""Every rule on values: what a cell may hold, and how a finding tells it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from judging import judged, of_rows

from factories import a_column, a_mapping, a_package, a_person, a_stored_organization
from orgport.attributes.types import ValueType
from orgport.finding import Severity
from orgport.package.model import Refresh
from orgport.validation.verdict import ValidationSettings

TOP = a_person(0)
KNOWN = a_stored_organization(
    ("person0@contoso.com", date(2024, 1, 1), date(9999, 12, 31), None),
    ("person1@contoso.com", date(2024, 1, 1), date(9999, 12, 31), "person0@contoso.com"),
)


@pytest.mark.parametrize("field", ["PersonId", "Organization", "EffectiveDate"])
@pytest.mark.parametrize("blank", ["", "  ", "''"])
def test_required_cells_of_a_full_refresh_are_not_blank(
    tmp_path: Path, field: str, blank: str
) -> None:
    outcome = judged(of_rows(TOP, a_person(1, **{field: blank})), tmp_path)
    column = list(TOP).index(field) + 1
    assert outcome.places("VAL_REQUIRED") == [(3, column)]
    assert outcome.only("VAL_REQUIRED").message == f"{field} is required and blank in line 3."


def test_a_blank_cell_of_another_field_is_kept_blank(tmp_path: Path) -> None:
    outcome = judged(of_rows({**TOP, "Location": " ", "HourlyRate": "''"}), tmp_path)
    assert outcome.codes == []
    assert outcome.accepted()["Location"].to_list() == [None]
    assert outcome.accepted()["HourlyRate"].to_list() == [None]
    assert outcome.accepted()["cleared"].to_list() == [None]


@pytest.mark.parametrize("field", ["PersonId", "Organization", "EffectiveDate"])
def test_required_cells_cannot_be_cleared(tmp_path: Path, field: str) -> None:
    rows = of_rows(TOP, a_person(1, **{field: "''"}), refresh=Refresh.INCREMENTAL)
    outcome = judged(rows, tmp_path, stored=KNOWN)
    assert outcome.places("VAL_CLEAR_REQUIRED") == [(3, list(TOP).index(field) + 1)]


def test_the_clear_mark_clears_other_fields_of_an_incremental_refresh(tmp_path: Path) -> None:
    row = a_person(1, ManagerId="''", Location=" '' ", FunctionType="", HireDate="''")
    rows = of_rows(row, refresh=Refresh.INCREMENTAL)
    settings = ValidationSettings(max_blank_manager_share=1)
    accepted = judged(rows, tmp_path, stored=KNOWN, settings=settings).accepted()
    assert sorted(accepted["cleared"].to_list()[0]) == ["HireDate", "Location", "ManagerId"]
    assert accepted["Location"].to_list() == [None]


@pytest.mark.parametrize(
    ("field", "type", "cell", "code"),
    [
        ("ManagerId", None, "nobody", "VAL_EMAIL"),
        ("HireDate", None, "31/12/2024", "VAL_DATE"),
        ("HireDate", ValueType.DATE_DAY_FIRST, "12/31/2024", "VAL_DATE"),
        ("HourlyRate", None, "1e3", "VAL_DOUBLE"),
        ("HourlyRate", ValueType.INTEGER, "1.5", "VAL_INTEGER"),
        ("Layer", None, "+1", "VAL_INTEGER"),
        ("IsRemote", ValueType.BOOLEAN, "maybe", "VAL_BOOLEAN"),
        ("Location", None, "a\x01b", "VAL_STRING"),
        ("Location", None, "a\nb", "VAL_NEWLINE"),
        ("Location", None, "a\rb", "VAL_NEWLINE"),
        ("HourlyRate", None, "1\n", "VAL_NEWLINE"),
        ("Location", None, "x" * 131_073, "VAL_TOO_LONG"),
        ("WeeklyBadgeOnsiteDays", None, "7.01", "VAL_RANGE"),
        ("WeeklyBadgeOnsiteDays", None, "-1", "VAL_RANGE"),
        ("HourlyRate", None, "-0.5", "VAL_RANGE"),
        ("Layer", None, "-1", "VAL_RANGE"),
        ("SupervisorIndicator", None, "mngr", "VAL_ALLOWED"),
    ],
)
def test_a_cell_gets_the_first_of_its_faults(
    tmp_path: Path, field: str, type: ValueType | None, cell: str, code: str
) -> None:
    row = a_person(1, **{field: cell})
    columns = [a_column(name, type=type if name == field else None) for name in row]
    outcome = judged(of_rows({**TOP, field: ""}, row, columns=columns), tmp_path)
    finding = outcome.only(code)
    assert outcome.codes == [code]
    assert finding.pointer.line == 3
    assert finding.pointer.field == field
    assert finding.pointer.column == list(row).index(field) + 1
    assert finding.severity is Severity.ERROR
    assert finding.person_id == "person1@contoso.com"
    assert finding.effective_date == date(2025, 1, 1)
    assert outcome.verdict.rows_failed == 1
    assert outcome.verdict.accepted_rows is None


def test_values_are_typed_and_their_outer_blanks_dropped(tmp_path: Path) -> None:
    row = {
        "PersonId": " Person0@contoso.com ",
        "ManagerId": "",
        "Organization": "\tSales  North ",
        "EffectiveDate": " 1/2/2025",
        "HireDate": "14-Mar-12",
        "HourlyRate": " .5",
        "Layer": "007",
        "IsRemote": "YES",
        "Location": "=x",
    }
    columns = [
        a_column(name, type=ValueType.BOOLEAN if name == "IsRemote" else None) for name in row
    ]
    accepted = judged(of_rows(row, columns=columns), tmp_path).accepted()
    assert accepted.drop("person", "line", "cleared").to_dicts() == [
        {
            "PersonId": "Person0@contoso.com",
            "EffectiveDate": date(2025, 1, 2),
            "ManagerId": None,
            "Organization": "Sales  North",
            "HireDate": date(2012, 3, 14),
            "HourlyRate": 0.5,
            "Layer": 7,
            "IsRemote": True,
            "Location": "=x",
        }
    ]


def test_a_whole_number_in_a_double_field_is_kept_as_a_double(tmp_path: Path) -> None:
    columns = [a_column(name) for name in TOP] + [a_column("HourlyRate", type=ValueType.INTEGER)]
    outcome = judged(of_rows({**TOP, "HourlyRate": "5"}, columns=columns), tmp_path)
    assert outcome.accepted()["HourlyRate"].to_list() == [5.0]
    assert outcome.verdict.accepted_rows is not None
    assert outcome.verdict.accepted_rows.fields["HourlyRate"] is ValueType.DOUBLE


def test_the_former_onsite_days_are_checked_as_a_double(tmp_path: Path) -> None:
    columns = [a_column(name) for name in TOP]
    columns.append(a_column("OnsiteDays", type=ValueType.STRING))
    good = judged(of_rows({**TOP, "OnsiteDays": "2.5"}, columns=columns), tmp_path / "good")
    assert good.accepted()["WeeklyBadgeOnsiteDays"].to_list() == [2.5]
    bad = judged(of_rows({**TOP, "OnsiteDays": "many"}, columns=columns), tmp_path / "bad")
    assert bad.codes == ["VAL_DOUBLE"]


def test_lenient_integers_are_a_setting(tmp_path: Path) -> None:
    rows = of_rows({**TOP, "Layer": "5.0"})
    assert judged(rows, tmp_path / "strict").codes == ["VAL_INTEGER"]
    lenient = ValidationSettings(lenient_integers=True)
    assert judged(rows, tmp_path / "lenient", settings=lenient).codes == []


def test_an_unusual_value_is_advice_when_values_are_not_strict(tmp_path: Path) -> None:
    settings = ValidationSettings(strict_values=False)
    rows = of_rows({**TOP, "SupervisorIndicator": "Boss"})
    outcome = judged(rows, tmp_path, settings=settings)
    assert outcome.codes == ["ADV_VALUE_UNUSUAL"]
    assert outcome.verdict.accepted
    assert outcome.accepted()["SupervisorIndicator"].to_list() == ["Boss"]


def test_dates_far_off_are_advice(tmp_path: Path) -> None:
    rows = of_rows(
        {**a_person(0, EffectiveDate="12/31/1949"), "HireDate": "01/01/1949"},
        {**a_person(1, EffectiveDate="03/05/2026"), "HireDate": ""},
        {**a_person(2, EffectiveDate="03/04/2026"), "HireDate": "01/01/2027"},
        {**a_person(3, EffectiveDate="01/01/2025"), "HireDate": "01/03/2026"},
    )
    outcome = judged(rows, tmp_path)
    assert outcome.places("ADV_DATE_RANGE") == [(2, 4), (3, 4), (5, 5)]
    assert outcome.verdict.accepted


def test_a_raw_value_is_shown_as_it_is_and_shortened(tmp_path: Path) -> None:
    rows = of_rows(TOP, a_person(1, ManagerId="  " + "x" * 300))
    finding = judged(rows, tmp_path).only("VAL_EMAIL")
    assert finding.pointer.value == "  " + "x" * 254 + "…"


def test_a_hint_says_what_is_special_about_a_value(tmp_path: Path) -> None:
    rows = of_rows({**TOP, "HireDate": "45658"}, {**a_person(1), "HireDate": "soon"})
    first, second = judged(rows, tmp_path).findings
    assert "serial number" in first.hint
    assert second.hint.startswith("Correct the cell")


def test_a_row_that_is_malformed_has_no_findings_on_values(tmp_path: Path) -> None:
    data = (
        b"PersonId,ManagerId,Organization,EffectiveDate\nx,x,x\na@contoso.com,,Sales,01/01/2025\n"
    )
    outcome = judged(a_package(mapping=a_mapping(), data=data), tmp_path)
    assert outcome.codes == ["ROW_COLUMN_COUNT"]
    assert outcome.only("ROW_COLUMN_COUNT").message == "Line 2 has 3 cells, the header has 4."


def test_one_cell_is_told_in_the_singular(tmp_path: Path) -> None:
    data = (
        b"PersonId,ManagerId,Organization,EffectiveDate\nalone\na@contoso.com,,Sales,01/01/2025\n"
    )
    outcome = judged(a_package(mapping=a_mapping(), data=data), tmp_path)
    assert outcome.only("ROW_COLUMN_COUNT").message == "Line 2 has 1 cell, the header has 4."


def test_addresses_beyond_ascii_compare_case_folded(tmp_path: Path) -> None:
    rows = of_rows(
        a_person(0, PersonId="STRASSE@contoso.com"),
        a_person(1, PersonId="straße@contoso.com", EffectiveDate="01/02/2025", ManagerId=""),
    )
    outcome = judged(rows, tmp_path)
    assert outcome.accepted()["person"].to_list() == [0, 0]


def test_whose_row_fails_is_not_lost_by_what_is_left_out(tmp_path: Path) -> None:
    gone = a_person(1, ManagerId="nobody", EffectiveDate="")
    outcome = judged(
        of_rows(a_person(0, ManagerId=""), gone),
        tmp_path,
        settings=ValidationSettings(exclude_invalid_rows=True, max_excluded_share=1),
        stored=a_stored_organization(
            (gone["PersonId"], date(2024, 1, 1), date(9999, 12, 31), None)
        ),
    )
    assert "VAL_REQUIRED" in outcome.codes
    assert "POP_PERSON_LOST" not in outcome.codes


def test_a_column_without_any_value_is_spooled_as_blank(tmp_path: Path) -> None:
    rows = [
        {"PersonId": f"p{n}@contoso.com", "ManagerId": "", "Organization": "Sales", "Location": ""}
        for n in range(1)
    ]
    outcome = judged(of_rows(*rows), tmp_path)
    assert outcome.accepted()["Location"].to_list() == [None]
