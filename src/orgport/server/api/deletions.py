"""Deletions over the API: optional fields, or the employees of a csv; each is an import of its own."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Field, File, Form, Router, Schema, Status, UploadedFile

from orgport.server.api.asked import Body
from orgport.server.api.callers import by_senders_of_files, caller
from orgport.server.api.imports import import_of
from orgport.server.api.reversals import Started
from orgport.server.records.models import ImportRecord, Role
from orgport.server.wiring import deletions as wiring
from orgport.server.wiring.deletions import delete_employees, delete_fields, deleted_employees
from orgport.server.wiring.places import scratch_folder

router = Router(tags=["deletions"])


class FieldsToDelete(Body):
    """Which optional fields go, and what the import is called."""

    name: str
    fields: list[str]
    import_id: UUID | None = Field(None, alias="importId", description="asked twice, done once")


class FieldsNamed(Body):
    """Which optional fields would go."""

    fields: list[str]


class Foreseen(Schema):
    """What a deletion would do, those first who use what goes."""

    figures: dict[str, Any]
    consequences: list[str]


@router.post("/tenants/{uuid:tenant}/deletions/fields/preview", response=Foreseen)
def preview_of_fields(
    request: HttpRequest, tenant: UUID, body: FieldsNamed
) -> wiring.FieldsForeseen:
    """Which insights and extracts need these fields, and how much of each would go; nothing changes."""
    who = caller(request, tenant, Role.INSIGHTS_ADMIN)
    return wiring.preview_fields(who.tenant, body.fields)


@router.post("/tenants/{uuid:tenant}/deletions/fields", response={202: Started})
def fields(request: HttpRequest, tenant: UUID, body: FieldsToDelete) -> Status[ImportRecord]:
    """Remove optional fields from all snapshots of everybody."""
    who = caller(request, tenant, Role.INSIGHTS_ADMIN)
    record = delete_fields(
        who.tenant,
        name=body.name,
        fields=body.fields,
        by=who.actor,
        import_id=body.import_id or uuid.uuid4(),
    )
    return Status(202, record)


@router.post(
    "/tenants/{uuid:tenant}/deletions/employees/preview",
    response=Foreseen,
    auth=by_senders_of_files(Role.INSIGHTS_ADMIN),
)
def preview_of_employees(
    request: HttpRequest, tenant: UUID, file: File[UploadedFile]
) -> wiring.Foreseen:
    """Who of a csv with the one column PersonId would go, where they are, who has them; nothing changes."""
    who = caller(request, tenant, Role.INSIGHTS_ADMIN)
    with scratch_folder() as scratch:
        path = scratch / "employees.csv"
        with path.open("wb") as kept:
            kept.writelines(file.chunks())
        return wiring.preview_employees(who.tenant, path)


@router.post(
    "/tenants/{uuid:tenant}/deletions/employees",
    response={202: Started},
    auth=by_senders_of_files(Role.INSIGHTS_ADMIN),
)
def employees(
    request: HttpRequest,
    tenant: UUID,
    name: Form[str],
    file: File[UploadedFile],
) -> Status[ImportRecord]:
    """Remove the persons of a csv with the one column PersonId, with all their history."""
    who = caller(request, tenant, Role.INSIGHTS_ADMIN)
    record = delete_employees(
        who.tenant,
        name=name,
        chunks=file.chunks(),
        file_name=file.name or "",
        by=who.actor,
        import_id=uuid.uuid4(),
    )
    return Status(202, record)


@router.get("/tenants/{uuid:tenant}/imports/{import_id}/deleted-employees", response={200: None})
def deleted(request: HttpRequest, tenant: UUID, import_id: str) -> StreamingHttpResponse:
    """The list of who was deleted and who was unknown, as long as the logs of the import are kept."""
    who = caller(request, tenant, Role.INSIGHTS_ADMIN)
    record = import_of(who, import_id)
    return StreamingHttpResponse(
        deleted_employees(record),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="deleted-employees.csv"'},
    )
