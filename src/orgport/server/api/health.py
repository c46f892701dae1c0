"""Health of the server for those who keep it running: /healthz (it lives) and /readyz (it can receive).

Answered before everything else and whatever the Host, because probes come by address.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from orgport.imports.inbox import RESERVE_BYTES
from orgport.server.records.workers import living_workers
from orgport.server.settings import settings


class HealthMiddleware:
    """Answers the two health paths and lets everything else through."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The health, or the answer of those behind."""
        if request.path == "/healthz":
            return HttpResponse("ok\n", content_type="text/plain")
        if request.path == "/readyz":
            return readiness()
        return self._get_response(request)


def readiness() -> JsonResponse:
    """200 when a push could be received now, else 503; with what was looked at."""
    checks = {"database": False, "storage": False, "worker": False}
    try:
        connection.ensure_connection()
        checks["worker"] = living_workers(settings().stale_after_seconds).exists()
        checks["database"] = True
    except Error:
        connection.close()
    home = settings().home.resolve()
    checks["storage"] = home.is_dir() and shutil.disk_usage(home).free > RESERVE_BYTES
    # Without a worker a push is kept and waits, so that alone does not turn senders away.
    is_ready = checks["database"] and checks["storage"]
    return JsonResponse({"ready": is_ready, **checks}, status=200 if is_ready else 503)
