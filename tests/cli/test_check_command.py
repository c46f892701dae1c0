"""`check`: the server's own verdict, offline, and what mends what it finds."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from commands import CommandLine, Screen
from factories import HEADERS, a_person, csv_of, write_csv


def a_rejected_package(orgport: CommandLine) -> Path:
    write_csv(
        orgport.folder,
        a_person(0),
        a_person(1, EffectiveDate="31/31/2025"),
        a_person(2),
        name="broken.csv",
    )
    orgport("pack", "broken.csv", "--full", "--yes")
    return orgport.folder / "broken.zip"


def test_check_ends_with_6_and_says_where_what_and_how_to_mend_it(orgport: CommandLine) -> None:
    done = orgport("check", a_rejected_package(orgport), code=6)
    assert done.out.startswith("rejected  broken.zip, full refresh, rule set 2026.1\n")
    assert "3 read, 2 accepted, 0 left out, 1 failed" in done.out
    assert "error  VAL_DATE  EffectiveDate  1" in done.out
    assert "line 3" in done.out
    assert "31/31/2025" in done.out


def test_check_prints_one_document_with_the_documented_keys(orgport: CommandLine) -> None:
    told = orgport("check", a_rejected_package(orgport), "--json", code=6).document
    assert (told["verdict"], told["ruleSet"]) == ("rejected", "2026.1")
    assert told["rows"] == {"read": 3, "accepted": 2, "excluded": 0, "failed": 1}
    assert told["counts"]["bySeverity"]["error"] == 1
    assert told["counts"]["byCode"][0]["code"] == "VAL_DATE"
    finding = told["findings"][0]
    assert (finding["code"], finding["line"], finding["value"]) == ("VAL_DATE", 3, "31/31/2025")


def test_the_error_log_has_the_columns_of_the_findings_of_the_document(
    orgport: CommandLine,
) -> None:
    package = a_rejected_package(orgport)
    told = orgport("check", package, "--json", "--errors", "log.csv", code=6).document
    with (orgport.folder / "log.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [key[0].lower() + key[1:] for key in rows[0]] == list(told["findings"][0])
    assert [row["Value"] for row in rows if row["Severity"] == "Error"] == ["31/31/2025"]


def test_check_says_whether_there_is_a_row_to_mend(orgport: CommandLine) -> None:
    package = a_rejected_package(orgport)
    said = orgport("check", package, "--correction-file", "mend.csv", code=6).err
    assert "Wrote mend.csv: mend its rows" in said
    write_csv(orgport.folder, a_person(0), name="right.csv")
    orgport("pack", "right.csv", "--full", "--yes")
    said = orgport("check", "right.zip", "--correction-file", "none.csv").err
    assert "No row to mend: none.csv has the header alone." in said
    (orgport.folder / "p.zip").write_bytes(b"not a zip")
    assert "--correction-file" not in orgport("check", "p.zip", code=6).err


def test_no_command_writes_over_what_it_reads_or_what_was_mended(orgport: CommandLine) -> None:
    package = write_csv(
        orgport.folder, a_person(0), a_person(1, EffectiveDate="soon"), name="p.csv"
    )
    orgport("pack", package, "--full", "--yes")
    before = (orgport.folder / "p.zip").read_bytes()
    for option in ("--errors", "--correction-file"):
        refused = orgport("check", "p.zip", option, "./p.zip", code=2).err
        assert "p.zip is read and stays as it is. Give another name to write." in refused
    orgport("check", "p.zip", "--correction-file", "mend.csv", code=6)
    mended = (orgport.folder / "mend.csv").read_bytes()
    again = orgport("check", "p.zip", "--correction-file", "mend.csv", code=2).err
    assert "mend.csv is there already, perhaps with rows that were mended." in again
    orgport("fix", "mend.csv", "p.zip", "--out", "mend.csv", code=2)
    assert (orgport.folder / "mend.csv").read_bytes() == mended
    assert (orgport.folder / "p.zip").read_bytes() == before


def test_a_mended_correction_file_is_accepted(orgport: CommandLine) -> None:
    package = a_rejected_package(orgport)
    orgport("check", package, "--correction-file", "mend.csv", code=6)
    text = (orgport.folder / "mend.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["PersonId"] for row in rows] == ["person1@contoso.com"]
    assert "VAL_DATE" in rows[0]["_errors"]
    mended = a_person(1, EffectiveDate="12/31/2025")
    write_csv(orgport.folder, a_person(0), mended, name="mended.csv")
    orgport("pack", "mended.csv", "--full", "--yes")
    orgport("check", "mended.zip", code=0)


def test_rows_with_invalid_data_are_left_out_when_that_is_asked(orgport: CommandLine) -> None:
    write_csv(orgport.folder, *[a_person(n) for n in range(40)], a_person(41, EffectiveDate="?"))
    orgport("pack", "people.csv", "--full", "--yes")
    told = orgport("check", "people.zip", "--exclude-invalid-rows", "--json").document
    assert told["rows"] == {"read": 41, "accepted": 40, "excluded": 1, "failed": 0}
    assert orgport("check", "people.zip", code=6)


def test_custom_fields_are_taken_only_when_that_is_asked(orgport: CommandLine) -> None:
    path = orgport.folder / "custom.csv"
    path.write_bytes(csv_of([a_person(0, Shoes="42")], (*HEADERS, "Shoes")))
    orgport("pack", path, "--full", "--yes")
    refused = orgport("check", "custom.zip", "--json", code=6).document
    assert refused["counts"]["byCode"][0]["code"] == "META_UNKNOWN_TARGET"
    orgport("check", "custom.zip", "--custom-fields")


def test_the_first_import_has_to_be_full_when_it_is_judged_as_the_first(
    orgport: CommandLine,
) -> None:
    orgport("pack", write_csv(orgport.folder), "--incremental", "--yes")
    orgport("check", "people.zip")
    told = orgport("check", "people.zip", "--first-import", "--json", code=6).document
    assert told["counts"]["byCode"][0]["code"] == "META_FIRST_NOT_FULL"


def test_check_says_which_rules_it_cannot_judge_without_the_stored_data(
    orgport: CommandLine,
) -> None:
    orgport("pack", write_csv(orgport.folder), "--incremental", "--yes")
    alone = orgport("check", "people.zip", "--json").document
    orgport("pack", "people.csv", "--full", "--yes", "--out", "before.zip")
    beside = orgport("check", "people.zip", "--against", "before.zip", "--json").document
    assert alone["notJudged"]
    assert beside["notJudged"] == []


def test_earlier_packages_are_the_stored_data_oldest_first(orgport: CommandLine) -> None:
    write_csv(orgport.folder, a_person(0), a_person(1), name="one.csv")
    write_csv(orgport.folder, a_person(2), name="two.csv")
    write_csv(orgport.folder, a_person(3, ManagerId="person2@contoso.com"), name="three.csv")
    orgport("pack", "one.csv", "--full", "--yes")
    for name in ("two.csv", "three.csv"):
        orgport("pack", name, "--incremental", "--yes")

    def codes(*against: str) -> set[str]:
        flags = [part for name in against for part in ("--against", name)]
        told = orgport("check", "three.zip", *flags, "--json", code=None).document
        return {count["code"] for count in told["counts"]["byCode"]}

    unknown = codes("one.zip") - codes("one.zip", "two.zip")
    assert unknown  # person2 is known only when two.zip came before


def test_check_refuses_an_earlier_package_that_is_not_accepted_itself(
    orgport: CommandLine,
) -> None:
    broken = a_rejected_package(orgport)
    orgport("sample", "--persons", 5, "--months", 1, "--out", "s.zip")
    done = orgport("check", "s.zip", "--against", broken, code=2)
    assert "broken.zip is not accepted itself. See: orgport check" in done.err


def test_check_takes_a_raw_csv_and_a_raw_json(orgport: CommandLine) -> None:
    write_csv(orgport.folder)
    (orgport.folder / "people.json").write_text(json.dumps([a_person(0), a_person(1)]))
    for name in ("people.csv", "people.json"):
        assert orgport("check", name, "--json").document["rows"]["read"] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("absent.zip",), "'absent.zip' does not exist"),
        (("people.csv", "--ruleset", "1999.1"), "There is no rule set 1999.1. Known: 2026.1"),
        (("people.csv", "--errors", "nowhere/log.csv"), "There is no folder nowhere"),
        (("people.csv", "--correction-file", "."), ". is a folder"),
        (("people.csv", "--against", "absent.zip"), "'absent.zip' does not exist"),
        (("people.txt",), "people.txt is neither .zip, .csv nor .json"),
    ],
)
def test_check_ends_with_2_for_what_it_cannot_use(
    orgport: CommandLine, arguments: tuple[str, ...], message: str
) -> None:
    write_csv(orgport.folder)
    write_csv(orgport.folder, name="people.txt")
    assert message in " ".join(orgport("check", *arguments, code=2).err.split())


def test_a_file_that_is_no_zip_is_a_finding_and_not_a_failure_of_the_command(
    orgport: CommandLine,
) -> None:
    (orgport.folder / "p.zip").write_bytes(b"not a zip")
    told = orgport("check", "p.zip", "--json", code=6).document
    assert [finding["code"] for finding in told["findings"]] == ["PKG_NOT_ZIP"]
    done = orgport("check", "p.zip", "--correction-file", "mend.csv", code=6)
    assert "PKG_NOT_ZIP" in done.out
    assert "there are no rows to mend and no correction file" in done.err
    assert not (orgport.folder / "mend.csv").exists()


def test_rows_that_are_wrong_only_together_are_offered_to_be_mended(orgport: CommandLine) -> None:
    circle = [
        a_person(1, ManagerId="person2@contoso.com"),
        a_person(2, ManagerId="person1@contoso.com"),
    ]
    data = write_csv(orgport.folder, *circle)
    orgport("pack", data, "--full", "--yes", "--out", "p.zip")
    assert "The rows to mend: --correction-file" in orgport("check", "p.zip", code=6).err
    done = orgport("check", "p.zip", "--correction-file", "mend.csv", code=6)
    assert "Wrote mend.csv: mend its rows" in done.err
    assert len((orgport.folder / "mend.csv").read_text().splitlines()) == 3


def test_at_a_terminal_lines_break_between_words_and_the_verdict_stands_below_the_bar(
    orgport: CommandLine,
) -> None:
    a_rejected_package(orgport)
    screen = Screen(
        [sys.executable, "-m", "orgport.cli", "check", "broken.zip"],
        folder=orgport.folder,
        variables=orgport.variables,
    )
    assert screen.wait() == 6
    lines = screen.lines
    assert "rejected  broken.zip, full refresh, rule set 2026.1" in lines
    assert [line for line in lines if len(line) > 80] == []
    assert not any(line.startswith("Checking") and "VAL_DATE" in line for line in lines)


def test_a_csv_with_another_separator_is_told_so_where_no_column_is_known(
    orgport: CommandLine, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_text("PersonId;ManagerId;Organization\na@contoso.com;;Sales\n")
    findings = orgport("check", path, "--json", code=6).document["findings"]
    hint = "The file looks separated by semicolons; commas are expected."
    assert all(finding["message"].endswith(hint) for finding in findings)


def test_a_csv_says_which_refresh_was_assumed_and_what_says_otherwise(orgport: CommandLine) -> None:
    write_csv(orgport.folder, a_person(0), a_person(1), name="my p.csv")
    alone = orgport("check", "my p.csv").out
    assert "judged as the first import, which replaces all data" in alone
    assert "--against" in alone
    assert "orgport pack 'my p.csv'" in alone
    later = orgport("check", "my p.csv", "--against", "my p.csv").out
    assert "judged as a later import, which adds and edits" in later
    assert "orgport pack 'my p.csv' --full" in later
    orgport("pack", "my p.csv", "--full", "--yes")
    assert "says no refresh" not in orgport("check", "my p.zip").out
    assert "says no refresh" not in orgport("check", "my p.csv", "--as-upload").out
