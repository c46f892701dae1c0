"""Asking the token endpoint in tests: an app with its certificate, its requests, and what a refusal is."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from assertions import ABSENT, Sign, Signer, a_header, a_signer, changed, compact, pkcs1, the_claims
from orgport.server.records.models import AppRegistration
from orgport.server.settings import settings
from orgport.server.wiring.registrations import add_certificate
from tenants import a_tenant, an_app, by_admin

HOST = "localhost:8443"
JSON = "application/json; charset=utf-8"
FORM = "application/x-www-form-urlencoded"
RESOURCE = "9d827643-d003-4cca-9dc8-71213a8f1644"
BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ERROR_KEYS = [
    "error",
    "error_description",
    "error_codes",
    "timestamp",
    "trace_id",
    "correlation_id",
    "error_uri",
]
EVIL = "evil"  # stands in everything that must not come back
_GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_AT = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ"
_OURS = {
    "client_credentials",
    BEARER,
    RESOURCE,
    f"{RESOURCE}/.default",
}  # a refusal may say what is taken


def a_certified_app(name: str = "Contoso", signer: Signer | None = None) -> AppRegistration:
    """An app of a new tenant, with a certificate that makes no key of its own."""
    app = an_app(a_tenant(name), certified=False)
    certify(app, signer or a_signer())
    return app


def certify(app: AppRegistration, signer: Signer) -> None:
    """Register the certificate for the app."""
    add_certificate(app, signer.pem, description="HR export server", by=by_admin())


@dataclass
class Asker:
    """An app that asks for tokens; a test states what it changes."""

    app: AppRegistration = field(default_factory=a_certified_app)
    signer: Signer = field(default_factory=a_signer)
    client: Client = field(default_factory=lambda: Client(HTTP_HOST=HOST))

    @property
    def path(self) -> str:
        return f"/{self.app.tenant_id}/oauth2/v2.0/token"

    @property
    def endpoint(self) -> str:
        return f"{settings().bases[0]}{self.path}"

    def header(self, **changes: Any) -> dict[str, Any]:
        return a_header(self.signer, **changes)

    def claims(self, **changes: Any) -> dict[str, Any]:
        return the_claims(self.app.pk, self.endpoint, **changes)

    def assertion(self, header: Any = None, claims: Any = None, sign: Sign | None = None) -> str:
        """An assertion in which any part may be another."""
        return compact(
            self.header() if header is None else header,
            self.claims() if claims is None else claims,
            sign or pkcs1(self.signer.key),
        )

    def form(self, assertion: str | None = None, **changes: Any) -> dict[str, Any]:
        """The fields as MSAL Python sends them."""
        fields = {
            "client_id": str(self.app.pk),
            "grant_type": "client_credentials",
            "client_info": "1",
            "client_assertion_type": BEARER,
            "client_assertion": self.assertion() if assertion is None else assertion,
            "scope": f"{RESOURCE}/.default",
        }
        return changed(fields, changes)

    def ask(self, assertion: str | None = None, *, path: str = "", **changes: Any) -> Any:
        """POST the form."""
        return self.post(urlencode(self.form(assertion, **changes), doseq=True), path=path)

    def post(
        self,
        body: str | bytes,
        *,
        path: str = "",
        content_type: str = FORM,
        method: str = "POST",
        **extra: Any,
    ) -> Any:
        """Send a body as it is; the test client would decode a path's %2f, and a server does too."""
        where, _, query = (path or self.path).partition("?")
        return self.client.generic(
            method,
            self.path,
            body,
            secure=True,
            CONTENT_TYPE=content_type,  # the test client would leave it out of an empty body
            PATH_INFO=where,
            QUERY_STRING=query,
            **extra,
        )


def assert_token(answer: Any) -> dict[str, Any]:
    """The answer gives a token, in the one shape that every client takes; its content."""
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == JSON
    assert (answer["Cache-Control"], answer["Pragma"]) == ("no-store", "no-cache")
    content: dict[str, Any] = json.loads(answer.content)
    assert content["token_type"] == "Bearer"
    assert type(content["expires_in"]) is type(content["ext_expires_in"]) is int
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", content["access_token"])
    return content


def assert_refused(answer: Any, status: int, error: str, code: int) -> dict[str, Any]:
    """The answer is the error object that clients know, gives no token and quotes nothing; its content."""
    text = answer.content.decode()
    assert (answer.status_code, answer["Content-Type"]) == (status, JSON), text
    content: dict[str, Any] = json.loads(text)
    assert (content["error"], content["error_codes"]) == (error, [code]), text
    assert list(content) == ERROR_KEYS
    assert re.fullmatch(
        rf"AADSTS{code}: .+\. Trace ID: {_GUID} Correlation ID: {_GUID} Timestamp: {_AT}",
        content["error_description"],
    )
    assert re.fullmatch(_AT, content["timestamp"])
    assert re.fullmatch(_GUID, content["trace_id"])
    assert content["correlation_id"] == answer["client-request-id"]
    assert content["error_uri"] == f"{settings().bases[0]}/error?code={code}"
    assert "WWW-Authenticate" not in answer.headers
    assert (answer["Cache-Control"], answer["Pragma"]) == ("no-store", "no-cache")
    for leak in ("access_token", "Traceback", "eyJ", EVIL):
        assert leak not in text
    return content


def assert_quotes_nothing(answer: Any, *sent: object) -> None:
    """Nothing that was sent stands in the answer, but for the values that a refusal recommends."""
    text = answer.content.decode()
    for value in sent:
        if value is not ABSENT and len(str(value)) > 4 and value not in _OURS:
            assert str(value) not in text
