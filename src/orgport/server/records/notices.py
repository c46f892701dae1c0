"""Notices: what the portal tells at its top right and in the bell list; no personal data in them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils import timezone

from orgport.imports.guard_rails import sentence
from orgport.imports.lifecycle import Transition
from orgport.server.records.accounts import Account, Tenant
from orgport.server.records.imports import ImportRecord
from orgport.server.records.scoping import TenantScopedQuerySet


class Notice(models.Model):
    """Something that happened which people of the tenant should see."""

    class Tone(models.TextChoices):
        """Gives the notice its icon and colour."""

        SUCCESS = "success"
        FAILURE = "failure"
        INFORMATION = "information"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="notices")
    about = models.ForeignKey(
        ImportRecord, on_delete=models.CASCADE, null=True, blank=True, related_name="notices"
    )
    kind = models.CharField(max_length=32)  # validation_succeeded, validation_failed, processing_…
    tone = models.CharField(max_length=16, choices=Tone.choices)
    title = models.CharField(max_length=128)
    text = models.CharField(max_length=512, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar = TenantScopedQuerySet["Notice"].as_manager()

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            # A step of a workflow may run twice; its notice appears once.
            models.UniqueConstraint(fields=["about", "kind"], name="a_notice_once"),
        )

    def __str__(self) -> str:
        return self.title


class NoticeDismissal(models.Model):
    """An account has seen a notice and put it away."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="dismissals")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    dismissed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["notice", "account"], name="a_dismissal_once"),
        )

    def __str__(self) -> str:
        return f"{self.notice_id} {self.account_id}"


def notice_of(record: ImportRecord, transition: Transition, *, at: datetime) -> Notice | None:
    """The notice that goes with a change of state, kept once; None where people need none."""
    if transition is Transition.PROCESS:
        left_out = f", {record.rows_excluded:,} left out" if record.rows_excluded else ""
        kind, tone = "validation_succeeded", Notice.Tone.SUCCESS
        title = "Validation succeeded"
        accepted = record.rows_accepted or 0
        rows = "1 row" if accepted == 1 else f"{accepted:,} rows"
        text = f"{record.name}: {rows} accepted{left_out}.{_on_measured(record)}"[:512]
    elif transition is Transition.FAIL_VALIDATION:
        kind, tone = "validation_failed", Notice.Tone.FAILURE
        title = "Validation failed"
        errors = "1 error" if record.error_count == 1 else f"{record.error_count:,} errors"
        text = f"{record.name}: {errors}. Download the error log, correct the file, send it again."
    elif transition is Transition.SUCCEED:
        kind, tone = "processing_succeeded", Notice.Tone.SUCCESS
        title = "Processing succeeded"
        text = f"{record.name} is in the history as import {record.number}."
    elif transition is Transition.FAIL_PROCESSING:
        kind, tone = "processing_failed", Notice.Tone.FAILURE
        title = "Processing failed"
        text = f"{record.name}: {record.failure}"[:512]
    elif transition is Transition.ASK_APPROVAL:
        kind, tone = "approval_needed", Notice.Tone.INFORMATION
        title = "Approval needed"
        text = f"{record.name}: {sentence(record.past_limits[0])} An approver decides."[:512]
    elif transition is Transition.APPROVE:
        kind, tone = "import_approved", Notice.Tone.SUCCESS
        title = "Import approved"
        text = f"{record.name} is being processed."
    elif transition is Transition.REJECT:
        kind, tone = "import_rejected", Notice.Tone.INFORMATION
        title = "Import rejected"
        text = f"{record.name} was rejected by an approver. Data is unchanged."
    elif transition is Transition.EXPIRE:
        kind, tone = "approval_missed", Notice.Tone.FAILURE
        title = "Nobody decided in time"
        text = f"{record.name} waited for an approver and is abandoned. Send the package again."
    else:
        return None
    notice, _ = Notice.objects.get_or_create(
        about=record,
        kind=kind,
        defaults={
            "tenant": record.tenant,
            "tone": tone,
            "title": title,
            "text": text,
            "created_at": at,
        },
    )
    return notice


def _on_measured(record: ImportRecord) -> str:
    """What the verdict says of measured persons who are absent; it names none of them."""
    for said in (record.summary or {}).get("findings", ()):
        if said["code"] == "POP_MEASURED_MISSING":
            return f" {said['examples'][0]['message']}"
    return ""
