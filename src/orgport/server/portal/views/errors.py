"""Pages for what goes wrong: bad request, no permission, not found, no page, our own fault.

Paths of the API answer with problem details instead, since programs read them.
"""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_safe

from orgport.identity.refusal_numbers import MEANINGS
from orgport.server.problems import problem

_FOR_PROGRAMS = ("/api/", "/v1.0/")
_PROBLEMS = {
    400: ("bad_input", "The host name is not one of this server's. Check the base address."),
    403: ("forbidden", "An act needs the CSRF token of its session, or an access token."),
    404: (
        "not_found",
        "There is no such path. /api/v1/openapi.json describes those there are; each id is a GUID.",
    ),
    405: ("method_not_allowed", "This method is not possible here; see the header Allow."),
    413: ("too_large", "The body is too large. Send less at a time."),
    500: ("fault", "The server failed, and your data is unchanged. Try again."),
}
_PAGES = {
    400: ("This request cannot be used", "Go back, reload the page and try again."),
    403: ("You may not open this page", "Ask your tenant admin for the role that it needs."),
    404: (
        "There is no such page",
        "It may have been removed, or it belongs to a tenant in which you have no role.",
    ),
    405: (
        "This address does something and shows nothing",
        "Nothing was done. Go back to the page with the button.",
    ),
    413: (
        "This is too large to be taken here",
        "Nothing was kept. Send less at a time; sign in before you send a file.",
    ),
    500: (
        "This did not work, and it is our fault",
        "Your data is unchanged. Try again; if it happens again, tell whoever runs this server.",
    ),
}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django's shape
    """400."""
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, with the roles that would be needed, and the way out to another account."""
    return _page(request, 403, detail=str(exception), csrf_token=get_token(request))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django's shape
    """404; a page's address without its last slash leads to the page."""
    if request.method == "GET" and not request.path.endswith("/") and _is_page(request.path + "/"):
        return HttpResponseRedirect(request.path + "/")
    return _page(request, 404)


def no_page(request: HttpRequest) -> HttpResponse:
    """405."""
    return _page(request, 405)


def too_large(request: HttpRequest) -> HttpResponse:
    """413."""
    return _page(request, 413)


def fault(request: HttpRequest) -> HttpResponse:
    """500."""
    return _page(request, 500)


@require_safe
def token_refusal(request: HttpRequest) -> HttpResponse:
    """What a number of the token endpoint's refusals means; 404 for a number that it does not use."""
    text = request.GET.get("code", "")
    meaning = (
        MEANINGS.get(int(text)) if text.isascii() and text.isdecimal() and len(text) < 10 else None
    )
    if meaning is None:
        return _page(
            request,
            404,
            title="There is no such refusal",
            advice="The number stands behind AADSTS in what the token endpoint answered.",
        )
    return _page(request, 200, title=f"{meaning.what} (AADSTS{text})", advice=meaning.mend)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  Django's shape
    """403 for a form without a valid token: the session is over, or cookies are off."""
    return _page(
        request,
        403,
        title="This form is out of date",
        advice="Go back, reload the page and send the form again. Cookies must be allowed.",
    )


def is_of_program(request: HttpRequest) -> bool:
    """Whether a program reads the answer, not a person."""
    return request.path.startswith(_FOR_PROGRAMS)


def _page(
    request: HttpRequest,
    status: int,
    *,
    detail: str = "",
    title: str = "",
    advice: str = "",
    csrf_token: str = "",
) -> HttpResponse:
    default_title, default_advice = _PAGES.get(status, ("", ""))
    title, advice = title or default_title, detail or advice or default_advice
    if is_of_program(request):
        code, what = _PROBLEMS[status]
        return problem(status, what, code=code)
    # Without the request: nothing here may need the database, which may be what is broken.
    context = {
        "status": "" if status == HTTPStatus.OK else status,
        "title": title,
        "advice": advice,
        "theme": _theme(request),
        "csrf_token": csrf_token,  # with one, the page can sign out
    }
    return HttpResponse(render_to_string("portal/error.html", context), status=status)


def _theme(request: HttpRequest) -> str:
    chosen = request.COOKIES.get("theme", "")
    return chosen if chosen in ("light", "dark") else "system"


def _is_page(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True
