"""The change preview by the native API, and deciding on it: for people who are signed in to the portal.

JSON in camelCase; problems are RFC 9457 documents. Permission is in the query: what a caller may not
see is not found.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from orgport.errors import BadInput, Forbidden, NotFound, OrgportError, SignInFailed
from orgport.history.differences import Kind
from orgport.history.listing import Chosen
from orgport.server.api import answers
from orgport.server.records.models import Account, ImportRecord, Role, Tenant
from orgport.server.wiring import approvals, previews
from orgport.server.wiring.registrations import Actor

READERS = frozenset({Role.INSIGHTS_ADMIN, Role.APPROVER})
_MOST_A_PAGE = 1000
_MOST_BODY_BYTES = 64 * 1024

Answer = Callable[[ImportRecord], HttpResponseBase]


@require_safe
def preview(request: HttpRequest, tenant: UUID, import_id: UUID) -> HttpResponseBase:
    """The figures of a change preview."""

    def answer(record: ImportRecord) -> HttpResponse:
        return answers.json_answer(previews.document(record, previews.preview_of(record)))

    return _answered(request, tenant, import_id, READERS, answer)


@require_safe
def persons(request: HttpRequest, tenant: UUID, import_id: UUID) -> HttpResponseBase:
    """A page of those who differ: `limit`, `cursor`, and the filters kind, organization, field, q."""

    def answer(record: ImportRecord) -> HttpResponse:
        found = previews.preview_of(record)
        offset = _whole(request, "cursor", default=0, least=0, most=10**9)
        limit = _whole(request, "limit", default=100, least=1, most=_MOST_A_PAGE)
        chosen = _chosen(request, found.proposal.fields)
        page = previews.persons_document(found, chosen, offset=offset, limit=limit)
        return answers.json_answer(page)

    return _answered(request, tenant, import_id, READERS, answer)


@require_safe
def person(request: HttpRequest, tenant: UUID, import_id: UUID, number: int) -> HttpResponseBase:
    """One person's periods before and after."""

    def answer(record: ImportRecord) -> HttpResponse:
        lines = previews.timelines(record, previews.preview_of(record), number)
        return answers.json_answer(previews.timelines_document(lines))

    return _answered(request, tenant, import_id, READERS, answer)


@require_POST
def approve(request: HttpRequest, tenant: UUID, import_id: UUID) -> HttpResponseBase:
    """Let an import pass its guard rails; the body may hold a note."""
    return _decided(request, tenant, import_id, approvals.approve)


@require_POST
def reject(request: HttpRequest, tenant: UUID, import_id: UUID) -> HttpResponseBase:
    """Turn an import away; the body holds a note with the reason."""
    return _decided(request, tenant, import_id, approvals.reject)


def _decided(
    request: HttpRequest, tenant: UUID, import_id: UUID, decide: Callable[..., None]
) -> HttpResponseBase:
    def answer(record: ImportRecord) -> HttpResponse:
        address = str(request.META.get("REMOTE_ADDR", ""))
        account = cast(Account, request.user)
        decide(record, note=_note(request), by=Actor(account.email, timezone.now(), address))
        record.refresh_from_db()
        return answers.json_answer({"import": str(record.id), "status": record.status.label})

    return _answered(request, tenant, import_id, frozenset({Role.APPROVER}), answer)


def _answered(
    request: HttpRequest,
    tenant: UUID,
    import_id: UUID,
    roles: frozenset[Role],
    answer: Answer,
) -> HttpResponseBase:
    try:
        return answers.stamped(request, answer(_import(request, tenant, import_id, roles)))
    except OrgportError as error:
        return answers.stamped(request, _problem(error))


def _import(
    request: HttpRequest, tenant_id: UUID, import_id: UUID, roles: frozenset[Role]
) -> ImportRecord:
    if not request.user.is_authenticated:
        raise SignInFailed("Sign in to the portal first.")
    account = request.user
    tenant = Tenant.objects.filter(id=tenant_id).first()
    held = account.roles_in(tenant) if tenant is not None else frozenset()
    if tenant is None or not held:
        raise NotFound("There is no such tenant in which you have a role.")
    if held.isdisjoint(roles):
        needed = " or ".join(sorted(role.label for role in roles))
        raise Forbidden(f"This is for the role {needed}.")
    record: ImportRecord | None = ImportRecord.objects.of(tenant).filter(id=import_id).first()
    if record is None:
        raise NotFound(f"There is no import {import_id} in this tenant.")
    return record


def _chosen(request: HttpRequest, fields: tuple[str, ...]) -> Chosen:
    kind, field = request.GET.get("kind", ""), request.GET.get("field", "")
    kinds = {one.value: one for one in Kind}
    if kind and kind not in kinds:
        raise BadInput(f"kind is one of {', '.join(kinds)}.")
    if field and field not in fields:
        raise BadInput("field is none of the fields before or after this import.")
    return Chosen(
        kind=kinds.get(kind),
        organization=request.GET.get("organization") or None,
        field=field or None,
        text=request.GET.get("q", ""),
    )


def _whole(request: HttpRequest, name: str, *, default: int, least: int, most: int) -> int:
    text = request.GET.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 12 and least <= int(text) <= most):
        raise BadInput(f"{name} is a whole number from {least:,} to {most:,}.")
    return int(text)


def _note(request: HttpRequest) -> str:
    if len(request.body) > _MOST_BODY_BYTES:
        raise BadInput("The body is too large for a note.")
    try:
        said: Any = json.loads(request.body or b"{}")
    except ValueError:
        said = None
    note = said.get("note", "") if isinstance(said, dict) else None
    if not isinstance(note, str):
        raise BadInput('Send a JSON object such as {"note": "Stores were sold."}')
    return note


def _problem(error: OrgportError) -> HttpResponse:
    return JsonResponse(
        {
            "type": "about:blank",
            "title": error.code,
            "status": error.http_status,
            "detail": error.message,
        },
        status=error.http_status,
        content_type="application/problem+json",
    )
