"""Who calls the API: the app that an access token names, in the tenant of the path.

What is wrong with the token is 401; what the app may not do with it is 403.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest

from orgport.errors import Forbidden, SignInFailed
from orgport.identity.guids import read_guid
from orgport.identity.tokens import verify_access_token
from orgport.server.records.models import AppRegistration
from orgport.server.settings import settings
from orgport.server.wiring.signing import published_jwks


def authenticate(request: HttpRequest, tenant: str) -> AppRegistration:
    """The app of the request's token, which must be of the path's tenant.

    Raises SignInFailed and Forbidden.
    """
    token = _token_of(request)
    now = datetime.now(UTC)
    verified = verify_access_token(
        token, public_jwks=published_jwks(now), bases=settings().bases, now=now
    )
    tenant_id = read_guid(tenant)
    if tenant_id is None:
        raise Forbidden("Forbidden: the path does not name a tenant by its GUID.")
    if verified.tenant_id != tenant_id:
        raise Forbidden("Forbidden: the token is for another tenant than the path.")
    app = (
        AppRegistration.objects.select_related("tenant")
        .filter(pk=verified.app_id, tenant_id=tenant_id, is_enabled=True)
        .first()
    )
    if app is None:
        raise Forbidden("Forbidden: the app was removed or disabled. Ask the tenant admin.")
    return app


def _token_of(request: HttpRequest) -> str:
    header = request.headers.get("Authorization", "")
    if not header and request.headers.get("Authentication"):
        raise SignInFailed("Send the token in the header Authorization, not Authentication.")
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise SignInFailed("Send an access token: Authorization: Bearer followed by the token.")
    return token.strip()
