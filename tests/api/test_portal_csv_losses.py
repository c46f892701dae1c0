"""A csv that lacks fields in use: shown with who uses them, and confirmed as it was shown."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from test_portal_csv_uploads import (
    MAPPED,
    PEOPLE,
    ROW,
    SWITCH,
    draft_of,
    fields_of,
    go_on,
    mapping_url,
)

from orgport.server.records.models import CsvDraft, ImportRecord, Role, Tenant
from orgport.server.wiring.extracts import save_extract
from tenants import a_client, a_connection, a_pushed_import, a_tenant, a_zip, by_admin, html_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant()


@pytest.fixture
def client(tenant: Tenant) -> Client:
    made = a_client(tenant, Role.INSIGHTS_ADMIN)
    assert made.post(SWITCH).status_code == 302
    return made


@pytest.fixture
def losing(client: Client, tenant: Tenant) -> CsvDraft:
    """A draft of a file that lacks two fields in use, one of which an extract uses."""
    stored = a_zip([ROW | {"HourlyRate": "20", "Location": "Bilbao"}])
    a_pushed_import(a_connection(tenant, is_active=False), stored)
    save_extract(tenant, name="Places", fields=["Location"], day=None, by=by_admin())
    return draft_of(client, PEOPLE)


def confirmed_by(answer: Any) -> str:
    """What the form of a question brings back when it is answered with Next."""
    found = re.search(r'name="confirmed" value="([0-9a-f]{64})"', answer.content.decode())
    assert found, answer.content.decode()
    return found[1]


def csv_imports() -> int:
    return ImportRecord.objects.filter(source="csv").count()


def test_fields_in_use_that_the_file_lacks_are_asked_about_in_a_table_of_who_uses_them(
    client: Client, losing: CsvDraft
) -> None:
    asked = go_on(client, losing, **MAPPED)
    page = html_of(asked)
    assert "2 fields that are in use are not in the file." in page
    assert "Going on removes them with all values and disables the extracts that use them" in page
    rows = re.findall(r'<th scope="row" class="wrap">(.*?)</th>(.*?)</tr>', page, re.DOTALL)
    cells = {name: re.findall(r"<td[^>]*>(.*?)</td>", rest, re.DOTALL) for name, rest in rows}
    assert cells["HourlyRate"] == ["none", "Meeting cost"]
    assert cells["Location"][0] == "Places"
    assert csv_imports() == 0
    go_on(client, losing, **MAPPED, confirmed=confirmed_by(asked))
    assert csv_imports() == 1


def test_the_question_about_lost_fields_can_be_cancelled_and_the_mapping_is_kept(
    client: Client, losing: CsvDraft
) -> None:
    assert "Next without 2 fields" in go_on(client, losing, **MAPPED).content.decode()
    back = client.post(mapping_url(losing), {"check": "1", "exclude": "on", **MAPPED})
    page = back.content.decode()
    assert "Next: validate" in page
    assert 'name="confirmed"' not in page
    assert re.search(r'name="exclude"[^>]* checked', page)
    assert "Shoe_size" in fields_of(losing)
    assert csv_imports() == 0


def test_a_confirmation_of_other_fields_than_were_shown_is_asked_for_again(
    client: Client, losing: CsvDraft
) -> None:
    shown = confirmed_by(go_on(client, losing, **MAPPED))
    fewer = {**MAPPED, "field-5": "Location", "own-5": ""}
    asked = go_on(client, losing, **fewer, confirmed=shown)
    assert "What would be lost has changed since it was shown" in asked.content.decode()
    assert csv_imports() == 0
    go_on(client, losing, **fewer, confirmed=confirmed_by(asked))
    assert csv_imports() == 1


def test_an_extract_saved_after_the_question_is_asked_about_too(
    client: Client, tenant: Tenant, losing: CsvDraft
) -> None:
    shown = confirmed_by(go_on(client, losing, **MAPPED))
    save_extract(tenant, name="Rates", fields=["HourlyRate"], day=None, by=by_admin())
    page = go_on(client, losing, **MAPPED, confirmed=shown).content.decode()
    assert "has changed since it was shown" in page
    assert "Rates" in page
    assert csv_imports() == 0


def test_a_made_up_confirmation_takes_no_field_away(client: Client, losing: CsvDraft) -> None:
    for made_up in ("1", "0" * 64):
        assert go_on(client, losing, **MAPPED, confirmed=made_up).status_code == 200
    assert csv_imports() == 0


def test_a_confirmation_is_not_in_the_way_once_nothing_is_lost_any_more(
    client: Client, tenant: Tenant
) -> None:
    a_pushed_import(a_connection(tenant, is_active=False), a_zip([ROW | {"Location": "Bilbao"}]))
    draft = draft_of(client, PEOPLE)
    shown = confirmed_by(go_on(client, draft, **MAPPED))
    go_on(client, draft, **{**MAPPED, "field-5": "Location", "own-5": ""}, confirmed=shown)
    assert csv_imports() == 1
