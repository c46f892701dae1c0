"""App registrations: the clients of a tenant, their certificates and their API permissions."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from orgport.server.records.accounts import Tenant
from orgport.server.records.scoping import TenantScopedQuerySet

DEFAULT_PERMISSION = "User.Read"


class AppRegistration(models.Model):
    """A client that may sign in with a certificate; its id is the Application (client) ID."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="apps")
    name = models.CharField(max_length=120)
    service_principal_id = models.UUIDField(default=uuid.uuid4, editable=False)
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=254, blank=True)
    last_token_at = models.DateTimeField(null=True, blank=True)
    last_ping_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = TenantScopedQuerySet["AppRegistration"].as_manager()

    class Meta:
        ordering = ("name", "created_at")

    def __str__(self) -> str:
        return self.name


class AppCertificate(models.Model):
    """The public part of a certificate by which an app proves itself; never a private key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    app = models.ForeignKey(AppRegistration, on_delete=models.CASCADE, related_name="certificates")
    description = models.CharField(max_length=256)
    subject = models.CharField(max_length=512)
    thumbprint_sha1 = models.CharField(max_length=40)  # upper-case hex
    thumbprint_sha256 = models.CharField(max_length=64)  # upper-case hex
    der = models.BinaryField()
    starts_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    is_enabled = models.BooleanField(default=True)
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.CharField(max_length=254, blank=True)

    class Meta:
        ordering = ("-expires_at",)
        constraints = (
            models.UniqueConstraint(fields=["app", "thumbprint_sha256"], name="a_certificate_once"),
        )

    def __str__(self) -> str:
        return self.description


class AppPermission(models.Model):
    """An API permission that an app was given; pushing needs none, so all should be removed."""

    app = models.ForeignKey(AppRegistration, on_delete=models.CASCADE, related_name="permissions")
    name = models.CharField(max_length=64, default=DEFAULT_PERMISSION)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=["app", "name"], name="a_permission_once"),)

    def __str__(self) -> str:
        return self.name
