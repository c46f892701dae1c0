"""`delete` and `erase` beside the server: what would go is said first, and nothing goes unasked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_history_commands import units

from commands import CommandLine, Site, shell_at
from factories import a_person, csv_of


@pytest.fixture
def shell(site: Site, tmp_path: Path) -> CommandLine:
    made = shell_at(site, tmp_path)
    made.environment["ORGPORT_HOME"] = str(site.live.home)
    persons = [a_person(number, HireDate="01/01/2020") for number in range(3)]
    (tmp_path / "p.csv").write_bytes(csv_of(persons, list(persons[0])))
    made("pack", "p.csv", "--full", "--yes")
    made("push", "p.zip")
    return made


def test_fields_are_deleted_after_their_users_were_named(site: Site, shell: CommandLine) -> None:
    said = site.beside("delete", "fields", "HireDate", "--dry-run", "--json")
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout)["insightsLost"] == ["New-hire onboarding", "Tenure groups"]
    assert "New-hire onboarding needs HireDate" in said.stderr
    assert site.beside("delete", "fields", "Organization", "--yes").returncode == 2
    done = site.beside("delete", "fields", "HireDate", "--yes", "--json")
    assert json.loads(done.stdout)["state"] == "succeeded"
    assert set(units(shell)) == {"person0", "person1", "person2"}


def test_employees_of_the_filled_in_template_are_deleted_and_listed(
    site: Site, shell: CommandLine
) -> None:
    file = shell.folder / "leavers.csv"
    shell("delete", "template", "--out", file)
    file.write_bytes(file.read_bytes() + b"person2@contoso.com\r\nperson9@contoso.com\r\n")
    said = site.beside("delete", "employees", str(file), "--dry-run")
    assert "1 of 2 addresses are persons in the history" in said.stderr
    assert "1 of 2 addresses nobody has: person9@contoso.com (did you mean person" in said.stderr
    done = site.beside("delete", "employees", str(file), "--yes", "--json")
    assert json.loads(done.stdout)["state"] == "succeeded", done.stderr
    assert set(units(shell)) == {"person0", "person1"}
    listed = site.beside("delete", "list", json.loads(done.stdout)["import"]).stdout
    assert listed.split() == [
        "PersonId,Result",
        "person2@contoso.com,deleted",
        "person9@contoso.com,ADV_UNKNOWN_PERSON",
    ]


def test_a_list_that_names_nobody_is_refused_before_anything_is_asked(
    site: Site, shell: CommandLine
) -> None:
    file = shell.folder / "strangers.csv"
    slips = ["persn2@contoso.com", *(f"{name}@fabrikam.com" for name in "abcdef")]
    file.write_text("\n".join(("PersonId", *slips)))
    before = site.beside("history", "--json").stdout
    said = site.beside("delete", "employees", str(file), "--dry-run")
    assert said.returncode == 0
    named = "persn2@contoso.com (did you mean person2@contoso.com?), a@fabrikam.com, b@fabrikam.com"
    assert f"7 of 7 addresses nobody has: {named}" in said.stderr
    refused = site.beside("delete", "employees", str(file))
    assert refused.returncode == 2
    assert f"Nothing was deleted: nobody in the history has {named}" in refused.stderr
    assert "and 2 more. Correct what is misspelled" in refused.stderr
    assert site.beside("history", "--json").stdout == before


def test_persons_are_erased_once_the_confirmation_is_given(site: Site, shell: CommandLine) -> None:
    said = site.beside("erase", "person2@contoso.com", "--dry-run", "--json")
    assert json.loads(said.stdout)["persons"] == 1
    refused = site.beside("erase", "person2@contoso.com", "--confirm", "yes")
    assert refused.returncode == 2
    assert "erase 1 person" in refused.stderr
    assert "person2" in units(shell)
    done = site.beside("erase", "person2@contoso.com", "--confirm", "erase 1 person", "--json")
    assert json.loads(done.stdout)["state"] == "succeeded", done.stderr
    assert set(units(shell)) == {"person0", "person1"}


def test_what_is_neither_an_address_nor_a_file_is_told(site: Site, shell: CommandLine) -> None:
    done = site.beside("erase", str(shell.folder / "missing.csv"))
    assert done.returncode == 2
    assert (
        "missing.csv is no address such as name@contoso.com, and there is no such file."
        in done.stderr
    )


def test_nothing_is_erased_where_nobody_has_an_address(site: Site, shell: CommandLine) -> None:
    logs = site.live.home / "imports"
    before = sorted(logs.rglob("*"))
    known, slip, stranger = "person1@contoso.com", "persn2@contoso.com", "zoe@fabrikam.com"
    said = site.beside("erase", known, slip, stranger, "--confirm", "erase 3 persons")
    assert said.returncode == 2
    assert (
        "nobody in the history has persn2@contoso.com (did you mean person2@contoso.com?), "
        "zoe@fabrikam.com." in said.stderr
    )
    assert "--also-unknown" in said.stderr
    assert sorted(logs.rglob("*")) == before
    assert set(units(shell)) == {"person0", "person1", "person2"}


def test_who_is_only_in_packages_and_logs_is_erased_when_that_is_said(
    site: Site, shell: CommandLine
) -> None:
    command = ("erase", "zoe@fabrikam.com", "--also-unknown")
    said = site.beside(*command, "--dry-run")
    assert "Nobody in the history has 1 of them" in said.stderr
    done = site.beside(*command, "--confirm", "erase 1 person", "--json")
    assert json.loads(done.stdout)["state"] == "succeeded", done.stderr
    assert set(units(shell)) == {"person0", "person1", "person2"}


def test_nothing_goes_when_nobody_answers(site: Site, shell: CommandLine) -> None:
    for command in (("delete", "fields", "HireDate"), ("erase", "person2@contoso.com")):
        asked = site.beside(*command)
        assert asked.returncode not in (0, 1)
        assert "Traceback" not in asked.stderr
    assert set(units(shell)) == {"person0", "person1", "person2"}
