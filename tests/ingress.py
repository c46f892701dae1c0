"""Calling the ingress API in tests: a connection with its app, tokens for it, and its paths."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.test import Client

from factories import a_person
from orgport.identity.tokens import Grant, issue_access_token
from orgport.server.records.models import AppRegistration, Connection
from orgport.server.settings import settings
from orgport.server.wiring.signing import current_key
from tenants import a_connection, a_tenant, a_zip, now

BOUNDARY = "5f78c1f7-5019-48ee-8462-b2650ba7317f"
MULTIPART = f'multipart/form-data; boundary="{BOUNDARY}"'
DOTNET_DISPOSITION = (
    b'form-data; name=info; filename="C:\\Users\\Jane Doe\\info.zip"; '
    b"filename*=utf-8''C%3A%5CUsers%5CJane%20Doe%5Cinfo.zip"
)


def a_token(app: AppRegistration, *, tenant_id: uuid.UUID | None = None, minutes: int = 60) -> str:
    """An access token of the app, as the token endpoint issues it."""
    of_tenant = tenant_id or app.tenant_id
    return issue_access_token(
        Grant(of_tenant, app.id, app.service_principal_id),
        key=current_key(now()),
        issuer=f"{settings().bases[0]}/{of_tenant}/v2.0",
        now=now() - timedelta(minutes=60 - minutes),
        lifetime=timedelta(minutes=60),
        token_id=str(uuid.uuid4()),
    )


def multipart(content: bytes, disposition: bytes = DOTNET_DISPOSITION) -> bytes:
    """A body with one part, byte for byte as .NET writes it: no content type of its own."""
    delimiter = f"--{BOUNDARY}".encode()
    return (
        delimiter
        + b"\r\nContent-Disposition: "
        + disposition
        + b"\r\n\r\n"
        + content
        + b"\r\n"
        + delimiter
        + b"--\r\n"
    )


def a_package() -> bytes:
    """A package that is accepted: two persons."""
    return a_zip([a_person(0), a_person(1)])


@dataclass
class Caller:
    """An app of a tenant that calls the API."""

    connection: Connection = field(default_factory=lambda: a_connection(a_tenant()))
    client: Client = field(default_factory=Client)

    @property
    def app(self) -> AppRegistration:
        app = self.connection.app
        assert app is not None
        return app

    @property
    def tenant(self) -> str:
        return str(self.connection.tenant_id)

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {a_token(self.app)}"}

    @property
    def connector(self) -> str:
        return f"/v1.0/scopes/{self.tenant}/ingress/connectors/HR"

    @property
    def push_path(self) -> str:
        return f"{self.connector}/ingestions/fileIngestion"

    def get(self, path: str, **headers: str) -> Any:
        """GET a path with a token."""
        return self.client.get(path, headers=self.headers | headers)

    def push(
        self, body: bytes, *, content_type: str = MULTIPART, path: str = "", **headers: str
    ) -> Any:
        """POST a body with a token; header names are written with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(
            "POST",
            path or self.push_path,
            body,
            content_type=content_type,
            headers=self.headers | sent,
            PATH_INFO=path or self.push_path,  # the client would take //v1.0 for a host
        )

    def push_package(self, package: bytes | None = None, **headers: str) -> Any:
        """POST a package as .NET does."""
        return self.push(multipart(a_package() if package is None else package), **headers)
