"""The organization as a tree, in the portal and in the API: opened a node at a time, on two clocks."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from orgport.server.portal import org_tree
from orgport.server.records.models import Connection, ImportRecord, Role, Tenant
from tenants import a_client, a_connection, a_pushed_import, a_tenant, a_zip, html_of

pytestmark = pytest.mark.django_db

PAGE = "/organizational-data/organization/"
ANNA, BEN, CARA, DAN = (f"{name}@contoso.com" for name in ("anna", "ben", "cara", "dan"))


def a_row(person: str, manager: str, day: str = "01/01/2025") -> dict[str, str]:
    return {
        "PersonId": person,
        "ManagerId": manager,
        "Organization": "<Sales>",
        "EffectiveDate": day,
    }


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant()


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return a_client(tenant, Role.INSIGHTS_ADMIN)


@pytest.fixture
def imports(tenant: Tenant) -> list[ImportRecord]:
    """Anna over Ben over Cara, and Dan whose manager is nobody; from February on Cara is below Anna."""
    connection = a_connection(tenant)
    rows = [a_row(ANNA, ""), a_row(BEN, ANNA), a_row(CARA, BEN), a_row(DAN, "gone@contoso.com")]
    edit = a_zip([a_row(CARA, ANNA, "02/01/2025")], is_full=False)
    return [a_pushed_import(connection, package) for package in (a_zip(rows), edit)]


def page_of(client: Client, path: str = PAGE, **query: str) -> str:
    response = client.get(path, query)
    assert response.status_code == 200, html_of(response)
    return html_of(response)


def persons_in(page: str) -> list[str]:
    return re.findall(
        r'class="wrap" href="/organizational-data/persons/person/[^"]*">([^<]+)<', page
    )


def test_the_tree_begins_with_those_above_whom_nobody_stands(
    client: Client, imports: list[ImportRecord]
) -> None:
    page = page_of(client)
    assert persons_in(page) == [ANNA, DAN]
    assert "gone@contoso.com is not there" in page
    assert "&lt;Sales&gt;" in page
    assert "<Sales>" not in page


def test_a_person_is_opened_by_the_address_without_a_script(
    client: Client, imports: list[ImportRecord]
) -> None:
    page = page_of(client, at="BEN@contoso.com", asOf="2025-01-15")
    assert persons_in(page) == [ANNA, BEN, CARA]
    assert persons_in(page_of(client, at=ANNA, asOf="2025-03-01")) == [ANNA, BEN, CARA]
    assert persons_in(page_of(client, at=BEN, asOf="2025-03-01")) == [ANNA, BEN]


def test_with_a_script_only_the_reports_come_and_the_address_says_so(
    client: Client, imports: list[ImportRecord]
) -> None:
    response = client.get(f"{PAGE}reports/", {"at": ANNA, "asOf": "2025-01-15"})
    assert persons_in(html_of(response)) == [BEN]
    assert response["HX-Replace-Url"] == f"{PAGE}?at=anna%40contoso.com&asOf=2025-01-15"
    assert client.get(f"{PAGE}reports/", {"at": "nobody@contoso.com"}).status_code == 404


def test_the_tree_is_that_of_the_import_after_which_it_is_asked(
    client: Client, imports: list[ImportRecord]
) -> None:
    then = page_of(client, at=BEN, asOf="2025-03-01", knownAt="1")
    assert persons_in(then) == [ANNA, BEN, CARA]


def test_a_new_import_is_seen_at_once(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    page_of(client)
    edit = a_zip([a_row(DAN, ANNA, "03/01/2025")], is_full=False)
    a_pushed_import(Connection.objects.get(tenant=tenant), edit)
    assert persons_in(page_of(client)) == [ANNA]


def test_persons_are_searched_and_lead_to_their_place(
    client: Client, imports: list[ImportRecord]
) -> None:
    page = page_of(client, q="CAR")
    found = re.search(r'<a href="([^"]+)#chosen">cara@contoso.com</a>', page)
    assert found is not None
    assert persons_in(html_of(client.get(found[1].replace("&amp;", "&")))) == [ANNA, CARA]
    assert "Nobody of this day has “zzz”" in page_of(client, q="zzz")


def test_a_level_shows_so_many_and_leads_to_the_next(
    client: Client, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(org_tree, "NODES_A_LEVEL", 2)
    reports = [f"p{number}@contoso.com" for number in range(3)]
    rows = [a_row(ANNA, ""), *(a_row(person, ANNA) for person in reports)]
    a_pushed_import(a_connection(tenant), a_zip(rows))
    first = page_of(client, at=ANNA)
    assert persons_in(first) == [ANNA, *reports[:2]]
    more = re.search(r'<a href="([^"]+)#chosen">Show the next reports', first)
    assert more is not None
    assert persons_in(html_of(client.get(more[1].replace("&amp;", "&"))))[1:] == reports[2:]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"asOf": "2024-01-01"}, "Nobody on this day"),
        ({"at": "nobody@contoso.com"}, "nobody@contoso.com was not there on this day"),
        ({"asOf": "x", "knownAt": "99", "start": "-1", "root": "x"}, "Without a manager"),
        ({"start": "99999"}, "Without a manager"),
        ({"at": "\u0000"}, "was not there on this day"),
    ],
)
def test_what_is_not_there_is_said(
    client: Client, imports: list[ImportRecord], query: dict[str, str], said: str
) -> None:
    assert said in page_of(client, **query)


def test_without_data_the_page_leads_to_the_first_steps(client: Client) -> None:
    assert "No organization yet" in page_of(client)


def test_another_tenant_and_another_role_see_nobody(
    tenant: Tenant, imports: list[ImportRecord]
) -> None:
    stranger = a_client(a_tenant("Fabrikam"), *Role)
    assert "No organization yet" in page_of(stranger)
    assert stranger.get(f"{PAGE}reports/", {"at": ANNA}).status_code == 404
    assert stranger.get(f"/api/v1/tenants/{tenant.id}/organization").status_code == 404
    analyst = a_client(tenant, Role.ANALYST)
    for path in (PAGE, f"{PAGE}reports/", f"/api/v1/tenants/{tenant.id}/organization"):
        assert analyst.get(path).status_code == 403


def api(client: Client, tenant: Tenant, **query: str) -> Any:
    response = client.get(f"/api/v1/tenants/{tenant.id}/organization", query)
    assert response.status_code == 200, response.content
    return response.json()


def test_the_api_tells_the_shape_the_way_down_and_the_reports(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    found = api(client, tenant, asOf="2025-01-15", manager="BEN@contoso.com")
    assert (found["persons"], found["managers"], found["unknownManager"]) == (4, 2, 1)
    assert found["layers"][1] == {"number": 1, "persons": 1, "managers": 1, "reports": 1}
    assert [one["personId"] for one in found["chain"]] == [ANNA, BEN]
    assert found["people"] == [
        {
            "personId": CARA,
            "managerId": BEN,
            "organization": "<Sales>",
            "standing": "report",
            "layer": 2,
            "reports": 0,
            "below": 0,
        }
    ]


def test_the_api_leads_from_page_to_page_of_those_at_the_top(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    first = api(client, tenant, limit="1")
    second = api(client, tenant, limit="1", cursor=first["nextCursor"])
    pages = [one["personId"] for page in (first, second) for one in page["people"]]
    assert pages == [ANNA, DAN]
    assert second["nextCursor"] is None
    assert api(client, tenant, limit="1", cursor="99")["people"] == []


def test_the_api_refuses_what_it_cannot_read(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    url = f"/api/v1/tenants/{tenant.id}/organization"
    assert client.get(url, {"cursor": "x"}).status_code == 400
    assert client.get(url, {"manager": "nobody@contoso.com"}).status_code == 404
    assert client.get(url, {"knownAt": "0"}).status_code == 404
    assert client.get(url, {"asOf": "yesterday"}).status_code == 422
