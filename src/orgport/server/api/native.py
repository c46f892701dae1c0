"""The native API: typed and described by OpenAPI; what goes wrong is a problem as RFC 9457 has it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from orgport.errors import ImportRunning, OrgportError, SignInFailed, TooManyRequests
from orgport.server.api import (
    deletions,
    erasures,
    extracts,
    imports,
    organization,
    people,
    previews,
    quality,
    reversals,
)
from orgport.server.api.callers import BySession, ByToken
from orgport.server.problems import problem

api = NinjaAPI(
    title="orgport",
    version="1",
    description="Questions to the history of an organization, and acts on it.",
    docs_url=None,
    auth=[ByToken(), BySession()],
)
api.add_router("", people.router)
api.add_router("", extracts.router)
api.add_router("", organization.router)
api.add_router("", quality.router)
api.add_router("", imports.router)
api.add_router("", previews.router)
api.add_router("", reversals.router)
api.add_router("", deletions.router)
api.add_router("", erasures.router)


@api.exception_handler(OrgportError)
def refused(_request: HttpRequest, error: OrgportError) -> HttpResponse:
    """What we said ourselves is wrong; a running import is a conflict here."""
    status = 409 if isinstance(error, ImportRunning) else error.http_status
    answer = problem(status, error.message, code=error.code)
    if isinstance(error, TooManyRequests):
        answer["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, SignInFailed):
        answer["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    return answer


@api.exception_handler(AuthenticationError)
def nobody(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    """Neither a session nor a token."""
    answer = problem(
        401,
        "Sign in to the portal, or send a personal access token as Bearer.",
        code="sign_in_failed",
    )
    answer["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(ValidationError)
def unreadable(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A parameter that cannot be read: which, and why."""
    errors = [
        {"parameter": str(one["loc"][-1]), "message": str(one["msg"])} for one in error.errors
    ]
    detail = "; ".join(f"{one['parameter']}: {one['message']}" for one in errors)
    return problem(422, detail, code="bad_parameter", errors=errors)


@api.exception_handler(HttpError)
def broken(_request: HttpRequest, error: HttpError) -> HttpResponse:
    """A body that is no JSON, or an act from a session without its CSRF token."""
    if error.status_code == 403:
        return problem(
            403, "An act needs the CSRF token of its session, or an access token.", code="forbidden"
        )
    return problem(error.status_code, "The body cannot be read as JSON.", code="bad_input")


@api.exception_handler(Http404)
def nowhere(_request: HttpRequest, _error: Http404) -> HttpResponse:
    """No such thing for this caller."""
    return problem(404, "There is no such thing for you.", code="not_found")
