"""What keeps persons out of places where they do not belong: log lines, and copies on the way.

A log line has the route that was asked for, not the address of a person in it; a traceback has the places,
not the message, which may quote a cell. No answer is kept by a browser or a proxy.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable, Iterator
from types import TracebackType

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch

logger = logging.getLogger(__name__)

_KEPT = frozenset({"tenant", "path", "code"})  # parts of a path that name no person
_PLAIN = re.compile(r"[0-9A-Za-z./-]*")
_Raised = tuple[type[BaseException], BaseException, TracebackType | None]


class WithoutPersons(logging.Filter):
    """Has lines about a request name its route."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line pass, with the path in it replaced."""
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            record.args = tuple(
                route_of(request) if isinstance(arg, str) and arg.startswith("/") else arg
                for arg in record.args
            )
        return True


class PlacesOnly(logging.Formatter):
    """Writes of an exception which kind it is and where it was raised."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, whatever another handler has made of its exception before."""
        kept, record.exc_text = record.exc_text, None
        try:
            return super().format(record)
        finally:
            record.exc_text = kept

    def formatException(self, ei: object) -> str:  # noqa: N802  logging's name
        """The exception with its causes, oldest first."""
        error = ei[1] if isinstance(ei, tuple) else None
        pieces: list[str] = []
        while isinstance(error, BaseException) and len(pieces) < 10:
            where = "".join(traceback.format_tb(error.__traceback__))
            pieces.append(f"{type(error).__name__} at\n{where}".rstrip())
            error = error.__cause__ or error.__context__
        return "\n".join(reversed(pieces))


def route_of(request: HttpRequest) -> str:
    """The path of a request with every part that may name a person replaced by what it stands for."""
    match = request.resolver_match
    if not isinstance(match, ResolverMatch):
        return "(no such path)"
    path = request.path
    for name, value in match.kwargs.items():
        is_known = name in _KEPT and isinstance(value, str) and _PLAIN.fullmatch(value)
        if isinstance(value, str) and value and not is_known:
            path = path.replace(value, f"<{name}>")
    return path


class NothingIsKept:
    """Marks every answer as not to be stored, and has a stream that breaks say where, not with what."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer of those behind; `no-store` unless they know better."""
        response = self._get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        if response.streaming:
            content = iter(response.streaming_content)  # type: ignore[attr-defined]  # it streams
            response.streaming_content = _watched(content)  # type: ignore[attr-defined]
        return response


class StreamBroke(Exception):
    """An answer could not be sent to its end."""


def _watched(content: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from content
    except Exception:
        logger.exception("an answer broke off while it was sent")
        raise StreamBroke from None  # the web server logs it with its message
