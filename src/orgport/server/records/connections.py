"""Connections: configured data sources, one of them the active file source of its tenant."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from orgport.imports.guard_rails import Limits
from orgport.server.records.accounts import Tenant
from orgport.server.records.registrations import AppRegistration
from orgport.server.records.scoping import TenantScopedQuerySet


class SourceKind(models.TextChoices):
    """The kinds of data source; labels as the documents print them."""

    DIRECTORY = "directory", "Azure Active Directory"
    CSV = "csv", ".csv upload"
    AUTOMATED = "automated", "Automated import"
    HISTORY = "history", "Import history"  # undo, restore, deletions: no connection is of this kind


class Connection(models.Model):
    """A configured data source; its id is the ConnectorId of the wire."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="connections")
    kind = models.CharField(max_length=16, choices=SourceKind.choices)
    name = models.CharField(max_length=64)
    app = models.ForeignKey(
        AppRegistration, on_delete=models.PROTECT, null=True, blank=True, related_name="connections"
    )
    is_enabled = models.BooleanField(default=True)
    is_active = models.BooleanField(default=False)
    exclude_invalid_rows = models.BooleanField(default=False)
    allow_custom_fields = models.BooleanField(default=False)
    typed_custom_fields = models.BooleanField(default=False)
    strict_values = models.BooleanField(default=True)
    self_report_means_top = models.BooleanField(default=False)
    lenient_integers = models.BooleanField(default=False)
    partial_fields = models.JSONField(default=list, blank=True)  # that concern part of the staff
    max_blank_manager_share = models.FloatField(default=0.05)
    max_excluded_share = models.FloatField(default=0.20)
    rule_set = models.CharField(max_length=16, blank=True)  # empty: the newest
    stored_mapping = models.JSONField(null=True, blank=True)  # a metadata.json, for raw bodies
    guard_rails = models.JSONField(default=dict, blank=True)  # `Limits` that are not the default
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=254, blank=True)

    objects: ClassVar = TenantScopedQuerySet["Connection"].as_manager()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint("tenant", Lower("name"), name="a_connection_name_once"),
            models.UniqueConstraint(
                fields=["tenant"],
                condition=models.Q(is_active=True),
                name="one_active_source_per_tenant",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def limits(self) -> Limits:
        """What an import of this connection may change before an approver is asked."""
        return Limits.from_json(self.guard_rails)
