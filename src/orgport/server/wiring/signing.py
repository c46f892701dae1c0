"""The server's signing keys: a current and a next one, rotated, encrypted at rest with the server's secret.

A retired key is published for as long as a token that it signed can live.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta

from cryptography.fernet import Fernet
from django.db import connection, transaction
from django.db.models import Q

from orgport.identity.tokens import SKEW, SigningKeyPair, new_signing_key
from orgport.server.records.models import SigningKey
from orgport.server.secrets import secret_key
from orgport.server.settings import settings

ROTATION = timedelta(days=30)
_LOCK = 0x6F7267706F7274  # a number of our own among PostgreSQL's advisory locks


def current_key(now: datetime) -> SigningKeyPair:
    """The key that signs now; the first call ever makes it, and the one that will follow it."""
    _rotate(now)
    record = _signing(now)
    if record is None:
        raise RuntimeError("no signing key signs although one was just made")
    pem = _vault().decrypt(bytes(record.private_encrypted))
    return SigningKeyPair(record.kid, pem, record.public_jwk)


def published_jwks(now: datetime) -> list[dict[str, str]]:
    """The public keys that a verifier may meet: next, current, and those retired a short while ago."""
    _rotate(now)
    longest = timedelta(seconds=settings().token_lifetime_seconds) + SKEW
    keys = SigningKey.objects.order_by("signs_from", "kid")
    return [key.public_jwk for key in keys if not key.retired_at or key.retired_at + longest > now]


def _rotate(now: datetime) -> None:
    if _signing(now) and SigningKey.objects.filter(signs_from__gt=now).exists():
        return
    with transaction.atomic():
        _one_at_a_time()
        # The first key signs from a little earlier, for those who asked at the same moment.
        current = _signing(now) or _make(now, signs_from=now - SKEW)
        if not SigningKey.objects.filter(signs_from__gt=now).exists():
            _make(now, signs_from=max(now, current.signs_from) + ROTATION)
        older = SigningKey.objects.filter(signs_from__lt=current.signs_from, retired_at=None)
        older.update(retired_at=now)


def _one_at_a_time() -> None:
    """Wait until no other process makes keys; SQLite has only one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _signing(now: datetime) -> SigningKey | None:
    # A key that was retired after `now` signs for those who asked just before.
    in_service = Q(retired_at=None) | Q(retired_at__gt=now)
    due = SigningKey.objects.filter(in_service, signs_from__lte=now)
    return due.order_by("-signs_from", "kid").first()


def _make(now: datetime, *, signs_from: datetime) -> SigningKey:
    pair = new_signing_key()
    return SigningKey.objects.create(
        kid=pair.kid,
        public_jwk=dict(pair.public_jwk),
        private_encrypted=_vault().encrypt(pair.private_key_pem),
        created_at=now,
        signs_from=signs_from,
    )


def _vault() -> Fernet:
    secret = secret_key(settings().home.resolve())
    digest = hashlib.sha256(b"orgport signing keys\0" + secret.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
