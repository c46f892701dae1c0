"""`orgport fix` offline: a broken package, its correction file mended, and a package that passes."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest

from commands import CommandLine, Site
from factories import a_mapping, a_person, csv_of
from orgport.package.write import write_package

HEADERS = ("PersonId", "ManagerId", "Organization", "EffectiveDate")


def a_broken_package(folder: Path) -> Path:
    people = [a_person(number) for number in range(6)]
    people[2]["ManagerId"] = "nobody@"
    people[4]["EffectiveDate"] = "31/12/2025"
    data = folder / "data.csv"
    data.write_bytes(csv_of(people, HEADERS))
    write_package(data, a_mapping(*HEADERS), folder / "people.zip")
    return folder / "people.zip"


def mend(path: Path, **cells: str) -> None:
    """Mend every row of a correction file and save it as a spreadsheet program would."""
    text = path.read_text("utf-8-sig")
    separator = ";" if ";" in text.partition("\n")[0] else ","
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), delimiter=";")
        writer.writeheader()
        writer.writerows({**row, **cells} for row in reversed(rows))


@pytest.fixture
def package(orgport: CommandLine) -> Path:
    """A package that was rejected; its correction file lies beside it, mended."""
    package = a_broken_package(orgport.folder)
    orgport("check", package, "--correction-file", "mended.csv", code=6)
    mended = orgport.folder / "mended.csv"
    mend(mended, ManagerId="person0@contoso.com", EffectiveDate="01/01/2025")
    return package


def test_a_mended_package_is_written_beside_the_first_and_passes(
    orgport: CommandLine, package: Path
) -> None:
    before = package.read_bytes()
    done = orgport("fix", "mended.csv", package)
    target = orgport.folder / "people-corrected.zip"
    assert "2 rows replaced, 0 rows removed, 0 rows added" in done.out
    assert f"orgport check {target}" in done.err
    assert package.read_bytes() == before
    orgport("check", target)
    with zipfile.ZipFile(target) as new, zipfile.ZipFile(package) as old:
        assert new.read("metadata.json") == old.read("metadata.json")
        assert len(new.read("data.csv").splitlines()) == len(old.read("data.csv").splitlines())


def test_a_csv_is_corrected_to_a_csv(orgport: CommandLine, package: Path) -> None:
    data = package.with_name("data.csv")
    done = orgport("fix", "mended.csv", data, "--out", "fixed.csv", "--json")
    assert done.document == {
        "package": "fixed.csv",
        "rows": {"replaced": 2, "removed": 0, "added": 0},
    }
    orgport("check", "fixed.csv")


def test_the_package_or_an_import_has_to_be_named(orgport: CommandLine, package: Path) -> None:
    assert "Give the package" in orgport("fix", "mended.csv", code=2).err
    assert "Give the package" in orgport("fix", "mended.csv", package, "--import", "x", code=2).err
    said = orgport("fix", "mended.csv", "--import", "x", "--out", "y.zip", code=2).err
    assert "nothing is written here" in said


def test_a_correction_file_in_which_nothing_was_mended_is_told_so(
    orgport: CommandLine, package: Path
) -> None:
    orgport("check", package, "--correction-file", "untouched.csv", code=6)
    said = orgport("fix", "untouched.csv", package, code=2).err
    assert "Nothing is mended: its 2 rows read as in the package" in said
    assert not package.with_stem("people-corrected").exists()


def test_rows_that_were_left_as_they_are_are_counted(orgport: CommandLine, package: Path) -> None:
    orgport("check", package, "--correction-file", "half.csv", code=6)
    half = orgport.folder / "half.csv"
    half.write_text(half.read_text("utf-8-sig").replace("nobody@,", "person0@contoso.com,", 1))
    assert "1 of the rows read as before" in orgport("fix", "half.csv", package).err
    assert "read as before" not in orgport("fix", "mended.csv", package).err


def test_a_correction_file_and_a_package_the_wrong_way_round_are_told_so(
    orgport: CommandLine, package: Path
) -> None:
    for other in (package, package.with_name("data.csv")):
        said = orgport("fix", other, "mended.csv", code=2).err
        assert f"It comes first: orgport fix mended.csv {other}" in said


def test_a_row_with_a_cell_too_many_is_mended_as_its_hint_says(orgport: CommandLine) -> None:
    """The value is written into one cell, and the surplus cell deleted, as in a spreadsheet program."""
    lines = csv_of([a_person(0), a_person(1)], HEADERS).decode().splitlines()
    lines[2] = lines[2].replace("Sales", "Sales, EMEA")
    (orgport.folder / "p.csv").write_text("\n".join([*lines, ""]))
    orgport("pack", "p.csv", "--full", "--yes")
    said = orgport("check", "p.zip", "--correction-file", "m.csv", code=6).out
    assert "delete the cell that is too many" in said
    text = (orgport.folder / "m.csv").read_text("utf-8-sig")
    header, row = csv.reader(io.StringIO(text, newline=""))
    at = row.index("Sales")
    row[at : at + 2] = ["Sales, EMEA"]
    assert row[header.index("_errors")].startswith("line 3 #")
    with (orgport.folder / "m.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, row])
    orgport("fix", "m.csv", "p.zip")
    orgport("check", "p-corrected.zip")


def test_the_package_itself_is_never_written_to(orgport: CommandLine, package: Path) -> None:
    said = orgport("fix", "mended.csv", package, "--out", package, code=2).err
    assert "stays as it is" in said


def test_the_correction_file_of_another_package_is_refused(
    orgport: CommandLine, package: Path
) -> None:
    other = orgport.folder / "other.csv"
    other.write_bytes(csv_of([a_person(number) for number in range(9)], HEADERS))
    said = orgport("fix", "mended.csv", other, code=2).err
    assert "reads otherwise in this package" in said
    assert not other.with_name("other-corrected.csv").exists()


def test_what_cannot_be_read_has_no_rows_to_correct(orgport: CommandLine, package: Path) -> None:
    torn = orgport.folder / "torn.zip"
    torn.write_bytes(package.read_bytes()[:100])
    assert (
        "torn.zip has no rows that could be corrected"
        in orgport("fix", "mended.csv", torn, code=2).err
    )


def test_a_failed_import_is_corrected_on_the_server_and_followed_to_its_end(
    site: Site, orgport: CommandLine, package: Path
) -> None:
    failed = orgport("push", package, "--json", code=6).document
    orgport("errors", "--correction-file", "untouched.csv")
    refused = orgport("fix", "untouched.csv", "--import", failed["id"], code=2)
    assert "Nothing is mended: its 2 rows read as in the package" in refused.err
    done = orgport("fix", "mended.csv", "--import", failed["id"][:8], "--json").document
    assert done["status"] == "Completed"
    assert done["id"] != failed["id"]
    assert done["rows"] == {"replaced": 2, "removed": 0, "added": 0}
    assert orgport("status", failed["id"], "--json").document["status"] == "ValidationFailed"
    assert orgport("status", "--json").document["id"] == done["id"]
    again = orgport("fix", "mended.csv", "--import", failed["id"], code=2)
    assert "was mended already" in again.err
    assert orgport("status", "--json").document["id"] == done["id"]


def test_a_correction_that_does_not_mend_it_all_ends_with_6_and_its_error_log(
    site: Site, orgport: CommandLine, package: Path
) -> None:
    failed = orgport("push", package, "--json", code=6).document
    mend(orgport.folder / "mended.csv", ManagerId="still nobody")
    done = orgport("fix", "mended.csv", "--import", failed["id"], code=6)
    assert "2 rows replaced" in done.err
    assert "still nobody is not an e-mail address" in done.out
