"""`push`, `status`, `errors` and `abandon` against a real server with a real worker, over TLS."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from commands import CommandLine, Done, Screen, Site
from factories import a_person, csv_of
from live import wait_until
from orgport.identity.certificates import new_certificate

HEADERS = ("PersonId", "ManagerId", "Organization", "EffectiveDate")
pytestmark = pytest.mark.usefixtures("site")

SOME_ID = "9d827643-d003-4cca-9dc8-71213a8f1644"


@pytest.fixture
def package(orgport: CommandLine) -> Path:
    return write_package(orgport, a_person(0), a_person(1))


@pytest.fixture
def broken(orgport: CommandLine) -> Path:
    persons = (a_person(n, EffectiveDate="31/31/2025") for n in range(1, 8))
    return write_package(orgport, a_person(0), *persons, name="broken")


def write_package(shell: CommandLine, *persons: dict[str, str], name: str = "people") -> Path:
    path = shell.folder / f"{name}.csv"
    path.write_bytes(csv_of(persons, HEADERS))
    shell("pack", path, "--full", "--yes")
    return path.with_suffix(".zip")


def import_in(done: Done) -> str:
    found = re.search(r"import ([0-9a-f-]{36})", done.out)
    assert found, done
    return found[1]


# what comes out


def test_the_failed_rows_of_the_last_push_come_as_a_file_to_be_mended(
    orgport: CommandLine, broken: Path
) -> None:
    done = orgport("push", broken, code=6)
    assert f"orgport errors {import_in(done)} --correction-file FILE" in done.err
    orgport("errors", "--correction-file", "mended.csv")
    rows = (orgport.folder / "mended.csv").read_text("utf-8-sig").splitlines()
    assert rows[0].endswith(",_errors")
    assert len(rows) == 8
    both = orgport("errors", "--out", "a.csv", "--correction-file", "b.csv", code=2)
    assert "Give --out or --correction-file, not both." in both.err


def test_a_push_that_succeeds_ends_with_0_and_names_its_import(
    orgport: CommandLine, package: Path
) -> None:
    done = orgport("push", package)
    assert done.out == f"Success  import {import_in(done)}\n"
    assert orgport("status").out == done.out
    for named in (import_in(done), import_in(done)[:8], import_in(done).upper()):
        assert orgport("status", named).out == done.out


def test_a_raw_csv_and_a_raw_json_are_sent_as_they_are(orgport: CommandLine) -> None:
    (orgport.folder / "raw.csv").write_bytes(csv_of([a_person(0), a_person(1)], HEADERS))
    (orgport.folder / "raw.json").write_text(json.dumps([a_person(0), a_person(1)]))
    for name in ("raw.csv", "raw.json"):
        assert orgport("push", name, "--json").document["status"] == "Completed"


def test_json_is_one_document_about_the_import(orgport: CommandLine, package: Path) -> None:
    told = orgport("push", package, "--json").document
    assert list(told) == [
        "id",
        "status",
        "stage",
        "page",
        "startDate",
        "endDate",
        "errorDetail",
        "errorLog",
    ]
    assert (told["status"], told["errorLog"]) == ("Completed", None)
    assert orgport("status", "--json").document == told


def test_a_package_that_is_not_valid_ends_with_6_and_its_error_log_lies_beside_it(
    orgport: CommandLine, broken: Path
) -> None:
    done = orgport("push", broken, code=6)
    log = broken.with_name(f"broken_{import_in(done)}_errors.csv")
    assert done.out.startswith("Validation failed  import ")
    assert f"Error log: {log}\n" in done.out
    assert done.out.count("  VAL_DATE  ") == 5
    assert "… and 2 more" in done.out
    with log.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Code"] == "VAL_DATE"]
    assert [(row["Line"], row["SourceColumn"], row["Value"]) for row in rows[:1]] == [
        ("3", "EffectiveDate", "31/31/2025")
    ]


def test_the_error_log_is_fetched_again_by_a_command_of_its_own(
    orgport: CommandLine, broken: Path
) -> None:
    told = orgport("push", broken, "--json", code=6).document
    orgport("errors", told["id"], "--out", "again.csv")
    assert (orgport.folder / "again.csv").read_bytes() == Path(told["errorLog"]).read_bytes()
    orgport("errors")
    assert (orgport.folder / f"{told['id']}_errors.csv").exists()


def test_an_error_log_that_cannot_be_written_does_not_hide_the_outcome(
    orgport: CommandLine, broken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "log.csv")

    monkeypatch.setattr("orgport.client.Session.errors", full)
    done = orgport("push", broken, code=6)
    assert "No space left on device" in done.err
    assert f"Try again: orgport errors {import_in(done)} --out FILE" in done.err


def test_an_import_that_cannot_be_processed_ends_with_7(
    site: Site, orgport: CommandLine, package: Path
) -> None:
    history, away = site.live.home / "history", site.live.home / "history-away"
    if history.exists():
        history.rename(away)
    history.write_text("in the way")
    try:
        done = orgport("push", package, code=7)
    finally:
        history.unlink()
        if away.exists():
            away.rename(history)
    assert done.out.startswith("Processing failed  import ")


def test_a_push_beside_a_running_import_ends_with_5_unless_it_waits(
    idle_site: Site, orgport: CommandLine, package: Path
) -> None:
    first = orgport("push", package, "--no-follow")
    assert first.out == f"In progress  import {import_in(first)}\n"
    done = orgport("push", package, code=5)
    assert "Previous ingestion is not complete." in done.err
    assert f"orgport status {import_in(first)}" in done.err
    assert done.out == ""
    pushing = start(orgport, "push", str(package), "--wait")
    assert pushing.stderr is not None
    assert pushing.stderr.readline() == (
        f"Import {import_in(first)} is running (In progress); waiting for its end.\n"
    )
    give_up(idle_site, import_in(first))
    last = orgport.store / "last-push.json"
    wait_until(lambda: import_in(first) not in last.read_text())
    second = json.loads(last.read_text())["id"]
    give_up(idle_site, second)
    assert pushing.communicate(timeout=60) == (f"Abandoned  import {second}\n", "")
    assert pushing.returncode == 9


def give_up(site: Site, running: str) -> None:
    told = site.beside("abandon", running, "--yes")
    assert told.stdout == f"Abandoned  import {running}\n", told.stderr


def start(shell: CommandLine, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "orgport.cli", *arguments],
        cwd=shell.folder,
        env={**os.environ, **shell.variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# what is refused


def test_a_certificate_that_the_app_does_not_have_ends_with_3(
    orgport: CommandLine, package: Path
) -> None:
    orgport("certificate", "new", "stranger")
    done = orgport("push", package, "--certificate", "CN=stranger", code=3)
    assert "AADSTS700027" in done.err
    assert "Upload it under App registrations > Certificates" in done.err


def use_certificate(shell: CommandLine, *, days: int) -> datetime:
    """Sign in with a certificate that ends so many days from now; its last day."""
    made = new_certificate("ending", days=99, now=datetime.now(UTC) + timedelta(days=days - 99))
    folder = shell.store / "certificates"
    (folder / "hris.cer").write_bytes(made.certificate_pem)
    (folder / "hris.key").write_bytes(made.private_key_pem)
    return made.expires_at


def test_a_certificate_that_has_expired_is_told_before_anything_is_sent(
    orgport: CommandLine, package: Path
) -> None:
    ended = use_certificate(orgport, days=-3)
    orgport.environment["ORGPORT_LOGIN_URL"] = "https://localhost:9"
    for command in (("push", package), ("status", SOME_ID)):
        said = orgport(*command, code=3).err
        assert "CN=ending, thumbprint" in said
        assert f"expired on {ended:%d %B %Y}. Make a new one" in said


def test_a_certificate_that_expires_soon_is_told_with_its_last_day(
    orgport: CommandLine, package: Path
) -> None:
    ends = use_certificate(orgport, days=12)
    orgport.environment["ORGPORT_LOGIN_URL"] = "https://localhost:9"
    said = orgport("push", package, code=8).err
    assert f"({ends:%d %B %Y}). Make a new one (orgport certificate new NAME)" in said


def test_an_app_or_a_tenant_that_is_not_known_ends_with_3(
    orgport: CommandLine, package: Path
) -> None:
    assert "AADSTS700016" in orgport("push", package, "--app-id", SOME_ID, code=3).err
    assert "AADSTS90002" in orgport("push", package, "--tenant-id", SOME_ID, code=3).err


def test_data_without_a_connection_ends_with_4(orgport: CommandLine, package: Path) -> None:
    assert orgport("push", package, "--data-type", "Survey", code=4).err


def test_a_server_that_does_not_answer_ends_with_8(orgport: CommandLine, package: Path) -> None:
    done = orgport("push", package, "--endpoint", "https://localhost:9", code=8)
    assert "https://localhost:9 cannot be reached" in done.err


def test_a_server_that_is_not_trusted_ends_with_8_and_names_the_setting(
    orgport: CommandLine, package: Path
) -> None:
    del orgport.environment["ORGPORT_CA"]
    done = orgport("push", package, code=8)
    assert "CERTIFICATE_VERIFY_FAILED" in done.err
    assert "ORGPORT_CA" in done.err


def test_an_import_that_is_not_known_ends_with_2(orgport: CommandLine) -> None:
    for command in ("status", "errors"):
        assert orgport(command, SOME_ID, code=2).err.startswith("orgport: ")
        assert "Nothing was pushed from here yet" in orgport(command, code=2).err


# before any network call: the server of these is not there


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--app-id", "123"), "The application ID '123' is not a GUID"),
        (("--tenant-id", "contoso.com"), "The tenant ID 'contoso.com' is not a GUID"),
        (("--certificate", "nobody"), "There is no certificate nobody"),
        (("--endpoint", "http://localhost:9"), "http://localhost:9 is not an https address"),
        (("--endpoint", "https://"), "is not an https address"),
        (("--profile", "nowhere"), "There is no profile nowhere"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_sent(
    orgport: CommandLine, package: Path, arguments: tuple[str, str], message: str
) -> None:
    orgport.environment["ORGPORT_LOGIN_URL"] = "https://localhost:9"
    assert message in orgport("push", package, *arguments, code=2).err


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("absent.zip", "There is no file absent.zip. Give the path of the package."),
        ("people.txt", "people.txt is neither .zip, .csv nor .json."),
        (".", ". is a folder. Push the zip of its data.csv and metadata.json"),
        ("people.xlsx", "people.xlsx is an Excel workbook."),
    ],
)
def test_a_file_that_cannot_be_sent_is_refused_before_anything_is_sent(
    orgport: CommandLine, name: str, message: str
) -> None:
    orgport.environment["ORGPORT_LOGIN_URL"] = "https://localhost:9"
    for empty in ("people.txt", "people.xlsx"):
        (orgport.folder / empty).touch()
    assert message in orgport("push", name, code=2).err


def test_authorities_and_keys_that_cannot_be_read_are_named(
    orgport: CommandLine, package: Path
) -> None:
    orgport.environment["ORGPORT_CA"] = str(package)
    assert "Give a PEM file as ORGPORT_CA" in orgport("push", package, code=2).err
    (orgport.store / "certificates" / "hris.key").write_text("nothing")
    assert "hris.key holds no private key" in orgport("push", package, code=2).err


def test_a_dry_run_judges_here_and_sends_nothing(
    orgport: CommandLine, package: Path, broken: Path
) -> None:
    orgport.environment.clear()
    assert orgport("push", package, "--dry-run").out.startswith("accepted")
    told = orgport("push", broken, "--dry-run", "--json", code=6).document
    assert told["verdict"] == "rejected"


def test_values_may_stand_in_quotes_and_have_doubled_backslashes(
    orgport: CommandLine, package: Path
) -> None:
    quoted = f'"{orgport.environment["ORGPORT_APP_ID"]}"'
    package.rename(orgport.folder / "a\\b.zip")
    told = orgport("push", '"a\\\\b.zip"', "--app-id", quoted, "--json").document
    assert told["status"] == "Completed"


def test_neither_token_nor_key_is_ever_printed(
    orgport: CommandLine, package: Path, broken: Path
) -> None:
    orgport.environment["ORGPORT_TRACE"] = "1"
    told = [
        orgport("push", package),
        orgport("push", package, "--json"),
        orgport("push", broken, code=6),
        orgport("push", package, "--data-type", "Survey", code=4),
        orgport("doctor"),
        orgport("doctor", "--json"),
    ]
    text = "".join(done.out + done.err for done in told)
    key = (orgport.store / "certificates" / "hris.key").read_text().splitlines()[1]
    assert "eyJ" not in text  # how every token and assertion begins
    assert key not in text


# with nothing given


def test_with_nothing_given_it_asks_in_the_order_of_the_known_console(
    orgport: CommandLine, package: Path
) -> None:
    answers = [orgport.environment.pop(f"ORGPORT_{name}") for name in ("APP_ID", "TENANT_ID")]
    del orgport.environment["ORGPORT_CERTIFICATE"]
    typed = f"{answers[0]}\n'{package}'\n{answers[1]}\nCN=hris\n\n"
    done = orgport("push", typed=typed)
    assert done.out.startswith("Success")
    places = [
        done.err.index(question)
        for question in (
            "Application (client) ID:",
            "Path of the package:",
            "Directory (tenant) ID:",
            "Certificate name:",
            "Data type [HR]:",
        )
    ]
    assert places == sorted(places)


def test_a_question_that_nobody_answers_says_which_flag_to_give(
    orgport: CommandLine, package: Path
) -> None:
    del orgport.environment["ORGPORT_TENANT_ID"]
    done = orgport("push", package, code=2)
    assert "Directory (tenant) ID is missing. Give --tenant-id." in done.err
    del orgport.environment["ORGPORT_LOGIN_URL"]
    done = orgport("push", package, "--tenant-id", SOME_ID, code=2)
    assert "Address of the server is missing. Give --endpoint." in done.err


def test_at_a_terminal_the_questions_and_the_outcome_are_seen(
    orgport: CommandLine, package: Path
) -> None:
    answers = [orgport.environment.pop(f"ORGPORT_{name}") for name in ("APP_ID", "TENANT_ID")]
    del orgport.environment["ORGPORT_CERTIFICATE"]
    screen = Screen(
        [sys.executable, "-m", "orgport.cli", "push"],
        folder=orgport.folder,
        variables=orgport.variables,
    )
    screen.answer("client) ID: ", answers[0])
    screen.answer("package: ", str(package))
    screen.answer("tenant) ID: ", answers[1])
    screen.answer("name: ", "hris")
    screen.answer("[HR]: ", "")
    assert screen.wait() == 0
    assert any(line.startswith("Success  import ") for line in screen.lines)
