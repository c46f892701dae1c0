"""Saved extracts: who consumes the data asks by a name, and is told when a field is gone."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from django.test import Client

from orgport.attributes.mentions import Mentions
from orgport.imports.rewrites import run_rewrite
from orgport.server.records.forgetting import forget
from orgport.server.records.models import (
    AuditEntry,
    Connection,
    ImportRecord,
    Role,
    SavedExtract,
    Tenant,
)
from orgport.server.wiring import extracts
from orgport.server.wiring.places import bench
from tenants import a_client, a_connection, a_pushed_import, a_tenant, a_zip, now

pytestmark = pytest.mark.django_db

A, B = "a@contoso.com", "b@contoso.com"
PAGE = "/organizational-data/consumers/"


@pytest.fixture
def tenant() -> Tenant:
    made = a_tenant()
    connection = a_connection(made)
    connection.guard_rails = {"removed_share": None, "blanked_share": None}
    connection.save()
    rows = [
        {
            "PersonId": person,
            "ManagerId": manager,
            "Organization": "Sales",
            "Location": place,
            "EffectiveDate": "01/01/2025",
        }
        for person, manager, place in ((A, "", "Bilbao"), (B, A, "=Oslo"))
    ]
    a_pushed_import(connection, a_zip(rows))
    return made


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return a_client(tenant, Role.INSIGHTS_ADMIN)


def save(client: Client, tenant: Tenant, **body: Any) -> Any:
    whole = {"name": "Places", "fields": ["Location"], **body}
    url = f"/api/v1/tenants/{tenant.id}/extracts"
    return client.post(url, whole, content_type="application/json")


def listed(client: Client, tenant: Tenant) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = client.get(f"/api/v1/tenants/{tenant.id}/extracts").json()
    return answer


def rows_of(client: Client, tenant: Tenant, extract: str, query: str = "") -> bytes:
    answer = client.get(f"/api/v1/tenants/{tenant.id}/extracts/{extract}/rows{query}")
    assert answer.status_code == 200, answer.content
    content: bytes = answer.getvalue()
    return content


def places(client: Client, tenant: Tenant, extract: str) -> dict[str, str]:
    frame = pl.read_csv(io.BytesIO(rows_of(client, tenant, extract)))
    return dict(frame.select("PersonId", "Location").iter_rows())


def delete_places(client: Client, tenant: Tenant) -> ImportRecord:
    url = f"/api/v1/tenants/{tenant.id}/deletions/fields"
    body = {"name": "No places", "fields": ["Location"]}
    answer = client.post(url, body, content_type="application/json")
    return rewritten(answer.json()["id"])


def undo(client: Client, of: ImportRecord) -> None:
    url = f"/api/v1/tenants/{of.tenant_id}/imports/{of.id}/undo"
    rewritten(client.post(url, {}, content_type="application/json").json()["id"])


def rewritten(import_id: str) -> ImportRecord:
    record = ImportRecord.objects.get(id=import_id)
    run_rewrite(record.id, bench(worker="test"))
    record.refresh_from_db()
    return record


def test_an_extract_gives_the_same_rows_as_csv_and_as_parquet(
    client: Client, tenant: Tenant
) -> None:
    made = save(client, tenant)
    assert made.status_code == 201
    extract = made.json()["id"]
    assert places(client, tenant, extract) == {A: "Bilbao", B: "=Oslo"}
    whole = pl.read_parquet(io.BytesIO(rows_of(client, tenant, extract, "?format=parquet")))
    assert whole.columns == ["PersonId", "StartDate", "EndDate", "Location"]
    assert dict(whole.select("PersonId", "Location").iter_rows()) == {A: "Bilbao", B: "=Oslo"}
    assert b"'=Oslo" in rows_of(client, tenant, extract, "?spreadsheet=true")


def test_an_extract_of_a_day_answers_for_that_day(client: Client, tenant: Tenant) -> None:
    extract = save(client, tenant, day="2024-12-31").json()["id"]
    assert places(client, tenant, extract) == {}


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"fields": ["Place"]}, 400, "There is no field Place. In use are: "),
        ({"fields": []}, 400, "Name at least one field."),
        ({"fields": ["Location", "Location"]}, 400, "Location is named twice."),
        ({"fields": ["Location"] * 1000}, 422, "fields"),
        ({"name": " "}, 400, "An extract needs a name of 1 to 128 characters."),
        ({"name": "Taken"}, 409, "There is an extract Taken already"),
        ({"name": " tAKEN "}, 409, "names count once, whatever their case. Choose another name."),
        ({"day": "31/31/2025"}, 422, "day"),
    ],
)
def test_an_extract_that_cannot_be_saved_is_told_why(
    client: Client, tenant: Tenant, body: dict[str, Any], status: int, said: str
) -> None:
    save(client, tenant, name="Taken")
    answer = save(client, tenant, **body)
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True)
    assert [one["name"] for one in listed(client, tenant)] == ["Taken"]


@pytest.mark.parametrize(
    ("first", "second"),
    [("Plätze", "PLÄTZE"), ("Straße", "STRASSE"), ("Caf\u00e9", "Cafe\u0301"), ("A  b", "a b")],
)
def test_names_that_people_take_for_one_are_one_in_any_script(
    client: Client, tenant: Tenant, first: str, second: str
) -> None:
    assert save(client, tenant, name=first).status_code == 201
    refused = save(client, tenant, name=second)
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert [one["name"] for one in listed(client, tenant)] == [first]


def test_a_name_that_is_taken_is_told_beside_the_field_in_the_portal(
    client: Client, tenant: Tenant
) -> None:
    save(client, tenant)
    answer = client.post(PAGE, {"name": "places", "ticked": ["Location"]})
    page = answer.content.decode()
    assert "There is an extract Places already" in page
    assert 'aria-invalid="true"' in page
    assert len(listed(client, tenant)) == 1


def test_two_tenants_may_use_the_same_name(client: Client, tenant: Tenant) -> None:
    other = a_tenant("Fabrikam")
    SavedExtract.objects.create(
        tenant=other, name="PLACES", fields=["Location"], made_by="x", made_at=now()
    )
    assert save(client, tenant).status_code == 201


def test_an_extract_that_loses_a_field_is_disabled_and_its_last_result_stays_until_an_undo(
    client: Client, tenant: Tenant
) -> None:
    extract = save(client, tenant).json()["id"]
    foreseen = client.post(
        f"/api/v1/tenants/{tenant.id}/deletions/fields/preview",
        {"fields": ["Location"]},
        content_type="application/json",
    ).json()
    assert foreseen["figures"]["extractsDisabled"] == ["Places"]
    said = "This disables 1 extract, whose last result stays: Places (Location)."
    assert said in foreseen["consequences"]
    page = client.get("/organizational-data/delete-fields/").content.decode()
    assert "extract Places" in page
    gone = delete_places(client, tenant)
    (disabled,) = listed(client, tenant)
    assert (disabled["disabled"], disabled["missingFields"]) == (True, ["Location"])
    assert disabled["knownAt"] == gone.number - 1
    (dropped,) = disabled["droppedBy"]
    assert (dropped["import"], dropped["number"]) == (str(gone.id), gone.number)
    assert dropped["fields"] == ["Location"]
    assert places(client, tenant, extract) == {A: "Bilbao", B: "=Oslo"}
    undo(client, gone)
    (enabled,) = listed(client, tenant)
    assert (enabled["disabled"], enabled["knownAt"], enabled["droppedBy"]) == (False, None, [])


def test_a_disabled_extract_stands_on_the_day_of_the_loss_until_it_is_enabled(
    client: Client, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = now().date()
    tomorrow = today + timedelta(days=1)
    moves = [{"PersonId": B, "Location": "Malmo", "EffectiveDate": f"{tomorrow:%m/%d/%Y}"}]
    a_pushed_import(Connection.objects.get(tenant=tenant), a_zip(moves, is_full=False))
    extract = save(client, tenant).json()["id"]
    fixed = save(client, tenant, name="Fixed", day=tomorrow.isoformat()).json()["id"]
    gone = delete_places(client, tenant)
    later = now() + timedelta(days=30)
    monkeypatch.setattr(extracts, "now", lambda: later)
    assert places(client, tenant, extract) == {A: "Bilbao", B: "=Oslo"}
    assert places(client, tenant, fixed) == {A: "Bilbao", B: "Malmo"}
    url = f"/api/v1/tenants/{tenant.id}/extracts/{extract}"
    disabled = client.get(url).json()
    assert disabled == listed(client, tenant)[1]
    assert (disabled["asOf"], disabled["day"]) == (today.isoformat(), None)
    rows = client.get(f"{url}/rows")
    assert rows["Content-Disposition"].endswith(f'"extract-{today}.csv"')
    assert rows["x-orgport-as-of"] == today.isoformat()
    assert rows["x-orgport-known-at"] == str(gone.number - 1)
    assert rows["x-orgport-dropped-by"] == str(gone.number)
    undo(client, gone)
    assert places(client, tenant, extract) == {A: "Bilbao", B: "Malmo"}
    assert client.get(url).json()["asOf"] == later.date().isoformat()
    rows = client.get(f"{url}/rows")
    assert rows["x-orgport-as-of"] == later.date().isoformat()
    assert "x-orgport-known-at" not in rows
    assert "x-orgport-dropped-by" not in rows


def test_the_page_says_which_import_dropped_a_field_and_of_which_day_the_rows_are(
    client: Client, tenant: Tenant
) -> None:
    save(client, tenant)
    assert "each day" in client.get(PAGE).content.decode()
    gone = delete_places(client, tenant)
    page = client.get(PAGE).content.decode()
    assert f'lacks Location since <a href="/imports/{gone.id}/">import {gone.number}</a>' in page
    assert "each day until then" in page
    assert f"as after import {gone.number - 1}" in page
    assert f'<time datetime="{now().date()}">' in page


@pytest.mark.django_db(transaction=True)  # an erase cannot run within one
def test_a_disabled_extract_keeps_its_last_result_when_somebody_in_it_is_erased(
    client: Client, tenant: Tenant
) -> None:
    extract = save(client, tenant).json()["id"]
    works = save(client, tenant, name="Units", fields=["Organization"]).json()["id"]
    gone = delete_places(client, tenant)
    answer = client.post(
        f"/api/v1/tenants/{tenant.id}/erasures",
        {"addresses": [B], "confirmation": "erase 1 person"},
        content_type="application/json",
    )
    assert rewritten(answer.json()["id"]).state == "succeeded"
    assert places(client, tenant, extract) == {A: "Bilbao"}
    assert rows_of(client, tenant, works).count(b"@contoso.com") == 1
    disabled, _ = listed(client, tenant)
    assert [one["number"] for one in disabled["droppedBy"]] == [gone.number]


def test_an_import_without_a_field_names_the_extracts_that_use_it(
    client: Client, tenant: Tenant
) -> None:
    save(client, tenant)
    rows = [{"PersonId": A, "Organization": "Sales", "EffectiveDate": "01/01/2025"}]
    connection = Connection.objects.get(tenant=tenant)
    record = a_pushed_import(connection, a_zip([{**row, "ManagerId": ""} for row in rows]))
    said = "Extracts that use it are disabled otherwise: Places."
    assert said in client.get(f"/imports/{record.id}/findings/").content.decode()
    assert [one["disabled"] for one in listed(client, tenant)] == [True]


def test_a_name_is_text_wherever_it_is_shown(client: Client, tenant: Tenant) -> None:
    hostile = "<script>alert(1)</script>"
    save(client, tenant, name=hostile)
    gone = delete_places(client, tenant)
    (extract,) = SavedExtract.objects.of(tenant)
    for page in (
        PAGE,
        f"{PAGE}{extract.id}/delete/",
        f"/imports/{gone.id}/undo/",
        f"/imports/{gone.id}/preview/",
        "/organizational-data/delete-fields/",
    ):
        assert hostile not in client.get(page).content.decode(), page
    assert "&lt;script&gt;alert(1)" in client.get(PAGE).content.decode()


def test_deleting_an_extract_leaves_the_history_and_a_trail(client: Client, tenant: Tenant) -> None:
    extract = save(client, tenant).json()["id"]
    url = f"/api/v1/tenants/{tenant.id}/extracts/{extract}"
    assert client.delete(url).status_code == 204
    assert client.delete(url).json()["detail"] == (
        "There is no such extract. It may have been deleted."
    )
    entries = AuditEntry.objects.of(tenant).filter(action__startswith="extract").order_by("id")
    assert [(one.action, one.detail) for one in entries] == [
        ("extract.saved", {"fields": 1}),
        ("extract.deleted", {}),
    ]


def test_an_erase_takes_a_person_out_of_the_names_of_extracts(
    client: Client, tenant: Tenant
) -> None:
    save(client, tenant, name=f"For {A}")
    save(client, tenant, name="For everybody")
    forget(tenant.id, Mentions([A]))
    names = sorted(SavedExtract.objects.of(tenant).values_list("name", flat=True))
    assert names[1] == "For everybody"
    assert names[0].startswith("Extract ")


@pytest.mark.parametrize("page", [PAGE, "/organizational-data/delete-fields/"])
def test_a_form_without_a_ticked_field_says_so_at_the_fields(client: Client, page: str) -> None:
    said = client.post(page, {"name": "Headcount"}).content.decode()
    assert (
        '<fieldset class="field ticks" id="id_ticked" aria-describedby="id_ticked-error">' in said
    )
    error = said.split('id="id_ticked-error">')[1].split("</p>")[0]
    assert "Tick at least one field." in error
