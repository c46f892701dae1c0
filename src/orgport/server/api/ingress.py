"""The ingress API under /v1.0: what existing clients call, unchanged but for the base address.

Segments match in any case, repeated slashes count as one, a trailing one is allowed, and nothing
redirects: a client would lose its body or its token on the way. Everything that can be checked without
the body is checked before it is read. docs/reference/http.md lists the paths and answers.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from orgport.errors import (
    ConnectionNotSet,
    Forbidden,
    OrgportError,
    SignInFailed,
)
from orgport.imports.lifecycle import State
from orgport.server.api import answers
from orgport.server.api.bearer import authenticate
from orgport.server.api.bodies import STRANGERS_BYTES, drain
from orgport.server.api.pushing import correct_import, push
from orgport.server.api.rates import count_call
from orgport.server.records.models import AppRegistration, Connection, ImportRecord, SourceKind
from orgport.server.settings import settings
from orgport.server.wiring import imports as use_cases
from orgport.server.wiring.naming import import_named, page_of

logger = logging.getLogger(__name__)

FRIENDLY_NAME = "Data ingress"
SUBMITTER = "System"
POLL_AGAIN_SECONDS = 10
CSV, JSON_LINES = "text/csv; charset=utf-8", "application/x-ndjson; charset=utf-8"
_PING_EVERY = timedelta(minutes=1)
_STRICT_STATUS = {"ProcessingFailed": "ValidationFailed", "Abandoned": "ValidationFailed"}

Answer = HttpResponseBase


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and what the path says: the tenant's id, the connector and the ingestion, as sent."""

    app: AppRegistration
    connector: str
    ingestion: str


def scale_unit(_request: HttpRequest, _caller: Caller) -> Answer:
    """The name of this server's scale unit, as a JSON string."""
    return answers.json_answer(settings().scale_unit)


def connector(request: HttpRequest, caller: Caller) -> Answer:
    """The id of the connection that the app may push to."""
    name = caller.connector or request.GET.get("connectorType", "")
    return answers.json_answer({"ConnectorId": str(_connection(caller.app, name).id)})


def receive(request: HttpRequest, caller: Caller) -> Answer:
    """Take a package in and answer with its ingestion; what is wrong in it is found out later."""
    record = push(request, caller.app, _connection(caller.app, caller.connector))
    answer = answers.json_answer(ingestion(record))
    answer["Location"] = _address_of(record)
    return answer


def receive_twin(request: HttpRequest, caller: Caller) -> Answer:
    """The Microsoft 365 twin of `receive`: takes csv only."""
    record = push(
        request, caller.app, _connection(caller.app, caller.connector), takes_only_csv=True
    )
    return answers.json_answer(ingestion(record))


def status(_request: HttpRequest, caller: Caller) -> Answer:
    """How far an ingestion is."""
    record = _import(caller)
    answer = answers.json_answer(ingestion(record))
    if record.status.is_running:
        answer["Retry-After"] = str(POLL_AGAIN_SECONDS)
    return answer


def errors(request: HttpRequest, caller: Caller) -> Answer:
    """The error log of an ingestion, streamed: csv, or JSON lines when the client asks for JSON."""
    record = _import(caller)
    as_json = _prefers_json(request.headers.get("Accept", ""))
    chunks = use_cases.error_log(record, as_json=as_json)
    name = use_cases.error_log_name(record, suffix="jsonl" if as_json else "csv")
    return _download(chunks, name, JSON_LINES if as_json else CSV)


def correction_file(_request: HttpRequest, caller: Caller) -> Answer:
    """The failed rows of an ingestion with what is wrong with them, streamed, to be mended and sent back."""
    record = _import(caller)
    chunks = use_cases.correction_file(record)
    first = next(chunks, "")  # what cannot be read is found out before the answer begins
    return _download(chain((first,), chunks), f"{record.name}_{record.id}_corrections.csv", CSV)


def correct(request: HttpRequest, caller: Caller) -> Answer:
    """Take a correction file for a failed ingestion and answer with the new one that it became."""
    made = correct_import(request, caller.app, _import(caller))
    changes = made.changes
    rows = {
        "Replaced": changes.replaced,
        "Removed": changes.removed,
        "Added": changes.added_rows,
    }
    answer = answers.json_answer({**ingestion(made.record), "Corrections": rows})
    answer["Location"] = _address_of(made.record)
    return answer


def _address_of(record: ImportRecord) -> str:
    path = f"/v1.0/scopes/{record.tenant_id}/ingress/connectors/HR/ingestions/{record.id}"
    return f"{settings().bases[0]}{path}"


def ingestion(record: ImportRecord) -> dict[str, str | None]:
    """The ingestion object: these keys in this order, dates with seven decimals.

    While it waits for an approver there are further keys: Stage, and StageUrl, where that is decided.
    """
    state = record.status
    wire_status = state.wire_status
    if record.tenant.reports_strict_statuses:
        wire_status = _STRICT_STATUS.get(wire_status, wire_status)
    answer = {
        "FriendlyName": FRIENDLY_NAME,
        "Id": str(record.id),
        "ConnectorId": str(record.connection_id),
        "Submitter": SUBMITTER,
        "StartDate": _wire_date(record.received_at),
        "Status": wire_status,
        "ErrorDetail": _error_detail(record, state),
        "EndDate": _wire_date(record.ended_at) if record.ended_at else None,
        "Type": "FileIngestion",
    }
    # Existing clients know four statuses and ignore further keys; ours says why nothing moves.
    if state is State.AWAITING_APPROVAL:
        answer |= {"Stage": state.label, "StageUrl": page_of(record)}
    return answer


View = Callable[[HttpRequest, Caller], Answer]
_T, _C, _I = "(?P<tenant>[^/]+)", "(?P<connector>[^/]+)", "(?P<ingestion>[^/]+)"
_INGESTIONS = f"scopes/{_T}/ingress/connectors/{_C}/ingestions"
_TWIN = f"tenants/{_T}/modis/connectors/{_C}/ingestions/fileingestion"
_ROUTES: tuple[tuple[re.Pattern[str], str, View], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), method, view)
    for pattern, method, view in (
        (f"tenants/{_T}/scopes/(?P=tenant)/scaleunit", "GET", scale_unit),
        (f"scopes/{_T}/ingress/connectors/status", "GET", connector),
        (f"scopes/{_T}/ingress/connectors/{_C}", "GET", connector),
        (f"{_INGESTIONS}/fileingestion", "POST", receive),
        (f"{_INGESTIONS}/(?:fileingestion/)?{_I}/errors", "GET", errors),
        (f"{_INGESTIONS}/{_I}/correction-file", "GET", correction_file),
        (f"{_INGESTIONS}/{_I}/corrections", "POST", correct),
        (f"{_INGESTIONS}/(?:fileingestion/)?{_I}", "GET", status),
        # As the documents print it, without "ingress/connectors".
        (f"scopes/{_T}/{_C}/ingestions/(?:fileingestion/)?{_I}/errors", "GET", errors),
        (_TWIN, "POST", receive_twin),
        (f"{_TWIN}/{_I}", "GET", status),
    )
)


@csrf_exempt
def dispatch(request: HttpRequest, path: str | None = None) -> Answer:
    """Answer any path under /v1.0, in JSON whatever happens."""
    normal = re.sub(r"/+", "/", path or "").strip("/")
    for pattern, method, view in _ROUTES:
        match = pattern.fullmatch(normal)
        if match is None or (view is receive_twin and not settings().modis_endpoint):
            continue
        if request.method != method and not (method == "GET" and request.method == "HEAD"):
            return answers.stamped(request, answers.wrong_method(request, method))
        return answers.stamped(request, _answered(request, view, match.groupdict()))
    return answers.stamped(request, answers.no_such_path(request))


def _answered(request: HttpRequest, view: View, found: dict[str, str]) -> Answer:
    refusal: Exception
    try:
        app = authenticate(request, found["tenant"])
        count_call(app.id, "call", per_minute=settings().requests_per_minute)
        _note_ping(app)
        caller = Caller(app, found.get("connector") or "", found.get("ingestion") or "")
        return view(request, caller)
    except OrgportError as error:
        refusal, answer = error, answers.error_answer(request, error)
    except Exception as error:
        refusal, answer = error, answers.fault_answer(request, error)
    if request.method == "POST":
        is_known = not isinstance(refusal, SignInFailed)
        # Twice, for a body that is refused because it is larger than that.
        drain(request, 2 * settings().max_body_bytes if is_known else STRANGERS_BYTES)
    return answer


def _connection(app: AppRegistration, name: str) -> Connection:
    if name.lower() != "hr":
        raise ConnectionNotSet("Forbidden: only the connector HR is served. Push HR data.")
    of_tenant = Connection.objects.of(app.tenant).filter(kind=SourceKind.AUTOMATED)
    connection: Connection | None = (
        of_tenant.select_related("tenant")
        .filter(app=app)
        .order_by("-is_active", "created_at")
        .first()
    )
    if connection is None:
        what = (
            "is not the app of the automated import"
            if of_tenant.exists()
            else "has no automated import to push to"
        )
        raise ConnectionNotSet(
            f"Forbidden: the app {app.id} {what}. An Insights admin sets up the connection with "
            "this app ID under Organizational data."
        )
    if not (connection.is_enabled and connection.is_active):
        raise ConnectionNotSet(
            f"Forbidden: the connection {connection.name} is not active. An Insights admin makes "
            "it active under Organizational data."
        )
    return connection


def _import(caller: Caller) -> ImportRecord:
    of_app = Connection.objects.of(caller.app.tenant).filter(app=caller.app)
    if caller.connector.lower() != "hr" or not of_app.exists():
        _connection(caller.app, caller.connector)
        raise Forbidden("Forbidden: the app may not read this connector.")
    of_app_alone = ImportRecord.objects.of(caller.app.tenant).filter(connection__in=of_app)
    return import_named(
        caller.ingestion, of_app_alone.select_related("tenant"), where="of this app"
    )


def _note_ping(app: AppRegistration) -> None:
    now = timezone.now()
    if app.last_ping_at is None or now - app.last_ping_at > _PING_EVERY:
        AppRegistration.objects.filter(pk=app.pk).update(last_ping_at=now)


def _error_detail(record: ImportRecord, state: State) -> str | None:
    if state is State.VALIDATION_FAILED:
        errors = "1 error" if record.error_count == 1 else f"{record.error_count} errors"
        return f"{errors}, first: {record.first_error}"
    if state is State.PROCESSING_FAILED:
        return record.failure
    return None


def _wire_date(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"


def _prefers_json(accept: str) -> bool:
    wanted = accept.lower()
    return "json" in wanted and "text/csv" not in wanted


def _download(chunks: Iterator[str], name: str, content_type: str) -> Answer:
    response = StreamingHttpResponse(_encoded(chunks), content_type=content_type)
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    response["Content-Disposition"] = f'attachment; filename="{safe}"'
    return response


def _encoded(chunks: Iterator[str]) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk.encode()
