"""Whatever is sent to the portal is answered with a page, a way on or a refusal, never with a fault."""

from __future__ import annotations

import html
import re
import uuid
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from test_portal_access import address, things_of

from orgport.imports.lifecycle import State
from orgport.server.portal.urls import urlpatterns
from orgport.server.records.models import Role, Tenant
from tenants import a_client, a_tenant, an_import

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
NAMES = [
    "name",
    "app_id",
    "file",
    "description",
    "decision",
    "note",
    "act",
    "column",
    "old",
    "new",
    "theme",
    "tenant",
    "next",
    "days",
    "ticked",
    "rule_set",
    "blank_managers",
    "excluded_rows",
    "partial_fields",
    "is_enabled",
    "removed_share",
    "rewritten_months",
    "decide_within_hours",
    "username",
    "password",
    "code",
    "value",
    "import_id",
    "confirm",
]
VALUES = {
    "nothing": b"",
    "NUL": b"%00",
    "NUL in words": b"a%00b",
    "half a character": b"%ED%A0%80",
    "no UTF-8": b"%FF%FE",
    "a line break": b"one%0D%0Atwo",
    "an escape": b"%1B[2J",
    "right to left": quote("\u202e\u05d0").encode(),
    "JSON": quote('{"a": [1, "\\ud800"]}').encode(),
    "a number beyond all": b"9" * 400,
    "not a number": b"NaN",
    "endless": b"Infinity",
    "an exponent": b"1e999999",
    "a path": b"../../../../etc/passwd",
    "a megabyte": b"x" * 1_000_000,
}
BOUNDARY = "0123456789"


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant()


@pytest.fixture
def things(tenant: Tenant) -> dict[str, object]:
    return things_of(tenant)


def every_name() -> list[str]:
    return [str(pattern.name) for pattern in urlpatterns]  # type: ignore[union-attr]


def fields_of(client: Client, url: str) -> list[str]:
    """The names of the fields on a page, and those that some page has."""
    page = client.get(url).getvalue().decode("utf-8", "replace")
    found = re.findall(r'\bname="([^"]+)"', page)
    own = {html.unescape(name) for name in found} - {"csrfmiddlewaretoken", "viewport"}
    return sorted(own | set(NAMES))


def sign_in(tenant: Tenant) -> Client:
    client = a_client(tenant, *Role)
    client.raise_request_exception = True  # a fault fails the test where it happens
    return client


def assert_answered(response: Any) -> None:
    assert response.status_code < 500
    if response.streaming:
        response.getvalue()


@pytest.mark.parametrize("name", every_name())
def test_no_form_is_answered_with_a_fault(
    name: str, tenant: Tenant, things: dict[str, object]
) -> None:
    client, url = sign_in(tenant), address(name, things)
    fields = fields_of(client, url)
    for value in VALUES.values():
        short = value if len(value) < 1000 else value[: 2_000_000 // len(fields)]
        body = b"&".join(quote(field).encode() + b"=" + short for field in fields)
        assert_answered(client.post(url, body, content_type=FORM))
    twice = b"&".join(
        quote(field).encode() + b"=" + value for field in fields for value in (b"x", b"1")
    )
    assert_answered(client.post(url, twice, content_type=FORM))


@pytest.mark.parametrize("name", every_name())
def test_no_file_in_place_of_a_text_and_no_text_in_place_of_a_file_is_a_fault(
    name: str, tenant: Tenant, things: dict[str, object]
) -> None:
    client, url = sign_in(tenant), address(name, things)
    fields = fields_of(client, url)
    for filename in ('; filename="a\\x00.csv"', '; filename="../../x"', '; filename=""', ""):
        for content in (b"", b"\x00" * 100, b"\xff\xfe\x00\xd8", b"PersonId\r\n" * 1000):
            parts = b"".join(
                f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"{filename}\r\n\r\n'.encode()
                + content
                + b"\r\n"
                for field in fields
            )
            body = parts + f"--{BOUNDARY}--\r\n".encode()
            kind = f"multipart/form-data; boundary={BOUNDARY}"
            assert_answered(client.post(url, body, content_type=kind))
    for kind in ("application/json", "multipart/form-data"):
        assert_answered(client.post(url, b'{"name": ["x"]}', content_type=kind))


@pytest.mark.parametrize("name", every_name())
def test_no_query_is_answered_with_a_fault(
    name: str, tenant: Tenant, things: dict[str, object]
) -> None:
    client, url = sign_in(tenant), address(name, things)
    asked = [
        "q",
        "after",
        "address",
        "asOf",
        "knownAt",
        "page",
        "kind",
        "organization",
        "field",
        "code",
        "column",
        "row",
        "seen",
        "insight",
        "status",
        "source",
        "since",
        "until",
        "severity",
        "manager",
        "cursor",
        "tab",
        "open",
        "limit",
        "value",
    ]
    for name_of_value in ("NUL in words", "half a character", "a number beyond all", "endless"):
        value = VALUES[name_of_value]
        query = b"&".join(one.encode() + b"=" + value[:2000] for one in asked)
        assert_answered(client.get(f"{url}?{query.decode()}"))


def test_a_decision_with_a_note_that_cannot_be_kept_is_refused(tenant: Tenant) -> None:
    from test_preview_api import a_waiting_import

    record = a_waiting_import(tenant)
    client = a_client(tenant, Role.APPROVER)
    for body in (b"decision=approve&note=%00", b"decision=reject&note=a%1Bb"):
        response = client.post(f"/imports/{record.id}/decision/", body, content_type=FORM)
        assert response.status_code == 400
        assert "The note holds a control character" in response.content.decode()
    record.refresh_from_db()
    assert record.status is State.AWAITING_APPROVAL


@pytest.mark.parametrize("name", ["one\r\ntwo", "one\x00", "one\x1b[2J"])
def test_a_name_is_one_line(name: str, tenant: Tenant, things: dict[str, object]) -> None:
    client = a_client(tenant, *Role)
    for url, form in (
        ("/organizational-data/automated-import/", {"name": name, "app_id": str(things["app_id"])}),
        (f"/organizational-data/automated-import/{things['connection_id']}/", {"name": name}),
        ("/app-registrations/new/", {"name": name}),
        (f"/app-registrations/{things['app_id']}/rename/", {"name": name}),
        ("/access-tokens/", {"name": name, "days": "30"}),
    ):
        response = client.post(url, form)
        assert response.status_code in (200, 400, 422), url
        page = response.content.decode()
        assert "on one line" in page or "Null characters" in page, url


def test_an_import_that_is_nobodys_is_not_found(tenant: Tenant) -> None:
    an_import(tenant)
    client = a_client(tenant, *Role)
    assert client.get(f"/imports/{uuid.uuid4()}/").status_code == 404
