"""The ledger of imports in the database: lifecycle transitions only, each one in the audit trail.

A transition locks its row, applies the rule of `imports.lifecycle`, and writes state, facts, audit
entry and notice in one transaction; so none of them is ever there without the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction as database
from django.db.models import F

from orgport.attributes.mentions import Mentions
from orgport.attributes.types import ValueType
from orgport.errors import NotFound, WrongState
from orgport.finding import Severity
from orgport.history.acts import Act
from orgport.imports.guard_rails import Limits
from orgport.imports.lifecycle import State, Transition
from orgport.imports.ports import ImportFacts, Outcome
from orgport.package.model import PackageForm, Refresh
from orgport.rule import LATEST_RULE_SET
from orgport.server.records import audit, forgetting
from orgport.server.records.accounts import Tenant
from orgport.server.records.connections import Connection
from orgport.server.records.csv_drafts import CsvDraft
from orgport.server.records.extracts import names_by_field
from orgport.server.records.imports import RUNNING_STATES, ImportRecord
from orgport.server.records.measured import MeasuredList
from orgport.server.records.notices import notice_of
from orgport.validation.verdict import ValidationSettings, Verdict


class RecordsLedger:
    """The port `imports.ports.ImportLedger` over the records; `worker` is who moves imports on."""

    def __init__(self, *, worker: str = "") -> None:
        self._worker = worker

    def load(self, import_id: UUID) -> ImportFacts:
        """The facts of an import; raises NotFound."""
        record = (
            ImportRecord.objects.select_related("tenant", "connection").filter(id=import_id).first()
        )
        if record is None:
            raise NotFound(f"There is no import {import_id}.")
        connection = record.connection
        return ImportFacts(
            id=record.id,
            tenant_id=record.tenant_id,
            number=record.number,
            state=record.status,
            package_sha256=record.package_sha256,
            form=PackageForm(record.package_form),
            requested_refresh=Refresh(record.requested_refresh)
            if record.requested_refresh
            else None,
            upload_date=record.received_at.astimezone(ZoneInfo(record.tenant.time_zone)).date(),
            settings=ValidationSettings(
                rule_set=record.rule_set or connection.rule_set or LATEST_RULE_SET,
                exclude_invalid_rows=connection.exclude_invalid_rows,
                max_excluded_share=connection.max_excluded_share,
                max_blank_manager_share=connection.max_blank_manager_share,
                strict_values=connection.strict_values,
                self_report_means_top=connection.self_report_means_top,
                lenient_integers=connection.lenient_integers,
                partial_fields=frozenset(connection.partial_fields),
            )
            if connection
            else ValidationSettings(),
            allow_custom_fields=bool(connection and connection.allow_custom_fields),
            typed_custom_fields=bool(connection and connection.typed_custom_fields),
            stored_mapping=connection.stored_mapping if connection else None,
            limits=_limits_of(record),
            act=Act(record.act),
            of=record.of_id,
            deleted_fields=frozenset(record.deleted_fields),
            corrections=tuple(record.corrections),
            retyped={source: ValueType(token) for source, token in record.retyped.items()},
        )

    def advance(
        self,
        import_id: UUID,
        transition: Transition,
        *,
        by: str,
        at: datetime,
        why: str = "",
        outcome: Outcome | None = None,
        address: str = "",
    ) -> State:
        """Move an import on and return its new state; raises WrongState, and then nothing changed."""
        with database.atomic():
            record = _locked(import_id)
            before = record.status
            if transition is Transition.ABANDON and record.commit_began_at is not None:
                raise WrongState(
                    "The import is being written to the history and can no longer be abandoned. "
                    "Wait until it has ended."
                )
            after = transition.apply(before)
            record.state = after.value
            record.state_at = at
            record.progress_share = 0.0
            record.progress_at = at
            record.stage_tries = 0
            if not after.is_running:
                record.ended_at = at
            if transition in (Transition.APPROVE, Transition.REJECT):
                record.decided_at, record.decided_by, record.decision_note = at, by, why
            _write_outcome(record, outcome or Outcome())
            record.save()
            detail: dict[str, Any] = {"from": before.value, "to": after.value}
            if why:
                detail["why"] = why
            if transition is Transition.ASK_APPROVAL:
                detail["breaches"] = record.breaches
            audit.record(
                record.tenant,
                f"import.{transition.name.lower()}",
                at=at,
                actor=by,
                subject=str(record.id),
                detail=detail,
                address=address,
            )
            notice_of(record, transition, at=at)
            return after

    def note(self, import_id: UUID, outcome: Outcome, *, at: datetime) -> None:
        """Write what a step within a stage found out; raises WrongState when it no longer runs."""
        with database.atomic():
            record = _locked(import_id)
            if not record.status.is_running:
                raise WrongState("The import is no longer running.")
            record.progress_at = at
            record.stage_tries = 0
            _write_outcome(record, outcome)
            record.save()

    def begin_stage(self, import_id: UUID, *, at: datetime) -> int:
        """Note which worker begins the present stage, and return how often it has begun by now."""
        with database.atomic():
            changed = ImportRecord.objects.filter(id=import_id, state__in=RUNNING_STATES).update(
                stage_tries=F("stage_tries") + 1,
                worker=self._worker,
                progress_share=0.0,
                progress_rows=0,
                progress_at=at,
            )
            if not changed:
                raise WrongState("The import is no longer running.")
            return int(ImportRecord.objects.values_list("stage_tries", flat=True).get(id=import_id))

    def progress(self, import_id: UUID, *, share: float, rows: int, at: datetime) -> State:
        """Note how far the present stage is, and return the state as it is now."""
        ImportRecord.objects.filter(id=import_id, state__in=RUNNING_STATES).update(
            progress_share=share, progress_rows=rows, progress_at=at
        )
        return State(ImportRecord.objects.values_list("state", flat=True).get(id=import_id))

    def begin_commit(self, import_id: UUID, *, at: datetime) -> None:
        """From here on the import cannot be abandoned; raises WrongState when it already is."""
        changed = ImportRecord.objects.filter(id=import_id, state=State.PROCESSING.value).update(
            commit_began_at=at, progress_at=at
        )
        if not changed:
            raise WrongState("The import is not being processed.")

    def measured(self, tenant_id: UUID) -> Sequence[str]:
        """The addresses of the tenant's measured persons; none where nobody said who they are."""
        found = MeasuredList.objects.filter(tenant_id=tenant_id).first()
        return found.addresses if found else ()

    def consumers(self, tenant_id: UUID) -> Mapping[str, Sequence[str]]:
        """The names of the tenant's saved extracts by the field that they use."""
        return names_by_field(tenant_id)

    def packages_of(self, tenant_id: UUID) -> frozenset[str]:
        """The names of the packages and correction files of a tenant's imports."""
        return forgetting.packages_of(
            ImportRecord.objects.filter(tenant_id=tenant_id),
            CsvDraft.objects.filter(tenant_id=tenant_id),
        )

    def packages_of_others(self, tenant_id: UUID) -> frozenset[str]:
        """The names of those of all other tenants."""
        return forgetting.packages_of(
            ImportRecord.objects.exclude(tenant_id=tenant_id),
            CsvDraft.objects.exclude(tenant_id=tenant_id),
        )

    def forget(self, import_id: UUID, mentions: Mentions) -> None:
        """Take out of the tenant's rows what may quote a cell, and out of the database's files."""
        forgetting.forget(self.load(import_id).tenant_id, mentions)
        forgetting.overwrite_what_was_freed()


def _limits_of(record: ImportRecord) -> Limits:
    """The limits of the import's connection; without one, those of the active source."""
    connection = record.connection
    if connection is None:
        connection = Connection.objects.of(record.tenant).filter(is_active=True).first()
    return connection.limits if connection else Limits()


def _locked(import_id: UUID) -> ImportRecord:
    # The tenant first, as everyone who writes to its audit trail does: one order, no deadlock.
    tenant = Tenant.objects.select_for_update().filter(imports__id=import_id).first()
    if tenant is None:
        raise NotFound(f"There is no import {import_id}.")
    record: ImportRecord = ImportRecord.objects.select_for_update().get(id=import_id)
    record.tenant = tenant
    return record


def _write_outcome(record: ImportRecord, outcome: Outcome) -> None:
    record.stage_seconds = {**record.stage_seconds, **outcome.seconds}
    if outcome.failure:
        record.failure = outcome.failure[:512]
    if outcome.history_version is not None:
        record.history_version = outcome.history_version
    if outcome.mapping is not None:
        record.refresh = outcome.mapping.refresh.value
        record.mapping = [
            {"source": column.source, "field": column.field, "type": column.type.value}
            for column in outcome.mapping.columns
        ]
    if outcome.changes is not None:
        record.summary = {**(record.summary or {}), "history": dict(outcome.changes)}
    if outcome.breaches:
        record.breaches = [breach.as_json() for breach in outcome.breaches]
    if outcome.decide_by is not None:
        record.decide_by = outcome.decide_by
    if outcome.verdict is not None:
        _write_verdict(record, outcome.verdict)


def _write_verdict(record: ImportRecord, verdict: Verdict) -> None:
    record.rule_set = verdict.rule_set
    record.refresh = verdict.refresh.value if verdict.refresh else record.refresh
    record.rows_read = verdict.rows_read
    record.rows_accepted = verdict.rows_accepted
    record.rows_excluded = verdict.rows_excluded
    record.error_count = verdict.count_of(Severity.ERROR)
    record.warning_count = verdict.count_of(Severity.WARNING)
    record.advice_count = verdict.count_of(Severity.ADVICE)
    record.first_error = verdict.first_error or ""
    record.summary = dict(verdict.summary)
