"""Unmodified identity libraries get a token from the running server, and push a package to Success."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msal
import pytest
import requests
from azure.identity import CertificateCredential

from ingress import a_package
from live import RESOURCE, live_server
from orgport.identity.certificates import as_pfx, read_public_certificate
from senders import Site

ALIAS = "01f9d889-ee31-41cb-85fa-3ad7e0981fa1/.default"
PASSWORD = "a password"
Credential = Callable[[Site, Path], Mapping[str, Any]]


def sha1_thumbprint(site: Site) -> str:
    return read_public_certificate(site.sender.certificate.encode()).thumbprint_sha1


def pfx(site: Site, folder: Path) -> str:
    """The sender's key and certificate as a PKCS#12 file."""
    der = base64.b64decode("".join(site.sender.certificate.splitlines()[1:-1]))
    path = folder / "sender.pfx"
    path.write_bytes(as_pfx("HR sender", der, site.sender.key.encode(), PASSWORD.encode()))
    return str(path)


CREDENTIALS: dict[str, Credential] = {
    "thumbprint, RS256": lambda site, _: {
        "private_key": site.sender.key,
        "thumbprint": sha1_thumbprint(site),
    },
    "thumbprint and x5c, RS256": lambda site, _: {
        "private_key": site.sender.key,
        "thumbprint": sha1_thumbprint(site),
        "public_certificate": site.sender.certificate,
    },
    "no thumbprint, PS256": lambda site, _: {
        "private_key": site.sender.key,
        "public_certificate": site.sender.certificate,
    },
    "PFX": lambda site, folder: {
        "private_key_pfx_path": pfx(site, folder),
        "passphrase": PASSWORD,
    },
    "PFX and x5c": lambda site, folder: {
        "private_key_pfx_path": pfx(site, folder),
        "passphrase": PASSWORD,
        "public_certificate": True,
    },
}


def an_msal_client(site: Site, credential: Mapping[str, Any], **options: Any) -> Any:
    where = {"authority": f"{site.live.url}/{site.sender.tenant}", "instance_discovery": False}
    return msal.ConfidentialClientApplication(
        site.sender.app, client_credential=credential, **(options or where)
    )


def push_to_success(site: Site, token: str) -> None:
    """Push as a script would, with requests: scale unit, file, and the status until it has ended."""
    api = requests.Session()
    api.headers["Authorization"] = f"Bearer {token}"
    tenant = site.sender.tenant
    unit = api.get(f"{site.live.url}/v1.0/tenants/{tenant}/scopes/{tenant}/scaleUnit", timeout=30)
    api.headers["x-nova-scaleunit"] = unit.json()
    answer = api.post(
        f"{site.live.url}{site.push_path}",
        files={"info": ("info.zip", a_package())},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    site.succeeds(answer.json())
    status = api.get(f"{site.live.url}{site.push_path}/{answer.json()['Id']}", timeout=30)
    assert status.json()["Status"] == "Completed"


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize("kind", CREDENTIALS)
def test_msal_python_gets_a_token_with_every_kind_of_credential(
    site: Site, tmp_path: Path, kind: str
) -> None:
    client = an_msal_client(site, CREDENTIALS[kind](site, tmp_path))
    answer = client.acquire_token_for_client(scopes=[RESOURCE])
    assert answer.get("token_type") == "Bearer", answer
    assert answer["expires_in"] == 3599


@pytest.mark.usefixtures("live")
def test_msal_python_pushes_to_success(site: Site, tmp_path: Path) -> None:
    client = an_msal_client(site, CREDENTIALS["thumbprint, RS256"](site, tmp_path))
    push_to_success(site, client.acquire_token_for_client(scopes=[RESOURCE])["access_token"])


@pytest.mark.usefixtures("live")
def test_msal_python_finds_the_endpoint_by_an_oidc_authority(site: Site, tmp_path: Path) -> None:
    credential = CREDENTIALS["no thumbprint, PS256"](site, tmp_path)
    authority = f"{site.live.url}/{site.sender.tenant}"
    client = an_msal_client(site, credential, oidc_authority=authority)
    assert client.acquire_token_for_client(scopes=[RESOURCE])["access_token"]


@pytest.mark.usefixtures("live")
def test_msal_python_is_told_to_build_a_new_assertion_when_it_shows_one_twice(
    site: Site, tmp_path: Path
) -> None:
    client = an_msal_client(site, CREDENTIALS["thumbprint, RS256"](site, tmp_path))
    assert client.acquire_token_for_client(scopes=[RESOURCE])["access_token"]
    second = client.acquire_token_for_client(scopes=[ALIAS])
    assert (second["error"], second["error_codes"]) == ("invalid_client", [50027])
    assert "Build a new one" in second["error_description"]


@pytest.mark.usefixtures("live")
def test_msal_python_reads_a_refusal_of_another_tenants_app(site: Site, tmp_path: Path) -> None:
    credential = CREDENTIALS["thumbprint, RS256"](site, tmp_path)
    client = msal.ConfidentialClientApplication(
        "00000000-0000-0000-0000-000000000005",
        client_credential=credential,
        authority=f"{site.live.url}/{site.sender.tenant}",
        instance_discovery=False,
    )
    answer = client.acquire_token_for_client(scopes=[RESOURCE])
    assert (answer["error"], answer["error_codes"]) == ("unauthorized_client", [700016])


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize("sends_chain", [False, True])
def test_azure_identity_pushes_to_success(site: Site, tmp_path: Path, sends_chain: bool) -> None:
    pem = tmp_path / "sender.pem"
    pem.write_text(site.sender.key + site.sender.certificate)
    credential = CertificateCredential(
        site.sender.tenant,
        site.sender.app,
        str(pem),
        authority=site.live.url,
        disable_instance_discovery=True,
        send_certificate_chain=sends_chain,
    )
    push_to_success(site, credential.get_token(RESOURCE).token)


@pytest.fixture
def reusing(tmp_path: Path) -> Any:
    settings = {"ORGPORT_ASSERTION_REUSE": "same-bytes"}
    with live_server(tmp_path / "home", settings=settings) as live:
        sender = live.prepare()
        live.start_web()
        yield Site(live, sender)


def test_where_reuse_is_on_msal_python_gets_a_second_token_with_its_first_assertion(
    reusing: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(reusing.live.home / "tls" / "ca.pem"))
    client = an_msal_client(reusing, CREDENTIALS["thumbprint, RS256"](reusing, tmp_path))
    for scope in (RESOURCE, ALIAS):
        assert client.acquire_token_for_client(scopes=[scope])["access_token"]
