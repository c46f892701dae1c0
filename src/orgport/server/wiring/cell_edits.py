"""Cells of a failed import edited in the browser: kept beside it, then sent as the corrections of its rows.

An edit speaks of a column and a value, so it holds for every failed row with that value there, or of one
line, and that goes first. Logs and audit trail hold counts only.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from orgport.attributes.spreadsheets import as_text, from_text
from orgport.errors import BadInput
from orgport.package.corrections import LONGEST_CELL, Mark
from orgport.server.records import audit
from orgport.server.records.ledger import RecordsLedger
from orgport.server.records.models import CellEdit, ImportRecord, Tenant
from orgport.server.wiring.corrections import Corrected, Sender, correct, refuse_unless_correctable
from orgport.server.wiring.imports import correction_file, opened_package
from orgport.server.wiring.places import artifacts_of
from orgport.validation.distinct import Reach, reach_of
from orgport.validation.retyped import refusals_of

Place = tuple[int, str, int | None]  # column, the value there, and its line or None for every line


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed in place of a value; the same as before takes the edit back."""

    column: int
    old: str
    new: str
    line: int | None = None  # None: every failed row with the value

    @property
    def place(self) -> Place:
        """Which cells are meant."""
        return self.column, self.old, self.line


@dataclass(frozen=True, slots=True)
class Kept:
    """What is to stand somewhere, who said so, and when."""

    new: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Edits:
    """The edits of an import that hold."""

    kept: Mapping[Place, Kept] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.kept)

    def of(self, column: int, value: str, line: int | None) -> Kept | None:
        """The edit of a cell: that of its line, else that of its value."""
        return self.kept.get((column, value, line)) or self.kept.get((column, value, None))

    def text(self, column: int, value: str, line: int | None) -> str:
        """What is to stand in a cell."""
        kept = self.of(column, value, line)
        return kept.new if kept else value


def edits_of(record: ImportRecord) -> Edits:
    """The edits of an import that hold, those that were taken back left out."""
    kept: dict[Place, Kept] = {}
    for edit in CellEdit.objects.filter(of=record):
        place = edit.column, edit.old, edit.line
        kept.pop(place, None)
        if not edit.is_taken_back:
            kept[place] = Kept(edit.new, edit.by, edit.at)
    return Edits(kept)


def reach(record: ImportRecord, edits: Edits) -> Reach:
    """Which findings, rows and causes of an import the edits reach."""
    return reach_of(artifacts_of(record).findings, edits.kept) if edits else Reach()


def keep_edits(record: ImportRecord, typed: Iterable[Typed], *, by: Sender) -> dict[Typed, str]:
    """Keep those texts that the rules take and return why the others are refused.

    Raises WrongState for an import that did not fail in validation or was mended since, Gone when its
    package was removed, BadInput for a column that the package does not have.
    """
    refuse_unless_correctable(record)
    before = edits_of(record)
    changed = [one for one in typed if before.text(*one.place) != one.new]
    if not changed:
        return {}
    refused = _refused(record, [one for one in changed if one.new != one.old])
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update().get(pk=record.tenant_id)
        rows = [
            CellEdit(
                of=record,
                column=one.column,
                line=one.line,
                old=one.old,
                new=one.new,
                # In one line the old value can be kept against an edit of all that are equal.
                is_taken_back=one.new == one.old and one.place in before.kept,
                by=by.person,
                at=by.at,
            )
            for one in changed
            if one not in refused
        ]
        CellEdit.objects.bulk_create(rows)
        if rows:
            _note(tenant, record, "import.cells_edited", len(rows), by)
    return refused


def discard_edits(record: ImportRecord, *, by: Sender) -> int:
    """Take every edit of an import back and return how many there were."""
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update().get(pk=record.tenant_id)
        edits = edits_of(record)
        CellEdit.objects.bulk_create(
            CellEdit(
                of=record,
                column=column,
                line=line,
                old=old,
                new=old,
                is_taken_back=True,
                by=by.person,
                at=by.at,
            )
            for column, old, line in edits.kept
        )
        if edits:
            _note(tenant, record, "import.cell_edits_discarded", len(edits), by)
    return len(edits)


def validate_again(record: ImportRecord, *, by: Sender) -> Corrected:
    """Make the package with its edited cells a new import; raises as `corrections.correct` does."""
    edits = edits_of(record)
    if not edits:
        raise BadInput("No cell was edited yet. Type a value in place of a wrong one.")
    refuse_unless_correctable(record)
    return correct(record, edited_rows(record, edits), by=by)


def edited_rows(record: ImportRecord, edits: Edits) -> Iterator[bytes]:
    """The correction file of the rows that the edits change."""
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
    rows = csv.reader(_lines(correction_file(record)))
    header = next(rows)
    yield _line(header)
    for cells in rows:
        if len(cells) != len(header):
            continue  # which cell is which is not known
        mark = Mark.found_in(cells[-1])
        line = mark.first if mark else None
        given = [from_text(cell) for cell in cells[:-1]]
        mended = [edits.text(number, cell, line) for number, cell in enumerate(given, 1)]
        if mended != given:
            yield _line([*map(as_text, mended), cells[-1]])


def _refused(record: ImportRecord, typed: list[Typed]) -> dict[Typed, str]:
    facts = RecordsLedger().load(record.id)
    by_column: dict[int, list[Typed]] = {}
    for one in typed:
        by_column.setdefault(one.column, []).append(one)
    refused: dict[Typed, str] = {}
    with opened_package(record) as package:
        for column, here in by_column.items():
            if not 1 <= column <= len(package.columns):
                raise BadInput("The package has no such column.")
            reasons = refusals_of(
                [one.new for one in here],
                package,
                column=column,
                settings=facts.settings,
                today=facts.upload_date,
            )
            refused |= {one: reason for one, reason in zip(here, reasons, strict=True) if reason}
    return refused


def _lines(chunks: Iterator[str]) -> Iterator[str]:
    for index, chunk in enumerate(chunks):
        text = chunk.removeprefix("\ufeff") if index == 0 else chunk
        yield from io.StringIO(text, newline="\n")


def _line(cells: list[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


def _note(tenant: Tenant, record: ImportRecord, action: str, count: int, by: Sender) -> None:
    audit.record(
        tenant,
        action,
        at=by.at,
        actor=by.person,
        subject=str(record.id),
        detail={"values": count},
        address=by.address,
    )
