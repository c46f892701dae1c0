"""The act of pushing: which of the three bodies it is, how large, and what goes with it in headers.

Order: content type, announced size, running import; only then is the body read, once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import parse_header_parameters

from orgport.errors import BadInput, BadPackage, TooLarge, UnsupportedMedia
from orgport.imports.inbox import Received
from orgport.package.limits import CORRECTION_BYTES
from orgport.package.model import PackageForm, Refresh
from orgport.server.api.bodies import (
    FilePart,
    WireBody,
    base_name,
    boundary_of,
    unzipped,
    wire_body,
)
from orgport.server.api.rates import count_call
from orgport.server.records.models import AppRegistration, Connection, ImportRecord
from orgport.server.settings import settings
from orgport.server.wiring import pushes
from orgport.server.wiring.corrections import Corrected, Sender, correct

_ENVELOPE_BYTES = 64 * 1024  # what a multipart body may have around its file
_KEY_LIMIT = 128
_UTF_8 = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii"})
_FORMS = {
    "multipart/form-data": PackageForm.ZIP,
    "text/csv": PackageForm.CSV,
    "application/json": PackageForm.JSON,
}


def push(
    request: HttpRequest,
    app: AppRegistration,
    connection: Connection,
    *,
    takes_only_csv: bool = False,
) -> ImportRecord:
    """The import that the pushed package became; raises what stands against it, by `orgport.errors`."""
    count_call(app.id, "push", per_minute=settings().pushes_per_minute)
    content_type, parameters = parse_header_parameters(request.headers.get("Content-Type", ""))
    body = wire_body(request)
    if not content_type and body.is_empty():
        raise _empty()
    form = _form(content_type, parameters)
    is_raw = form is not PackageForm.ZIP
    if takes_only_csv:
        if form is PackageForm.JSON:
            raise UnsupportedMedia("This path takes csv only. Send text/csv.")
        form = PackageForm.CSV
    _refuse_too_large(body, envelope_bytes=0 if is_raw else _ENVELOPE_BYTES)
    wanted = pushes.Push(
        connection=connection,
        app=app,
        form=form,
        at=timezone.now(),
        requested_refresh=_refresh(request) if is_raw else None,
        idempotency_key=_idempotency_key(request),
        address=request.META.get("REMOTE_ADDR", ""),
    )
    pushes.refuse_at_once(wanted)
    sent = body.chunks(settings().max_body_bytes + _ENVELOPE_BYTES)
    part = None if is_raw else FilePart(sent, boundary=boundary_of(parameters))
    chunks = part.chunks() if part else _raw(sent, request.headers.get("Content-Encoding", ""))
    package = pushes.store_package(chunks, expected_bytes=body.declared_bytes or 0)
    body.check_digest(sha256_of_file=package.sha256)
    if package.size_bytes == 0:
        raise _empty()
    is_plain = part is None and not request.headers.get("Content-Encoding")
    if form is PackageForm.CSV and is_plain and not body.shows_its_end:
        _refuse_without_line_end(package)
    name = part.name if part else base_name(request.headers.get("x-orgport-file-name", ""))
    return pushes.receive_push(wanted, package, file_name=name or f"package.{form.value}")


def correct_import(request: HttpRequest, app: AppRegistration, record: ImportRecord) -> Corrected:
    """The import that a failed one became by the correction file in the body: csv, or a file part."""
    count_call(app.id, "push", per_minute=settings().pushes_per_minute)
    content_type, parameters = parse_header_parameters(request.headers.get("Content-Type", ""))
    form = _form(content_type, parameters)
    if form is PackageForm.JSON:
        raise UnsupportedMedia("A correction file is csv. Send it as text/csv.")
    body = wire_body(request)
    sent = body.chunks(CORRECTION_BYTES + _ENVELOPE_BYTES)
    if form is PackageForm.ZIP:
        chunks = FilePart(sent, boundary=boundary_of(parameters)).chunks()
    else:
        chunks = _raw(sent, request.headers.get("Content-Encoding", ""))
    sender = Sender(
        app,
        person="",
        at=timezone.now(),
        address=request.META.get("REMOTE_ADDR", ""),
        idempotency_key=_idempotency_key(request),
    )
    return correct(record, chunks, by=sender)


def _empty() -> BadPackage:
    return BadPackage("The body is empty. Send the package in it.", rule="PKG_EMPTY_BODY")


def _form(content_type: str, parameters: dict[str, str]) -> PackageForm:
    form = _FORMS.get(content_type.strip().lower())
    if form is None:
        raise UnsupportedMedia(
            f"A body of type {content_type[:80] or '(none)'} is not taken. Send a zip as "
            "multipart/form-data, or text/csv, or application/json."
        )
    charset = parameters.get("charset", "").strip().lower()
    if form is not PackageForm.ZIP and charset not in _UTF_8:
        raise UnsupportedMedia(f"The charset {charset[:40]} is not taken. Send UTF-8.")
    return form


def _refuse_too_large(body: WireBody, *, envelope_bytes: int) -> None:
    limit = settings().max_body_bytes
    if body.declared_bytes is not None and body.declared_bytes > limit + envelope_bytes:
        raise TooLarge(
            f"The body has {body.declared_bytes:,} bytes, {limit:,} are taken. "
            "Send fewer rows in one package, or compress it as a zip."
        )


def _refuse_without_line_end(package: Received) -> None:
    """Raise BadInput for a csv that may have been cut off: our server cannot tell, and neither can it."""
    with package.path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            raise BadInput(
                "The csv has no line end behind its last row, and the request no Content-Length: "
                "it may have been cut off. Send it again with one of them, or with Content-Digest."
            )


def _raw(sent: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    match encoding.strip().lower():
        case "" | "identity":
            return sent
        case "gzip" | "x-gzip":
            return unzipped(sent)
        case _:
            raise UnsupportedMedia(
                f"The content encoding {encoding[:40]} is not taken. Use gzip or none."
            )


def _refresh(request: HttpRequest) -> Refresh | None:
    sent = request.headers.get("x-orgport-refresh", "").strip().lower()
    if not sent:
        return None
    try:
        return Refresh(sent)
    except ValueError:
        raise BadInput("The header x-orgport-refresh takes full or incremental.") from None


def _idempotency_key(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > _KEY_LIMIT:
        raise BadInput(f"Idempotency-Key may have {_KEY_LIMIT} characters at most. Shorten it.")
    return key
