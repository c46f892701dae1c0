"""The names by which clients ask for this one resource: every one of them gives the same token."""

from __future__ import annotations

from orgport.identity.refusals import AssertionRefused
from orgport.identity.tokens import RESOURCE
from orgport.server.settings import settings

RESOURCES = (
    RESOURCE,
    "https://api.orginsights.viva.office.com",
    "01f9d889-ee31-41cb-85fa-3ad7e0981fa1",  # of the pre-production, built into an older uploader
)
_SUFFIX = "/.default"
_IGNORED = frozenset({"openid", "profile", "offline_access"})


def check_scope(scope: str) -> None:
    """Raise the refusal for a scope that is not one value of a known resource ending in /.default."""
    wanted = [part for part in scope.split() if part not in _IGNORED]
    known = {f"{resource}{_SUFFIX}" for resource in _resources()}
    if len(wanted) != 1 or wanted[0].replace("//.default", _SUFFIX) not in known:
        raise AssertionRefused(
            "invalid_scope",
            70011,
            f"The scope is not known here. Ask for {RESOURCE}{_SUFFIX}.",
            status=400,
        )


def check_resource(resource: str) -> None:
    """Raise the refusal for a resource, as the older form names it, that is not known."""
    if resource.rstrip("/") not in _resources():
        raise AssertionRefused(
            "invalid_resource",
            500011,
            f"The resource is not known here. Ask for {RESOURCE}.",
            status=400,
        )


def _resources() -> tuple[str, ...]:
    return (*RESOURCES, *settings().bases)
