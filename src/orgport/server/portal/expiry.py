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
    left: timedelta

    @property
    def days(self) -> str:
        """The whole days that are left, with their noun."""
        return _days(self.left)


def expiry_of(certificate: AppCertificate, *, at: datetime) -> Expiry:
    """The time left of a certificate at an instant."""
    left = certificate.expires_at - at
    life = certificate.expires_at - certificate.starts_at
    share = left / life if life else 0.0
    family, icon, words, is_valid = "ok", "circle-check", _days(left), True
    if certificate.starts_at > at:
        words = f"Valid in {_days(certificate.starts_at - at)}"
        family, icon, share, is_valid = "wait", "triangle-alert", 1.0, False
    elif left <= timedelta(0):
        words = f"Expired {_days(-left)} ago"
        family, icon, share, is_valid = "bad", "circle-x", 0.0, False
    elif left <= RENEW_WITHIN:
        family, icon, words = "wait", "triangle-alert", f"{_days(left)}, renew now"
    return Expiry(family, icon, words, share, is_valid=is_valid, left=left)


def _days(span: timedelta) -> str:
    return "1 day" if span.days == 1 else f"{span.days:,} days"
