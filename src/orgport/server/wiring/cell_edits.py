"""Cells of a failed import edited in the browser: kept beside it, then sent as the corrections of its rows.

An edit speaks of a column and a value, so it holds for every failed row with that value there. Logs and
audit trail hold counts only.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import transaction

from orgport.errors import BadInput
from orgport.package.corrections import LONGEST_CELL
from orgport.server.records import audit
from orgport.server.records.ledger import RecordsLedger
from orgport.server.records.models import CellEdit, ImportRecord, Tenant
from orgport.server.wiring.corrections import Corrected, Sender, correct, refuse_unless_failed
from orgport.server.wiring.imports import correction_file, opened_package
from orgport.validation.retyped import refusal_of


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed in place of a value; the same as before takes the edit back."""

    column: int
    old: str
    new: str


def edits_of(record: ImportRecord) -> dict[tuple[int, str], str]:
    """What is to stand in place of a value, by column and value."""
    edits = CellEdit.objects.filter(of=record)
    return {(column, old): new for column, old, new in edits.values_list("column", "old", "new")}


def keep_edits(record: ImportRecord, typed: Iterable[Typed], *, by: Sender) -> dict[Typed, str]:
    """Keep those texts that the rules take and return why the others are refused.

    Raises WrongState for an import that did not fail in validation, Gone when its package was removed,
    BadInput for a column that the package does not have.
    """
    refuse_unless_failed(record)
    before = edits_of(record)
    changed = [one for one in typed if before.get((one.column, one.old), one.old) != one.new]
    if not changed:
        return {}
    refused = _refused(record, [one for one in changed if one.new != one.old])
    kept = [one for one in changed if one not in refused]
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update().get(pk=record.tenant_id)
        for one in kept:
            CellEdit.objects.filter(of=record, column=one.column, old=one.old).delete()
            if one.new != one.old:
                CellEdit.objects.create(
                    of=record, column=one.column, old=one.old, new=one.new, by=by.person, at=by.at
                )
        if kept:
            _note(tenant, record, "import.cells_edited", len(kept), by)
    return refused


def discard_edits(record: ImportRecord, *, by: Sender) -> int:
    """Take every edit of an import back and return how many there were."""
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update().get(pk=record.tenant_id)
        count, _ = CellEdit.objects.filter(of=record).delete()
        if count:
            _note(tenant, record, "import.cell_edits_discarded", count, by)
    return count


def validate_again(record: ImportRecord, *, by: Sender) -> Corrected:
    """Make the package with its edited cells a new import; raises as `corrections.correct` does."""
    edits = edits_of(record)
    if not edits:
        raise BadInput("No cell was edited yet. Type a value in place of a wrong one.")
    refuse_unless_failed(record)
    return correct(record, _edited_rows(correction_file(record), edits), by=by)


def _refused(record: ImportRecord, typed: list[Typed]) -> dict[Typed, str]:
    facts = RecordsLedger().load(record.id)
    refused: dict[Typed, str] = {}
    with opened_package(record) as package:
        for one in typed:
            if not 1 <= one.column <= len(package.columns):
                raise BadInput("The package has no such column.")
            reason = refusal_of(
                one.new,
                package,
                column=one.column,
                settings=facts.settings,
                today=facts.upload_date,
            )
            if reason:
                refused[one] = reason
    return refused


def _edited_rows(chunks: Iterator[str], edits: dict[tuple[int, str], str]) -> Iterator[bytes]:
    """The correction file of the rows that an edit changes."""
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
    rows = csv.reader(_lines(chunks))
    header = next(rows)
    yield _line(header)
    for cells in rows:
        if len(cells) != len(header):
            continue  # which cell is which is not known
        mended = [edits.get((number, cell), cell) for number, cell in enumerate(cells[:-1], 1)]
        if mended != cells[:-1]:
            yield _line([*mended, cells[-1]])


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
