"""`people`, `history` and `tables`, asked beside the server of what was pushed to it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from commands import CommandLine, Site, shell_at
from factories import a_person, csv_of

HEADERS = ("PersonId", "ManagerId", "Organization", "EffectiveDate")


def push(shell: CommandLine, refresh: str, *persons: dict[str, str]) -> str:
    (shell.folder / "p.csv").write_bytes(csv_of(persons, HEADERS))
    shell("pack", "p.csv", refresh, "--yes")
    return str(shell("push", "p.zip", "--json").document["id"])


@pytest.fixture(scope="module")
def told(site: Site, tmp_path_factory: pytest.TempPathFactory) -> tuple[CommandLine, str, str]:
    """A shell beside the server: three persons in Sales, then person 2 moves on to Legal and to 1."""
    shell = shell_at(site, tmp_path_factory.mktemp("beside"))
    shell.environment["ORGPORT_HOME"] = str(site.live.home)
    full = push(shell, "--full", *(a_person(number) for number in range(3)))
    moved = a_person(
        2,
        EffectiveDate="06/01/2025",
        Organization="Legal",
        ManagerId="person1@contoso.com",
    )
    return shell, full, push(shell, "--incremental", moved)


def units(shell: CommandLine, *flags: object) -> dict[str, str]:
    document = shell("people", *flags, "--json").document
    assert document["count"] == len(document["people"])
    return {who["PersonId"].split("@")[0]: who["Organization"] for who in document["people"]}


def listed(shell: CommandLine, *flags: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shell.apart("history", "--json", *flags).stdout)
    return found


def test_people_are_told_as_of_a_day(told: tuple[CommandLine, str, str]) -> None:
    shell, _, _ = told
    sales = {f"person{number}": "Sales" for number in range(3)}
    assert units(shell, "--as-of", "2025-05-31") == sales
    assert units(shell, "--as-of", "2025-06-01") == sales | {"person2": "Legal"}
    assert units(shell) == sales | {"person2": "Legal"}
    assert units(shell, "--as-of", "2024-12-31") == {}


def test_people_are_told_as_they_were_known_after_an_import(
    told: tuple[CommandLine, str, str],
) -> None:
    shell, full, _ = told
    number = next(made["number"] for made in listed(shell) if made["importId"] == full)
    for known_at in (full, number, f"#{number}", full[:6], full.upper()):
        assert units(shell, "--as-of", "2025-07-01", "--known-at", known_at)["person2"] == "Sales"


def test_people_are_told_by_their_manager(told: tuple[CommandLine, str, str]) -> None:
    shell, _, _ = told
    found = units(shell, "--as-of", "2025-07-01", "--manager", "PERSON1@contoso.com")
    assert list(found) == ["person2"]


def test_a_person_to_whom_nobody_reports_is_told_from_a_stranger(
    told: tuple[CommandLine, str, str],
) -> None:
    shell, _, _ = told
    done = shell("people", "--as-of", "2025-05-31", "--manager", "person1@contoso.com")
    assert done.out == "Nobody reports to person1@contoso.com on 31 May 2025.\n"


def test_people_are_told_as_csv_with_all_fields(told: tuple[CommandLine, str, str]) -> None:
    shell, _, _ = told
    rows = list(csv.DictReader(io.StringIO(shell("people", "--as-of", "2025-07-01", "--csv").out)))
    assert {row["PersonId"]: row["StartDate"] for row in rows} == {
        "person0@contoso.com": "2025-01-01",
        "person1@contoso.com": "2025-01-01",
        "person2@contoso.com": "2025-06-01",
    }


def test_people_are_shown_in_whole_values_that_fit_the_screen(
    told: tuple[CommandLine, str, str],
) -> None:
    shell, _, _ = told
    lines = shell("people", "--as-of", "2025-07-01").out.splitlines()
    assert lines[0] == "3 persons on 01 July 2025"
    assert "person2@contoso.com" in lines[-1]
    assert all(len(line.rstrip()) <= 80 for line in lines)
    assert shell("people", "--as-of", "1999-01-01").out == "Nobody on 01 January 1999.\n"


def test_the_history_lists_the_imports_newest_first(told: tuple[CommandLine, str, str]) -> None:
    shell, full, incremental = told
    made = [one for one in listed(shell) if one["importId"] in (full, incremental)]
    assert [committed["importId"] for committed in made] == [incremental, full]
    assert (made[0]["refresh"], made[1]["refresh"]) == ("incremental", "full")
    assert made[0]["cellsChanged"] == {"ManagerId": 1, "Organization": 1}
    assert made[0]["fields"]["Organization"] == "StringType"
    lines = shell.apart("history").stdout.splitlines()
    told_apart = next(line for line in lines if line.endswith(incremental)).split(maxsplit=1)
    assert told_apart[0] == str(made[0]["number"])
    day = made[0]["at"][:10]
    line = f"{day}  incremental refresh  HR  +0 −0 ~1 persons, 4 periods  {incremental}"
    assert " ".join(told_apart[1].split()) == " ".join(line.split())


def test_the_history_lists_what_failed_with_its_status_and_can_be_narrowed_to_one(
    told: tuple[CommandLine, str, str],
) -> None:
    shell, full, _ = told
    (shell.folder / "p.csv").write_bytes(csv_of([a_person(0, EffectiveDate="tomorrow")], HEADERS))
    shell("pack", "p.csv", "--incremental", "--yes", "--out", "bad.zip")
    failed = shell("push", "bad.zip", "--json", code=6).document["id"]
    landed, came_to_nothing = (
        next(one for one in listed(shell) if one["importId"] == wanted) for wanted in (full, failed)
    )
    assert landed.keys() == came_to_nothing.keys()
    assert (landed["state"], landed["status"], landed["counts"]) == ("succeeded", "Success", True)
    wrong = {"state": "validation_failed", "status": "Validation failed", "counts": False}
    wrong |= {"name": "HR", "version": None, "personsAdded": None, "errorCount": 1}
    assert {name: came_to_nothing[name] for name in wrong} == wrong
    assert came_to_nothing["firstError"] == "VAL_DATE"

    line = f"incremental refresh  HR  Validation failed: 1 error, first VAL_DATE  {failed}"
    lines = shell.apart("history", "--status", "failed").stdout.splitlines()
    assert any(" ".join(one.split()).endswith(" ".join(line.split())) for one in lines)
    assert full not in shell.apart("history", "--status", "failed").stdout
    assert failed not in shell.apart("history", "--status", "success").stdout
    assert (
        "No import has the status running." in shell.apart("history", "--status", "running").stderr
    )


def test_an_import_that_runs_before_there_is_a_history_is_listed(
    orgport: CommandLine, idle_site: Site
) -> None:
    (orgport.folder / "p.csv").write_bytes(csv_of([a_person(0)], HEADERS))
    orgport("pack", "p.csv", "--full", "--yes")
    running = orgport("push", "p.zip", "--no-follow", "--json").document["id"]
    assert f"In progress  {running}" in idle_site.beside("history").stdout
    assert idle_site.beside("abandon", running, "--yes").returncode == 0
    assert f"Abandoned  {running}" in idle_site.beside("history", "--status", "abandoned").stdout


def test_the_tables_are_where_they_are_said_to_be(told: tuple[CommandLine, str, str]) -> None:
    shell, _, _ = told
    places = shell("tables", "--json").document
    assert set(places) == {"uploads", "periods", "persons"}
    periods = pl.scan_delta(places["periods"]).collect()
    assert periods.height == 4
    assert places["persons"] in shell("tables").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("people", "--as-of", "31/12/2025"),
            "'31/12/2025' is not a day. Write it as YYYY-MM-DD, such as 2026-01-31.",
        ),
        (("people", "--known-at", "x"), "There is no import x in the history."),
        (
            ("people", "--known-at", "9999"),
            "There is no import 9999 in the history, whose newest is ",
        ),
        (
            ("people", "--manager", "persom1@contoso.com"),
            "Nobody in the history has the address persom1@contoso.com. "
            "Did you mean person1@contoso.com?",
        ),
        (
            ("people", "--manager", "somebody", "--json"),
            "Nobody in the history has the address somebody. Give the whole address, as it stands in",
        ),
        (("people", "--csv", "--json"), "Give --csv or --json, not both."),
        (("history", "--tenant-id", "Contoso"), "The tenant ID 'Contoso' is not a GUID."),
        (
            ("history", "--status", "fine"),
            "There is no status fine. Give one of running, success, failed, ",
        ),
        (("abandon", "x"), "There is no import x on this server."),
    ],
)
def test_what_cannot_be_asked_is_refused(
    told: tuple[CommandLine, str, str], arguments: tuple[str, ...], message: str
) -> None:
    shell, _, _ = told
    assert message in shell(*arguments, code=2).err


def test_without_a_history_it_says_where_it_looked(orgport: CommandLine) -> None:
    done = orgport("people", code=2)
    assert str(orgport.folder / "home" / "history") in done.err
    assert "set ORGPORT_HOME to its home folder" in done.err


def test_a_tenant_without_imports_has_an_empty_history(
    orgport: CommandLine, tmp_path: Path
) -> None:
    tenant = "11111111-2222-4333-8444-555555555555"
    (tmp_path / "home").mkdir()
    assert orgport("history", "--tenant-id", tenant, "--json").document == []
    assert orgport("people", "--tenant-id", tenant, "--json").document["count"] == 0
