"""The Data hub and Data quality: first steps without data, figures with them."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from factories import a_person
from orgport.imports.lifecycle import State
from orgport.server.records.models import Role, Tenant
from tenants import (
    a_client,
    a_connection,
    a_pushed_import,
    a_tenant,
    a_zip,
    an_app,
    an_import,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant()


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return a_client(tenant, Role.INSIGHTS_ADMIN)


def page_of(client: Client, query: str = "") -> str:
    return client.get(f"/{query}").content.decode()


def with_data(tenant: Tenant) -> None:
    """Ten persons: all have an Organization, eight a Location, none an HourlyRate."""
    rows = [a_person(n, Location="Bilbao" if n < 8 else "", Layer="1") for n in range(10)]
    record = a_pushed_import(a_connection(tenant), a_zip(rows))
    assert record.state == State.SUCCEEDED.value


def test_without_data_the_five_first_steps_say_who_does_each(client: Client) -> None:
    page = page_of(client)
    assert "0 of 5 done" in page
    steps = page.split('class="first-steps"')[1].split("</ol>")[0]
    assert re.findall(r'class="who small">([^<]+)<', steps) == [
        "Data source admin",
        "Tenant admin",
        "Insights admin",
        "Insights admin",
        "Data source admin",
    ]
    assert "0 of 13 possible insights available" in page


def test_steps_are_ticked_off_as_they_are_done(client: Client, tenant: Tenant) -> None:
    an_app(tenant)
    page = page_of(client)
    assert "2 of 5 done" in page
    assert "HRIS push, with 1 valid certificate." in page
    assert ">Create connection</a>" in page
    connection = a_connection(tenant, is_active=False)
    page = page_of(client)
    assert "3 of 5 done" in page
    assert f'href="/organizational-data/automated-import/{connection.id}/"' in page


def test_a_step_offers_its_act_only_to_who_does_it(tenant: Tenant) -> None:
    an_app(tenant)
    assert ">Create connection</a>" not in page_of(a_client(tenant, Role.ANALYST))


def test_a_first_package_that_failed_is_named(client: Client, tenant: Tenant) -> None:
    connection = a_connection(tenant)
    an_import(tenant, State.VALIDATION_FAILED, connection=connection, name="First try")
    assert "First try: Validation failed." in page_of(client)


def test_figures_come_from_the_history(client: Client, tenant: Tenant) -> None:
    with_data(tenant)
    page = page_of(client)
    # available: Organization, Layer; a blank top manager leaves ManagerId at 90 %.
    assert 'aria-label="1 of 13 insights are available, 3 have low quality, 9 are missing."' in page
    assert "8 of 10 persons" in page
    assert "80.0%" in page
    assert "not in any import" in page


def test_choosing_an_insight_marks_its_fields_and_describes_it(
    client: Client, tenant: Tenant
) -> None:
    with_data(tenant)
    page = page_of(client, "?insight=location")
    assert re.search(r'id="insight-location"[^>]*aria-pressed="true"', page)
    assert re.search(r'id="field-Location"[^>]*class="related"', page)
    assert "Figures by place of work." in page


def test_choosing_a_field_marks_its_insights(client: Client, tenant: Tenant) -> None:
    with_data(tenant)
    page = page_of(client, "?field=ManagerId")
    assert re.search(r'id="field-ManagerId"[^>]*aria-pressed="true"', page)
    assert re.findall(r'id="insight-([\w-]+)"[^>]*class="related"', page) == [
        "one-to-one",
        "spans",
    ]


def test_an_unknown_choice_is_no_fault(client: Client, tenant: Tenant) -> None:
    with_data(tenant)
    assert client.get("/?insight=x&field=y").status_code == 200


def test_one_card_a_source_and_the_active_one_marked(client: Client, tenant: Tenant) -> None:
    page = page_of(client)
    cards = re.findall(r'<li class="card source( chosen)?">.*?<h3>([^<]+)</h3>', page, re.DOTALL)
    assert cards == [
        (" chosen", "Azure Active Directory"),
        ("", ".csv upload"),
        ("", "Automated import"),
    ]
    assert 'aria-label="Start Automated import"' in page
    a_connection(tenant)
    page = page_of(client)
    assert page.index("Automated import</h3>") < page.index("Azure Active Directory</h3>")
    assert 'aria-label="Manage Automated import"' in page


def test_an_analyst_sees_the_figures_and_no_act(tenant: Tenant) -> None:
    with_data(tenant)
    page = page_of(a_client(tenant, Role.ANALYST))
    assert "80.0%" in page
    assert 'aria-label="Manage' not in page


def test_data_quality_lists_each_field_with_its_share(client: Client, tenant: Tenant) -> None:
    with_data(tenant)
    page = client.get("/organizational-data/data-quality/").content.decode()
    fields = re.findall(r'<th scope="row"[^>]*>(\w+)</th>\s*<td data-label="Quality score">', page)
    assert fields == ["Location", "ManagerId", "Layer", "Organization"]
    assert "80.0%" in page


def test_data_quality_without_data_tells_what_each_insight_needs(client: Client) -> None:
    page = client.get("/organizational-data/data-quality/").content.decode()
    assert "No figures yet" in page
    assert "WeeklyBadgeOnsiteDays" in page
