"""Requests byte by byte as the clients in the field write them, against the running server."""

from __future__ import annotations

import gzip
import json
import ssl
import uuid
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from factories import a_person, csv_of
from ingress import DOTNET_DISPOSITION, MULTIPART, a_package, multipart
from live import BEARER, RESOURCE, an_assertion, live_server
from senders import Reply, Site, read_reply

CSV = csv_of([a_person(0), a_person(1)], list(a_person()))
FORM = "Content-Type: application/x-www-form-urlencoded"
DOTNET = f"Content-Type: {MULTIPART}"
KEYS = ["FriendlyName", "Id", "ConnectorId", "Submitter", "StartDate", "Status", "ErrorDetail",
        "EndDate", "Type"]  # fmt: skip


def file_of(site: Site, reply: Reply) -> str:
    """The name of the file that was pushed, when its import has succeeded."""
    assert reply.status == 200, reply.content
    assert list(reply.json())[: len(KEYS)] == KEYS
    return site.succeeds(reply.json())


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (DOTNET_DISPOSITION, "info.zip"),
        (
            b'form-data; name=info; filename="=?utf-8?B?QzpcVXNlcnNcSsO8cmdlblxpbmZvLnppcA==?="; '
            b"filename*=utf-8''C%3A%5CUsers%5CJ%C3%BCrgen%5Cinfo.zip",
            "info.zip",
        ),
        (
            b'form-data; name=info; filename="=?utf-8?B?QzpcZGF0YVxqw7xyZ2VuLnppcA==?="',
            "jürgen.zip",
        ),
        (b"form-data; name=info; filename=info.zip", "info.zip"),
        (b'form-data; name="file"; filename="info"', "info"),
    ],
)
def test_a_multipart_body_succeeds_however_its_file_is_named(
    site: Site, disposition: bytes, name: str
) -> None:
    body = multipart(a_package(), disposition)
    reply = site.push(body, headers=["Accept: application/json", "x-nova-scaleunit: x", DOTNET])
    assert file_of(site, reply) == name


def test_a_sender_that_waits_for_100_continue_gets_it_and_then_its_answer(site: Site) -> None:
    body = multipart(a_package())
    length = f"Content-Length: {len(body)}"
    with site.open() as connection:
        connection.sendall(
            site.head(f"POST {site.push_path}", DOTNET, length, "Expect: 100-continue")
        )
        assert connection.recv(64).startswith(b"HTTP/1.1 100 Continue\r\n")
        connection.sendall(body)
        file_of(site, read_reply(connection))


def test_a_sender_without_a_token_is_not_asked_for_its_body(site: Site) -> None:
    head = site.head(
        f"POST {site.push_path}", DOTNET, "Content-Length: 999", "Expect: 100-continue", token=""
    )
    with site.open() as connection:
        connection.sendall(head)
        assert connection.recv(64).startswith(b"HTTP/1.1 401 ")


def chunked(body: bytes, size: int) -> list[bytes]:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces] + [b"0\r\n\r\n"]


def test_a_chunked_body_succeeds(site: Site) -> None:
    head = site.head(f"POST {site.push_path}", DOTNET, "Transfer-Encoding: chunked")
    file_of(site, site.send(head, *chunked(multipart(a_package()), 100)))


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (CSV, ["Content-Type: text/csv"]),
        (gzip.compress(CSV), ["Content-Type: text/csv; charset=utf-8", "Content-Encoding: gzip"]),
        (
            json.dumps([a_person(0), a_person(1)]).encode(),
            ["Content-Type: application/json; charset=utf-8"],
        ),
    ],
)
def test_a_bare_body_succeeds(site: Site, body: bytes, headers: list[str]) -> None:
    file_of(site, site.push(body, headers=[*headers, "x-orgport-refresh: full"]))


@pytest.mark.parametrize("change", ["{}/", "/{}", "{}//", "lower", "doubled"])
def test_a_path_in_any_spelling_leads_to_the_connector(site: Site, change: str) -> None:
    path = {"lower": site.connector.lower(), "doubled": site.connector.replace("/", "//")}
    reply = site.send(site.head(f"GET {path.get(change) or change.format(site.connector)}"))
    assert (reply.status, reply.json()) == (200, {"ConnectorId": site.sender.connection})


def test_an_empty_bearer_is_401_on_every_call_of_the_uploader(site: Site) -> None:
    tenant = site.sender.tenant
    unit = site.send(site.head(f"GET /v1.0/tenants/{tenant}/scopes/{tenant}/scaleUnit", token=""))
    length = f"Content-Length: {len(CSV)}"
    head = site.head(f"POST {site.push_path}", "Content-Type: text/csv", length, token="")
    for reply in (unit, site.send(head, CSV)):
        assert reply.status == 401
        assert reply.headers["WWW-Authenticate"].startswith("Bearer")
        assert reply.json()["error"]["code"] == "sign_in_failed"


def test_answers_come_in_the_order_token_tenant_connector_type_body(site: Site) -> None:
    elsewhere = site.push_path.replace(site.sender.tenant, str(uuid.UUID(int=5)))
    survey = site.push_path.replace("HR", "Survey")
    bad_type, empty = ["Content-Type: application/x-other"], ["Content-Type: text/csv"]
    head = site.head(f"POST {elsewhere}", *bad_type, "Content-Length: 0", token="x.y.z")
    assert site.send(head).status == 401
    assert site.push(b"", headers=bad_type, path=elsewhere).status == 403
    assert site.push(b"", headers=bad_type, path=survey).status == 403
    assert site.push(b"", headers=bad_type).status == 415
    assert site.push(b"", headers=empty).status == 400


def a_token_form(site: Site) -> bytes:
    audience = f"{site.live.url}{site.token_path}"
    return urlencode(
        {
            "client_id": site.sender.app,
            "grant_type": "client_credentials",
            "client_assertion_type": BEARER,
            "client_assertion": an_assertion(site.sender, audience=audience),
            "scope": RESOURCE,
        }
    ).encode()


def test_a_form_for_a_token_may_come_in_pieces(site: Site) -> None:
    form = a_token_form(site)
    head = site.head(f"POST {site.token_path}", FORM, f"Content-Length: {len(form)}", token="")
    reply = site.send(head, *(form[start : start + 200] for start in range(0, len(form), 200)))
    assert reply.json()["token_type"] == "Bearer"


def test_a_form_for_a_token_may_come_in_chunks(site: Site) -> None:
    head = site.head(f"POST {site.token_path}", FORM, "Transfer-Encoding: chunked", token="")
    reply = site.send(head, *chunked(a_token_form(site), 300))
    assert reply.json()["token_type"] == "Bearer"


@pytest.mark.parametrize("tenant", ["{t}%2f..", "{t}%00", "..", "%2e%2e", "common", "{t}%0a"])
def test_a_tenant_with_escapes_in_its_path_is_refused_in_json(site: Site, tenant: str) -> None:
    form = a_token_form(site)
    path = f"/{tenant.format(t=site.sender.tenant)}/oauth2/v2.0/token"
    reply = site.send(
        site.head(f"POST {path}", FORM, f"Content-Length: {len(form)}", token=""), form
    )
    assert (reply.status, reply.json()["error_codes"]) == (400, [90002])


def test_a_forged_host_gets_no_document(site: Site) -> None:
    path = f"/{site.sender.tenant}/v2.0/.well-known/openid-configuration"
    head = f"GET {path} HTTP/1.1\r\nHost: evil.example\r\n\r\n".encode()
    reply = site.send(head)
    assert (reply.status, reply.json()["error"]) == (421, "invalid_request")
    assert b"evil" not in reply.content


def test_a_form_that_is_far_too_long_is_413(site: Site) -> None:
    form = b"x=" + b"y" * 1_000_000
    head = site.head(f"POST {site.token_path}", FORM, f"Content-Length: {len(form)}", token="")
    reply = site.send(head, form)
    assert (reply.status, reply.json()["error_codes"]) == (413, [900561])


LIMIT = 50 << 20
FAR_OVER = [b"x" * (1 << 20)] * 99


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that takes bodies of 50 MiB."""
    limit = {"ORGPORT_MAX_BODY_BYTES": str(LIMIT)}
    with live_server(tmp_path_factory.mktemp("strict") / "home", settings=limit) as live:
        sender = live.prepare()
        live.start_web()
        yield Site(live, sender)


def answers_on(connection: ssl.SSLSocket, site: Site) -> bool:
    """Whether the next request on the same connection is answered."""
    connection.sendall(site.head(f"GET {site.connector}"))
    return read_reply(connection).status == 200


@pytest.mark.parametrize("is_announced", [True, False])
def test_who_sends_a_body_far_over_the_limit_reads_a_413_and_is_answered_on(
    strict: Site, is_announced: bool
) -> None:
    size = sum(map(len, FAR_OVER))
    length = f"Content-Length: {size}" if is_announced else "Transfer-Encoding: chunked"
    pieces = FAR_OVER if is_announced else chunked(b"".join(FAR_OVER), 1 << 20)
    head = strict.head(f"POST {strict.push_path}", "Content-Type: text/csv", length)
    with strict.open() as connection:
        # As most clients do: all of the body, and then the answer is read.
        for piece in (head, *pieces):
            connection.sendall(piece)
        reply = read_reply(connection)
        assert (reply.status, reply.json()["error"]["code"]) == (413, "too_large")
        assert answers_on(connection, strict)


def test_a_stranger_with_a_large_body_reads_a_401_and_the_server_answers_on(strict: Site) -> None:
    body = FAR_OVER[:60]
    length = f"Content-Length: {sum(map(len, body))}"
    head = strict.head(f"POST {strict.push_path}", "Content-Type: text/csv", length, token="")
    with strict.open() as connection:
        for piece in (head, *body):
            connection.sendall(piece)
        reply = read_reply(connection)
        assert (reply.status, reply.json()["error"]["code"]) == (401, "sign_in_failed")
        assert answers_on(connection, strict)
