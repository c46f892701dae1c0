"""The audit trail: append-only, each entry sealed by a hash over itself and the one before it."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any, ClassVar

from django.db import models, transaction

from orgport.server.records.accounts import Tenant
from orgport.server.records.scoping import TenantScopedQuerySet


class AuditEntry(models.Model):
    """Who did what, when and from where; never personal data of the organization."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="audit_entries")
    at = models.DateTimeField()
    actor = models.CharField(max_length=254)  # account address, app name, or "orgport"
    action = models.CharField(max_length=64)  # app.registered, import.validate, import.abandon …
    subject = models.CharField(max_length=254, blank=True)  # an id
    detail = models.JSONField(default=dict, blank=True)
    address = models.CharField(max_length=64, blank=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    objects: ClassVar = TenantScopedQuerySet["AuditEntry"].as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (
            # Two writers cannot both follow the same entry: the chain has no forks.
            models.UniqueConstraint(
                fields=["tenant", "previous_hash"], name="the_trail_never_forks"
            ),
        )

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"

    def sealed_with(self) -> str:
        """The hash that this entry must carry."""
        content = [
            str(self.tenant_id),
            self.at.isoformat(),
            self.actor,
            self.action,
            self.subject,
            json.dumps(self.detail, sort_keys=True),
            self.address,
            self.previous_hash,
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def record(
    tenant: Tenant,
    action: str,
    *,
    at: datetime,
    actor: str,
    subject: str = "",
    detail: dict[str, Any] | None = None,
    address: str = "",
) -> AuditEntry:
    """Append an entry in the caller's transaction, chained to the tenant's last one."""
    with transaction.atomic():
        # The tenant's row serialises writers where the database has row locks.
        Tenant.objects.select_for_update().get(pk=tenant.pk)
        last = AuditEntry.objects.of(tenant).order_by("-id").first()
        entry = AuditEntry(
            tenant=tenant,
            at=at,
            actor=actor,
            action=action,
            subject=subject,
            detail=detail or {},
            address=address,
            previous_hash=last.hash if last else "",
        )
        entry.hash = entry.sealed_with()
        entry.save(force_insert=True)
        return entry
