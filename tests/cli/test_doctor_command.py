"""`doctor`: the first thing that is wrong is named, with what mends it and the code of a push."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from commands import CommandLine, Done, Site
from orgport.client import Target
from orgport.client.diagnosis import NAMES, State, diagnose
from orgport.identity.certificates import new_certificate

pytestmark = pytest.mark.usefixtures("site")

SOME_ID = "9d827643-d003-4cca-9dc8-71213a8f1644"


def failed_of(done: Done) -> dict[str, Any]:
    """The one check that failed; what stands behind it was not checked."""
    told = done.document
    assert [check["name"] for check in told["checks"]] == list(NAMES)
    assert told["ok"] is False
    (failed,) = (check for check in told["checks"] if check["state"] == "failed")
    place = told["checks"].index(failed)
    assert all(check["state"] == "not checked" for check in told["checks"][place + 1 :])
    found: dict[str, Any] = failed
    return found


def test_all_is_well_where_a_push_would_go_in(orgport: CommandLine) -> None:
    done = orgport("doctor")
    heads = [line.split() for line in done.out.splitlines() if not line.startswith(" ")]
    assert heads[: len(NAMES)] == [["ok", name] for name in NAMES]
    told = orgport("doctor", "--json").document
    assert told["ok"]
    assert {check["hint"] for check in told["checks"]} == {""}


def test_what_is_not_set_is_named(orgport: CommandLine) -> None:
    orgport.environment.clear()
    assert "Set ORGPORT_LOGIN_URL, ORGPORT_TENANT_ID" in orgport("doctor", code=2).err


def test_an_expired_certificate_is_found_without_the_network(orgport: CommandLine) -> None:
    old = new_certificate("old", days=1, now=datetime.now(UTC) - timedelta(days=9))
    folder = orgport.store / "certificates"
    (folder / "hris.cer").write_bytes(old.certificate_pem)
    (folder / "hris.key").write_bytes(old.private_key_pem)
    failed = failed_of(orgport("doctor", "--json", code=3))
    assert failed["name"] == "certificate"
    assert "CN=old" in failed["message"]
    assert "expired on" in failed["message"]
    assert "orgport certificate new NAME" in failed["hint"]


def test_a_certificate_that_ends_soon_is_a_warning(orgport: CommandLine, site: Site) -> None:
    soon = new_certificate("soon", days=10, now=datetime.now(UTC))
    both = orgport.folder / "both.pem"
    both.write_bytes(soon.certificate_pem + soon.private_key_pem)
    nowhere = Target("https://localhost:9", "https://localhost:9", SOME_ID, SOME_ID)
    check = next(diagnose(nowhere, both, None))
    assert (check.name, check.state) == ("certificate", State.WARNING)
    assert check.hint


def test_a_key_of_another_certificate_is_found(orgport: CommandLine) -> None:
    other = new_certificate("other", days=9, now=datetime.now(UTC))
    (orgport.store / "certificates" / "hris.key").write_bytes(other.private_key_pem)
    failed = failed_of(orgport("doctor", "--json", code=2))
    assert failed["name"] == "certificate"
    assert "is not that of" in failed["message"]


def test_a_host_without_an_address_is_found(orgport: CommandLine) -> None:
    orgport.environment["ORGPORT_LOGIN_URL"] = "https://orgport.invalid"
    failed = failed_of(orgport("doctor", "--json", code=8))
    assert (failed["name"], failed["message"]) == ("dns", "orgport.invalid has no address")


def test_a_port_where_nobody_listens_is_found(orgport: CommandLine) -> None:
    orgport.environment["ORGPORT_LOGIN_URL"] = "https://localhost:9"
    failed = failed_of(orgport("doctor", "--json", code=8))
    assert failed["name"] == "tls"
    assert "Connection refused" in failed["message"]


def test_an_authority_that_is_missing_is_found(orgport: CommandLine) -> None:
    del orgport.environment["ORGPORT_CA"]
    failed = failed_of(orgport("doctor", "--json", code=8))
    assert failed["name"] == "tls"
    assert "not trusted" in failed["message"]
    assert "ORGPORT_CA" in failed["hint"]


@pytest.fixture
def plain_port() -> Iterator[int]:
    """A port that speaks no TLS."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def answer() -> None:
            client, _ = server.accept()
            with client:
                client.recv(1024)
                client.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


def test_a_port_that_speaks_no_tls_is_found(orgport: CommandLine, plain_port: int) -> None:
    orgport.environment["ORGPORT_LOGIN_URL"] = f"https://127.0.0.1:{plain_port}"
    assert failed_of(orgport("doctor", "--json", code=8))["name"] == "tls"


@pytest.mark.parametrize(
    ("ahead", "state"),
    [
        (timedelta(), State.OK),
        (timedelta(minutes=2), State.WARNING),
        (-timedelta(hours=1), State.FAILED),
    ],
)
def test_a_clock_that_is_wrong_is_found_before_the_sign_in(
    orgport: CommandLine, site: Site, ahead: timedelta, state: State
) -> None:
    folder = orgport.store / "certificates"
    target = Target(
        site.live.url,
        site.live.url,
        site.sender.tenant,
        site.sender.app,
        ca=Path(orgport.environment["ORGPORT_CA"]),
    )
    # A clock behind the certificate's first day would be found by the certificate.
    old = new_certificate("old", days=90, now=datetime.now(UTC) - timedelta(days=9))
    (folder / "old.cer").write_bytes(old.certificate_pem)
    (folder / "old.key").write_bytes(old.private_key_pem)
    checks = {
        check.name: check
        for check in diagnose(
            target,
            folder / "old.cer",
            folder / "old.key",
            now=lambda: datetime.now(UTC) + ahead,
        )
    }
    assert checks["clock"].state is state
    assert bool(checks["clock"].hint) is (state is not State.OK)


@pytest.mark.parametrize("setting", ["ORGPORT_APP_ID", "ORGPORT_TENANT_ID"])
def test_an_app_or_a_tenant_that_is_not_known_is_found(orgport: CommandLine, setting: str) -> None:
    orgport.environment[setting] = SOME_ID
    failed = failed_of(orgport("doctor", "--json", code=3))
    assert failed["name"] == "registration"
    assert "Compare both IDs and the thumbprint" in failed["hint"]


def test_a_certificate_that_the_app_does_not_have_is_found(orgport: CommandLine) -> None:
    orgport("certificate", "new", "stranger")
    orgport.environment["ORGPORT_CERTIFICATE"] = "stranger"
    assert failed_of(orgport("doctor", "--json", code=3))["name"] == "registration"


def test_a_connection_that_is_missing_is_found(orgport: CommandLine) -> None:
    failed = failed_of(orgport("doctor", "--data-type", "Survey", "--json", code=4))
    assert failed["name"] == "connection"
    assert "Ask the Insights admin" in failed["hint"]
