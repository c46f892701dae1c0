"""Makers of tenants and what belongs to them, valid by default; a test states only what matters."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from collections.abc import Mapping as Cells
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.test import Client

from factories import TYPES, csv_of
from orgport.attributes.types import ValueType
from orgport.identity.certificates import new_certificate
from orgport.imports.lifecycle import State
from orgport.imports.stages import run_compare, run_extract, run_process, run_validate
from orgport.server.records.models import (
    Account,
    AppRegistration,
    Connection,
    ImportRecord,
    Role,
    RoleGrant,
    SourceKind,
    Tenant,
)
from orgport.server.wiring.connections import activate_connection, create_connection
from orgport.server.wiring.places import bench, inbox
from orgport.server.wiring.registrations import Actor, add_certificate, register_app

PASSWORD = "a long enough password"
_numbers = itertools.count(1)


def now() -> datetime:
    return datetime.now(UTC)


def by_admin() -> Actor:
    return Actor("admin@contoso.com", now())


def a_tenant(name: str = "Contoso") -> Tenant:
    return Tenant.objects.create(name=name)


def an_account(tenant: Tenant | None, *roles: Role, email: str = "") -> Account:
    """An account that can sign in with PASSWORD and holds the roles in the tenant, if any."""
    account = Account.objects.create_user(email or f"a{next(_numbers)}@contoso.com", PASSWORD)
    if tenant is not None:
        for role in roles:
            RoleGrant.objects.create(account=account, tenant=tenant, role=role)
    return account


def a_client(tenant: Tenant, *roles: Role, email: str = "") -> Client:
    """A browser in which somebody with these roles is signed in."""
    client = Client()
    client.force_login(
        an_account(tenant, *roles, email=email),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return client


def html_of(response: Any) -> str:
    """The html of an answer, without the places at which an address may break."""
    return str(response.content.decode()).replace("<wbr>", "")


def a_certificate(
    name: str = "HR sender", *, days: int = 90, starts_at: datetime | None = None
) -> bytes:
    """The public part of a new certificate, PEM."""
    return new_certificate(name, days=days, now=starts_at or now()).certificate_pem


@lru_cache(maxsize=1)
def _one_for_all() -> bytes:
    # Making a key takes longer than most tests do; whoever needs another certificate makes it.
    return a_certificate()


def an_app(tenant: Tenant, name: str = "HRIS push", *, certified: bool = True) -> AppRegistration:
    app = register_app(tenant, name, by=by_admin())
    if certified:
        add_certificate(app, _one_for_all(), description="HR export server", by=by_admin())
    return app


def a_connection(
    tenant: Tenant,
    name: str = "HRIS nightly",
    *,
    app: AppRegistration | None = None,
    is_active: bool = True,
) -> Connection:
    connection = create_connection(
        tenant, name=name, app=app or an_app(tenant), by="admin@contoso.com", at=now()
    )
    if is_active:
        activate_connection(connection, by="admin@contoso.com", at=now())
    return connection


def an_import(
    tenant: Tenant,
    state: State = State.SUCCEEDED,
    *,
    connection: Connection | None = None,
    name: str = "HRIS nightly",
    source: SourceKind = SourceKind.AUTOMATED,
    received_at: datetime | None = None,
    **columns: Any,
) -> ImportRecord:
    """The row of an import, without anything on disk."""
    at = received_at or now() - timedelta(hours=1)
    values: dict[str, Any] = {
        "submitted_by": "HRIS push",
        "package_sha256": "0" * 64,
        "package_name": "info.zip",
        "package_form": "zip",
        "package_size_bytes": 1000,
        "ended_at": None if state.is_running else at + timedelta(seconds=5),
        **columns,
    }
    record: ImportRecord = ImportRecord.objects.create(
        tenant=tenant,
        number=ImportRecord.objects.filter(tenant=tenant).count() + 1,
        connection=connection,
        source=source,
        name=name,
        state=state.value,
        state_at=at,
        received_at=at,
        **values,
    )
    return record


def a_zip(rows: Sequence[Cells[str, str]], *, is_full: bool = True) -> bytes:
    """A package of the rows, each column mapped to the field of its name."""
    headers = list(rows[0])
    mapping = {
        header: {"name": header, "type": TYPES.get(header, ValueType.STRING).value}
        for header in headers
    }
    metadata = {"DatasetType": "HR", "IsBootstrap": str(is_full).lower(), "Mapping": mapping}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("data.csv", csv_of(rows, headers))
        archive.writestr("metadata.json", json.dumps(metadata))
    return file.getvalue()


def a_pushed_import(connection: Connection, package: bytes, **columns: Any) -> ImportRecord:
    """An import that went through every stage, as a worker would have done it."""
    received = inbox().receive([package], limit_bytes=10_000_000)
    record = an_import(
        connection.tenant,
        State.RECEIVED,
        connection=connection,
        name=connection.name,
        app=connection.app,
        package_sha256=received.sha256,
        package_size_bytes=received.size_bytes,
        **columns,
    )
    run(record)
    return record


def run(record: ImportRecord) -> None:
    """Run every stage of an import, as a worker would."""
    for stage in (run_extract, run_validate, run_compare, run_process):
        if not stage(record.id, bench(worker="test")):
            break
    record.refresh_from_db()


def a_tenant_of(a: str, b: str, c: str) -> Tenant:
    """A tenant with three persons in Bilbao, each below the one before, and no limit on what goes."""
    made = a_tenant()
    rows = [
        {
            "PersonId": person,
            "ManagerId": manager,
            "Organization": "Sales",
            "Location": "Bilbao",
            "EffectiveDate": "01/01/2025",
        }
        for person, manager in ((a, ""), (b, a), (c, b))
    ]
    connection = a_connection(made)
    connection.guard_rails = {"removed_share": None, "blanked_share": None}
    connection.save()
    a_pushed_import(connection, a_zip(rows))
    return made
