"""What the rows of imports may quote of persons, and how a privacy erase makes the database forget it.

Counts stay. The audit trail is never touched, because nothing that names a person gets into it.
"""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from orgport.attributes.mentions import Mentions
from orgport.history.acts import Act
from orgport.server.records.cell_edits import CellEdit
from orgport.server.records.csv_drafts import CsvDraft
from orgport.server.records.extracts import SavedExtract
from orgport.server.records.imports import RUNNING_STATES, ImportRecord
from orgport.server.records.measured import MeasuredList
from orgport.server.records.notices import Notice

_QUOTES = ("causes", "loops")  # in the summary, besides the examples of findings
_TEXTS = ("name", "package_name", "idempotency_key", "failure", "decision_note")
_NO_DIGEST = "0" * 64
_TRIES, _PAUSE_SECONDS = 60, 0.5


def packages_of(records: QuerySet[ImportRecord], drafts: QuerySet[CsvDraft]) -> frozenset[str]:
    """The names of the packages and correction files of some imports, and of the csvs of some drafts."""
    named = records.values_list("package_sha256", "corrections")
    packages = {one for package, more in named for one in (package, *more) if one}
    return frozenset(packages.union(drafts.values_list("sha256", flat=True)))


def forget(tenant_id: UUID, mentions: Mentions) -> None:
    """Take out of the rows of a tenant's ended imports what may quote a cell, or names a person."""
    with transaction.atomic():
        ended = ImportRecord.objects.filter(tenant_id=tenant_id).exclude(state__in=RUNNING_STATES)
        for record in ended.select_for_update():
            record.summary = _without_quotes(record.summary)
            record.corrections = []
            if record.act == Act.DELETE_EMPLOYEES.value:
                record.package_sha256 = _NO_DIGEST  # of a list so short that it can be guessed
            for text in _TEXTS:
                if mentions.are_in(getattr(record, text)):
                    setattr(record, text, f"Import {record.number}" if text == "name" else "")
            record.save()
        CsvDraft.objects.filter(tenant_id=tenant_id).delete()
        CellEdit.objects.filter(of__in=ended).delete()
        for measured in MeasuredList.objects.filter(tenant_id=tenant_id):
            kept = [one for one in measured.addresses if not mentions.are_in(one)]
            measured.addresses = kept
            measured.save()
        for extract in SavedExtract.objects.filter(tenant_id=tenant_id):
            if mentions.are_in(extract.name):
                extract.name = f"Extract {extract.id}"
                extract.save()
        for notice in Notice.objects.filter(tenant_id=tenant_id):
            if mentions.are_in(notice.title) or mentions.are_in(notice.text):
                notice.delete()


def overwrite_what_was_freed() -> None:
    """Write the tables anew, so that no page of the database's files holds what was deleted."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for model in (ImportRecord, CellEdit, CsvDraft, MeasuredList, SavedExtract, Notice):
                cursor.execute(f'VACUUM FULL "{model._meta.db_table}"')
            return
        cursor.execute("VACUUM")
        for _ in range(_TRIES):
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if cursor.fetchone()[0] == 0:
                return
            time.sleep(_PAUSE_SECONDS)  # somebody still reads an older state
    raise TimeoutError("The write-ahead log of the records could not be emptied.")


def _without_quotes(summary: dict[str, Any] | None) -> dict[str, Any] | None:
    if summary is None:
        return None
    kept = {key: value for key, value in summary.items() if key not in _QUOTES}
    if "findings" in kept:
        kept["findings"] = [{**one, "examples": []} for one in kept["findings"]]
    return kept
