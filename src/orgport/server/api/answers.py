"""How the API answers: JSON always, errors in one shape, and an id by which a request can be found."""

from __future__ import annotations

import json
import logging
import traceback
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from orgport.errors import (
    BadPackage,
    ImportRunning,
    OrgportError,
    SignInFailed,
    StorageFull,
    TooManyRequests,
)

JSON = "application/json; charset=utf-8"
REQUEST_ID = "x-orgport-request-id"
_STORAGE_RETRY_SECONDS = 300

logger = logging.getLogger(__name__)


def request_id(request: HttpRequest) -> str:
    """The id of this request, the same however often it is asked for."""
    known = getattr(request, "orgport_request_id", None)
    if known is None:
        known = str(uuid.uuid4())
        request.orgport_request_id = known  # type: ignore[attr-defined]  # rides on the request
    return str(known)


def correlation_id(request: HttpRequest) -> str:
    """The id by which the client knows the request, when it sent one that is a GUID."""
    sent = request.headers.get("client-request-id") or request.headers.get("x-ms-client-request-id")
    try:
        return str(uuid.UUID(sent)) if sent else request_id(request)
    except ValueError:
        return request_id(request)


def stamped(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """The response with the request's id."""
    response[REQUEST_ID] = request_id(request)
    response["Cache-Control"] = "no-store"
    return response


def json_answer(content: object, *, status: int = 200) -> HttpResponse:
    """Content as compact JSON, keys in the order given."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(text, content_type=JSON, status=status)


def error_answer(request: HttpRequest, error: OrgportError) -> HttpResponse:
    """The answer to an act that could not be done."""
    answer = _error(request, error.code, error.message, error.http_status, _details(error))
    if isinstance(error, SignInFailed):
        # A request that brings no token is only told the scheme (RFC 6750, section 3).
        has_token = bool(request.headers.get("Authorization", "").strip())
        answer["WWW-Authenticate"] = 'Bearer error="invalid_token"' if has_token else "Bearer"
    if isinstance(error, TooManyRequests):
        answer["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, StorageFull):
        answer["Retry-After"] = str(_STORAGE_RETRY_SECONDS)
    return answer


def no_such_path(request: HttpRequest) -> HttpResponse:
    """The answer to a path that the API does not have."""
    message = "There is no such path. See docs/reference/http.md for those there are."
    return _error(request, "not_found", message, 404, [])


def wrong_method(request: HttpRequest, allowed: str) -> HttpResponse:
    """The answer to a method that a path does not take."""
    message = f"{request.method} is not possible here; use {allowed}."
    answer = _error(request, "method_not_allowed", message, 405, [])
    answer["Allow"] = allowed
    return answer


def fault_answer(request: HttpRequest, error: Exception) -> HttpResponse:
    """The answer to a bug of ours; the log has the place, but not the message, which may quote data."""
    where = "".join(traceback.format_tb(error.__traceback__))
    logger.error("request %s: %s\n%s", request_id(request), type(error).__name__, where)
    message = (
        f"The server failed. Try again; if it persists, tell the operator {request_id(request)}."
    )
    return _error(request, "fault", message, 500, [])


def _details(error: OrgportError) -> list[dict[str, Any]]:
    if isinstance(error, ImportRunning) and error.import_id:
        return [
            {
                "code": "running_import",
                "message": "This import must end, or be abandoned, before the next can start. "
                "When rows are sent in batches, make the batch larger than the number of rows.",
                "id": error.import_id,
                "stage": error.stage,
            }
        ]
    if isinstance(error, BadPackage):
        return [{"code": error.rule, "message": error.message}]
    return []


def _error(
    request: HttpRequest, code: str, message: str, status: int, details: list[dict[str, Any]]
) -> HttpResponse:
    return json_answer(
        {
            "error": {
                "code": code,
                "message": message,
                "target": None,
                "details": details,
                "requestId": request_id(request),
                "correlationId": correlation_id(request),
            }
        },
        status=status,
    )
