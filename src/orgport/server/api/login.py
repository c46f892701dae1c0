"""What every path under the login base shares: its base URL, its tenant, and the shape of its errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from orgport.errors import TooManyRequests
from orgport.identity.guids import read_guid
from orgport.identity.refusals import AssertionRefused
from orgport.server.api.answers import correlation_id, fault_answer, json_answer, request_id
from orgport.server.records.models import Tenant
from orgport.server.settings import settings

LoginView = Callable[[HttpRequest, str], HttpResponse]


def login_view(*methods: str) -> Callable[[LoginView], Callable[..., HttpResponse]]:
    """A view under the login base: errors as JSON objects, only these methods, only known hosts."""

    def decorate(view: LoginView) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @wraps(view)
        def guarded(request: HttpRequest, tenant: str = "") -> HttpResponse:
            try:
                base_of(request)
                if request.method not in methods:
                    raise _wrong_method(methods)
                answer = view(request, tenant)
            except AssertionRefused as refused:
                answer = refusal_answer(request, refused)
                if refused.status == 405:
                    answer["Allow"] = ", ".join(methods)
            except TooManyRequests as refused:
                too_many = AssertionRefused(
                    "temporarily_unavailable", 90055, refused.message, status=429
                )
                answer = refusal_answer(request, too_many)
                answer["Retry-After"] = str(refused.retry_after_seconds)
            except Exception as error:
                fault_answer(request, error)  # logs it
                fault = AssertionRefused("server_error", 90033, "The server failed. Try again.")
                fault.status = 500
                answer = refusal_answer(request, fault)
            return _stamped(request, answer)

        return guarded

    return decorate


def base_of(request: HttpRequest) -> str:
    """The configured public base that the request came to, never an unchecked Host header."""
    host = request.META.get("HTTP_HOST", "").lower()
    for base in settings().bases:
        if urlsplit(base).netloc.lower() == host:
            return base
    raise _wrong_host()


def tenant_of(text: str) -> Tenant:
    """The tenant of the path; raises the refusal that clients know for an unknown one."""
    tenant_id = read_guid(text)
    found = Tenant.objects.filter(pk=tenant_id).first() if tenant_id else None
    if found is None:
        raise AssertionRefused(
            "invalid_request",
            90002,
            "The tenant was not found. Check the Directory (tenant) ID with the tenant admin.",
            status=400,
        )
    return found


def refusal_answer(request: HttpRequest, refused: AssertionRefused) -> HttpResponse:
    """The error object that clients of the login base expect."""
    trace, correlation = request_id(request), correlation_id(request)
    at = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}Z"
    return json_answer(
        {
            "error": refused.error,
            "error_description": f"AADSTS{refused.number}: {refused.message} "
            f"Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}",
            "error_codes": [refused.number],
            "timestamp": at,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"{settings().bases[0]}/error?code={refused.number}",
        },
        status=refused.status,
    )


def wrong_host(request: HttpRequest) -> HttpResponse:
    """The answer to a request for a host that is not one of the configured public bases."""
    return _stamped(request, refusal_answer(request, _wrong_host()))


def _stamped(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    answer["client-request-id"] = correlation_id(request)
    answer["Cache-Control"] = "no-store"
    answer["Pragma"] = "no-cache"
    return answer


def _wrong_host() -> AssertionRefused:
    return AssertionRefused(
        "invalid_request", 90012, "This host name is not one of this server's.", status=421
    )


def _wrong_method(methods: tuple[str, ...]) -> AssertionRefused:
    return AssertionRefused(
        "invalid_request", 900561, f"This endpoint only takes {' and '.join(methods)}.", status=405
    )
