"""URLs of the token endpoint, the ingress API and the queries."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path

from orgport.server.api import discovery, ingress, token

_CONFIGURATION = ".well-known/openid-configuration"

login_patterns: list[URLPattern | URLResolver] = [
    path("common/discovery/instance", discovery.instance),
    path("<str:tenant>/oauth2/v2.0/token", token.token),
    path("<str:tenant>/oauth2/token", token.token),
    path("<str:tenant>/oauth2/v2.0/authorize", discovery.authorize),
    path(f"<str:tenant>/v2.0/{_CONFIGURATION}", discovery.configuration),
    path(f"<str:tenant>/{_CONFIGURATION}", discovery.configuration),
    path("<str:tenant>/discovery/v2.0/keys", discovery.keys),
    re_path(r"^(?P<tenant>[0-9a-fA-F]{8}-[0-9a-fA-F-]{27})/", discovery.nothing_here),
]

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(r"^/*[vV]1\.0(?:/+(?P<path>.*))?$", ingress.dispatch),
    *login_patterns,
]
