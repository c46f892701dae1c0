"""How long a certificate still lets an app sign in, in words, colour and share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from orgport.server.records.models import AppCertificate

RENEW_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Expiry:
    """What is left of a certificate's life."""

    family: str  # ok, wait or bad
    icon: str
    words: str
    share_left: float  # 0 to 1
    is_valid: bool


def expiry_of(certificate: AppCertificate, *, at: datetime) -> Expiry:
    """The time left of a certificate at an instant."""
    left = certificate.expires_at - at
    life = certificate.expires_at - certificate.starts_at
    if certificate.starts_at > at:
        until = _days(certificate.starts_at - at)
        return Expiry("wait", "triangle-alert", f"Valid in {until}", 1.0, is_valid=False)
    if left <= timedelta(0):
        return Expiry("bad", "circle-x", f"Expired {_days(-left)} ago", 0.0, is_valid=False)
    share = left / life if life else 0.0
    if left <= RENEW_WITHIN:
        return Expiry("wait", "triangle-alert", f"{_days(left)}, renew now", share, is_valid=True)
    return Expiry("ok", "circle-check", _days(left), share, is_valid=True)


def _days(span: timedelta) -> str:
    return "1 day" if span.days == 1 else f"{span.days:,} days"
