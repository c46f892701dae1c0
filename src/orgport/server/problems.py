"""What goes wrong, told to a program: a problem document as RFC 9457 has it, always with a code."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse, JsonResponse


def problem(status: int, detail: str, *, code: str, **more: Any) -> HttpResponse:
    """An answer of application/problem+json."""
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **more,
    }
    return JsonResponse(content, status=status, content_type="application/problem+json")
