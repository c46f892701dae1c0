"""The page with the guard rails of a connection."""

from __future__ import annotations

import pytest
from django.test import Client

from orgport.imports.guard_rails import Limits
from orgport.server.records.models import AuditEntry, Connection, Role
from tenants import a_client, a_connection, a_tenant

pytestmark = pytest.mark.django_db

AS_BY_DEFAULT = {
    "removed_share": "10",
    "blanked_share": "20",
    "rewritten_months": "12",
    "smallest_organization": "20",
    "decide_within_hours": "48",
}


@pytest.fixture
def connection() -> Connection:
    return a_connection(a_tenant())


@pytest.fixture
def client(connection: Connection) -> Client:
    return a_client(connection.tenant, Role.INSIGHTS_ADMIN)


def save(client: Client, connection: Connection, **fields: str) -> int:
    url = f"/organizational-data/automated-import/{connection.id}/guard-rails/"
    return int(client.post(url, {**AS_BY_DEFAULT, **fields}).status_code)


def test_a_new_connection_has_the_limits_of_the_documents(
    client: Client, connection: Connection
) -> None:
    url = f"/organizational-data/automated-import/{connection.id}/guard-rails/"
    page = client.get(url).content.decode()
    assert 'name="removed_share" value="10"' in page
    assert 'name="blanked_share" value="20"' in page


def test_saving_the_page_as_it_is_changes_no_limit(client: Client, connection: Connection) -> None:
    assert save(client, connection) == 302
    connection.refresh_from_db()
    assert connection.limits == Limits()


def test_limits_are_saved_as_shares_and_audited(client: Client, connection: Connection) -> None:
    fields = {
        "removed_share": "",
        "manager_moves_share": "12.5",
        "rewritten_share": "0",
        "organization_removed_share": "50",
        "decide_within_hours": "24",
        "always_approve": "on",
    }
    assert save(client, connection, **fields) == 302
    connection.refresh_from_db()
    assert connection.limits == Limits(
        always_approve=True,
        removed_share=None,
        manager_moves_share=0.125,
        rewritten_share=0.0,
        organization_removed_share=0.5,
        decide_within_hours=24,
    )
    entry = AuditEntry.objects.get(action="connection.guard_rails")
    assert entry.detail["manager_moves_share"] == 0.125


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("removed_share", "101"),
        ("removed_share", "-1"),
        ("removed_share", "many"),
        ("removed_share", "NaN"),
        ("removed_share", "0.001"),
        ("rewritten_months", ""),
        ("rewritten_months", "1.5"),
        ("smallest_organization", "0"),
        ("decide_within_hours", "0"),
        ("decide_within_hours", "99999"),
    ],
)
def test_what_is_no_limit_is_refused_with_the_field(
    field: str, value: str, client: Client, connection: Connection
) -> None:
    assert save(client, connection, **{field: value}) == 400
    connection.refresh_from_db()
    assert connection.limits == Limits()
