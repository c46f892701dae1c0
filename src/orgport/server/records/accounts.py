"""Tenants, the accounts of people, and the roles that they hold in a tenant."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone


class Tenant(models.Model):
    """A customer; its id is the Directory (tenant) ID that clients know."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=128)
    time_zone = models.CharField(max_length=64, default="UTC")  # gives the upload date its day
    reports_strict_statuses = models.BooleanField(default=False)  # only the four documented ones
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What an account may do in a tenant."""

    TENANT_ADMIN = "tenant_admin", "Tenant admin"
    INSIGHTS_ADMIN = "insights_admin", "Insights admin"
    DATA_SOURCE_ADMIN = "data_source_admin", "Data source admin"
    APPROVER = "approver", "Approver"
    ANALYST = "analyst", "Analyst"


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts with hashed passwords."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Account:
        """A saved account; without a password it cannot sign in by one."""
        account = self.model(email=email.strip().lower(), **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def get_by_natural_key(self, username: str | None) -> Account:
        """The account with this address, in any case."""
        return self.get(email=(username or "").strip().lower())


class Account(AbstractBaseUser):
    """A person who can sign in to the portal; the address is kept in lower case."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True, max_length=254)
    name = models.CharField(max_length=128, blank=True)
    is_active = models.BooleanField(default=True)
    is_operator = models.BooleanField(default=False)  # manages tenants, sees no data
    created_at = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[AccountManager] = AccountManager()

    def __str__(self) -> str:
        return self.email

    def roles_in(self, tenant: Tenant) -> frozenset[Role]:
        """The roles that this account holds in the tenant."""
        return frozenset(
            Role(role)
            for role in RoleGrant.objects.filter(account=self, tenant=tenant).values_list(
                "role", flat=True
            )
        )


class RoleGrant(models.Model):
    """One role of one account in one tenant."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="grants")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=32, choices=Role.choices)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["account", "tenant", "role"], name="a_role_once"),
        )

    def __str__(self) -> str:
        return f"{self.account_id} {self.role}"
