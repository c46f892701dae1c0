"""Files to download: error log, correction file, and the template of a package."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from orgport.errors import Gone, WrongState
from orgport.package.template import DELETE_EMPLOYEES_CSV, write_template
from orgport.server.portal.access import READS_IMPORTS, PortalRequest, for_roles
from orgport.server.portal.import_page import import_of
from orgport.server.portal.requests import actor_of
from orgport.server.records import audit
from orgport.server.records.models import ImportRecord
from orgport.server.wiring import imports as wiring
from orgport.server.wiring.places import home

CSV = "text/csv; charset=utf-8"


@require_safe
@for_roles(*READS_IMPORTS)
def error_log(request: PortalRequest, import_id: UUID, suffix: str) -> HttpResponseBase:
    """The error log as csv or JSON lines, streamed."""
    record = import_of(request, import_id)
    is_json = suffix == "jsonl"
    try:
        chunks = wiring.error_log(record, as_json=is_json)
    except (Gone, WrongState) as refused:
        return _refused(request, record, refused)
    note_download(request, record, "import.error_log_downloaded")
    name = wiring.error_log_name(record, suffix=suffix)
    return stream(chunks, name, "application/jsonl; charset=utf-8" if is_json else CSV)


@require_safe
@for_roles(*READS_IMPORTS)
def correction_file(request: PortalRequest, import_id: UUID) -> HttpResponseBase:
    """The failed rows in the upload's own columns, with what is wrong in `_errors`."""
    record = import_of(request, import_id)
    try:
        chunks = wiring.correction_file(record)
        first = next(chunks, "")  # what cannot be read is found out here, before the answer begins
    except (Gone, WrongState) as refused:
        return _refused(request, record, refused)
    note_download(request, record, "import.correction_file_downloaded")
    name = f"{record.name}_{record.id}_corrections.csv"
    return stream(_after(first, chunks), name, CSV)


@require_safe
def package_template(request: HttpRequest) -> FileResponse:  # noqa: ARG001  the same for everybody
    """The zip to begin with; the data source admin needs no account for it."""
    with tempfile.TemporaryDirectory(dir=home() / "scratch") as folder:
        path = Path(folder) / "template.zip"
        write_template(path)
        file = path.open("rb")  # stays readable when the folder is gone
    return FileResponse(file, as_attachment=True, filename="orgport-template.zip")


@require_safe
def delete_employees_template(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  for everybody
    """The csv in which the addresses of employees are filled in, one a line."""
    return HttpResponse(
        DELETE_EMPLOYEES_CSV,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="delete-employees.csv"'},
    )


def _after(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def stream(chunks: Iterator[str], name: str, content_type: str) -> StreamingHttpResponse:
    """An answer that streams a file to be saved under a name."""
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return StreamingHttpResponse(
        (chunk.encode() for chunk in chunks),
        content_type=content_type,
        headers={"Content-Disposition": disposition or "attachment", "Cache-Control": "no-store"},
    )


def note_download(request: PortalRequest, record: ImportRecord, action: str) -> None:
    """Logs hold personal data: who fetched one is written down."""
    by = actor_of(request)
    audit.record(
        record.tenant, action, at=by.at, actor=by.name, subject=str(record.id), address=by.address
    )


def _refused(
    request: PortalRequest, record: ImportRecord, refused: Gone | WrongState
) -> HttpResponse:
    context = {"record": record, "reason": refused.message}
    return render(request, "portal/import_refused.html", context, status=refused.http_status)
