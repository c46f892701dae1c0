"""Notices: what the portal tells at its top right and in the bell list; no personal data in them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

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
