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

_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


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


@dataclass(frozen=True, slots=True)
class Bodies:
    """What an operation reads: json, or a file that these roles may send."""

    file_roles: tuple[Role, ...] = ()

    def check(self, request: HttpRequest, identity: Identity) -> None:
        """Refuse a body before it is read: with TooLarge, and as `caller` does where a file is taken.

        So who may not send a file has none of it written to disk.
        """
        most = largest_form(with_file=bool(self.file_roles))
        if declared_bytes(request) > most:
            raise TooLarge(f"The body has more than {most:,} bytes. Send less at a time.")
        if self.file_roles:
            tenant_id = request.resolver_match.kwargs["tenant"]  # type: ignore[union-attr]  # it is resolved
            caller_of(identity, request, tenant_id, *self.file_roles)
        elif request.content_type in _FORMS:
            # Kept from here on: the check for forgery reads it as a form, and ninja then as json.
            _ = request.body


_JSON = Bodies()


class ByToken(HttpBearer):
    """Authorization: Bearer and a personal access token."""

    def __init__(self, bodies: Bodies = _JSON) -> None:
        super().__init__()
        self._bodies = bodies

    def authenticate(self, request: HttpRequest, token: str) -> Identity:
        """The account of the token.

        Raises SignInFailed, TooManyRequests for who asks too often, and as `Bodies.check`.
        """
        try:
            found = token_of(token, at=now())
        except SignInFailed:
            _count(str(request.META.get("REMOTE_ADDR", "")))
            raise
        _count(found.account_id)
        identity = Identity(found.account, found.tenant_id)
        self._bodies.check(request, identity)
        return identity


class BySession(SessionAuth):
    """The session of somebody who is signed in to the portal; changes need its CSRF token."""

    def __init__(self, bodies: Bodies = _JSON) -> None:
        super().__init__()
        self._bodies = bodies

    def __call__(self, request: HttpRequest) -> Identity | None:
        """Who is signed in; raises what `authenticate` and `Bodies.check` do.

        A form is only read, to look for that token, when somebody is.
        """
        if not isinstance(request.user, Account):
            return None
        self._bodies.check(request, Identity(request.user))
        return super().__call__(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Identity | None:  # noqa: ARG002
        """The account that is signed in, None for nobody; raises TooManyRequests."""
        if not isinstance(request.user, Account):
            return None
        _count(request.user.pk)
        return Identity(request.user)


def by_senders_of_files(*roles: Role) -> list[ByToken | BySession]:
    """How one signs in for an operation that takes a file, which these roles may send."""
    bodies = Bodies(roles)
    return [ByToken(bodies), BySession(bodies)]


def _count(who: UUID | str) -> None:
    count_call(who, "native", per_minute=settings().requests_per_minute)


def caller(request: HttpRequest, tenant_id: UUID, *roles: Role) -> Caller:
    """The caller in a tenant; NotFound where they hold no role, Forbidden where the wrong one."""
    return caller_of(request.auth, request, tenant_id, *roles)  # type: ignore[attr-defined]  # set by ninja


def caller_of(identity: Identity, request: HttpRequest, tenant_id: UUID, *roles: Role) -> Caller:
    """As `caller`, of whoever that is."""
    tenant = Tenant.objects.filter(id=tenant_id, grants__account=identity.account).first()
    if tenant is None or identity.only_tenant_id not in (None, tenant.id):
        raise NotFound(f"There is no tenant {tenant_id} for you.")
    if identity.account.roles_in(tenant).isdisjoint(roles):
        needed = " or ".join(role.label for role in roles)
        raise Forbidden(f"This is for the role {needed}.")
    address = str(request.META.get("REMOTE_ADDR", ""))
    return Caller(identity.account, tenant, Actor(identity.account.email, now(), address))
