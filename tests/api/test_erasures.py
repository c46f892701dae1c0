"""A privacy erase leaves no value behind: every file of the home is searched, and every table."""

from __future__ import annotations

import os
import shutil
import time
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from orgport.errors import Gone
from orgport.history.acts import Act
from orgport.imports.lifecycle import State
from orgport.imports.rewrites import run_rewrite
from orgport.server.records.models import (
    AuditEntry,
    Connection,
    CsvDraft,
    ImportRecord,
    Notice,
    Role,
    Tenant,
)
from orgport.server.wiring.imports import error_log
from orgport.server.wiring.measured import set_measured
from orgport.server.wiring.places import bench, history_of, home, inbox
from tenants import a_client, a_connection, a_pushed_import, a_tenant, a_zip, by_admin, html_of, now
from traces import traces_in_files, traces_in_tables

pytestmark = pytest.mark.django_db(transaction=True)

GONE = "erased.person@contoso.com"
SPELLED = "Erased.Person@Contoso.com"
VALUES = ("Zanzibar Tower", "Level Quetzal", "Not a day")
BOSS, REPORT = "boss@contoso.com", "report@contoso.com"


def rows(**of_gone: str) -> list[dict[str, str]]:
    common = {"Organization": "Sales", "EffectiveDate": "01/01/2025"}
    empty = {"Location": "", "LevelDesignation": "", "HireDate": ""}
    return [
        {"PersonId": BOSS, "ManagerId": "", **common, **empty},
        {"PersonId": SPELLED, "ManagerId": BOSS, **common, **empty, **of_gone},
        {"PersonId": REPORT, "ManagerId": GONE, **common, **empty, "Location": f"Desk of {GONE}"},
    ]


@pytest.fixture(autouse=True)
def nothing_of_other_tests() -> None:
    for name in ("history", "imports", "inbox"):
        shutil.rmtree(home() / name, ignore_errors=True)


@pytest.fixture
def tenant() -> Tenant:
    return a_tenant()


@pytest.fixture
def connection(tenant: Tenant) -> Connection:
    made = a_connection(tenant)
    made.guard_rails = {"removed_share": None, "blanked_share": None}
    made.save()
    return made


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return a_client(tenant, Role.INSIGHTS_ADMIN)


def post(client: Client, tenant: Tenant, path: str, **body: Any) -> Any:
    url = f"/api/v1/tenants/{tenant.id}/{path}"
    return client.post(url, body, content_type="application/json")


def erase(client: Client, tenant: Tenant, *addresses: str) -> ImportRecord:
    body = {"addresses": list(addresses)}
    confirmation = post(client, tenant, "erasures/preview", **body).json()["confirmation"]
    answer = post(client, tenant, "erasures", **body, confirmation=confirmation)
    assert answer.status_code == 202, answer.content
    record = ImportRecord.objects.get(id=answer.json()["id"])
    run_rewrite(record.id, bench(worker="test"))
    record.refresh_from_db()
    assert record.state == State.SUCCEEDED.value, record.failure
    return record


def a_life_in_orgport(client: Client, tenant: Tenant, connection: Connection) -> None:
    """The person comes, is changed, fails a package, is deleted and had back, and named in texts."""
    set_measured(tenant, [f"PersonId\n{GONE}\nstays@contoso.com\n".encode()], by=by_admin())
    a_pushed_import(connection, a_zip(rows(Location=VALUES[0])))
    edit = [{"PersonId": GONE, "EffectiveDate": "06/01/2025", "LevelDesignation": VALUES[1]}]
    a_pushed_import(connection, a_zip(edit, is_full=False), idempotency_key=f"hires {GONE}")
    failed = a_pushed_import(connection, a_zip(rows(HireDate=VALUES[2])))
    assert failed.state == State.VALIDATION_FAILED.value
    Notice.objects.create(tenant=tenant, kind="x", tone="information", title=f"About {GONE}")
    file = SimpleUploadedFile("leavers.csv", f"PersonId\n{GONE}\n".encode())
    url = f"/api/v1/tenants/{tenant.id}/deletions/employees"
    deleted = client.post(url, {"name": "Leavers", "file": file}).json()["id"]
    run_rewrite(deleted, bench(worker="test"))
    ImportRecord.objects.filter(id=deleted).update(
        name=f"Bye {GONE}"
    )  # written before it was refused
    undone = post(client, tenant, f"imports/{deleted}/undo").json()["id"]
    run_rewrite(undone, bench(worker="test"))
    refused = inbox().receive([f"a refused body of {GONE}".encode()], limit_bytes=1000)
    long_ago = time.time() - 600
    os.utime(refused.path, (long_ago, long_ago))
    draft = inbox().receive([f"PersonId\n{GONE}\n".encode()], limit_bytes=1000)
    CsvDraft.objects.create(
        tenant=tenant,
        name=f"With {GONE}",
        refresh="full",
        file_name="people.csv",
        sha256=draft.sha256,
        size_bytes=draft.size_bytes,
        columns=[],
        created_by="admin@contoso.com",
        changed_at=now(),
    )
    attempt = home() / "imports" / str(tenant.id) / deleted / "attempt-killed"
    attempt.mkdir()
    (attempt / "rows.txt").write_text(GONE)
    table = home() / "history" / str(tenant.id) / "uploads"
    (table / f".part-0.parquet.{uuid4().hex}").write_text(GONE)


def test_no_value_is_left_in_any_file_or_table(
    client: Client, tenant: Tenant, connection: Connection
) -> None:
    a_life_in_orgport(client, tenant, connection)
    before = traces_in_files(home(), GONE, *VALUES)
    for place in ("inbox", "imports", "history"):
        assert any(trace.startswith(f"{place}/") for trace in before)
    assert traces_in_tables(GONE, *VALUES)

    record = erase(client, tenant, SPELLED.lower())
    assert traces_in_files(home(), GONE, *VALUES) == []
    assert traces_in_tables(GONE, *VALUES) == []
    assert record.name == "Erase of 1 person"
    everybody = history_of(tenant.id).as_of(date(2025, 7, 1))
    assert everybody.select("PersonId", "ManagerId", "Organization", "Location").rows() == [
        (BOSS, None, "Sales", None),
        (REPORT, None, "Sales", None),
    ]


def test_what_was_known_before_is_answered_without_the_person(
    client: Client, tenant: Tenant, connection: Connection
) -> None:
    a_life_in_orgport(client, tenant, connection)
    erase(client, tenant, GONE)
    for number in (1, 2, 5):
        known = history_of(tenant.id).as_of(date(2025, 7, 1), known_at=number)
        assert known["PersonId"].to_list() == [BOSS, REPORT]
        assert known["ManagerId"].to_list() == [None, None]


def test_the_trail_says_who_when_and_how_many_and_not_whom(
    client: Client, tenant: Tenant, connection: Connection
) -> None:
    a_pushed_import(connection, a_zip(rows()))
    record = erase(client, tenant, GONE, "never.there@contoso.com")
    entry = AuditEntry.objects.get(tenant=tenant, action="import.erase")
    assert (entry.subject, entry.detail) == (str(record.id), {"of": None, "persons": 2})
    entries = list(AuditEntry.objects.of(tenant))
    assert all(one.hash == one.sealed_with() for one in entries)
    assert [one.previous_hash for one in entries[1:]] == [one.hash for one in entries[:-1]]


def test_the_preview_counts_and_changes_nothing(
    client: Client, tenant: Tenant, connection: Connection
) -> None:
    a_pushed_import(connection, a_zip(rows()))
    answer = post(
        client, tenant, "erasures/preview", addresses=[SPELLED, "never.there@contoso.com"]
    )
    assert answer.json()["figures"] == {
        "addresses": 2,
        "persons": 1,
        "periods": 1,
        "rows": 1,
        "mentions": 1,
    }
    assert answer.json()["confirmation"] == "erase 2 persons"
    assert "contoso.com" not in " ".join(answer.json()["consequences"])
    assert history_of(tenant.id).as_of(date(2025, 7, 1)).height == 3


def test_nothing_begins_before_the_confirmation_is_typed(client: Client, tenant: Tenant) -> None:
    for typed in ("", "yes", "erase 2 persons"):
        refused = post(client, tenant, "erasures", addresses=[GONE], confirmation=typed)
        assert refused.status_code == 400
        assert "erase 1 person" in refused.json()["detail"]
    assert not ImportRecord.objects.filter(act=Act.ERASE.value).exists()


@pytest.mark.parametrize("addresses", [[], ["  "], ["nobody"], ["a@contoso.com", "x"]])
def test_what_is_no_address_is_refused(
    client: Client, tenant: Tenant, addresses: list[str]
) -> None:
    assert post(client, tenant, "erasures/preview", addresses=addresses).status_code == 400


def test_an_erase_is_for_the_insights_admin_and_none_that_is_undone(
    client: Client, tenant: Tenant, connection: Connection
) -> None:
    a_pushed_import(connection, a_zip(rows()))
    record = erase(client, tenant, GONE)
    undone = post(client, tenant, f"imports/{record.id}/undo")
    assert undone.status_code == 409
    assert "for good" in undone.json()["detail"]
    assert "undo-2" not in client.get(f"/imports/{record.id}/").content.decode()
    body = {"addresses": [GONE], "confirmation": "erase 1 person"}
    other = a_client(tenant, Role.TENANT_ADMIN, Role.ANALYST, Role.APPROVER)
    assert post(other, tenant, "erasures", **body).status_code == 403
    stranger = a_client(a_tenant("Fabrikam"), *Role)
    assert post(stranger, tenant, "erasures", **body).status_code == 404


def test_a_person_who_was_only_in_refused_packages_is_erased_too(
    client: Client, tenant: Tenant, connection: Connection
) -> None:
    a_pushed_import(connection, a_zip(rows(HireDate=VALUES[2])))
    erase(client, tenant, GONE)
    assert traces_in_files(home(), GONE, *VALUES) == []
    assert traces_in_tables(GONE, *VALUES) == []


def test_a_log_that_went_with_an_erase_says_so_and_not_that_its_time_was_over(
    client: Client, tenant: Tenant, connection: Connection
) -> None:
    failed = a_pushed_import(connection, a_zip(rows(HireDate=VALUES[2])))
    a_pushed_import(connection, a_zip(rows()))
    erased = erase(client, tenant, GONE)
    with pytest.raises(Gone, match=rf"The log was removed with an erase.*import {erased.number},"):
        error_log(failed)
    long_ago = now() - timedelta(days=90)
    ImportRecord.objects.filter(id=failed.id).update(ended_at=long_ago)
    failed.refresh_from_db()
    with pytest.raises(Gone, match="kept for its time and then removed"):
        error_log(failed)


def test_other_tenants_keep_what_is_theirs(
    client: Client, tenant: Tenant, connection: Connection
) -> None:
    package = a_zip(rows(HireDate=VALUES[2]))
    a_pushed_import(connection, package)
    other = a_tenant("Fabrikam")
    theirs = a_pushed_import(a_connection(other), package)
    erase(client, tenant, GONE)
    assert inbox().path_of(theirs.package_sha256).exists()
    assert VALUES[2] in "".join(error_log(theirs))


def test_a_confirmed_erase_is_begun_once(client: Client, tenant: Tenant) -> None:
    body = {"addresses": [GONE], "confirmation": "Erase  1 person", "importId": str(uuid4())}
    answers = [post(client, tenant, "erasures", **body).json()["id"] for _ in range(2)]
    assert answers == [body["importId"]] * 2
    assert post(client, tenant, "erasures", **{**body, "importId": str(uuid4())}).status_code == 409
    assert len(list((home() / "imports" / str(tenant.id)).iterdir())) == 1


def test_the_portal_shows_what_goes_and_erases_once_it_is_typed(
    client: Client, tenant: Tenant, connection: Connection
) -> None:
    a_pushed_import(connection, a_zip(rows()))
    url = "/organizational-data/erase-persons/"
    assert "Whom to erase" in client.get(url).content.decode()
    assert "1 of 1 lines are no address" in client.post(url, {"addresses": "x"}).content.decode()
    shown = client.post(url, {"addresses": SPELLED}).content.decode()
    assert "Of 1 address, 1 is or was in the history" in shown
    assert "Erase 1 person for good" in shown
    assert "Nobody has" not in shown
    other = html_of(client.post(url, {"addresses": f"{SPELLED}\nnobody@contoso.com"}))
    known, _, unknown = other.partition("<dt>In the history</dt>")[2].partition(
        "<dt>Nobody has</dt>"
    )
    assert SPELLED in known
    assert "nobody@contoso.com" in unknown.partition("</dl>")[0]
    again = client.post(url, {"addresses": SPELLED, "change": "1"}).content.decode()
    assert "Whom to erase" in again
    assert SPELLED in again
    body = {"addresses": SPELLED, "begin": "1"}
    refused = client.post(url, {**body, "confirmation": "yes"}).content.decode()
    assert "it cannot be undone" in refused
    assert client.post(url, {**body, "confirmation": "erase 1 person"}).status_code == 302
    record = ImportRecord.objects.get(act=Act.ERASE.value)
    run_rewrite(record.id, bench(worker="test"))
    assert history_of(tenant.id).as_of(date(2025, 7, 1)).height == 2
    assert "Erase persons" in client.get(f"/imports/{record.id}/").content.decode()


def test_names_and_notes_of_the_trail_take_no_address(
    client: Client, tenant: Tenant, connection: Connection
) -> None:
    a_pushed_import(connection, a_zip(rows()))
    body = {"name": f"Bye {GONE}", "fields": ["Location"]}
    refused = post(client, tenant, "deletions/fields", **body)
    assert refused.status_code == 400
    assert "audit trail" in refused.json()["detail"]
    assert traces_in_tables(GONE) == []


def test_no_line_of_the_log_has_the_address_of_a_request(
    client: Client, tenant: Tenant, capfd: pytest.CaptureFixture[str]
) -> None:
    for address in (GONE, GONE.replace("@", "%40")):
        assert (
            client.get(f"/api/v1/tenants/{tenant.id}/people/{address}/periods").status_code == 404
        )
    said = capfd.readouterr()
    assert "Not Found" in said.err
    assert GONE.split("@")[0] not in said.out + said.err
