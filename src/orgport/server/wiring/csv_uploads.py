"""The csv upload: a file that a person sends, maps column by column, and hands on to validation.

Until then it is a draft: the bytes lie in the inbox, the mapping in the records. It becomes a package
like any other, so that corrections, undo and the mapping page treat it as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction

from orgport.attributes.catalogue import MAX_FIELDS, attribute
from orgport.attributes.types import ValueType
from orgport.errors import BadInput, Gone, WrongState
from orgport.finding import Finding, Severity
from orgport.imports.lifecycle import State
from orgport.package.first_rows import first_rows
from orgport.package.header import judge_header, other_separator, read_header
from orgport.package.mapping import doubts_about_dates, suggest_mapping
from orgport.package.model import (
    Header,
    MappedColumn,
    PackageBroken,
    PackageForm,
    Refresh,
)
from orgport.package.model import Mapping as FieldMapping
from orgport.package.targets import ReadOptions, judge_targets
from orgport.package.upload import judge_upload, plain_headers
from orgport.package.write import write_package
from orgport.server.records.models import Connection, CsvDraft, ImportRecord, SourceKind, Tenant
from orgport.server.wiring import pushes
from orgport.server.wiring.connection_changes import ConnectionSwitches, set_switches
from orgport.server.wiring.connections import activate_connection, create_connection
from orgport.server.wiring.csv_losses import Loss, agreement, losses
from orgport.server.wiring.places import history_of, inbox, scratch_folder
from orgport.server.wiring.registrations import Actor
from orgport.server.wiring.texts import a_name, unprintable

DRAFT_LIFE = timedelta(hours=24)  # after its last change
CONNECTION_NAME = ".csv upload"
_NAME_LIMIT = 128
_MAY_BE_TRIED_AGAIN = (State.VALIDATION_FAILED, State.PROCESSING_FAILED, State.ABANDONED)
_DUPLICATE = "META_DUP_TARGET"  # worded here for each column that comes too late


@dataclass(frozen=True, slots=True)
class DraftColumn:
    """A column of the file: what it holds, what it is mapped to, and what is wrong or in doubt there."""

    number: int
    source: str  # the header, exactly as in the file
    samples: tuple[str, ...]
    mapped: MappedColumn
    faults: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()  # for a person to look at; they stop nothing


@dataclass(frozen=True, slots=True)
class JudgedDraft:
    """A draft with its columns, what is wrong with the whole, and the fields that it would take away."""

    columns: tuple[DraftColumn, ...]
    faults: tuple[str, ...]
    losses: tuple[Loss, ...]
    stored: Mapping[str, ValueType]

    @property
    def invalid_count(self) -> int:
        """How many columns need a change."""
        return sum(bool(column.faults) for column in self.columns)

    @property
    def valid_count(self) -> int:
        """How many columns are right."""
        return len(self.columns) - self.invalid_count

    @property
    def doubtful_count(self) -> int:
        """How many columns a person should look at, though nothing is wrong with them."""
        return sum(bool(column.doubts) for column in self.columns)

    @property
    def is_valid(self) -> bool:
        """Whether it can go on to validation."""
        return not self.faults and not self.invalid_count

    @property
    def agreement(self) -> str:
        """What a form has to bring back before the losses are taken, empty where there are none."""
        return agreement(self.losses) if self.losses else ""


def csv_connection(tenant: Tenant) -> Connection | None:
    """The connection that csv uploads run under, if there is one yet."""
    found: Connection | None = (
        Connection.objects.of(tenant).filter(kind=SourceKind.CSV).order_by("created_at").first()
    )
    return found


def use_csv_upload(tenant: Tenant, *, by: Actor) -> Connection:
    """Make csv upload the data source; raises ImportRunning while an import runs."""
    with transaction.atomic():
        connection = csv_connection(tenant) or create_connection(
            tenant,
            name=CONNECTION_NAME,
            kind=SourceKind.CSV,
            by=by.name,
            at=by.at,
            allow_custom_fields=True,
        )
        return activate_connection(connection, by=by.name, at=by.at)


def begin(
    tenant: Tenant,
    *,
    name: str,
    refresh: Refresh,
    chunks: Iterable[bytes],
    file_name: str,
    size_bytes: int,
    by: Actor,
) -> CsvDraft:
    """Keep an uploaded csv and suggest its mapping.

    Raises WrongState when csv upload is not the data source, BadInput for a file that is no csv with
    rows, TooLarge or StorageFull.
    """
    _refuse_unless_active(tenant)
    name = a_name(name, of="An upload", most=_NAME_LIMIT)
    _raise_first(judge_upload(file_name, size_bytes=size_bytes))
    kept = pushes.store_package(chunks, expected_bytes=size_bytes)
    draft = CsvDraft(
        tenant=tenant,
        name=name,
        refresh=refresh.value,
        file_name=file_name[-255:],
        sha256=kept.sha256,
        size_bytes=kept.size_bytes,
        created_by=by.name,
        changed_at=by.at,
    )
    header = _header(draft)
    first = first_rows(_file_of(draft), header)
    suggested = suggest_mapping(header.names, first, refresh=refresh).columns
    draft.columns = [
        {"field": _default(column, plain), "type": column.type.value}
        for column, plain in zip(suggested, plain_headers(header.names), strict=True)
    ]
    _take_over_last_mapping(draft, header)
    draft.save()
    by.note(tenant, "csv.uploaded", draft.id, {"sha256": kept.sha256, "size_bytes": size_bytes})
    return draft


def judged(draft: CsvDraft) -> JudgedDraft:
    """The draft as it is mapped now, with everything that stands in the way of validation.

    Raises Gone when the file's time is over.
    """
    header = _header(draft)
    first = first_rows(_file_of(draft), header)
    mapped = _mapped(draft, header)
    stored = history_of(draft.tenant_id).stored()
    connection = csv_connection(draft.tenant)
    options = ReadOptions(
        allow_custom_fields=True,
        typed_custom_fields=connection is not None and connection.typed_custom_fields,
        has_uploads=stored.has_uploads,
        stored_fields=stored.fields,
    )
    refresh = Refresh(draft.refresh)
    plain = replace(header, names=tuple(column.source for column in mapped))
    found = [*judge_targets(mapped, refresh, options), *judge_header(plain, mapped)]
    doubts = doubts_about_dates(FieldMapping(refresh, mapped), first)
    wrong = [one for one in found if one.severity is Severity.ERROR and one.code != _DUPLICATE]
    columns = tuple(
        DraftColumn(
            number,
            header.names[number - 1],
            first.samples(number - 1),
            column,
            (
                *_taken_before(mapped, number - 1),
                *(one.message for one in wrong if one.pointer.header == column.source),
            ),
            tuple(doubts[number - 1]),
        )
        for number, column in enumerate(mapped, 1)
    )
    faults = tuple(one.message for one in wrong if one.pointer.header is None)
    brought = {column.field for column in mapped}
    lost = losses(draft.tenant, stored=stored.fields, brought=brought, refresh=refresh)
    return JudgedDraft(columns, faults, lost, stored.fields)


def change_mapping(draft: CsvDraft, columns: Sequence[tuple[str, str]], *, at: datetime) -> None:
    """Map each column, in file order, to a field as a type; raises BadInput for another count of columns."""
    if len(columns) != len(draft.columns):
        raise BadInput(f"The file has {len(draft.columns)} columns. Load the page again.")
    for field, _ in columns:
        if wrong := unprintable(field):
            raise BadInput(f"The name of a field holds {wrong}. Type it anew.")
    draft.columns = [
        {"field": field.strip()[:_NAME_LIMIT], "type": _type_of(field.strip(), kind).value}
        for field, kind in columns
    ]
    draft.changed_at = at
    draft.save(update_fields=["columns", "changed_at"])


def submit(draft: CsvDraft, *, by: Actor, exclude_invalid_rows: bool) -> ImportRecord:
    """Make the draft a package and validate it as an import.

    Raises WrongState when csv upload is not the data source or the draft was imported already, BadInput
    while the mapping is not valid, ImportRunning while another import runs, Gone when the file is.
    """
    connection = _refuse_unless_active(draft.tenant)
    push = pushes.Push(
        connection,
        None,
        PackageForm.ZIP,
        by.at,
        address=by.address,
        person=by.name,
        name=draft.name,
    )
    pushes.refuse_at_once(push)
    if draft.made is not None and draft.made.status not in _MAY_BE_TRIED_AGAIN:
        raise WrongState(
            f"This upload is import {draft.made.number} already. Start a new one for other data."
        )
    if not judged(draft).is_valid:
        raise BadInput("Some columns need a change before validation.")
    if connection.exclude_invalid_rows != exclude_invalid_rows:
        switches = ConnectionSwitches(connection.is_enabled, exclude_invalid_rows)
        set_switches(connection, switches, by=by)
    header = _header(draft)
    with scratch_folder() as scratch:
        package = scratch / "package.zip"
        mapping = FieldMapping(Refresh(draft.refresh), _mapped(draft, header))
        write_package(_file_of(draft), mapping, package, instead_of=header)
        with package.open("rb") as file:
            kept = pushes.store_package(iter(lambda: file.read(1 << 20), b""))
    record = pushes.receive_push(push, kept, file_name=draft.file_name)
    draft.made = record
    draft.changed_at = by.at
    draft.save(update_fields=["made", "changed_at"])
    return record


def cancel(draft: CsvDraft, *, by: Actor) -> None:
    """Give the upload up; its bytes go with the next sweep of the inbox."""
    by.note(draft.tenant, "csv.cancelled", draft.id, {"sha256": draft.sha256})
    draft.delete()


def drafts_of(tenant: Tenant, *, at: datetime) -> list[CsvDraft]:
    """What is being mapped now, the newest first; what became an import is not among it."""
    since = at - DRAFT_LIFE
    return list(CsvDraft.objects.of(tenant).filter(changed_at__gte=since, made=None))


def _refuse_unless_active(tenant: Tenant) -> Connection:
    connection = csv_connection(tenant)
    if connection is None or not connection.is_active:
        raise WrongState("csv upload is not the data source. Switch to it under Data sources.")
    return connection


def _file_of(draft: CsvDraft) -> Path:
    path = inbox().path_of(draft.sha256)
    if not path.exists():
        raise Gone("The file was kept for its time and then removed. Upload it again.")
    return path


def _header(draft: CsvDraft) -> Header:
    try:
        with _file_of(draft).open("rb") as stream:
            reading = read_header(stream, name=draft.file_name)
    except PackageBroken as broken:
        raise BadInput(broken.message) from broken
    _raise_first(reading.findings)
    if reading.header is None:
        raise BadInput("The header of the file cannot be read. Save the table as csv in UTF-8.")
    count = len(reading.header.names)
    if count > MAX_FIELDS:
        raise BadInput(f"The file has {count:,} columns; at most {MAX_FIELDS} fields are allowed.")
    if other := other_separator(reading.header.names):
        raise BadInput(f"The file looks separated by {other}; commas are expected. Save it so.")
    return reading.header


def _raise_first(findings: Iterable[Finding]) -> None:
    for finding in findings:
        if finding.severity is Severity.ERROR:
            raise BadInput(f"{finding.message} {finding.hint}".strip())


def _mapped(draft: CsvDraft, header: Header) -> tuple[MappedColumn, ...]:
    return tuple(
        MappedColumn(source, one["field"], ValueType(one["type"]))
        for source, one in zip(plain_headers(header.names), draft.columns, strict=True)
    )


def _default(column: MappedColumn, plain: str) -> str:
    """The suggested field; a column that none is known for goes under its own name, as far as that is one."""
    return column.field if attribute(column.field) is not None else plain


def _take_over_last_mapping(draft: CsvDraft, header: Header) -> None:
    """Map as the last upload with this column was mapped: what was decided once need not be again."""
    last = (
        ImportRecord.objects.of(draft.tenant)
        .filter(source=SourceKind.CSV, mapping__isnull=False)
        .order_by("-number")
        .first()
    )
    known = {one["source"]: one for one in ((last.mapping or []) if last else [])}
    taken = {one["field"] for one in draft.columns}
    for source, column in zip(plain_headers(header.names), draft.columns, strict=True):
        before = known.get(source)
        if before and (before["field"] == column["field"] or before["field"] not in taken):
            taken.add(before["field"])
            column["field"] = before["field"]
            if not ValueType(column["type"]).is_date:  # dates tell their order themselves
                column["type"] = before["type"]


def _type_of(field: str, kind: str) -> ValueType:
    known = attribute(field)
    try:
        chosen = ValueType(kind)
    except ValueError:
        chosen = ValueType.STRING
    if known is None:
        return chosen
    if known.type.is_date:
        return chosen if chosen.is_date else known.type
    return known.type


def _taken_before(columns: Sequence[MappedColumn], place: int) -> tuple[str, ...]:
    field = columns[place].field
    for number, other in enumerate(columns[:place], 1):
        if other.field.casefold() == field.casefold():
            return (f"Column {number} is mapped to {other.field} too. One column per field.",)
    return ()
