"""Imports: one row an upload of any kind; the database lets only one per tenant be running."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from orgport.history.acts import Act
from orgport.imports.guard_rails import Breach
from orgport.imports.lifecycle import RUNNING, State
from orgport.server.records.accounts import Tenant
from orgport.server.records.connections import Connection, SourceKind
from orgport.server.records.registrations import AppRegistration
from orgport.server.records.scoping import TenantScopedQuerySet

RUNNING_STATES = tuple(sorted(state.value for state in RUNNING))
ACT_LABELS = {
    Act.UNDO.value: "Undo",
    Act.RESTORE.value: "Restore",
    Act.DELETE_FIELDS.value: "Delete fields",
    Act.DELETE_EMPLOYEES.value: "Delete employees",
    Act.ERASE.value: "Erase persons",
}
ONE_RUNNING_IMPORT = "one_running_import_per_tenant"


class ImportRecord(models.Model):
    """One import and how far it is; state moves by `imports.lifecycle.Transition` only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="imports")
    number = models.PositiveIntegerField()  # 1, 2, 3 … within the tenant: "import 17"
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, null=True, related_name="imports"
    )
    source = models.CharField(max_length=16, choices=SourceKind.choices)
    act = models.CharField(max_length=32, default=Act.UPLOAD.value)  # what it does to the history
    of = models.ForeignKey(  # the import that is undone, or after which things were as restored
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversals"
    )
    deleted_fields = models.JSONField(default=list, blank=True)
    name = models.CharField(max_length=128)
    submitted_by = models.CharField(max_length=254)  # an app's name, or an account's address
    app = models.ForeignKey(
        AppRegistration, on_delete=models.SET_NULL, null=True, related_name="imports"
    )
    state = models.CharField(max_length=32, default=State.RECEIVED.value)
    state_at = models.DateTimeField(default=timezone.now)
    received_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    package_sha256 = models.CharField(max_length=64)  # lower-case hex, its name in the inbox
    package_name = models.CharField(max_length=255)  # last path segment, for display only
    package_form = models.CharField(max_length=8)  # zip, csv, json
    package_size_bytes = models.BigIntegerField()
    requested_refresh = models.CharField(
        max_length=16, blank=True
    )  # x-orgport-refresh of a raw body
    idempotency_key = models.CharField(max_length=128, blank=True)
    # SHA-256 of the correction files that are applied to the package, in order; they lie beside it.
    corrections = models.JSONField(default=list, blank=True)
    # Types by header, where a column is read otherwise than the package's mapping says.
    retyped = models.JSONField(default=dict, blank=True)
    corrects = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="corrected_by"
    )

    refresh = models.CharField(max_length=16, blank=True)  # full or incremental, once known
    rule_set = models.CharField(max_length=16, blank=True)
    mapping = models.JSONField(null=True, blank=True)  # list of {source, field, type}
    rows_read = models.BigIntegerField(null=True, blank=True)
    rows_accepted = models.BigIntegerField(null=True, blank=True)
    rows_excluded = models.BigIntegerField(null=True, blank=True)
    error_count = models.BigIntegerField(default=0)
    warning_count = models.BigIntegerField(default=0)
    advice_count = models.BigIntegerField(default=0)
    first_error = models.CharField(max_length=64, blank=True)  # a code
    failure = models.CharField(max_length=512, blank=True)  # why processing failed, no data
    summary = models.JSONField(null=True, blank=True)
    history_version = models.BigIntegerField(null=True, blank=True)

    breaches = models.JSONField(default=list, blank=True)  # the limits it is past; holds no person
    decide_by = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=254, blank=True)
    decision_note = models.CharField(max_length=1000, blank=True)

    progress_share = models.FloatField(default=0.0)  # of the present stage, 0 to 1
    progress_rows = models.BigIntegerField(default=0)
    progress_at = models.DateTimeField(null=True, blank=True)
    stage_seconds = models.JSONField(default=dict, blank=True)
    stage_tries = models.PositiveSmallIntegerField(default=0)  # of the present stage
    commit_began_at = models.DateTimeField(null=True, blank=True)  # no abandoning from here on
    worker = models.CharField(max_length=128, blank=True)

    objects: ClassVar = TenantScopedQuerySet["ImportRecord"].as_manager()

    class Meta:
        ordering = ("-received_at", "-number")
        constraints = (
            models.UniqueConstraint(
                fields=["tenant"],
                condition=models.Q(state__in=RUNNING_STATES),
                name=ONE_RUNNING_IMPORT,
            ),
            models.UniqueConstraint(fields=["tenant", "number"], name="an_import_number_once"),
            models.UniqueConstraint(
                fields=["app", "idempotency_key"],
                condition=~models.Q(idempotency_key=""),
                name="an_idempotency_key_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"

    @property
    def past_limits(self) -> tuple[Breach, ...]:
        """The limits for which an approver was asked."""
        return tuple(Breach(**breach) for breach in self.breaches)

    @property
    def type_label(self) -> str:
        """What kind of import it is, as people read it; empty while it is not known."""
        return ACT_LABELS.get(self.act, self.refresh.capitalize())

    @property
    def status(self) -> State:
        """The state as the enum."""
        return State(self.state)
