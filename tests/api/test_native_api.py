"""The native API: two clocks, pages, snapshots, undo; tokens, roles and tenants; problems as RFC 9457."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from django.test import Client

from orgport.imports.rewrites import run_rewrite
from orgport.server.records.models import Account, AuditEntry, ImportRecord, Role, Tenant
from orgport.server.wiring.personal_tokens import make_token, revoke_token
from orgport.server.wiring.places import bench
from orgport.server.wiring.registrations import Actor
from tenants import a_client, a_connection, a_pushed_import, a_tenant, a_zip, an_account, now

pytestmark = pytest.mark.django_db

PERSONS = tuple(f"{letter}@contoso.com" for letter in "abcde")


def rows(organization: str, day: str, *persons: str) -> list[dict[str, str]]:
    return [
        {
            "PersonId": person,
            "ManagerId": "" if person == PERSONS[0] else PERSONS[0],
            "Organization": organization,
            "EffectiveDate": day,
        }
        for person in persons
    ]


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant()


@pytest.fixture
def imports(tenant: Tenant) -> list[ImportRecord]:
    connection = a_connection(tenant)
    full = a_zip(rows("Sales", "01/01/2025", *PERSONS))
    edit = a_zip(rows("Legal", "02/01/2025", PERSONS[1]), is_full=False)
    return [a_pushed_import(connection, package) for package in (full, edit)]


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return a_client(tenant, Role.INSIGHTS_ADMIN)


def base(tenant: Tenant) -> str:
    return f"/api/v1/tenants/{tenant.id}"


def get(client: Client, url: str, **query: str) -> Any:
    response = client.get(url, query)
    assert response.status_code == 200, response.content
    return response.json()


def bearer(account: Account, tenant: Tenant) -> dict[str, str]:
    _, text = make_token(account, tenant, name="script", days=30, by=Actor(account.email, now()))
    return {"Authorization": f"Bearer {text}"}


def test_people_are_asked_for_as_of_a_day(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    found = get(client, f"{base(tenant)}/people", asOf="2025-01-15")
    assert (found["asOf"], found["count"], found["nextCursor"]) == ("2025-01-15", 5, None)
    assert found["people"][1] == {
        "PersonId": PERSONS[1],
        "StartDate": "2025-01-01",
        "EndDate": "2025-02-01",
        "ManagerId": PERSONS[0],
        "Organization": "Sales",
    }
    assert get(client, f"{base(tenant)}/people", asOf="2024-12-31")["count"] == 0


def test_people_are_asked_for_as_known_after_an_import(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    for known_at in ("1", str(imports[0].id)):
        found = get(client, f"{base(tenant)}/people", asOf="2025-03-01", knownAt=known_at)
        assert {one["Organization"] for one in found["people"]} == {"Sales"}
    assert client.get(f"{base(tenant)}/people", {"knownAt": "0"}).status_code == 404
    assert client.get(f"{base(tenant)}/people", {"knownAt": "x"}).status_code == 400


def test_pages_together_are_everybody_once(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    seen, cursor = [], ""
    while True:
        page = get(client, f"{base(tenant)}/people", limit="2", cursor=cursor)
        seen += [one["PersonId"] for one in page["people"]]
        if not (cursor := page["nextCursor"] or ""):
            break
    assert seen == list(PERSONS)


def test_people_are_found_by_a_part_of_their_address_and_by_their_manager(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    found = get(client, f"{base(tenant)}/people", q="C@CON")
    assert [one["PersonId"] for one in found["people"]] == [PERSONS[2]]
    assert get(client, f"{base(tenant)}/people", manager="A@contoso.com")["count"] == 4


def test_the_periods_of_a_person_are_told_in_order(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    url = f"{base(tenant)}/people/B@contoso.com/periods"
    found = get(client, url)
    assert found["personId"] == PERSONS[1]
    assert [one["Organization"] for one in found["periods"]] == ["Sales", "Legal"]
    assert found["periods"][1]["EndDate"] == "9999-12-31"
    assert len(get(client, url, knownAt="1")["periods"]) == 1
    assert client.get(f"{base(tenant)}/people/nobody@contoso.com/periods").status_code == 404


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_snapshot_is_everybody_with_the_chosen_fields(
    client: Client, tenant: Tenant, imports: list[ImportRecord], kind: str
) -> None:
    query = {"date": "2025-03-01", "fields": "Organization", "format": kind}
    response = client.get(f"{base(tenant)}/snapshot", query)
    content = io.BytesIO(response.getvalue())
    response.close()
    frame = pl.read_csv(content) if kind == "csv" else pl.read_parquet(content)
    assert frame.columns == ["PersonId", "StartDate", "EndDate", "Organization"]
    assert dict(frame.select("PersonId", "Organization").iter_rows()) == {
        person: "Legal" if person == PERSONS[1] else "Sales" for person in PERSONS
    }


def test_a_snapshot_has_values_as_they_are_unless_it_is_for_a_spreadsheet(
    client: Client, tenant: Tenant
) -> None:
    formula = '=HYPERLINK("http://x")'
    a_pushed_import(a_connection(tenant), a_zip(rows(formula, "01/01/2025", *PERSONS)))
    for query, wanted in (({}, formula), ({"spreadsheet": "true"}, f"'{formula}")):
        response = client.get(f"{base(tenant)}/snapshot", query)
        frame = pl.read_csv(io.BytesIO(response.getvalue()))
        assert set(frame["Organization"]) == {wanted}
        assert frame["PersonId"].str.contains("^[a-e]@").all()


def test_a_snapshot_of_an_unknown_field_names_those_in_use(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    response = client.get(f"{base(tenant)}/snapshot", {"fields": "Salary"})
    assert response.status_code == 400
    assert "In use are: ManagerId, Organization" in response.json()["detail"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_empty_history_answers_with_nobody(client: Client, tenant: Tenant, kind: str) -> None:
    assert get(client, f"{base(tenant)}/people")["people"] == []
    response = client.get(f"{base(tenant)}/snapshot", {"format": kind})
    assert response.status_code == 200
    response.close()


def test_an_import_is_undone_and_the_answer_is_told_before(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    url = f"{base(tenant)}/imports/{imports[1].id}/undo"
    assert get(client, url)["figures"]["personsChanged"] == 1
    asked = "?importId=5a5b7f0e-0d1c-4a4e-9d3a-0d6d5f3f6b10"
    first = client.post(url + asked)
    assert (first.status_code, first.json()["number"]) == (202, 3)
    run_rewrite(first.json()["id"], bench(worker="test"))
    assert client.post(url + asked).json()["id"] == first.json()["id"]
    assert client.post(url).status_code == 409
    assert len(get(client, f"{base(tenant)}/people/b@contoso.com/periods")["periods"]) == 1
    assert client.post(f"{base(tenant)}/imports/{imports[1].id}/restore").status_code == 202


def test_a_token_answers_for_its_account_in_its_tenant_until_it_is_revoked(
    tenant: Tenant, imports: list[ImportRecord]
) -> None:
    account = an_account(tenant, Role.INSIGHTS_ADMIN)
    other = a_tenant("Fabrikam")
    account.grants.create(tenant=other, role=Role.INSIGHTS_ADMIN)
    headers = bearer(account, tenant)
    anybody = Client()
    assert anybody.get(f"{base(tenant)}/people", headers=headers).status_code == 200
    assert anybody.get(f"{base(other)}/people", headers=headers).status_code == 404
    token = account.tokens.get()
    assert token.last_used_at is not None
    assert headers["Authorization"][7:] not in json.dumps(
        list(AuditEntry.objects.values()), default=str
    )
    revoke_token(token, by=Actor(account.email, now()))
    assert anybody.get(f"{base(tenant)}/people", headers=headers).status_code == 401


def test_a_token_that_is_over_or_whose_account_is_closed_is_refused(tenant: Tenant) -> None:
    account = an_account(tenant, Role.INSIGHTS_ADMIN)
    headers = bearer(account, tenant)
    account.tokens.update(expires_at=now() - timedelta(seconds=1))
    assert Client().get(f"{base(tenant)}/people", headers=headers).status_code == 401
    headers = bearer(account, tenant)
    Account.objects.filter(pk=account.pk).update(is_active=False)
    assert Client().get(f"{base(tenant)}/people", headers=headers).status_code == 401


@pytest.mark.parametrize("role", [role for role in Role if role != Role.INSIGHTS_ADMIN])
def test_who_is_no_insights_admin_sees_nobody(
    tenant: Tenant, imports: list[ImportRecord], role: Role
) -> None:
    client = a_client(tenant, role)
    for path in ("people", f"people/{PERSONS[0]}/periods", "snapshot"):
        assert client.get(f"{base(tenant)}/{path}").status_code == 403
    assert client.post(f"{base(tenant)}/imports/{imports[1].id}/undo").status_code == 403


def test_nothing_of_another_tenant_is_found(tenant: Tenant, imports: list[ImportRecord]) -> None:
    own = a_tenant("Fabrikam")
    stranger = a_client(own, *Role)
    for path in ("people", f"people/{PERSONS[0]}/periods", "snapshot"):
        assert stranger.get(f"{base(tenant)}/{path}").status_code == 404
    assert stranger.post(f"{base(own)}/imports/{imports[1].id}/undo").status_code == 404
    assert get(stranger, f"{base(own)}/people")["count"] == 0


def test_what_goes_wrong_is_a_problem(client: Client, tenant: Tenant) -> None:
    for response, status, code in (
        (Client().get(f"{base(tenant)}/people"), 401, "sign_in_failed"),
        (client.get(f"{base(tenant)}/people", {"asOf": "yesterday"}), 422, "bad_parameter"),
        (client.get(f"{base(tenant)}/people", {"cursor": "\u00e4"}), 400, "bad_input"),
        (client.get(f"{base(tenant)}/people", {"cursor": "a"}), 400, "bad_input"),
        (client.get(f"{base(tenant)}/people", {"limit": "0"}), 422, "bad_parameter"),
    ):
        assert response.status_code == status
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == code


@pytest.mark.parametrize("day", ["tomorrow", "31/01/2026", "2026-02-30", "1", "2026-01-31T00:00"])
def test_a_day_in_another_form_is_answered_with_the_form_wanted(
    client: Client, tenant: Tenant, day: str
) -> None:
    said = "This is no day. Write it as YYYY-MM-DD, such as 2026-01-31."
    for path, name in (
        ("people", "asOf"),
        ("organization", "asOf"),
        ("data-quality", "asOf"),
        ("snapshot", "date"),
    ):
        response = client.get(f"{base(tenant)}/{path}", {name: day})
        assert response.status_code == 422
        assert response.json()["errors"] == [{"parameter": name, "message": said}]


@pytest.mark.parametrize(
    ("path", "name", "known"),
    [
        ("snapshot", "asOf", "date, fields, format, knownAt, spreadsheet"),
        ("people", "as_of", "asOf, cursor, knownAt, limit, manager, q"),
        ("organization", "known_at", "asOf, cursor, knownAt, limit, manager"),
        (f"people/{PERSONS[0]}/periods", "asOf", "knownAt"),
        ("data-quality", "date", "asOf, knownAt"),
    ],
)
def test_a_parameter_that_an_operation_does_not_have_is_refused_with_those_it_has(
    client: Client, tenant: Tenant, path: str, name: str, known: str
) -> None:
    response = client.get(f"{base(tenant)}/{path}", {name: "2025-03-01"})
    assert (response.status_code, response.json()["code"]) == (422, "bad_parameter")
    said = f"This operation has no such parameter. It takes {known}."
    assert response.json()["errors"] == [{"parameter": name, "message": said}]


def test_a_page_of_people_says_how_many_there_are_in_all(
    client: Client, tenant: Tenant, imports: list[ImportRecord]
) -> None:
    url = f"{base(tenant)}/people"
    first = get(client, url, asOf="2025-03-01", limit="2")
    assert (first["total"], first["count"]) == (5, 2)
    rest = get(client, url, asOf="2025-03-01", limit="4", cursor=first["nextCursor"])
    assert (rest["total"], rest["count"]) == (5, 3)
    assert get(client, url, asOf="2025-03-01", q="B@", limit="1")["total"] == 1
    assert get(client, url, asOf="2025-03-01", manager=PERSONS[0], limit="1")["total"] == 4


def test_an_act_from_a_session_needs_the_csrf_token(
    tenant: Tenant, imports: list[ImportRecord]
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(
        an_account(tenant, Role.INSIGHTS_ADMIN),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    response = client.post(f"{base(tenant)}/imports/{imports[1].id}/undo")
    assert response.status_code == 403
    assert not ImportRecord.objects.filter(of=imports[1]).exists()


def test_the_api_describes_itself(client: Client) -> None:
    described = get(client, "/api/v1/openapi.json")
    assert "/api/v1/tenants/{tenant}/people" in described["paths"]
