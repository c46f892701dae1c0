"""Correcting a failed import: by the API, by the portal's form, and what is written down of it."""

from __future__ import annotations

import csv
import io
import re
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from factories import a_person
from ingress import Caller
from orgport.imports.inbox import FolderInbox
from orgport.imports.lifecycle import State
from orgport.server.records.models import AuditEntry, ImportRecord, Role
from orgport.server.wiring import retention
from orgport.server.wiring.imports import correction_file
from orgport.server.wiring.places import inbox
from tenants import a_client, a_pushed_import, a_tenant, a_zip, an_import, run

pytestmark = pytest.mark.django_db

ODD: dict[int, dict[str, str]] = {
    2: {"ManagerId": "nobody@"},
    3: {"EffectiveDate": "31/12/2025"},
    4: {"Organization": ""},
}


@pytest.fixture
def caller() -> Caller:
    return Caller()


def a_failure(caller: Caller) -> ImportRecord:
    """A failed import of a package of its own: in the inbox the same bytes would be the same file."""
    people = [a_person(number, **ODD.get(number, {})) for number in range(6)]
    people[0]["Organization"] = f"Unit {uuid.uuid4()}"
    return a_pushed_import(caller.connection, a_zip(people))


def mended(record: ImportRecord, **cells: str) -> bytes:
    """The correction file of an import, every row mended alike."""
    text = "".join(correction_file(record)).removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    fixed = {"ManagerId": "person0@contoso.com", "Organization": "Sales"} | cells
    fixed = {"EffectiveDate": "01/01/2025"} | fixed
    saved = io.StringIO(newline="")
    writer = csv.DictWriter(saved, rows[0].keys(), delimiter=";")
    writer.writeheader()
    writer.writerows({**row, **fixed} for row in reversed(rows))
    return saved.getvalue().encode("utf-8-sig")


def send(caller: Caller, record: ImportRecord | uuid.UUID, body: bytes, **headers: str) -> Any:
    key = record if isinstance(record, uuid.UUID) else record.id
    return caller.client.post(
        f"/v1.0/scopes/{caller.tenant}/ingress/connectors/HR/ingestions/{key}/corrections",
        data=body,
        content_type=headers.pop("content_type", "text/csv"),
        headers=caller.headers | {name.replace("_", "-"): value for name, value in headers.items()},
    )


def test_a_corrected_import_is_a_new_one_of_the_same_package(caller: Caller) -> None:
    failed = a_failure(caller)
    answer = send(caller, failed, mended(failed))
    assert answer.status_code == 200
    content = answer.json()
    assert content["Corrections"] == {"Replaced": 3, "Removed": 0, "Added": 0}
    assert content["Status"] == "NotStarted"
    assert answer["Location"].endswith(content["Id"])
    made = ImportRecord.objects.get(id=content["Id"])
    assert (made.corrects, made.package_sha256) == (failed, failed.package_sha256)
    run(made)
    failed.refresh_from_db()
    assert (made.status, made.rows_accepted) == (State.SUCCEEDED, 6)
    assert failed.status is State.VALIDATION_FAILED


def test_who_corrected_how_many_rows_is_in_the_audit_trail(caller: Caller) -> None:
    failed = a_failure(caller)
    answer = send(caller, failed, mended(failed))
    assert answer.status_code == 200, answer.content
    made = answer.json()["Id"]
    entry = AuditEntry.objects.get(action="import.received", subject=made)
    assert entry.actor == caller.app.name
    assert entry.detail["corrects"] == str(failed.id)
    assert entry.detail["rows"] == {"replaced": 3, "removed": 0, "added": 0}


def test_what_fails_again_is_corrected_on_top_of_the_first_correction(caller: Caller) -> None:
    failed = a_failure(caller)
    first = ImportRecord.objects.get(
        id=send(caller, failed, mended(failed, EffectiveDate="13/13/2025")).json()["Id"]
    )
    run(first)
    assert (first.status, first.error_count) == (State.VALIDATION_FAILED, 3)
    second = ImportRecord.objects.get(id=send(caller, first, mended(first)).json()["Id"])
    run(second)
    assert second.status is State.SUCCEEDED
    assert len(second.corrections) == 2
    assert second.corrections[0] == first.corrections[0]


def test_the_same_correction_with_the_same_key_counts_once(caller: Caller) -> None:
    failed = a_failure(caller)
    body, key = mended(failed), str(uuid.uuid4())
    first = send(caller, failed, body, Idempotency_Key=key)
    again = send(caller, failed, body, Idempotency_Key=key)
    assert first.json()["Id"] == again.json()["Id"]


def test_what_was_mended_is_not_brought_in_once_more_by_a_second_correction(caller: Caller) -> None:
    failed = a_failure(caller)
    body, key = mended(failed), str(uuid.uuid4())
    half = ImportRecord.objects.get(
        id=send(caller, failed, mended(failed, EffectiveDate="13/13/2025")).json()["Id"]
    )
    run(half)
    whole = ImportRecord.objects.get(
        id=send(caller, half, mended(half), Idempotency_Key=key).json()["Id"]
    )
    run(whole)
    for again in (failed, half):
        refused = send(caller, again, mended(again) if again is half else body)
        assert refused.status_code == 409
        said = refused.json()["error"]["message"]
        assert f"Import {again.number} was mended already: import {whole.number} brought" in said
        assert f"undo import {whole.number} first" in said
    repeated = send(caller, half, mended(half), Idempotency_Key=key)
    assert repeated.json()["Id"] == str(whole.id)


def test_a_correction_loses_against_a_running_import(caller: Caller) -> None:
    failed = a_failure(caller)
    body = mended(failed)
    assert send(caller, failed, body).status_code == 200
    refused = send(caller, failed, body)
    assert refused.status_code == 400
    assert "Previous ingestion" in refused.content.decode()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"PersonId,ManagerId\nx,y\n", "no column _errors"),
        (b"\n", "no column _errors"),
        (b"\xff\xff", "not UTF-8"),
        (
            b"PersonId,ManagerId,Organization,EffectiveDate,_errors\n"
            b"x,,y,z,line 3 #00000000: VAL_DATE: not a date\n",
            "reads otherwise",
        ),
    ],
)
def test_what_is_no_correction_of_this_package_is_refused_and_nothing_kept(
    caller: Caller, body: bytes, reason: str
) -> None:
    failed = a_failure(caller)
    refused = send(caller, failed, body)
    assert refused.status_code == 400
    assert reason in refused.content.decode()
    assert ImportRecord.objects.count() == 1


def test_only_a_failed_import_is_corrected(caller: Caller) -> None:
    done = a_pushed_import(caller.connection, a_zip([a_person(0), a_person(1)]))
    assert send(caller, done, b"x").status_code == 409
    assert send(caller, uuid.uuid4(), b"x").status_code == 404
    failed = a_failure(caller)
    assert send(caller, failed, b"{}", content_type="application/json").status_code == 415
    inbox().path_of(failed.package_sha256).unlink()
    assert send(caller, failed, b"x").status_code == 410


def test_another_tenant_finds_nothing_to_correct(caller: Caller) -> None:
    other = Caller(connection=Caller().connection)
    failed = a_failure(caller)
    assert send(other, failed, mended(failed)).status_code == 404


def test_correction_files_are_kept_as_long_as_their_import(
    caller: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = a_failure(caller)
    made = ImportRecord.objects.get(id=send(caller, failed, mended(failed)).json()["Id"])
    kept = tmp_path / made.corrections[0]
    kept.write_bytes(inbox().path_of(made.corrections[0]).read_bytes())
    monkeypatch.setattr(retention, "inbox", lambda: FolderInbox(tmp_path))
    retention.remove_what_is_over(at=timezone.now() + timedelta(hours=2))
    assert kept.exists()
    run(made)
    retention.remove_what_is_over(at=timezone.now() + timedelta(days=400))
    assert not kept.exists()


# The portal


def upload(client: Client, record: ImportRecord, body: bytes) -> Any:
    file = SimpleUploadedFile("mended.csv", body, content_type="text/csv")
    return client.post(f"/imports/{record.id}/corrections/", {"file": file})


@pytest.mark.parametrize("role", [Role.INSIGHTS_ADMIN, Role.DATA_SOURCE_ADMIN])
def test_the_mended_file_is_uploaded_on_the_page_of_the_failed_import(
    caller: Caller, role: Role
) -> None:
    client = a_client(caller.connection.tenant, role, email="mender@contoso.com")
    failed = a_failure(caller)
    address = f"/imports/{failed.id}/corrections/"
    assert address in client.get(f"/imports/{failed.id}/").content.decode()
    assert 'type="file"' in client.get(address).content.decode()
    answer = upload(client, failed, mended(failed))
    made = ImportRecord.objects.get(corrects=failed)
    assert (answer.status_code, answer["Location"]) == (302, f"/imports/{made.id}/")
    assert (made.submitted_by, made.app) == ("mender@contoso.com", None)
    page = client.get(answer["Location"]).content.decode()
    assert "3 rows replaced, 0 removed, 0 added." in page
    run(made)
    page = client.get(f"/imports/{made.id}/").content.decode()
    assert re.search(rf'href="/imports/{failed.id}/">Import {failed.number}</a>', page)


def test_what_is_wrong_with_an_uploaded_file_is_said_at_the_field(caller: Caller) -> None:
    client = a_client(caller.connection.tenant, Role.INSIGHTS_ADMIN)
    failed = a_failure(caller)
    answer = upload(client, failed, b"PersonId\nx\n")
    assert answer.status_code == 400
    assert "no column _errors" in answer.content.decode()
    assert client.post(f"/imports/{failed.id}/corrections/").status_code == 400


def test_an_approver_does_not_correct_nor_does_another_tenant(caller: Caller) -> None:
    failed = a_failure(caller)
    body = mended(failed)
    approver = a_client(caller.connection.tenant, Role.APPROVER)
    assert upload(approver, failed, body).status_code == 403
    assert "corrections/" not in approver.get(f"/imports/{failed.id}/").content.decode()
    stranger = a_client(a_tenant("Fabrikam"), Role.INSIGHTS_ADMIN)
    assert upload(stranger, failed, body).status_code == 404
    tenant = caller.connection.tenant
    running = an_import(tenant, State.VALIDATING, connection=caller.connection)
    admin = a_client(tenant, Role.INSIGHTS_ADMIN)
    assert upload(admin, running, body).status_code == 400
