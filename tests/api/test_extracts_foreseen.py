"""Which saved extracts an import, an undo, a restore or a deletion switches: said before it is done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from orgport.history.acts import Act
from orgport.imports.lifecycle import State
from orgport.imports.rewrites import run_rewrite
from orgport.server.records.models import Connection, ImportRecord, Role, SavedExtract, Tenant
from orgport.server.wiring.extracts import save_extract
from orgport.server.wiring.places import bench
from orgport.server.wiring.reversals import reverse
from tenants import a_client, a_connection, a_pushed_import, a_tenant, a_zip, by_admin, now

pytestmark = pytest.mark.django_db

DISABLES = "This disables 1 extract, whose last result stays: Places (Location)."
ENABLES = "This enables 1 extract again: Places (Location)."
NOBODY: dict[str, list[str]] = {"extractsDisabled": [], "extractsEnabled": []}


def rows(**fields: str) -> list[dict[str, str]]:
    fixed = {"Organization": "Sales", "EffectiveDate": "01/01/2025"}
    return [{"PersonId": "a@contoso.com", "ManagerId": "", **fixed, **fields}]


@pytest.fixture
def tenant() -> Tenant:
    """One whose only import has a Location, with an extract of that and one that needs less."""
    made = a_tenant()
    push(a_connection(made), Location="Bilbao")
    for name, fields in (("Places", ["Organization", "Location"]), ("Units", ["Organization"])):
        save_extract(made, name=name, fields=fields, day=None, by=by_admin())
    return made


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return a_client(tenant, Role.INSIGHTS_ADMIN)


@pytest.fixture
def first(tenant: Tenant) -> ImportRecord:
    return ImportRecord.objects.get(tenant=tenant)


def push(connection: Connection, *, always_ask: bool = False, **fields: str) -> ImportRecord:
    connection.guard_rails = {"removed_share": None, "blanked_share": None}
    connection.guard_rails |= {"always_approve": always_ask}
    connection.save()
    return a_pushed_import(connection, a_zip(rows(**fields)))


def dropping(tenant: Tenant, *, always_ask: bool = False) -> ImportRecord:
    """An import without the Location."""
    return push(Connection.objects.get(tenant=tenant), always_ask=always_ask)


def asked(client: Client, record: ImportRecord, what: str) -> Any:
    answer = client.get(f"/api/v1/tenants/{record.tenant_id}/imports/{record.id}/{what}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def switched(said: dict[str, Any]) -> dict[str, Any]:
    return {name: said[name] for name in NOBODY}


def test_an_approver_reads_which_extracts_an_import_would_disable(tenant: Tenant) -> None:
    waiting = dropping(tenant, always_ask=True)
    assert waiting.status is State.AWAITING_APPROVAL
    approver = a_client(tenant, Role.APPROVER)
    said = asked(approver, waiting, "preview")
    assert switched(said) == {"extractsDisabled": ["Places"], "extractsEnabled": []}
    page = approver.get(f"/imports/{waiting.id}/preview/").content.decode()
    assert "Places<br>" in page
    assert "loses Location; its last result stays" in page
    assert "Units<br>" not in page


def test_an_approver_reads_which_extracts_an_import_would_enable(tenant: Tenant) -> None:
    dropping(tenant)
    connection = Connection.objects.get(tenant=tenant)
    waiting = push(connection, always_ask=True, Location="Oslo")
    approver = a_client(tenant, Role.APPROVER)
    said = asked(approver, waiting, "preview")
    assert switched(said) == {"extractsDisabled": [], "extractsEnabled": ["Places"]}
    page = approver.get(f"/imports/{waiting.id}/preview/").content.decode()
    assert "has Location again" in page


def test_the_preview_of_an_import_that_concerns_no_extract_has_no_word_of_them(
    client: Client, tenant: Tenant
) -> None:
    connection = Connection.objects.get(tenant=tenant)
    moved = push(connection, Location="Oslo")
    assert switched(asked(client, moved, "preview")) == NOBODY
    page = client.get(f"/imports/{moved.id}/preview/").content.decode()
    assert "Saved extracts" not in page


def test_the_preview_of_an_ended_import_names_only_extracts_that_there_were(
    client: Client, tenant: Tenant
) -> None:
    gone = dropping(tenant)
    assert switched(asked(client, gone, "preview"))["extractsDisabled"] == ["Places"]
    SavedExtract.objects.filter(tenant=tenant).update(made_at=now() + timedelta(minutes=1))
    assert switched(asked(client, gone, "preview")) == NOBODY


def test_an_undo_says_which_extracts_it_enables(client: Client, tenant: Tenant) -> None:
    gone = dropping(tenant)
    said = asked(client, gone, "undo")
    assert ENABLES in said["consequences"]
    assert switched(said["figures"]) == {"extractsDisabled": [], "extractsEnabled": ["Places"]}
    assert ENABLES in client.get(f"/imports/{gone.id}/undo/").content.decode()


def test_an_undo_says_which_extracts_it_disables(client: Client, first: ImportRecord) -> None:
    said = asked(client, first, "undo")
    assert switched(said["figures"])["extractsDisabled"] == ["Places", "Units"]
    sentence = (
        "This disables 2 extracts, whose last results stay: "
        "Places (Organization, Location), Units (Organization)."
    )
    assert sentence in said["consequences"]
    assert sentence in client.get(f"/imports/{first.id}/undo/").content.decode()


def test_a_restore_says_which_extracts_it_disables_and_enables(
    client: Client, tenant: Tenant, first: ImportRecord
) -> None:
    gone = dropping(tenant)
    assert ENABLES in asked(client, first, "restore")["consequences"]
    assert ENABLES in client.get(f"/imports/{first.id}/restore/").content.decode()
    back = reverse(first, Act.RESTORE, by=by_admin(), import_id=ImportRecord().id)
    run_rewrite(back.id, bench(worker="test"))
    said = asked(client, gone, "restore")
    assert DISABLES in said["consequences"]
    assert switched(said["figures"]) == {"extractsDisabled": ["Places"], "extractsEnabled": []}


def test_an_extract_that_is_disabled_already_is_not_disabled_again(
    client: Client, tenant: Tenant
) -> None:
    dropping(tenant)
    connection = Connection.objects.get(tenant=tenant)
    push(connection, LevelDesignation="IC2")
    save_extract(tenant, name="Levels", fields=["LevelDesignation"], day=None, by=by_admin())
    SavedExtract.objects.of(tenant).filter(name="Places").update(
        fields=["Location", "LevelDesignation"]
    )
    said = client.post(
        f"/api/v1/tenants/{tenant.id}/deletions/fields/preview",
        {"fields": ["LevelDesignation"]},
        content_type="application/json",
    ).json()
    assert switched(said["figures"])["extractsDisabled"] == ["Levels"]


def test_extracts_of_another_tenant_are_never_named(client: Client, tenant: Tenant) -> None:
    other = a_tenant("Fabrikam")
    push(a_connection(other), Location="Oslo")
    save_extract(other, name="Theirs", fields=["Location"], day=None, by=by_admin())
    gone = dropping(tenant)
    for what in ("preview", "undo"):
        assert "Theirs" not in str(asked(client, gone, what))
    assert "Theirs" not in client.get(f"/imports/{gone.id}/preview/").content.decode()
