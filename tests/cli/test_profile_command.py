"""`profile`: named targets, none of which is mixed with another or with the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import CommandLine, Site, shell_at

TENANT = "11111111-2222-4333-8444-555555555555"
APP = "66666666-7777-4888-9999-aaaaaaaaaaaa"
URL = "https://orgport.contoso.com:8443"


def make(orgport: CommandLine, name: str, *more: str, url: str = URL) -> None:
    orgport("profile", "set", name, "--login-url", url, *more)


def test_the_first_profile_is_in_use_until_another_is_chosen(orgport: CommandLine) -> None:
    make(orgport, "test")
    make(orgport, "live", url="https://live.contoso.com")
    assert orgport("profile", "list").out.splitlines() == [
        "  live             https://live.contoso.com",
        f"* test             {URL}",
    ]
    orgport("profile", "use", "live")
    told = orgport("profile", "list", "--json").document
    assert [(facts["name"], facts["inUse"]) for facts in told] == [("live", True), ("test", False)]


def test_a_profile_is_changed_in_what_is_given_alone(orgport: CommandLine) -> None:
    make(orgport, "test", "--tenant-id", TENANT)
    orgport("profile", "set", "test", "--app-id", f'"{APP.upper()}"')
    assert orgport("profile", "show", "test", "--json").document == {
        "name": "test",
        "inUse": True,
        "loginUrl": URL,
        "tenantId": TENANT,
        "appId": APP,
    }
    assert APP in orgport("profile", "show", "test").out


def test_a_removed_profile_is_not_in_use_any_more(orgport: CommandLine) -> None:
    make(orgport, "test")
    orgport("profile", "remove", "test")
    done = orgport("profile", "list")
    assert "There is no profile yet. Make one: orgport profile set" in done.err
    assert "There is no profile test (known: none)" in orgport("profile", "use", "test", code=2).err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("test",), "Say where the server is: --login-url https://host:port"),
        (("test", "--login-url", "http://localhost"), "http://localhost is not an https address"),
        (("test", "--login-url", URL, "--tenant-id", "x"), "The tenant ID 'x' is not a GUID"),
        (("test", "--login-url", URL, "--ca", "absent.pem"), "There is no file absent.pem"),
        (("test", "--login-url", URL, "--certificate", "hris"), "There is no certificate hris"),
        ((" test", "--login-url", URL), "cannot be the name of a profile"),
    ],
)
def test_a_profile_that_could_not_work_is_not_kept(
    orgport: CommandLine, arguments: tuple[str, ...], message: str
) -> None:
    assert message in orgport("profile", "set", *arguments, code=2).err
    assert orgport("profile", "list", "--json").document == []


def test_profiles_that_cannot_be_read_are_named(orgport: CommandLine) -> None:
    (orgport.folder / "config").mkdir()
    (orgport.folder / "config" / "profiles.json").write_text("{")
    done = orgport("profile", "list", code=2)
    assert "profiles.json cannot be read as profiles. Mend or remove the file." in done.err


def target_of(site: Site, shell: CommandLine) -> tuple[str, ...]:
    return (
        *("--tenant-id", site.sender.tenant, "--app-id", site.sender.app, "--certificate", "hris"),
        *("--ca", shell.environment["ORGPORT_CA"]),
    )


def test_a_push_goes_to_the_profile_in_use_and_needs_no_flag(site: Site, tmp_path: Path) -> None:
    shell = shell_at(site, tmp_path)
    make(shell, "real", *target_of(site, shell), url=site.live.url)
    shell.environment.clear()
    shell("sample", "--persons", 5, "--months", 1, "--out", "s.zip")
    assert shell("push", "s.zip", "--json").document["status"] == "Completed"
    assert shell("status").out.startswith("Success")


def test_a_profile_that_is_named_goes_before_the_environment(site: Site, tmp_path: Path) -> None:
    shell = shell_at(site, tmp_path)
    make(shell, "elsewhere", url="https://localhost:9")
    make(shell, "real", *target_of(site, shell), url=site.live.url)
    assert shell("doctor", "--json").document["ok"]
    shell.environment |= {"ORGPORT_LOGIN_URL": "https://localhost:9", "ORGPORT_APP_ID": APP}
    assert shell("doctor", "--profile", "real", "--json").document["ok"]
    shell.environment["ORGPORT_PROFILE"] = "real"
    assert shell("doctor", "--json").document["ok"]


def test_the_environment_is_never_mixed_with_the_profile_in_use(orgport: CommandLine) -> None:
    make(orgport, "test", "--tenant-id", TENANT, "--app-id", APP)
    orgport.environment["ORGPORT_LOGIN_URL"] = "https://localhost:9"
    done = orgport("status", APP, code=2)
    assert "Set ORGPORT_TENANT_ID, ORGPORT_APP_ID, ORGPORT_CERTIFICATE" in done.err
