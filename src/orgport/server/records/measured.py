"""Who is measured: the persons of a tenant who should have organizational data."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from orgport.server.records.accounts import Tenant
from orgport.server.records.scoping import TenantScopedQuerySet


class MeasuredList(models.Model):
    """The addresses of a tenant's measured persons; with no list everybody with data is measured."""

    tenant = models.OneToOneField(
        Tenant, on_delete=models.CASCADE, primary_key=True, related_name="measured"
    )
    addresses = models.JSONField()  # each once, as first spelled
    set_by = models.CharField(max_length=254)
    set_at = models.DateTimeField()

    objects: ClassVar = TenantScopedQuerySet["MeasuredList"].as_manager()

    def __str__(self) -> str:
        return f"measured persons of {self.tenant_id}"
