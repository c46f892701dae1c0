"""Pushing: what is taken, what it is answered with, and everything that is refused at the door."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings

from factories import a_person, csv_of
from ingress import BOUNDARY, Caller, a_package, multipart
from orgport.imports.lifecycle import State
from orgport.server.records.models import AuditEntry, Connection, ImportRecord
from orgport.server.settings import Settings
from orgport.server.settings import settings as load_settings
from tenants import a_connection, a_tenant, a_zip, an_app, an_import, now

pytestmark = pytest.mark.django_db
KEYS = [
    "FriendlyName",
    "Id",
    "ConnectorId",
    "Submitter",
    "StartDate",
    "Status",
    "ErrorDetail",
    "EndDate",
    "Type",
]


@pytest.fixture
def caller() -> Caller:
    return Caller()


def error_of(answer: Any) -> dict[str, Any]:
    assert answer["Content-Type"] == "application/json; charset=utf-8"
    error: dict[str, Any] = answer.json()["error"]
    assert list(error) == ["code", "message", "target", "details", "requestId", "correlationId"]
    return error


def test_a_push_is_answered_with_exactly_200_and_the_ingestion_in_its_order(caller: Caller) -> None:
    answer = caller.push_package()
    assert answer.status_code == 200
    ingestion = answer.json()
    assert list(ingestion) == KEYS
    assert ingestion["ConnectorId"] == str(caller.connection.id)
    assert ingestion["FriendlyName"] == "Data ingress"
    assert ingestion["Submitter"] == "System"
    assert ingestion["Type"] == "FileIngestion"
    assert ingestion["Status"] == "NotStarted"
    assert ingestion["ErrorDetail"] is None
    assert ingestion["EndDate"] is None
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", ingestion["StartDate"])


def test_a_push_becomes_an_import_of_its_connection(caller: Caller) -> None:
    package = a_package()
    answer = caller.push_package(package)
    record = ImportRecord.objects.get()
    assert str(record.id) == answer.json()["Id"]
    assert record.package_sha256 == hashlib.sha256(package).hexdigest()
    assert (record.package_name, record.package_form) == ("info.zip", "zip")
    assert (record.number, record.name) == (1, caller.connection.name)
    assert record.submitted_by == caller.app.name
    assert AuditEntry.objects.filter(action="import.received", subject=str(record.id)).exists()


def test_a_push_says_where_to_poll(caller: Caller) -> None:
    answer = caller.push_package()
    path = "/v1.0" + answer["Location"].split("/v1.0")[1]
    assert caller.get(path).json()["Id"] == answer.json()["Id"]


@pytest.mark.parametrize(
    "change",
    [
        str.lower,
        str.upper,
        lambda path: path.replace("/", "//"),
        lambda path: path + "/",
        lambda path: "/" + path,
        lambda path: path.replace("HR", "Hr").replace("fileIngestion", "FILEINGESTION///"),
    ],
)
def test_paths_match_in_any_case_and_with_any_slashes_without_a_redirect(
    caller: Caller, change: Callable[[str], str]
) -> None:
    answer = caller.push(multipart(a_package()), path=change(caller.push_path))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("content_type", "form"),
    [
        ("text/csv", "csv"),
        ("TEXT/CSV; charset=UTF-8", "csv"),
        ('text/csv; charset="utf-8"', "csv"),
    ],
)
def test_a_bare_csv_is_taken(caller: Caller, content_type: str, form: str) -> None:
    body = csv_of([a_person(0)], list(a_person()))
    assert caller.push(body, content_type=content_type).status_code == 200
    assert ImportRecord.objects.get().package_form == form


def test_bare_json_is_taken(caller: Caller) -> None:
    assert (
        caller.push(
            b'[{"PersonId":"a@contoso.com"}]', content_type="application/json; charset=utf-8"
        ).status_code
        == 200
    )
    assert ImportRecord.objects.get().package_form == "json"


def test_a_gzipped_body_is_kept_unpacked(caller: Caller) -> None:
    body = csv_of([a_person(0)], list(a_person()))
    answer = caller.push(gzip.compress(body), content_type="text/csv", content_encoding="gzip")
    assert answer.status_code == 200
    assert ImportRecord.objects.get().package_sha256 == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize(
    ("content_type", "headers"),
    [
        ("application/zip", {}),
        ("", {}),
        ("application/octet-stream", {}),
        ("text/csv; charset=windows-1252", {}),
        ("application/json; charset=utf-16", {}),
        ("multipart/form-data", {}),
        ("text/csv", {"content_encoding": "br"}),
    ],
)
def test_other_types_charsets_and_encodings_are_415(
    caller: Caller, content_type: str, headers: dict[str, str]
) -> None:
    answer = caller.push(b"PersonId\n", content_type=content_type, **headers)
    assert answer.status_code == 415
    assert error_of(answer)["code"] == "unsupported_media"


@pytest.mark.parametrize(
    ("body", "content_type", "rule"),
    [
        (multipart(b""), None, "PKG_EMPTY_BODY"),
        (multipart(b"x", b'form-data; name="comment"'), None, "PKG_EMPTY_BODY"),
        (f"--{BOUNDARY}--\r\n".encode(), None, "PKG_EMPTY_BODY"),
        (b"", "text/csv", "PKG_EMPTY_BODY"),
        (b"", "application/json", "PKG_EMPTY_BODY"),
        (multipart(b"PersonId,ManagerId\r\n"), None, "PKG_NOT_ZIP"),
        (multipart(b"PK\x03\x04 and then nothing"), None, "PKG_CORRUPT"),
        (multipart(a_package()[:-20]), None, "PKG_CORRUPT"),
    ],
)
def test_a_package_that_is_plainly_bad_is_400_at_once(
    caller: Caller, body: bytes, content_type: str | None, rule: str
) -> None:
    answer = caller.push(body, **({"content_type": content_type} if content_type else {}))
    error = error_of(answer)
    assert (answer.status_code, error["code"]) == (400, "bad_package")
    assert error["details"][0]["code"] == rule
    assert not ImportRecord.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        multipart(a_package())[:-30],
        b"no multipart",
        multipart(a_package()).replace(b"--\r\n", b"\r\n") + multipart(a_package()),
    ],
)
def test_a_broken_envelope_is_400(caller: Caller, body: bytes) -> None:
    answer = caller.push(body)
    assert (answer.status_code, error_of(answer)["code"]) == (400, "bad_input")
    assert not ImportRecord.objects.exists()


def test_a_push_while_another_import_runs_is_400_with_the_documented_message(
    caller: Caller,
) -> None:
    running = an_import(caller.connection.tenant, State.VALIDATING, connection=caller.connection)
    answer = caller.push_package()
    error = error_of(answer)
    assert answer.status_code == 400
    assert error["code"] == "previous_ingestion_not_complete"
    assert error["message"] == "Previous ingestion is not complete."
    assert error["details"][0]["id"] == str(running.id)
    assert error["details"][0]["stage"] == "validating"


@pytest.mark.parametrize(
    "state",
    [State.SUCCEEDED, State.VALIDATION_FAILED, State.PROCESSING_FAILED, State.ABANDONED],
)
def test_an_import_that_ended_does_not_keep_the_next_from_starting(
    caller: Caller, state: State
) -> None:
    an_import(caller.connection.tenant, state, connection=caller.connection)
    assert caller.push_package().status_code == 200


def test_a_connection_bound_to_an_unknown_rule_set_says_so_at_once(caller: Caller) -> None:
    Connection.objects.filter(pk=caller.connection.pk).update(rule_set="1999.1")
    answer = caller.push_package()
    assert (answer.status_code, error_of(answer)["code"]) == (409, "wrong_state")
    message = error_of(answer)["message"]
    assert "There is no rule set 1999.1. Known: 2026.1." in message
    assert "An Insights admin chooses one under Rules of this connection." in message
    assert not ImportRecord.objects.exists()


def test_an_import_of_another_tenant_does_not_keep_ours_from_starting(caller: Caller) -> None:
    an_import(a_tenant("Fabrikam"), State.PROCESSING)
    assert caller.push_package().status_code == 200


def set_up(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    changed: Settings = load_settings().model_copy(update=changes)
    for module in ("api.ingress", "api.pushing", "wiring.pushes"):
        monkeypatch.setattr(f"orgport.server.{module}.settings", lambda: changed)


def test_a_body_over_the_limit_is_413_by_its_announced_length(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(monkeypatch, max_body_bytes=100)
    answer = caller.push(b"x" * 101, content_type="text/csv")
    assert (answer.status_code, error_of(answer)["code"]) == (413, "too_large")


def test_a_small_body_that_unpacks_over_the_limit_is_413(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(monkeypatch, max_body_bytes=1000)
    body = gzip.compress(b"x" * 100_000)
    answer = caller.push(body, content_type="text/csv", content_encoding="gzip")
    assert answer.status_code == 413
    assert not ImportRecord.objects.exists()


def test_too_many_pushes_a_minute_are_429_with_the_time_to_wait(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(monkeypatch, pushes_per_minute=1)
    assert caller.push_package().status_code == 200
    answer = caller.push_package()
    assert (answer.status_code, error_of(answer)["code"]) == (429, "too_many_requests")
    assert 1 <= int(answer["Retry-After"]) <= 60


def test_the_same_key_and_content_are_answered_with_the_first_import(caller: Caller) -> None:
    package = a_package()
    first = caller.push_package(package, idempotency_key="2026-03")
    second = caller.push_package(package, idempotency_key="2026-03")
    assert second.status_code == 200
    assert second.json()["Id"] == first.json()["Id"]
    assert ImportRecord.objects.count() == 1


def test_the_same_key_with_other_content_is_409(caller: Caller) -> None:
    caller.push_package(idempotency_key="2026-03")
    answer = caller.push_package(a_zip([a_person(0)]), idempotency_key="2026-03")
    assert (answer.status_code, error_of(answer)["code"]) == (409, "wrong_state")


def test_a_key_of_one_app_says_nothing_to_another(caller: Caller) -> None:
    package = a_package()
    first = caller.push_package(package, idempotency_key="2026-03")
    ImportRecord.objects.update(state=State.SUCCEEDED.value)
    other = Caller(a_connection(caller.connection.tenant, "Another", is_active=True))
    second = other.push_package(package, idempotency_key="2026-03")
    assert second.status_code == 200
    assert second.json()["Id"] != first.json()["Id"]
    ImportRecord.objects.update(state=State.SUCCEEDED.value)
    answer = other.push_package(a_zip([a_person(0)]), idempotency_key="2026-03")
    assert answer.status_code == 409
    assert first.json()["Id"] not in answer.content.decode()


def test_a_key_is_forgotten_after_a_day(caller: Caller) -> None:
    package = a_package()
    first = caller.push_package(package, idempotency_key="2026-03")
    ImportRecord.objects.update(
        received_at=now() - timedelta(hours=25), state=State.SUCCEEDED.value
    )
    second = caller.push_package(package, idempotency_key="2026-03")
    assert second.status_code == 200
    assert second.json()["Id"] != first.json()["Id"]


def test_a_digest_that_fits_is_accepted_and_one_that_does_not_is_400(caller: Caller) -> None:
    body = csv_of([a_person(0)], list(a_person()))

    def header(content: bytes) -> str:
        return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"

    answer = caller.push(body, content_type="text/csv", content_digest=header(b"other"))
    assert answer.status_code == 400
    answer = caller.push(body, content_type="text/csv", content_digest=header(body))
    assert answer.status_code == 200


@pytest.mark.parametrize(("sent", "kept"), [("full", "full"), ("Incremental", "incremental")])
def test_the_refresh_of_a_bare_body_is_chosen_by_a_header(
    caller: Caller, sent: str, kept: str
) -> None:
    body = csv_of([a_person(0)], list(a_person()))
    answer = caller.push(body, content_type="text/csv", x_orgport_refresh=sent)
    assert answer.status_code == 200
    assert ImportRecord.objects.get().requested_refresh == kept


def test_another_word_for_the_refresh_is_400(caller: Caller) -> None:
    answer = caller.push(b"PersonId\n", content_type="text/csv", x_orgport_refresh="all")
    assert (answer.status_code, error_of(answer)["code"]) == (400, "bad_input")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"is_active": False}, "is not active"),
        ({"is_enabled": False}, "is not active"),
    ],
)
def test_a_connection_that_rests_is_403(
    caller: Caller, change: dict[str, bool], words: str
) -> None:
    Connection.objects.update(**change)
    answer = caller.push_package()
    error = error_of(answer)
    assert (answer.status_code, error["code"]) == (403, "connection_not_set")
    assert error["message"].startswith("Forbidden")
    assert words in error["message"]


def test_an_app_that_is_not_the_connections_is_403(caller: Caller) -> None:
    tenant = caller.connection.tenant
    stranger = a_connection(tenant, "Other", app=an_app(tenant, "Other app"), is_active=False)
    stranger.delete()
    Connection.objects.filter(pk=caller.connection.pk).update(app=an_app(tenant, "Third app"))
    answer = caller.push_package()
    assert (answer.status_code, error_of(answer)["code"]) == (403, "connection_not_set")


def test_the_connector_survey_is_403(caller: Caller) -> None:
    path = caller.push_path.replace("HR", "Survey")
    answer = caller.push(multipart(a_package()), path=path)
    assert (answer.status_code, error_of(answer)["code"]) == (403, "connection_not_set")


def test_a_running_import_is_told_only_to_those_who_may_push(caller: Caller) -> None:
    an_import(caller.connection.tenant, State.VALIDATING, connection=caller.connection)
    Connection.objects.update(is_active=False)
    assert caller.push_package().status_code == 403


def test_the_twin_for_microsoft_365_is_off(caller: Caller) -> None:
    path = f"/v1.0/tenants/{caller.tenant}/modis/connectors/HR/ingestions/fileIngestion"
    answer = caller.push(b"PersonId\n", content_type="text/csv", path=path)
    assert (answer.status_code, error_of(answer)["code"]) == (404, "not_found")


def test_the_twin_takes_csv_where_it_is_on(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up(monkeypatch, modis_endpoint=True)
    path = f"/v1.0/tenants/{caller.tenant}/modis/connectors/HR/ingestions/fileIngestion"
    assert caller.push(b"{}", content_type="application/json", path=path).status_code == 415
    answer = caller.push(multipart(b"PersonId\r\na@contoso.com\r\n"), path=path)
    assert answer.status_code == 200
    assert ImportRecord.objects.get().package_form == "csv"
    assert caller.get(f"{path}/{answer.json()['Id']}").json()["Status"] == "NotStarted"


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10)
def test_no_framework_limit_holds_a_large_body_back(caller: Caller) -> None:
    body = csv_of([a_person(n) for n in range(2000)], list(a_person()))
    assert caller.push(body, content_type="text/csv").status_code == 200
