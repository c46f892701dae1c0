"""What the token endpoint keeps: its signing keys, and the assertions that were turned into tokens."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from orgport.server.records.registrations import AppRegistration


class SigningKey(models.Model):
    """A key that signs access tokens; the private part is encrypted with the server's secret."""

    kid = models.CharField(primary_key=True, max_length=64)  # RFC 7638 thumbprint
    algorithm = models.CharField(max_length=8, default="RS256")
    public_jwk = models.JSONField()
    private_encrypted = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)
    signs_from = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)  # no longer signs; published a while

    def __str__(self) -> str:
        return self.kid


class UsedAssertion(models.Model):
    """An assertion that was turned into a token and so is used up; kept until it has expired."""

    app = models.ForeignKey(AppRegistration, on_delete=models.CASCADE, related_name="+")
    jti = models.CharField(max_length=256)
    digest = models.CharField(max_length=64)  # SHA-256 of the assertion, hex
    source_address = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["app", "jti"], name="an_assertion_once"),)

    def __str__(self) -> str:
        return self.jti
