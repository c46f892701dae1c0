"""Reading over the ingress API: who is let in, connectors, the status of ingestions, their error logs."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest

from factories import a_person
from ingress import Caller, a_token
from orgport.imports.lifecycle import State
from orgport.server.records.models import AppRegistration, Connection, Tenant
from orgport.server.wiring.places import artifacts_of
from tenants import a_connection, a_pushed_import, a_tenant, a_zip, an_app, an_import

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller() -> Caller:
    return Caller()


def code_of(answer: Any) -> str:
    assert answer["Content-Type"] == "application/json; charset=utf-8"
    return str(answer.json()["error"]["code"])


def status_path(caller: Caller, import_id: object) -> str:
    return f"{caller.connector}/ingestions/{import_id}"


def test_the_scale_unit_is_a_json_string_in_quotes(caller: Caller) -> None:
    answer = caller.get(f"/v1.0/tenants/{caller.tenant}/scopes/{caller.tenant}/scaleUnit")
    assert (answer.status_code, answer.content) == (200, b'"orgport-01"')


@pytest.mark.parametrize("header", ["", "orgport-01", "prdtorg-9", "<html>error</html>"])
def test_any_scale_unit_header_or_none_is_accepted(caller: Caller, header: str) -> None:
    headers = {"x-nova-scaleunit": header} if header else {}
    assert caller.get(caller.connector, **headers).status_code == 200


@pytest.mark.parametrize("name", ["HR", "Hr", "hr", "HR/"])
def test_the_connector_names_the_connection(caller: Caller, name: str) -> None:
    answer = caller.get(f"/v1.0/scopes/{caller.tenant}/ingress/connectors/{name}")
    assert answer.json() == {"ConnectorId": str(caller.connection.id)}


def test_the_earlier_form_of_the_connector_query_is_answered_alike(caller: Caller) -> None:
    base = f"/v1.0/scopes/{caller.tenant}/ingress/connectors/status"
    answer = caller.get(f"{base}?connectorType=Hr")
    assert answer.json() == {"ConnectorId": str(caller.connection.id)}
    assert caller.get(f"{base}?connectorType=Survey").status_code == 403


def test_a_ping_is_noted_on_the_app(caller: Caller) -> None:
    caller.get(caller.connector)
    assert AppRegistration.objects.get(pk=caller.app.pk).last_ping_at is not None


@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        ({}, "Bearer"),
        ({"authorization": "Bearer "}, 'Bearer error="invalid_token"'),
        ({"authorization": "Bearer nonsense"}, 'Bearer error="invalid_token"'),
        ({"authorization": "Basic YTpi"}, 'Bearer error="invalid_token"'),
        ({"authentication": "Bearer x"}, "Bearer"),
    ],
)
def test_without_a_good_token_it_is_401_with_a_challenge(
    caller: Caller, headers: dict[str, str], challenge: str
) -> None:
    answer = caller.client.get(caller.connector, headers=headers)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == challenge
    assert code_of(answer) == "sign_in_failed"


def test_an_expired_token_is_401(caller: Caller) -> None:
    token = a_token(caller.app, minutes=-10)
    answer = caller.client.get(caller.connector, headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 401


def test_a_body_without_a_token_is_not_even_looked_at(caller: Caller) -> None:
    answer = caller.client.post(caller.push_path, b"x", content_type="application/x-unknown")
    assert answer.status_code == 401


def test_the_token_of_another_tenant_is_403(caller: Caller) -> None:
    other = a_tenant("Fabrikam")
    answer = caller.get(caller.connector.replace(caller.tenant, str(other.id)))
    assert (answer.status_code, code_of(answer)) == (403, "forbidden")


def test_a_tenant_in_the_path_that_is_no_guid_is_403(caller: Caller) -> None:
    assert caller.get("/v1.0/scopes/common/ingress/connectors/HR").status_code == 403


def test_a_disabled_app_is_403(caller: Caller) -> None:
    AppRegistration.objects.update(is_enabled=False)
    assert caller.get(caller.connector).status_code == 403


def test_a_tenant_without_a_connection_is_403(caller: Caller) -> None:
    Connection.objects.all().delete()
    answer = caller.get(caller.connector)
    assert (answer.status_code, code_of(answer)) == (403, "connection_not_set")
    assert answer.json()["error"]["message"].startswith("Forbidden")


@pytest.mark.parametrize(
    "form", ["ingestions/{}", "ingestions/fileIngestion/{}", "INGESTIONS//{}/"]
)
def test_both_forms_of_the_status_path_answer(caller: Caller, form: str) -> None:
    record = an_import(caller.connection.tenant, State.PROCESSING, connection=caller.connection)
    answer = caller.get(f"{caller.connector}/{form.format(str(record.id).upper())}")
    assert (answer.status_code, answer.json()["Status"]) == (200, "ExtractionComplete")


@pytest.mark.parametrize(
    ("state", "status", "strict"),
    [
        (State.RECEIVED, "NotStarted", "NotStarted"),
        (State.EXTRACTING, "NotStarted", "NotStarted"),
        (State.VALIDATING, "ExtractionComplete", "ExtractionComplete"),
        (State.AWAITING_APPROVAL, "ExtractionComplete", "ExtractionComplete"),
        (State.PROCESSING, "ExtractionComplete", "ExtractionComplete"),
        (State.SUCCEEDED, "Completed", "Completed"),
        (State.VALIDATION_FAILED, "ValidationFailed", "ValidationFailed"),
        (State.PROCESSING_FAILED, "ProcessingFailed", "ValidationFailed"),
        (State.ABANDONED, "Abandoned", "ValidationFailed"),
    ],
)
def test_states_show_as_the_statuses_that_clients_know(
    caller: Caller, state: State, status: str, strict: str
) -> None:
    record = an_import(caller.connection.tenant, state, connection=caller.connection)
    answer = caller.get(status_path(caller, record.id))
    assert answer.json()["Status"] == status
    assert (answer.json()["EndDate"] is None) == state.is_running
    assert answer.has_header("Retry-After") == state.is_running
    Tenant.objects.update(reports_strict_statuses=True)
    assert caller.get(status_path(caller, record.id)).json()["Status"] == strict


def test_an_import_that_waits_for_an_approver_says_so_behind_the_keys_that_clients_know(
    caller: Caller,
) -> None:
    waiting = an_import(
        caller.connection.tenant, State.AWAITING_APPROVAL, connection=caller.connection
    )
    told = caller.get(status_path(caller, waiting.id)).json()
    assert list(told)[-3:] == ["Type", "Stage", "StageUrl"]
    assert told["Stage"] == "Waiting for approval"
    assert told["StageUrl"].endswith(f"/imports/{waiting.id}/")


def test_an_ingestion_is_also_named_by_its_number_or_by_how_its_id_begins(caller: Caller) -> None:
    made = [
        an_import(caller.connection.tenant, State.SUCCEEDED, connection=caller.connection, id=one)
        for one in (uuid.UUID("abcd1234" + "0" * 24), uuid.UUID("abcd5678" + "0" * 24))
    ]
    for record in made:
        for name in (record.number, f"%23{record.number}", str(record.id)[:8], str(record.id)[:20]):
            assert caller.get(status_path(caller, name)).json()["Id"] == str(record.id)
    unclear = caller.get(status_path(caller, "abcd"))
    assert unclear.status_code == 400
    assert str(made[0].id) in unclear.json()["error"]["message"]


def test_the_detail_of_a_failed_validation_counts_errors_and_names_the_first(
    caller: Caller,
) -> None:
    record = an_import(
        caller.connection.tenant,
        State.VALIDATION_FAILED,
        connection=caller.connection,
        error_count=3,
        first_error="VAL_DATE",
    )
    answer = caller.get(status_path(caller, record.id))
    assert answer.json()["ErrorDetail"] == "3 errors, first: VAL_DATE"


@pytest.mark.parametrize(
    "import_id", [uuid.uuid4(), "17", "../../secret", "%00", "fileIngestion/x"]
)
def test_an_unknown_ingestion_is_404(caller: Caller, import_id: object) -> None:
    answer = caller.get(status_path(caller, import_id))
    assert (answer.status_code, code_of(answer)) == (404, "not_found")


def test_an_ingestion_of_another_tenant_or_app_is_404(caller: Caller) -> None:
    elsewhere = a_connection(a_tenant("Fabrikam"))
    theirs = an_import(elsewhere.tenant, connection=elsewhere)
    tenant = caller.connection.tenant
    beside = a_connection(tenant, "Beside", app=an_app(tenant, "Other"), is_active=False)
    of_other_app = an_import(tenant, connection=beside)
    for record in (theirs, of_other_app):
        assert caller.get(status_path(caller, record.id)).status_code == 404
        assert caller.get(f"{status_path(caller, record.id)}/errors").status_code == 404


def a_rejected_import(caller: Caller) -> Any:
    rows = [a_person(0), a_person(1, EffectiveDate="31/31/2025"), a_person(2, PersonId="nobody")]
    return a_pushed_import(caller.connection, a_zip(rows))


ERROR_PATHS = [
    "/scopes/{t}/ingress/connectors/HR/ingestions/{i}/errors",
    "/scopes/{t}/ingress/connectors/Hr/ingestions/fileIngestion/{i}/errors",
    "/scopes/{t}//Hr/ingestions/{i}/errors",
    "/scopes/{t}/hr/ingestions/{i}/errors",
    "/Scopes/{t}/HR/Ingestions/{i}/Errors/",
]


@pytest.mark.parametrize("path", ERROR_PATHS)
def test_every_spelling_of_the_error_path_streams_the_log(caller: Caller, path: str) -> None:
    record = a_rejected_import(caller)
    answer = caller.get("/v1.0" + path.format(t=caller.tenant, i=record.id))
    assert answer.status_code == 200
    assert answer.streaming
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="HRIS_nightly_[0-9a-f-]{36}_errors\.csv"',
        answer["Content-Disposition"],
    )
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Severity,Code,Level,Line,")
    assert [line.split(",")[1] for line in lines[2:]] == ["VAL_DATE", "VAL_EMAIL"]


def test_the_log_comes_as_json_lines_when_json_is_asked_for(caller: Caller) -> None:
    record = a_rejected_import(caller)
    answer = caller.get(f"{status_path(caller, record.id)}/errors", accept="application/json")
    assert answer["Content-Type"] == "application/x-ndjson; charset=utf-8"
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert [json.loads(line)["code"] for line in lines[1:]] == ["VAL_DATE", "VAL_EMAIL"]


def test_the_log_of_an_import_without_findings_is_its_header_and_summary(caller: Caller) -> None:
    record = a_pushed_import(caller.connection, a_zip([a_person(0), a_person(1)]))
    answer = caller.get(f"{status_path(caller, record.id)}/errors")
    assert answer.status_code == 200
    assert len(b"".join(answer.streaming_content).splitlines()) == 2


def test_the_log_of_an_abandoned_import_is_empty(caller: Caller) -> None:
    record = an_import(caller.connection.tenant, State.ABANDONED, connection=caller.connection)
    answer = caller.get(f"{status_path(caller, record.id)}/errors")
    assert answer.status_code == 200
    assert len(b"".join(answer.streaming_content).splitlines()) == 2


def test_the_log_of_a_running_import_is_409(caller: Caller) -> None:
    record = an_import(caller.connection.tenant, State.VALIDATING, connection=caller.connection)
    answer = caller.get(f"{status_path(caller, record.id)}/errors")
    assert (answer.status_code, code_of(answer)) == (409, "wrong_state")


def test_a_log_whose_time_is_over_is_410(caller: Caller) -> None:
    record = a_rejected_import(caller)
    artifacts_of(record).drop()
    answer = caller.get(f"{status_path(caller, record.id)}/errors")
    assert (answer.status_code, code_of(answer)) == (410, "gone")


def test_the_failed_rows_come_as_a_file_to_be_mended(caller: Caller) -> None:
    record = a_rejected_import(caller)
    answer = caller.get(f"{status_path(caller, record.id)}/correction-file")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert "_corrections.csv" in answer["Content-Disposition"]
    header, *rows = b"".join(answer.streaming_content).decode().splitlines()
    assert header.endswith(",_errors")
    assert len(rows) == 2


def test_where_no_row_can_be_mended_the_file_is_refused(caller: Caller) -> None:
    running = an_import(caller.connection.tenant, State.VALIDATING, connection=caller.connection)
    answer = caller.get(f"{status_path(caller, running.id)}/correction-file")
    assert (answer.status_code, code_of(answer)) == (409, "wrong_state")


def test_a_resting_connection_still_shows_its_imports(caller: Caller) -> None:
    record = an_import(caller.connection.tenant, connection=caller.connection)
    Connection.objects.update(is_active=False)
    assert caller.get(status_path(caller, record.id)).status_code == 200


@pytest.mark.parametrize("path", ["/v1.0", "/v1.0/", "/v1.0/nothing", "/V1.0/scopes"])
def test_an_unknown_path_is_404_in_json(caller: Caller, path: str) -> None:
    answer = caller.client.get(path)
    assert (answer.status_code, code_of(answer)) == (404, "not_found")


def test_a_wrong_method_is_405_and_says_which_is_right(caller: Caller) -> None:
    answer = caller.client.delete(caller.push_path)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert code_of(answer) == "method_not_allowed"


def test_every_answer_carries_an_id_and_the_clients_own_correlation_id(caller: Caller) -> None:
    own = str(uuid.uuid4())
    answer = caller.client.get(caller.connector, headers={"client-request-id": own})
    error = answer.json()["error"]
    assert error["requestId"] == answer["x-orgport-request-id"]
    assert error["correlationId"] == own
