"""Persons in the portal: found as of a day and as known after an import, one person's whole story; tokens."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.test import Client

from orgport.history.periods import OPEN_END, Period
from orgport.server.portal.timeline import bars, timeline
from orgport.server.records.models import AuditEntry, ImportRecord, PersonalToken, Role, Tenant
from tenants import a_client, a_connection, a_pushed_import, a_tenant, a_zip, html_of

pytestmark = pytest.mark.django_db

LIST, PERSON = "/organizational-data/persons/", "/organizational-data/persons/person/"
A, B = "anna@contoso.com", "ben@contoso.com"


def a_row(person: str, organization: str, day: str) -> dict[str, str]:
    manager = "" if person == A else A
    return {
        "PersonId": person,
        "ManagerId": manager,
        "Organization": organization,
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
    connection = a_connection(tenant)
    full = a_zip([a_row(A, "Board", "01/01/2025"), a_row(B, "Sales", "01/01/2025")])
    edit = a_zip([a_row(B, "<Legal>", "02/01/2025")], is_full=False)
    return [a_pushed_import(connection, package) for package in (full, edit)]


def page_of(client: Client, path: str, **query: str) -> str:
    response = client.get(path, query)
    assert response.status_code == 200, html_of(response)
    return html_of(response)


def test_persons_are_listed_as_of_a_day(client: Client, imports: list[ImportRecord]) -> None:
    page = page_of(client, LIST, asOf="2025-01-15")
    assert A in page
    assert "Sales" in page
    assert "&lt;Legal&gt;" not in page
    assert "&lt;Legal&gt;" in page_of(client, LIST, asOf="2025-02-15")
    assert "&lt;Legal&gt;" not in page_of(client, LIST, asOf="2025-02-15", knownAt="1")
    assert "Nobody found" in page_of(client, LIST, asOf="2024-01-01")


def test_persons_are_found_by_a_part_of_their_address(
    client: Client, imports: list[ImportRecord]
) -> None:
    page = page_of(client, LIST, q="BEN")
    assert B in page
    assert f">{A}</a>" not in page


def test_the_list_leads_from_page_to_page(client: Client, tenant: Tenant) -> None:
    persons = [f"p{number:02}@contoso.com" for number in range(30)]
    rows = [a_row(A, "Board", "01/01/2025"), *(a_row(p, "Sales", "01/01/2025") for p in persons)]
    a_pushed_import(a_connection(tenant), a_zip(rows))
    first = page_of(client, LIST)
    following = re.search(r'href="([^"]+)">Next<', first)
    assert following is not None
    second = html_of(client.get(LIST + following[1].replace("&amp;", "&")))
    assert persons[-1] in second
    assert persons[-1] not in first
    assert ">Next<" not in second
    back = re.search(r'href="([^"]+)">Previous<', second)
    assert back is not None
    again = html_of(client.get(LIST + back[1].replace("&amp;", "&")))
    assert ">Previous<" not in again
    assert persons[0] in again


def test_behind_the_last_page_of_the_list_stands_the_last(client: Client, tenant: Tenant) -> None:
    persons = [f"p{number:02}@contoso.com" for number in range(30)]
    rows = [a_row(A, "Board", "01/01/2025"), *(a_row(p, "Sales", "01/01/2025") for p in persons)]
    a_pushed_import(a_connection(tenant), a_zip(rows))
    page = page_of(client, LIST, page="999")
    assert "26–31 of 31" in page
    assert persons[-1] in page
    assert re.search(r'page=1#persons">Previous<', page)


def test_one_person_has_values_a_picture_and_the_imports_that_said_so(
    client: Client, imports: list[ImportRecord]
) -> None:
    page = page_of(client, PERSON, address="BEN@contoso.com", asOf="2025-01-15")
    assert f'<h1 class="wrap">{B}</h1>' in page
    assert "2 periods since <time" in page
    assert "from 2 imports." in page
    assert '<svg class="timeline"' in page
    assert "as of 15 Jan 2025" in page
    assert "&lt;Legal&gt;" in page
    assert "<Legal>" not in page
    for record in imports:
        assert f'<a href="/imports/{record.id}/">' in page


def test_the_table_of_periods_has_what_changes_and_tells_the_rest_once(
    client: Client, imports: list[ImportRecord]
) -> None:
    page = page_of(client, PERSON, address=B)
    table = page.split("Periods of")[1].split("</table>")[0]
    assert re.findall(r'<th scope="col">([^<]+)</th>', table) == [
        "Start",
        "End, exclusive",
        "Organization",
        "Import",
    ]
    assert "1 field that has been the same in every period" in page
    rest = page.split("in every period</summary>")[1]
    assert f"<dt>ManagerId</dt><dd>{A}</dd>" in rest


def test_one_person_is_asked_for_as_known_after_an_import(
    client: Client, imports: list[ImportRecord]
) -> None:
    page = page_of(client, PERSON, address=B, knownAt="1")
    assert "1 period since <time" in page
    assert "from 1 import." in page
    assert "&lt;Legal&gt;" not in page


def test_each_value_of_the_day_is_told_with_the_import_that_said_it(
    client: Client, imports: list[ImportRecord]
) -> None:
    page = page_of(client, PERSON, address=B, asOf="2025-03-01")
    facts = re.findall(
        r'<dt>(\w+)</dt>\s*<dd>([^<]+)</dd>\s*<dd><a href="/imports/([0-9a-f-]+)/"',
        page,
    )
    assert facts == [
        ("Organization", "&lt;Legal&gt;", str(imports[1].id)),
        ("ManagerId", A, str(imports[1].id)),
    ]
    assert "No period holds on" in page_of(client, PERSON, address=B, asOf="2024-01-01")


def test_the_periods_are_a_file_for_spreadsheet_programs(client: Client, tenant: Tenant) -> None:
    first = a_pushed_import(a_connection(tenant), a_zip([a_row(A, "=1+1", "01/01/2025")]))
    response = client.get(f"{PERSON}periods.csv", {"address": A.upper()})
    assert "periods.csv" in response["Content-Disposition"]
    lines = response.getvalue().decode("utf-8-sig").splitlines()
    assert lines == [
        "StartDate,EndDate,Organization,ManagerId,Imports",
        f"2025-01-01,9999-12-31,'=1+1,,{first.name}",
    ]
    assert client.get(f"{PERSON}periods.csv", {"address": B}).status_code == 404


@pytest.mark.parametrize("address", ["", "nobody@contoso.com", "x" * 5000, "\u0000"])
def test_who_never_was_is_not_found(
    client: Client, imports: list[ImportRecord], address: str
) -> None:
    assert client.get(PERSON, {"address": address}).status_code == 404


def test_clocks_that_cannot_be_read_are_today_and_the_newest_import(
    client: Client, imports: list[ImportRecord]
) -> None:
    page = page_of(client, PERSON, address=B, asOf="yesterday", knownAt="-1")
    assert "from 2 imports." in page


def test_another_tenant_sees_nobody(imports: list[ImportRecord]) -> None:
    stranger = a_client(a_tenant("Fabrikam"), *Role)
    assert stranger.get(PERSON, {"address": B}).status_code == 404
    assert B not in page_of(stranger, LIST)


def test_neighbours_of_one_value_are_one_bar() -> None:
    days = [date(2025, month, 1) for month in (1, 2, 3)]
    values: list[dict[str, str | None]] = [{"Unit": "x"}, {"Unit": "x"}, {"Unit": None}]
    periods = [
        Period(start, end, value)
        for start, end, value in zip(days, [*days[1:], OPEN_END], values, strict=True)
    ]
    assert [(bar.start, bar.end) for bar in bars(periods, "Unit")] == [(days[0], days[2])]
    assert timeline([], as_of=days[0]) == ""
    assert 'aria-label="Timeline of 1 field;' in timeline(periods, as_of=days[0])


def test_the_name_of_a_lane_has_the_value_in_force() -> None:
    first, second, third = (date(2025, month, 1) for month in (1, 2, 3))
    periods = [
        Period(first, second, {"Unit": "x", "ManagerId": None}),
        Period(second, third, {"Unit": "<y>", "ManagerId": A}),
        Period(third, OPEN_END, {"Unit": "<y>", "ManagerId": None}),
    ]
    for day, unit, manager in (
        (first, "Unit · x", "ManagerId"),
        (second, "Unit · &lt;y&gt;", "ManagerId · anna"),
        (third, "Unit · &lt;y&gt;", "ManagerId"),
    ):
        picture = timeline(periods, as_of=day)
        assert re.findall("<li><span>(.*?)</span></li>", picture) == [unit, manager]


def test_a_token_is_shown_once_and_kept_as_a_digest(client: Client, tenant: Tenant) -> None:
    page = html_of(client.post("/access-tokens/", {"name": "Monthly report", "days": "30"}))
    shown = re.search(r"orgport_[\w-]{43}", page)
    assert shown is not None
    assert shown[0] not in page_of(client, "/access-tokens/")
    token = PersonalToken.objects.get()
    assert shown[0] not in str(vars(token))
    headers = {"Authorization": f"Bearer {shown[0]}"}
    url = f"/api/v1/tenants/{tenant.id}/people"
    assert Client().get(url, headers=headers).status_code == 200
    assert "Revoke Monthly report" in page_of(client, f"/access-tokens/{token.id}/revoke/")
    assert client.post(f"/access-tokens/{token.id}/revoke/").status_code == 302
    assert Client().get(url, headers=headers).status_code == 401
    actions = AuditEntry.objects.filter(subject=str(token.id)).values_list("action", flat=True)
    assert list(actions) == ["token.made", "token.revoked"]


@pytest.mark.parametrize("form", [{"name": "", "days": "30"}, {"name": "x", "days": "9999"}])
def test_a_token_without_a_name_or_an_end_is_not_made(client: Client, form: dict[str, str]) -> None:
    page = html_of(client.post("/access-tokens/", form))
    assert "before the token can be made" in page
    assert not PersonalToken.objects.exists()


def test_the_token_of_a_colleague_cannot_be_revoked(client: Client, tenant: Tenant) -> None:
    client.post("/access-tokens/", {"name": "Mine", "days": "30"})
    colleague = a_client(tenant, *Role)
    token = PersonalToken.objects.get()
    assert colleague.post(f"/access-tokens/{token.id}/revoke/").status_code == 404
    assert "Mine" not in page_of(colleague, "/access-tokens/")
