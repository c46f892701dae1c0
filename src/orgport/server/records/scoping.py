"""Tenant isolation at one choke point: every record of a tenant is reached through `of(tenant)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models

if TYPE_CHECKING:
    from orgport.server.records.accounts import Tenant

M = TypeVar("M", bound=models.Model, covariant=True)


class TenantScopedQuerySet(models.QuerySet[M]):
    """Records that belong to a tenant; views and the API start from `of`, never from `all`."""

    def of(self, tenant: Tenant) -> Self:
        """Only the records of this tenant."""
        return self.filter(tenant=tenant)
