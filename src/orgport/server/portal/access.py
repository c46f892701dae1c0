"""Who is looking, at which tenant, and which roles let them: every page begins here.

A view names the roles that may open it; without one of them the answer is 403, and records of
other tenants are not found at all, since every query starts from `viewer.tenant`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from orgport.server.records.models import (
    Account,
    ImportRecord,
    Notice,
    Role,
    RoleGrant,
    SourceKind,
    Tenant,
)

TENANT_IN_SESSION = "tenant"
READS_IMPORTS = (Role.INSIGHTS_ADMIN, Role.APPROVER, Role.DATA_SOURCE_ADMIN)
READS_ALL_IMPORTS = (Role.INSIGHTS_ADMIN, Role.APPROVER)
CORRECTS_IMPORTS = (Role.INSIGHTS_ADMIN, Role.DATA_SOURCE_ADMIN)
READS_DATA_HUB = (Role.INSIGHTS_ADMIN, Role.ANALYST)

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in account, the tenant it looks at, and its roles there."""

    account: Account
    tenant: Tenant
    roles: frozenset[Role]
    tenants: tuple[Tenant, ...]
    address: str  # where the request came from, for the audit trail

    def may(self, *roles: Role) -> bool:
        """Whether one of these roles is held."""
        return not self.roles.isdisjoint(roles)

    @property
    def manages_connections(self) -> bool:
        """Whether connections and imports may be changed."""
        return self.may(Role.INSIGHTS_ADMIN)

    @property
    def sends_corrections(self) -> bool:
        """Whether a failed import may be corrected, or tried again."""
        return self.may(*CORRECTS_IMPORTS)

    @property
    def deletes_data(self) -> bool:
        """Whether fields and persons may be deleted, or erased for good."""
        return self.may(Role.INSIGHTS_ADMIN)

    @property
    def reads_previews(self) -> bool:
        """Whether change previews may be opened."""
        return self.may(*READS_ALL_IMPORTS)

    @property
    def reads_imports(self) -> bool:
        """Whether there is a page of imports to see."""
        return self.may(*READS_IMPORTS)

    @property
    def reads_data_hub(self) -> bool:
        """Whether figures of data quality may be seen."""
        return self.may(*READS_DATA_HUB)

    def imports(self) -> QuerySet[ImportRecord]:
        """The imports that this viewer may see.

        A data source admin who holds no other role sees what was pushed and what they sent in
        themselves, not the uploads of others.
        """
        records: QuerySet[ImportRecord] = ImportRecord.objects.of(self.tenant)
        if self.may(*READS_ALL_IMPORTS):
            return records
        if self.may(Role.DATA_SOURCE_ADMIN):
            return records.filter(
                Q(source=SourceKind.AUTOMATED) | Q(submitted_by__iexact=self.account.email)
            )
        return records.none()

    def notices(self) -> QuerySet[Notice]:
        """The notices that this viewer may see: of visible imports, and of the tenant for admins."""
        about = Q(about__in=self.imports())
        if self.may(Role.INSIGHTS_ADMIN, Role.TENANT_ADMIN):
            about |= Q(about__isnull=True)
        notices: QuerySet[Notice] = Notice.objects.of(self.tenant).filter(about)
        return notices.select_related("about")

    def new_notices(self) -> QuerySet[Notice]:
        """Those that the viewer has not put away."""
        return self.notices().exclude(dismissals__account=self.account)


class PortalRequest(HttpRequest):
    """A request whose viewer is known."""

    viewer: Viewer


def viewer_of(request: HttpRequest) -> Viewer | None:
    """The viewer of a signed-in request; None for an account without a role anywhere."""
    account = cast(Account, request.user)
    grants = RoleGrant.objects.filter(account=account).select_related("tenant")
    roles: dict[str, set[Role]] = {}
    tenants: dict[str, Tenant] = {}
    for grant in grants.order_by("tenant__name", "tenant_id"):
        tenants[str(grant.tenant_id)] = grant.tenant
        roles.setdefault(str(grant.tenant_id), set()).add(Role(grant.role))
    if not tenants:
        return None
    chosen = request.session.get(TENANT_IN_SESSION)
    key = chosen if chosen in tenants else next(iter(tenants))
    return Viewer(
        account=account,
        tenant=tenants[key],
        roles=frozenset(roles[key]),
        tenants=tuple(tenants.values()),
        address=str(request.META.get("REMOTE_ADDR", "")),
    )


def for_roles(
    *roles: Role,
    takes_file: bool = False,
) -> Callable[
    [Callable[Concatenate[PortalRequest, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """Let a view be opened by these roles only, or by any role when none is named.

    Times are shown in the tenant's zone. Nobody signed in: to the sign-in page and back. Where it takes no
    file, a large body is refused unread.
    """

    def decorate(
        view: Callable[Concatenate[PortalRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            viewer = viewer_of(request)
            if viewer is None:
                raise PermissionDenied(
                    "Your account has no role yet. Ask your tenant admin for one."
                )
            request.viewer = viewer  # type: ignore[attr-defined]  # read as PortalRequest
            with timezone.override(_zone(viewer.tenant)):
                if roles and not viewer.may(*roles):
                    needed = " or ".join(role.label for role in roles)
                    raise PermissionDenied(f"This page is for the role {needed}.")
                return view(cast(PortalRequest, request), *args, **kwargs)

        if takes_file:
            guarded.file_roles = roles  # type: ignore[attr-defined]  # what wraps it carries it on
        return guarded

    return decorate


def takes_file_of(view: Callable[..., Any], request: HttpRequest) -> bool:
    """Whether a view takes a file of whoever is looking."""
    roles: tuple[Role, ...] = getattr(view, "file_roles", ())
    viewer = viewer_of(request) if roles and request.user.is_authenticated else None
    return viewer is not None and viewer.may(*roles)


def _zone(tenant: Tenant) -> ZoneInfo:
    try:
        return ZoneInfo(tenant.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
