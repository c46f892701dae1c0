"""Custom fields may have any name that is not a column of ours, from the file to undo."""

from __future__ import annotations

import pytest
from django.urls import reverse

from orgport.imports.lifecycle import State
from orgport.imports.rewrites import run_rewrite
from orgport.server.records.models import Connection, ImportRecord, Role
from orgport.server.wiring.places import bench, history_of
from tenants import a_client, a_connection, a_pushed_import, a_tenant, a_zip, now

pytestmark = pytest.mark.django_db

A, B = "a@contoso.com", "b@contoso.com"
INNER_NAMES = """
    address before after blanked changed_from code column count date differing effective_date expected
    field fields first_line found from_ given has_two_managers header hint is_current key kind length level
    lines meant members message new_persons number occurrences organization_after organization_before
    parts person_id place places related_lines severity stage takes text to value value_before value_after
    row index len literal start end period periods row_nr rank id ids name names is_repeat moved joined left
"""
INNER = INNER_NAMES.split()


def a_row(person: str, value: str, day: str = "01/01/2025") -> dict[str, str]:
    own = {"PersonId": person, "ManagerId": "" if person == A else A, "Organization": "Sales"}
    return {**own, "EffectiveDate": day, **dict.fromkeys(INNER, value)}


def with_custom_fields(connection: Connection) -> Connection:
    connection.allow_custom_fields = True
    connection.save()
    return connection


def page_of(record: ImportRecord) -> str:
    client = a_client(record.tenant, Role.INSIGHTS_ADMIN, email="admin@contoso.com")
    return client.get(f"/imports/{record.id}/").content.decode()


def test_names_that_we_use_within_go_all_the_way() -> None:
    tenant = a_tenant()
    connection = with_custom_fields(a_connection(tenant))
    full = a_pushed_import(connection, a_zip([a_row(A, "x"), a_row(B, "x")]))
    edit = a_pushed_import(
        connection, a_zip([a_row(B, "y", "02/01/2025"), a_row(A, "")], is_full=False)
    )
    assert (full.state, edit.state) == (State.SUCCEEDED.value, State.SUCCEEDED.value)
    client = a_client(tenant, *Role, email="admin@contoso.com")
    for page in (
        f"/imports/{edit.id}/",
        f"/imports/{edit.id}/preview/",
        f"/imports/{edit.id}/undo/",
        reverse("persons"),
        reverse("data-quality"),
        reverse("organization"),
        f"/api/v1/tenants/{tenant.id}/people",
        f"/api/v1/tenants/{tenant.id}/snapshot",
        f"/api/v1/tenants/{tenant.id}/imports/{edit.id}/preview/persons",
    ):
        assert client.get(page).status_code == 200, page
    assert client.post(f"/imports/{edit.id}/undo/").status_code == 302
    undone = ImportRecord.objects.get(of=edit, state=State.RECEIVED.value)
    run_rewrite(undone.id, bench(worker="test"))
    people = history_of(tenant.id).as_of(now().date())
    assert {value for name in INNER for value in people[name].to_list()} == {"x"}


@pytest.mark.parametrize("name", ["person", "Line", "cleared", "BUCKET", "import_id", "_errors"])
def test_a_field_cannot_have_the_name_of_a_column_of_ours(name: str) -> None:
    connection = with_custom_fields(a_connection(a_tenant()))
    row = {"PersonId": A, "ManagerId": "", "Organization": "Sales", name: "1"}
    failed = a_pushed_import(connection, a_zip([row]))
    assert failed.state == State.VALIDATION_FAILED.value
    assert f"{name} cannot be the name of a custom field." in page_of(failed)
