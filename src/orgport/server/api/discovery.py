"""Discovery: the documents by which identity libraries find the token endpoint and its keys.

The smallest set that satisfies every known client; see docs/reference/http.md.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

from orgport.identity.refusals import AssertionRefused
from orgport.identity.tokens import jwks
from orgport.server.api.answers import json_answer
from orgport.server.api.login import base_of, login_view, tenant_of
from orgport.server.api.scopes import RESOURCES
from orgport.server.wiring.signing import published_jwks


@login_view("GET", "HEAD")
def configuration(request: HttpRequest, tenant: str) -> HttpResponse:
    """The OpenID configuration of a tenant, for the base that was asked."""
    root = f"{base_of(request)}/{tenant_of(tenant).id}"
    return json_answer(
        {
            "issuer": f"{root}/v2.0",
            "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "token_endpoint": f"{root}/oauth2/v2.0/token",
            "jwks_uri": f"{root}/discovery/v2.0/keys",
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["PS256", "RS256"],
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": ["token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": [f"{resource}/.default" for resource in RESOURCES],
        }
    )


@login_view("GET", "HEAD")
def keys(_request: HttpRequest, tenant: str) -> HttpResponse:
    """The public keys that verify access tokens."""
    tenant_of(tenant)
    return json_answer(jwks(published_jwks(datetime.now(UTC))))


@login_view("GET", "HEAD")
def instance(request: HttpRequest, _tenant: str) -> HttpResponse:
    """Instance discovery: this host is the only one, and the tenant stands in the query."""
    found = tenant_of(_tenant_in(request.GET.get("authorization_endpoint", "")))
    base = base_of(request)
    host = urlsplit(base).netloc
    return json_answer(
        {
            "tenant_discovery_endpoint": f"{base}/{found.id}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        }
    )


def _tenant_in(url: str) -> str:
    try:
        return urlsplit(url).path.strip("/").split("/")[0]
    except ValueError:  # a broken IPv6 address, say
        return ""


@login_view("GET", "POST", "HEAD")
def authorize(_request: HttpRequest, _tenant: str) -> HttpResponse:
    """People do not sign in here: only apps ask for tokens."""
    raise AssertionRefused(
        "unsupported_response_type",
        700054,
        "Only apps sign in here, at the token endpoint.",
        status=400,
    )


@login_view("GET", "POST", "HEAD", "PUT", "DELETE", "PATCH")
def nothing_here(_request: HttpRequest, _tenant: str) -> HttpResponse:
    """Any other path below a tenant."""
    raise AssertionRefused(
        "invalid_request", 90014, "There is no such path below this tenant.", status=404
    )
