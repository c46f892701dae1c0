"""A csv that a person has uploaded and is mapping; it becomes an import when they go on to validation."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from orgport.package.model import Refresh
from orgport.server.records.accounts import Tenant
from orgport.server.records.imports import ImportRecord
from orgport.server.records.scoping import TenantScopedQuerySet


class CsvDraft(models.Model):
    """An uploaded csv with the mapping as far as it is made; the bytes lie in the inbox."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="csv_drafts")
    name = models.CharField(max_length=128)  # of the import to be
    refresh = models.CharField(max_length=16)
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    columns = models.JSONField()  # of {field, type}, in file order
    created_by = models.CharField(max_length=254)
    changed_at = models.DateTimeField()
    made = models.ForeignKey(  # the import it became last
        ImportRecord, on_delete=models.SET_NULL, null=True, blank=True, related_name="drafts"
    )

    objects: ClassVar = TenantScopedQuerySet["CsvDraft"].as_manager()

    class Meta:
        ordering = ("-changed_at",)

    def __str__(self) -> str:
        return self.name

    @property
    def is_full(self) -> bool:
        """Whether it replaces all data."""
        return self.refresh == Refresh.FULL.value
