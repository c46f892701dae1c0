"""Help: every role reads every rule, finds them by words, and reaches them from findings."""

from __future__ import annotations

import pytest
from django.test import Client

from orgport.rulebook.pages import pages
from orgport.server.records.models import Role, Tenant
from tenants import a_client, a_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant()


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return a_client(tenant, Role.DATA_SOURCE_ADMIN, email="sender@contoso.com")


def test_every_rule_has_a_page_that_shows_its_examples(client: Client) -> None:
    for code, page in pages().items():
        response = client.get(f"/help/{code}/")
        assert response.status_code == 200, code
        text = response.content.decode()
        assert code in text
        assert page.explanation.fails.name in text


def test_the_list_has_all_rules_and_links_to_them(client: Client) -> None:
    text = client.get("/help/").content.decode()
    assert [code for code in pages() if f'href="/help/{code}/"' not in text] == []


@pytest.mark.parametrize(
    ("query", "found", "not_found"),
    [
        ("q=circle", "POP_LOOP", "VAL_DATE"),
        ("q=val_date", "VAL_DATE", "POP_LOOP"),
        ("severity=advice", "ADV_BLANK_LINE", "VAL_DATE"),
        ("severity=bogus", "VAL_DATE", "NONE"),
        ("q=blank&severity=error", "VAL_REQUIRED", "ADV_BLANK_LINE"),
    ],
)
def test_rules_are_found_by_words_and_severity(
    client: Client, query: str, found: str, not_found: str
) -> None:
    text = client.get(f"/help/?{query}").content.decode()
    assert f'href="/help/{found}/"' in text
    assert f'href="/help/{not_found}/"' not in text


def test_words_that_no_rule_has_lead_back_to_all(client: Client) -> None:
    text = client.get("/help/?q=%3Cscript%3E").content.decode()
    assert "See all rules" in text
    assert "<script>" not in text.split("<main")[1]


@pytest.mark.parametrize("code", ["VAL_NOTHING", "x", "val-date"])
def test_a_code_that_there_is_not_is_not_found(client: Client, code: str) -> None:
    assert client.get(f"/help/{code}/").status_code == 404


def test_a_code_is_found_in_whatever_case(client: Client) -> None:
    assert client.get("/help/val_date/").status_code == 200


def test_nobody_reads_help_without_signing_in() -> None:
    assert Client().get("/help/VAL_DATE/").status_code == 302
