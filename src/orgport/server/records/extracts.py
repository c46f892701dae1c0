"""Saved extracts: questions to the history that consumers ask again and again. No cell is kept with them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from orgport.server.records.accounts import Tenant
from orgport.server.records.scoping import TenantScopedQuerySet


class SavedExtract(models.Model):
    """Chosen fields of everybody on a day, under a name; with no day it is asked as of today, UTC."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="extracts")
    name = models.CharField(max_length=128)
    fields = models.JSONField()  # names, in the order of the columns
    day = models.DateField(null=True)
    made_by = models.CharField(max_length=254)
    made_at = models.DateTimeField()

    objects: ClassVar = TenantScopedQuerySet["SavedExtract"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "name"], name="one_extract_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name


def names_by_field(tenant_id: uuid.UUID) -> dict[str, list[str]]:
    """The names of the tenant's saved extracts, in order, by the field that they use."""
    users: dict[str, list[str]] = {}
    for extract in SavedExtract.objects.filter(tenant_id=tenant_id).order_by("name"):
        for field in extract.fields:
            users.setdefault(field, []).append(extract.name)
    return users
