"""`connection` and `app variables`: from a fresh home to what a sender sets, by names alone."""

from __future__ import annotations

import json

import pytest

from commands import CommandLine

pytestmark = pytest.mark.usefixtures("fresh")


@pytest.fixture
def fresh(orgport: CommandLine) -> None:
    """A home with a tenant and an app that has a certificate."""
    orgport("certificate", "new", "hris")
    for command in (
        ("tenant", "create", "Contoso"),
        ("app", "create", "HRIS"),
        ("app", "certificate", "add", "hris", "hris"),
    ):
        assert ran(orgport, *command)


def ran(orgport: CommandLine, *arguments: str) -> str:
    done = orgport.apart(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(orgport: CommandLine, *arguments: str) -> str:
    done = orgport.apart(*arguments)
    assert done.returncode == 2, done
    return done.stderr


def test_a_connection_is_made_for_an_app_and_is_the_data_source(orgport: CommandLine) -> None:
    made = json.loads(ran(orgport, "connection", "create", "Nightly", "--app", "HRIS", "--json"))
    assert (made["name"], made["app"]) == ("Nightly", "HRIS")
    listed = json.loads(ran(orgport, "connection", "list", "--json"))
    assert listed == [{"id": made["id"], "name": "Nightly", "kind": "automated", "isActive": True}]
    again = refused(orgport, "connection", "create", "nightly", "--app", "HRIS", "--yes")
    assert "Choose another name." in again


def test_what_a_sender_sets_is_printed_as_a_shell_reads_it(orgport: CommandLine) -> None:
    orgport.environment |= {"ORGPORT_PORT": "9443", "ORGPORT_HOME": str(orgport.folder / "my home")}
    ran(orgport, "tenant", "create", "Contoso")
    app = json.loads(ran(orgport, "app", "create", "HRIS", "--json"))
    told = ran(orgport, "app", "variables", "HRIS", "--certificate", "hris").splitlines()
    assert told == [
        "ORGPORT_LOGIN_URL=https://localhost:9443",
        f"ORGPORT_TENANT_ID={app['tenantId']}",
        f"ORGPORT_APP_ID={app['appId']}",
        "ORGPORT_CERTIFICATE=hris",
        f"ORGPORT_CA='{orgport.folder / 'my home' / 'tls' / 'ca.pem'}'",
    ]


def test_an_app_without_a_certificate_gets_no_connection(orgport: CommandLine) -> None:
    ran(orgport, "app", "create", "Other HR")
    said = refused(orgport, "connection", "create", "Nightly", "--app", "Other HR")
    assert "orgport app certificate add 'Other HR' CERTIFICATE" in said
    assert "There is no connection yet" in orgport.apart("connection", "list").stderr


def test_an_app_that_is_there_is_not_made_again(orgport: CommandLine) -> None:
    assert "There is an app HRIS already" in refused(orgport, "app", "create", "HRIS")


def test_an_app_is_named_by_its_name_or_its_id_and_never_guessed(orgport: CommandLine) -> None:
    app = json.loads(ran(orgport, "app", "create", "Twice", "--json"))
    ran(orgport, "app", "create", "twice")
    assert "2 apps are named TWICE. Give the id." in refused(orgport, "app", "variables", "TWICE")
    assert app["appId"] in ran(orgport, "app", "variables", app["appId"])
    assert "There is no app Nobody." in refused(orgport, "app", "variables", "Nobody")
    said = refused(orgport, "app", "certificate", "add", "HRIS", "nothing")
    assert "There is no certificate nothing, neither as a file nor in the local store." in said


def actives(orgport: CommandLine) -> dict[str, bool]:
    listed = json.loads(ran(orgport, "connection", "list", "--json"))
    return {one["name"]: one["isActive"] for one in listed}


def test_a_working_connection_is_replaced_only_when_somebody_says_yes(orgport: CommandLine) -> None:
    ran(orgport, "connection", "create", "Nightly", "--app", "HRIS")
    said = refused(orgport, "connection", "create", "Weekly", "--app", "HRIS")
    assert "Nightly is the data source now; it would rest, and what HRIS pushes" in said
    assert "Nobody is here to answer, so nothing was done. Give --yes" in said
    assert actives(orgport) == {"Nightly": True}

    ran(orgport, "app", "create", "Payroll")
    ran(orgport, "app", "certificate", "add", "Payroll", "hris")
    done = orgport.apart("connection", "create", "Weekly", "--app", "Payroll", "--yes")
    assert done.returncode == 0
    assert "what HRIS pushes to it would be refused" in done.stderr
    assert actives(orgport) == {"Nightly": False, "Weekly": True}


def test_an_app_is_named_by_how_its_id_begins(orgport: CommandLine) -> None:
    app = json.loads(ran(orgport, "app", "list", "--json"))[0]
    assert app["appId"] in ran(orgport, "app", "variables", app["appId"][:8].upper())
    assert "There is no app" in refused(orgport, "app", "variables", app["appId"][:3])


def test_an_app_that_no_connection_uses_is_removed_after_what_follows_was_said(
    orgport: CommandLine,
) -> None:
    ran(orgport, "app", "create", "Payroll")
    ran(orgport, "connection", "create", "Nightly", "--app", "HRIS")
    used = refused(orgport, "app", "remove", "HRIS", "--yes")
    assert "HRIS is used by the connection Nightly. Give that connection another app first." in used
    assert "can no longer sign in" in orgport.apart("app", "remove", "Payroll", "--dry-run").stderr
    assert "Give --yes to go on" in refused(orgport, "app", "remove", "Payroll")
    app_id = json.loads(ran(orgport, "app", "create", "Old", "--json"))["appId"]
    assert ran(orgport, "app", "remove", app_id[:13], "--yes") == f"Removed Old  {app_id}\n"
    assert ran(orgport, "app", "remove", "payroll", "--yes").startswith("Removed Payroll  ")
    assert [one["name"] for one in json.loads(ran(orgport, "app", "list", "--json"))] == ["HRIS"]
