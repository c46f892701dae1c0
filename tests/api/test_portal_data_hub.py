"""The Data hub and Data quality: first steps without data, figures with them."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from factories import a_person
from orgport.imports.lifecycle import State
from orgport.server.records.models import Connection, Role, Tenant
from tenants import (
    a_client,
    a_connection,
    a_pushed_import,
    a_tenant,
    a_zip,
    an_app,
    an_import,
    html_of,
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
    page = html_of(client.get("/organizational-data/data-quality/"))
    assert fields_in(page) == [
        "TimeZone",
        "Location",
        "ManagerId",
        "Domain",
        "Layer",
        "Organization",
    ]
    assert "80.0%" in page
    assert "HRIS nightly, import 1" in page


def fields_in(page: str) -> list[str]:
    return re.findall(
        r'<th scope="row"[^>]*><a [^>]*>(\w+)</a></th>\s*<td data-label="Quality score">', page
    )


QUALITY = "/organizational-data/data-quality/"


def quality_page(client: Client, path: str = "", **query: str) -> str:
    response = client.get(QUALITY + path, query)
    assert response.status_code == 200, response.content.decode()
    return response.content.decode()


def with_less(tenant: Tenant) -> None:
    """Data, and a second import that takes Layer from two of the ten persons."""
    with_data(tenant)
    rows = [{**a_person(n), "Layer": "''"} for n in range(2)]
    record = a_pushed_import(Connection.objects.get(tenant=tenant), a_zip(rows, is_full=False))
    assert record.state == State.SUCCEEDED.value


def test_figures_are_those_of_the_day_and_of_the_import_after_which_they_are_asked(
    client: Client, tenant: Tenant
) -> None:
    with_less(tenant)
    assert "Nobody on this day" in quality_page(client, asOf="2001-01-01")
    now, then = quality_page(client), quality_page(client, knownAt="1")
    layer = re.compile(r">Layer</a></th>.*?<span>([0-9.]+%)</span>", re.DOTALL)
    assert [layer.findall(page)[0] for page in (now, then)] == ["80.0%", "100.0%"]
    hub = page_of(client, "?asOf=2001-01-01&insight=level")
    assert "Nobody had a period on" in hub
    assert 'name="asOf" value="2001-01-01"' in hub
    assert "as known after import 1" in page_of(client, "?knownAt=1")


def test_an_insight_that_an_import_cost_is_told(client: Client, tenant: Tenant) -> None:
    rows = [a_person(n, Location="Bilbao") for n in range(10)]
    connection = a_connection(tenant)
    a_pushed_import(connection, a_zip(rows))
    fewer = [a_person(n, Location="Bilbao" if n < 8 else "") for n in range(10)]
    a_pushed_import(connection, a_zip(fewer))
    page = quality_page(client)
    assert "0 gained, 1 lost since HRIS nightly, import 1" in page
    assert page.count("lost with the last import") == 1
    assert "1 fewer than after HRIS nightly, import 1" in page_of(client)


def test_values_of_a_field_are_told_without_small_groups(client: Client, tenant: Tenant) -> None:
    with_data(tenant)
    page = quality_page(client, "field/", field="Location")
    assert re.findall(r'<th scope="row" class="wrap">([^<]+)</th>', page) == ["Bilbao"]
    assert "80.0%" in page
    assert "no value" in page
    assert client.get(f"{QUALITY}field/", {"field": "Salary"}).status_code == 404


def test_the_trend_tells_how_complete_each_import_left_the_data(
    client: Client, tenant: Tenant
) -> None:
    with_less(tenant)
    page = quality_page(client, "trend/")
    assert re.findall(r'data-label="Cells">([^<]+)<', page) == ["87.5%", "92.5%"]
    assert '<svg class="sparkline"' in page
    part = client.get(f"{QUALITY}trend/", headers={"HX-Request": "true"}).content.decode()
    assert "<h1" not in part


def test_who_lacks_a_value_is_downloaded_to_be_completed(client: Client, tenant: Tenant) -> None:
    rows = [a_person(0, Location="=1+1"), a_person(1, Location="")]
    a_pushed_import(a_connection(tenant), a_zip(rows))
    assert "2 measured users have missing organizational data." in quality_page(client)
    lines = client.get(f"{QUALITY}missing.csv").getvalue().decode("utf-8-sig").splitlines()
    assert lines[0] == "PersonId,ManagerId,Organization,Location"
    assert sorted(lines[1:]) == [
        "person0@contoso.com,,Sales,'=1+1",
        "person1@contoso.com,person0@contoso.com,Sales,",
    ]
    analyst = a_client(tenant, Role.ANALYST)
    assert analyst.get(f"{QUALITY}missing.csv").status_code == 403
    assert ">Download<" not in quality_page(analyst)


def test_without_data_nothing_is_missing(client: Client) -> None:
    lines = client.get(f"{QUALITY}missing.csv").getvalue().decode("utf-8-sig")
    assert lines.splitlines() == ["PersonId"]
    assert "no import whose figures" in quality_page(client, "trend/")
    assert client.get(f"{QUALITY}field/", {"field": "Location"}).status_code == 404


def test_the_api_answers_with_the_same_figures(client: Client, tenant: Tenant) -> None:
    with_data(tenant)
    base = f"/api/v1/tenants/{tenant.id}/data-quality"
    found = client.get(base, {"knownAt": "1"}).json()
    assert (found["persons"], found["availableInsights"]) == (10, 1)
    location = next(one for one in found["fields"] if one["field"] == "Location")
    assert location == {
        "field": "Location",
        "qualityScore": 0.8,
        "isGood": False,
        "employees": 8,
        "uniqueValues": 1,
    }
    assert {one["availability"] for one in found["insights"]} == {
        "available",
        "low quality",
        "missing",
    }
    stranger = a_client(a_tenant("Fabrikam"), *Role)
    analyst = a_client(tenant, Role.ANALYST)
    assert analyst.get(base).status_code == 200
    for path in ("", "/missing.csv"):
        assert stranger.get(base + path).status_code == 404
    assert analyst.get(f"{base}/missing.csv").status_code == 403
    assert client.get(f"{base}/missing.csv").status_code == 200


def test_data_quality_without_data_tells_what_each_insight_needs(client: Client) -> None:
    page = client.get("/organizational-data/data-quality/").content.decode()
    assert "No figures yet" in page
    assert "WeeklyBadgeOnsiteDays" in page
