"""What is refused before any view sees it, above all a Host that is not one of this server's.

Programs are answered in the JSON of the path that they asked for, people with a page.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

from orgport.errors import BadInput
from orgport.server.api import answers, ingress, login
from orgport.server.api.urls import login_patterns
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
