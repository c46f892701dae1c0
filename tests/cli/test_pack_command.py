"""`template`, `sample` and `pack`: how a package comes about, offline."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook

from commands import CommandLine, Screen
from factories import a_person, csv_of, write_csv
from orgport.attributes.catalogue import CATALOGUE
from orgport.package.template import template_workbook

FIELDS = [known.name for known in CATALOGUE]


def metadata_of(package: Path) -> dict[str, object]:
    with zipfile.ZipFile(package) as archive:
        found: dict[str, object] = json.loads(archive.read("metadata.json"))
        return found


# template


def test_the_template_holds_a_workbook_with_the_tab_template_and_a_guide(
    orgport: CommandLine,
) -> None:
    orgport("template")
    with zipfile.ZipFile(orgport.folder / "orgport-template.zip") as archive:
        workbook = load_workbook(io.BytesIO(archive.read("OrganizationalDataFile.xlsx")))
    assert workbook.sheetnames == ["Template", "Guide"]
    assert [cell.value for cell in workbook["Template"][1]] == FIELDS
    told = [row[0].value for row in workbook["Guide"].iter_rows(min_row=2, max_row=len(FIELDS) + 1)]
    assert told == FIELDS


def test_the_template_is_a_package_that_is_accepted_once_the_workbook_is_out_of_it(
    orgport: CommandLine,
) -> None:
    orgport("template", "--out", "mine.zip")
    with (
        zipfile.ZipFile(orgport.folder / "mine.zip") as template,
        zipfile.ZipFile(orgport.folder / "filled.zip", "w") as filled,
    ):
        assert sorted(template.namelist()) == [
            "OrganizationalDataFile.xlsx",
            "data.csv",
            "metadata.json",
        ]
        for name in ("data.csv", "metadata.json"):
            filled.writestr(name, template.read(name))
    assert orgport("check", "filled.zip", "--json").document["verdict"] == "accepted"


def test_the_template_says_what_to_do_with_it_and_so_does_check(orgport: CommandLine) -> None:
    said = orgport("template").err
    assert "save that tab as data.csv" in said
    assert "orgport pack data.csv --full" in said
    refused = orgport("check", "orgport-template.zip", code=6)
    assert "OrganizationalDataFile.xlsx stays out of the zip" in refused.out
    assert refused.err.startswith(
        "orgport-template.zip is the template, still to be filled in: unzip"
    )
    assert "--errors" not in refused.err


def test_the_template_is_not_written_into_a_folder_that_is_not_there(orgport: CommandLine) -> None:
    done = orgport("template", "--out", "nowhere", code=2)
    assert "There is no folder nowhere. Make it, or write elsewhere." in done.err


# sample


def test_a_sample_is_the_same_for_the_same_seed_and_another_for_another(
    orgport: CommandLine,
) -> None:
    for name, seed in (("a.csv", 1), ("b.csv", 1), ("c.csv", 2)):
        orgport("sample", "--persons", 20, "--months", 2, "--seed", seed, "--out", name)
    a, b, c = ((orgport.folder / name).read_bytes() for name in ("a.csv", "b.csv", "c.csv"))
    assert a == b
    assert a != c


def test_a_sample_with_the_ending_zip_is_a_package_that_is_accepted(orgport: CommandLine) -> None:
    done = orgport("sample", "--persons", 20, "--months", 2, "--out", "s.zip")
    assert "20 persons" in done.out
    assert "accepted" in orgport("check", "s.zip").out


def test_an_incremental_sample_follows_on_the_full_one(orgport: CommandLine) -> None:
    orgport("sample", "--persons", 50, "--months", 2, "--out", "full.zip")
    orgport("sample", "--persons", 50, "--months", 2, "--incremental", "--out", "next.zip")
    told = orgport("check", "next.zip", "--against", "full.zip", "--json").document
    assert (told["verdict"], told["refresh"]) == ("accepted", "incremental")


@pytest.mark.parametrize("name", ["x.zip.part", "x", "x.txt"])
def test_a_sample_is_not_written_to_a_name_that_does_not_say_what_it_is(
    orgport: CommandLine, name: str
) -> None:
    done = orgport("sample", "--persons", 5, "--out", name, code=2)
    assert f"{name} does not end in .csv or .zip" in done.err
    assert list(orgport.folder.iterdir()) == []


# pack


def test_pack_shows_the_suggested_mapping_and_writes_it_when_it_is_confirmed(
    orgport: CommandLine,
) -> None:
    path = orgport.folder / "export.csv"
    path.write_text("Email,Manager,Department,EffectiveDate\na@contoso.com,,Sales,31/12/2025\n")
    done = orgport("pack", path, "--full", typed="y\n")
    lines = [line.split() for line in done.err.splitlines()]
    assert ["Email", "PersonId", "EmailType"] in lines
    assert ["EffectiveDate", "EffectiveDate", "DateTime_DDMMYYYY"] in lines
    written = metadata_of(orgport.folder / "export.zip")
    assert written["IsBootstrap"] == "true"
    assert written["Mapping"]["Department"] == {"name": "Organization", "type": "StringType"}  # type: ignore[index]


def test_pack_writes_nothing_when_the_mapping_is_not_confirmed(orgport: CommandLine) -> None:
    path = write_csv(orgport.folder)
    done = orgport("pack", path, "--full", typed="n\n", code=2)
    assert "Nothing was written" in done.err
    assert not path.with_suffix(".zip").exists()


@pytest.mark.parametrize(
    ("arguments", "typed", "bootstrap"),
    [
        (("--full", "--yes"), "", "true"),
        (("--incremental", "--yes"), "", "false"),
        ((), "n\ny\n", "false"),
        ((), "y\ny\n", "true"),
    ],
)
def test_the_refresh_of_a_package_is_what_the_flags_or_the_answers_say(
    orgport: CommandLine, arguments: tuple[str, ...], typed: str, bootstrap: str
) -> None:
    orgport("pack", write_csv(orgport.folder), *arguments, "--out", "p.zip", typed=typed)
    assert metadata_of(orgport.folder / "p.zip")["IsBootstrap"] == bootstrap


def test_pack_takes_a_mapping_of_ones_own_and_lets_a_flag_change_its_refresh(
    orgport: CommandLine,
) -> None:
    data = orgport.folder / "export.csv"
    data.write_text("who,Organization\na@contoso.com,Sales\n")
    mapping = {
        "DatasetType": "HR",
        "IsBootstrap": "true",
        "Mapping": {
            "who": {"name": "PersonId", "type": "EmailType"},
            "Organization": {"name": "Organization", "type": "StringType"},
        },
    }
    own = orgport.folder / "own.json"
    own.write_text(json.dumps(mapping))
    orgport("pack", data, "--mapping", own, "--incremental", "--out", "p.zip")
    assert metadata_of(orgport.folder / "p.zip") == mapping | {"IsBootstrap": "false"}


def test_pack_says_what_is_wrong_with_a_mapping_of_ones_own(orgport: CommandLine) -> None:
    own = orgport.folder / "own.json"
    own.write_text('{"DatasetType": "HR", "IsBootstrap": "perhaps", "Mapping": {}}')
    done = orgport("pack", write_csv(orgport.folder), "--mapping", own, code=2)
    assert "IsBootstrap" in done.err
    assert "own.json" in done.err


def test_pack_wants_one_refresh_and_a_zip_to_write(orgport: CommandLine) -> None:
    data = write_csv(orgport.folder)
    both = orgport("pack", data, "--full", "--incremental", code=2)
    assert "Give --full or --incremental, not both." in both.err
    ending = orgport("pack", data, "--full", "--yes", "--out", "p.csv", code=2)
    assert "p.csv does not end in .zip" in ending.err


def test_pack_wants_a_csv_that_can_be_read(orgport: CommandLine) -> None:
    path = orgport.folder / "latin.csv"
    path.write_bytes("PersonId,Organization\na@contoso.com,Caf\xe9\n".encode("latin-1"))
    assert (
        "latin.csv cannot be read as UTF-8. Where it begins: orgport check latin.csv"
        in orgport("pack", path, "--full", "--yes", code=2).err
    )


def test_the_same_csv_is_packed_into_the_same_bytes(orgport: CommandLine) -> None:
    data = write_csv(orgport.folder)
    for name in ("a.zip", "b.zip"):
        orgport("pack", data, "--full", "--yes", "--out", name)
    assert (orgport.folder / "a.zip").read_bytes() == (orgport.folder / "b.zip").read_bytes()


def test_the_suggested_mapping_alone_does_not_decide_to_replace_all_data(
    orgport: CommandLine,
) -> None:
    refused = orgport("pack", write_csv(orgport.folder, name="p.csv"), "--yes", code=2).err
    assert "Give --full, to replace all data, or --incremental" in refused


def test_a_workbook_is_named_as_one_whatever_it_is_called(orgport: CommandLine) -> None:
    content = template_workbook()
    for name in ("people.xlsx", "people.csv", "people.zip"):
        (orgport.folder / name).write_bytes(content)
    cure = "save its sheet as CSV UTF-8"
    for name in ("people.xlsx", "people.csv"):
        refused = orgport("pack", name, "--full", "--yes", code=2).err
        assert f"{name} is an Excel workbook" in refused
        assert cure in refused
    refused = orgport("check", "people.xlsx", code=2).err
    assert "people.xlsx is an Excel workbook" in refused
    assert cure in refused
    for name in ("people.csv", "people.zip"):
        told = orgport("check", name, code=6).out
        assert "is an Excel workbook" in told
        assert cure in told
    told = orgport("check", "people.xlsx", "--as-upload", code=6).out
    assert "FILE_EXTENSION" in told
    assert "It is an Excel workbook." in told
    assert cure in orgport("fix", "people.xlsx", "people.csv", code=2).err


@pytest.mark.parametrize("share", ["7", "-0.1"])
def test_a_share_of_bad_rows_is_no_more_than_all_of_them(orgport: CommandLine, share: str) -> None:
    for option in ("--bad-share", "--malformed-share"):
        assert option in orgport("sample", option, share, code=2).err
    assert list(orgport.folder.iterdir()) == []


def test_a_csv_without_managers_is_packed_with_a_warning(orgport: CommandLine) -> None:
    (orgport.folder / "p.csv").write_bytes(csv_of([a_person(0)], ["PersonId", "Organization"]))
    said = orgport("pack", "p.csv", "--full", "--yes").err
    assert "No column is mapped to ManagerId, and a full refresh is refused without it" in said
    said = orgport("pack", "p.csv", "--incremental", "--yes").err
    assert "No column is mapped to ManagerId: managers stay as they are" in said
    (orgport.folder / "m.csv").write_bytes(csv_of([a_person(0)], ["PersonId", "ManagerId"]))
    assert "ManagerId," not in orgport("pack", "m.csv", "--incremental", "--yes").err


def test_the_mapping_is_read_on_a_narrow_terminal(orgport: CommandLine) -> None:
    orgport("sample", "--persons", 5, "--months", 1, "--out", "s.csv")
    screen = Screen(
        [sys.executable, "-m", "orgport.cli", "pack", "s.csv", "--full", "--yes"],
        folder=orgport.folder,
        variables=orgport.variables,
        width=60,
    )
    assert screen.wait() == 0
    at = screen.lines.index("EffectiveDate")
    assert screen.lines[at + 1] == "    EffectiveDate  DateTime_MMDDYYYY"
    assert all(len(line) <= 60 for line in screen.lines)


def test_pack_says_of_short_years_that_are_not_taken_where_the_first_is_and_how_to_mend_it(
    orgport: CommandLine,
) -> None:
    data = orgport.folder / "export.csv"
    rows = "a@contoso.com,,Sales,12/24/24\nb@contoso.com,a@contoso.com,Sales,12/25/24\n"
    data.write_text(f"PersonId,ManagerId,Organization,EffectiveDate\n{rows}")
    said = orgport("pack", data, "--full", "--yes").err
    assert "EffectiveDate: 2 of its first dates cannot be read as DateTime_MMDDYYYY" in said
    assert "line 2: 12/24/24. Write the year with four digits, or use dashes." in said
    assert "VAL_DATE" in orgport("check", "export.zip", code=6).out
    data.write_text(data.read_text().replace("/", "-"))
    assert "cannot be read" not in orgport("pack", data, "--full", "--yes").err
    orgport("check", "export.zip")


def test_blanks_and_signs_in_a_header_are_mended_in_the_package_and_told(
    orgport: CommandLine,
) -> None:
    data = orgport.folder / "export.csv"
    content = 'PersonId , Manager Id,Organization,"Hire-Date\n"\na@contoso.com,,Sales,01/13/2020\n'
    data.write_text(content)
    said = orgport("pack", data, "--full", "--yes").err
    assert (
        "“PersonId ” is PersonId, “ Manager Id” is Manager_Id, “Hire-Date\n” is Hire_Date" in said
    )
    assert data.read_text() == content
    told = orgport("check", "export.zip", "--json").document
    assert told["verdict"] == "accepted"
    mapping = metadata_of(orgport.folder / "export.zip")["Mapping"]
    assert {source: to["name"] for source, to in mapping.items()} == {  # type: ignore[attr-defined]
        "PersonId": "PersonId",
        "Manager_Id": "ManagerId",
        "Organization": "Organization",
        "Hire_Date": "HireDate",
    }


def test_a_mapping_of_ones_own_in_another_order_fits_the_header_that_is_mended(
    orgport: CommandLine,
) -> None:
    data = orgport.folder / "export.csv"
    data.write_text("the unit,who \nSales,a@contoso.com\n")
    own = orgport.folder / "own.json"
    mapping = {
        "who": {"name": "PersonId", "type": "EmailType"},
        "the unit": {"name": "Organization", "type": "StringType"},
    }
    own.write_text(json.dumps({"DatasetType": "HR", "IsBootstrap": "false", "Mapping": mapping}))
    orgport("pack", data, "--mapping", own)
    with zipfile.ZipFile(orgport.folder / "export.zip") as archive:
        assert archive.read("data.csv") == b"the_unit,who\nSales,a@contoso.com\n"
    assert metadata_of(orgport.folder / "export.zip")["Mapping"] == {
        "the_unit": mapping["the unit"],
        "who": mapping["who"],
    }


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("PersonId,Organization,Größe", "HDR_CHARS"),
        ("PersonId,Organization,#", "HDR_CHARS"),
        ("PersonId,Organization,", "HDR_BLANK"),
        ("PersonId,Organization,organization", "HDR_DUPLICATE"),
        ("PersonId,Organization,Hire Date,Hire_Date", "HDR_DUPLICATE"),
        ("PersonId,Organization,TimeZone", "HDR_SYSTEM_FIELD"),
    ],
)
def test_a_header_that_check_refuses_is_refused_by_pack_in_the_same_words(
    orgport: CommandLine, header: str, code: str
) -> None:
    data = orgport.folder / "export.csv"
    data.write_text(f"{header}\n{','.join('a@contoso.com' for _ in header.split(','))}\n")
    refused = orgport("pack", data, "--incremental", "--yes", code=2).err
    assert code in refused
    assert "Nothing was written" in refused
    assert not data.with_suffix(".zip").exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "PKG_CSV_EMPTY"),
        (b"\n\n", "PKG_CSV_EMPTY"),
        (b"PersonId,Organi\xffzation\na@contoso.com,Sales\n", "FILE_ENCODING"),
    ],
)
def test_a_csv_without_a_header_that_can_be_read_is_refused_when_packing(
    orgport: CommandLine, content: bytes, code: str
) -> None:
    data = orgport.folder / "export.csv"
    data.write_bytes(content)
    refused = orgport("pack", data, "--incremental", "--yes", code=2).err
    assert code in refused
    assert "export.csv" in refused
    assert not data.with_suffix(".zip").exists()


def test_a_header_without_rows_and_one_of_another_mapping_are_refused_when_packing(
    orgport: CommandLine,
) -> None:
    data = orgport.folder / "export.csv"
    data.write_text("PersonId,Organization\n")
    assert "FILE_NO_ROWS" in orgport("pack", data, "--incremental", "--yes", code=2).err
    data.write_text("PersonId,Organization\na@contoso.com,Sales\n")
    own = orgport.folder / "own.json"
    mapping = {"Person": {"name": "PersonId", "type": "EmailType"}}
    own.write_text(json.dumps({"DatasetType": "HR", "IsBootstrap": "false", "Mapping": mapping}))
    refused = orgport("pack", data, "--mapping", own, code=2).err
    assert "HDR_COUNT_MISMATCH Only in the csv: PersonId, Organization." in refused
    assert "Did you mean Person by PersonId?" in refused
    data.write_text("PersonId;Organization\na@contoso.com;Sales\n")
    refused = orgport("pack", data, "--mapping", own, code=2).err
    assert "The file looks separated by semicolons; commas are expected." in refused
