"""Personal access tokens: made once and shown once, kept as a digest, good until revoked or over."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from orgport.errors import BadInput, SignInFailed
from orgport.server.records.models import Account, PersonalToken, Tenant
from orgport.server.wiring.registrations import Actor
from orgport.server.wiring.texts import a_name

PREFIX = "orgport_"  # lets scanners of leaked secrets see what it is
LIVES_DAYS = (7, 30, 90, 365)
_NAME_LIMIT = 64
_NOTE_EVERY = timedelta(minutes=1)


@transaction.atomic
def make_token(
    account: Account, tenant: Tenant, *, name: str, days: int, by: Actor
) -> tuple[PersonalToken, str]:
    """A new token of an account and its text, which is told this once; raises BadInput."""
    name = a_name(name, of="A token", most=_NAME_LIMIT)
    if days not in LIVES_DAYS:
        raise BadInput(
            f"A token lives {', '.join(map(str, LIVES_DAYS))} days; choose one of these."
        )
    text = PREFIX + secrets.token_urlsafe(32)
    token = PersonalToken.objects.create(
        tenant=tenant,
        account=account,
        name=name,
        digest=_digest(text),
        created_at=by.at,
        expires_at=by.at + timedelta(days=days),
    )
    by.note(tenant, "token.made", token.id, {"name": name, "days": days})
    return token, text


@transaction.atomic
def revoke_token(token: PersonalToken, *, by: Actor) -> None:
    """Make a token useless from now on; doing it again changes nothing."""
    if token.revoked_at is None:
        token.revoked_at = by.at
        token.save(update_fields=["revoked_at"])
        by.note(token.tenant, "token.revoked", token.id, {"name": token.name})


def token_of(text: str, *, at: datetime) -> PersonalToken:
    """The token of a text, with its account and tenant; raises SignInFailed when it is no good."""
    found: PersonalToken | None = (
        PersonalToken.objects.select_related("account", "tenant")
        .filter(digest=_digest(text), revoked_at=None, expires_at__gt=at, account__is_active=True)
        .first()
    )
    if found is None:
        raise SignInFailed(
            "The token is unknown, over or revoked. Make a new one in the portal, under Access tokens."
        )
    if found.last_used_at is None or found.last_used_at < at - _NOTE_EVERY:
        PersonalToken.objects.filter(pk=found.pk).update(last_used_at=at)
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
