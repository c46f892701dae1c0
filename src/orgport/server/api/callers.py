"""Who asks the native API: a signed-in account, or the one that a personal access token stands for."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest
from ninja.security import HttpBearer, SessionAuth

from orgport.errors import Forbidden, NotFound, SignInFailed, TooLarge
from orgport.server.api.bodies import declared_bytes, largest_form
from orgport.server.api.rates import count_call
from orgport.server.records.models import Account, Role, Tenant
from orgport.server.settings import settings
from orgport.server.wiring.personal_tokens import token_of
from orgport.server.wiring.places import now
from orgport.server.wiring.registrations import Actor


@dataclass(frozen=True, slots=True)
class Identity:
    """An account; with a token, only for the token's tenant."""

    account: Account
    only_tenant_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """An account in a tenant where it holds a role that may do what is asked."""

    account: Account
    tenant: Tenant
    actor: Actor


class ByToken(HttpBearer):
    """Authorization: Bearer and a personal access token."""

    def authenticate(self, request: HttpRequest, token: str) -> Identity:
        """The account of the token; raises SignInFailed, and TooManyRequests for who asks too often."""
        try:
            found = token_of(token, at=now())
        except SignInFailed:
            _count(str(request.META.get("REMOTE_ADDR", "")))
            raise
        _count(found.account_id)
        return Identity(found.account, found.tenant_id)


class BySession(SessionAuth):
    """The session of somebody who is signed in to the portal; changes need its CSRF token."""

    def __call__(self, request: HttpRequest) -> Identity | None:
        """Who is signed in; raises TooLarge, and what `authenticate` raises.

        A form is only read, to look for that token, when somebody is.
        """
        if not request.user.is_authenticated:
            return None
        most = largest_form(with_file=True)
        if declared_bytes(request) > most:
            raise TooLarge(f"The body has more than {most:,} bytes. Send less at a time.")
        return super().__call__(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Identity | None:  # noqa: ARG002
        """The account that is signed in, None for nobody; raises TooManyRequests."""
        if not isinstance(request.user, Account):
            return None
        _count(request.user.pk)
        return Identity(request.user)


def _count(who: UUID | str) -> None:
    count_call(who, "native", per_minute=settings().requests_per_minute)


def caller(request: HttpRequest, tenant_id: UUID, *roles: Role) -> Caller:
    """The caller in a tenant; NotFound where they hold no role, Forbidden where the wrong one."""
    identity: Identity = request.auth  # type: ignore[attr-defined]  # set by ninja
    tenant = Tenant.objects.filter(id=tenant_id, grants__account=identity.account).first()
    if tenant is None or identity.only_tenant_id not in (None, tenant.id):
        raise NotFound(f"There is no tenant {tenant_id} for you.")
    if identity.account.roles_in(tenant).isdisjoint(roles):
        needed = " or ".join(role.label for role in roles)
        raise Forbidden(f"This is for the role {needed}.")
    address = str(request.META.get("REMOTE_ADDR", ""))
    return Caller(identity.account, tenant, Actor(identity.account.email, now(), address))
