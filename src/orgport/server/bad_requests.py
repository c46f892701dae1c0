"""What is refused before any view sees it, above all a Host that is not one of this server's.

Programs are answered in the JSON of the path that they asked for, people with a page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

from orgport.errors import BadInput
from orgport.server.api import answers, ingress, login
from orgport.server.api.bodies import declared_bytes, drain, largest_form
from orgport.server.api.urls import login_patterns
from orgport.server.portal.access import takes_file_of
from orgport.server.portal.views import errors

_LOGIN_VIEWS = frozenset(pattern.callback for pattern in login_patterns)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """400, or 421 under the login base."""
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return errors.bad_request(request, exception)
    if view in _LOGIN_VIEWS:
        return login.wrong_host(request)
    if view is ingress.dispatch:
        refused = BadInput("This host name is not one of this server's. Check the base address.")
        return answers.stamped(request, answers.error_answer(request, refused))
    return errors.bad_request(request, exception)


class FormsAreSmall:
    """Refuses large bodies for the portal, unless they come from one who may send a file there.

    The check for forgery reads a form whole, files included and to disk, before any view can ask who sends
    it. Stands in front of that check; the APIs read their bodies themselves, after signing in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponseBase | None:
        """413 for a body that is too large."""
        if getattr(view, "csrf_exempt", False):
            return None
        sent = declared_bytes(request)
        if sent <= largest_form(with_file=False):
            return None
        if sent <= largest_form(with_file=True) and takes_file_of(view, request):
            return None
        drain(request)
        return errors.too_large(request)


class ActsAreNoPages:
    """Says on a page that an address is no page but an act, where somebody opens it all the same.

    It stands in the address bar after a form was refused; an answer without content is a blank window. The
    native API's own answer to a wrong method is bare words: a program gets a problem instead.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, and give a bare 405 words."""
        response = self._get_response(request)
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        if response.content and not errors.is_of_program(request):
            return response
        page = errors.no_page(request)
        page.headers["Allow"] = response.headers["Allow"]
        return page
