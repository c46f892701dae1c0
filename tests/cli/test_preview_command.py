"""What an import changes, told by `check --against`, `push --dry-run` and `orgport preview`."""

from __future__ import annotations

import csv
import io
import json
import uuid
from pathlib import Path

import pytest

from commands import CommandLine, Site, shell_at
from factories import a_person, csv_of

HEADERS = ("PersonId", "ManagerId", "Organization", "EffectiveDate")
BEFORE = [a_person(number) for number in range(10)]
AFTER = [*BEFORE[:-1], a_person(8, EffectiveDate="06/01/2025", Organization="Legal"), a_person(11)]


def a_package(shell: CommandLine, name: str, persons: list[dict[str, str]]) -> Path:
    (shell.folder / f"{name}.csv").write_bytes(csv_of(persons, HEADERS))
    shell("pack", f"{name}.csv", "--full", "--yes")
    return shell.folder / f"{name}.zip"


@pytest.fixture
def packages(orgport: CommandLine) -> tuple[Path, Path]:
    return a_package(orgport, "before", BEFORE), a_package(orgport, "after", AFTER)


def test_check_against_an_earlier_package_says_what_would_change(
    orgport: CommandLine, packages: tuple[Path, Path]
) -> None:
    before, after = packages
    said = orgport("check", after, "--against", before).out
    assert "persons: 10 before, 10 after; 1 join, 1 leave, 1 move" in said
    assert "history changes from 2025-06 on" in said
    document = orgport("check", after, "--against", before, "--json").document
    assert document["preview"]["persons"]["movers"] == 1
    assert document["preview"]["cellsByField"] == {"Organization": 1}


def test_check_without_stored_data_says_nothing_of_changes(
    orgport: CommandLine, packages: tuple[Path, Path]
) -> None:
    assert "persons: " not in orgport("check", packages[1]).out
    assert "preview" not in orgport("check", packages[1], "--json").document


def test_a_dry_run_says_what_would_change(
    orgport: CommandLine, packages: tuple[Path, Path]
) -> None:
    before, after = packages
    assert "1 join, 1 leave, 1 move" in orgport("push", after, "--dry-run", "--against", before).out
    refused = orgport("push", after, "--against", before, code=2)
    assert "--against belongs to --dry-run" in refused.err


@pytest.fixture(scope="module")
def told(site: Site, tmp_path_factory: pytest.TempPathFactory) -> tuple[CommandLine, str]:
    """A shell beside the server, and the last of two imports that it pushed."""
    shell = shell_at(site, tmp_path_factory.mktemp("preview"))
    shell.environment["ORGPORT_HOME"] = str(site.live.home)
    last = ""
    for name, persons in (("before", BEFORE), ("after", AFTER)):
        package = a_package(shell, name, persons)
        last = str(shell("push", package, "--json").document["id"])
    return shell, last


def beside(shell: CommandLine, *arguments: object, code: int = 0) -> str:
    """What `orgport preview` says."""
    done = shell.apart("preview", *arguments)
    assert done.returncode == code, done
    return done.stdout if code == 0 else done.stderr


def test_the_preview_of_an_import_is_told_beside_the_server(told: tuple[CommandLine, str]) -> None:
    shell, last = told
    assert "1 join, 1 leave, 1 move" in beside(shell, last)
    assert beside(shell, last[:8]) == beside(shell, last)
    document = json.loads(beside(shell, last, "--json"))
    assert (document["import"], document["persons"]["leavers"]) == (last, 1)
    rows = list(csv.DictReader(io.StringIO(beside(shell, last, "--csv"))))
    assert {row["PersonId"]: row["Change"] for row in rows} == {
        "person8@contoso.com": "mover",
        "person9@contoso.com": "leaver",
        "person11@contoso.com": "joiner",
    }


def test_what_is_no_import_has_no_preview(told: tuple[CommandLine, str]) -> None:
    shell, last = told
    for named in ("x", "99999", uuid.uuid4()):
        assert f"There is no import {named} on this server" in beside(shell, named, code=2)
    assert "not both" in beside(shell, last, "--csv", "--json", code=2)
