"""URLs of the token endpoint, the ingress API and the queries."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path

from orgport.server.api import discovery, ingress, token
from orgport.server.api.native import api

# Whatever stands for the tenant, be it nothing or a path, is refused as a tenant and in JSON.
_TENANT = r"^(?:(?P<tenant>(?s:.*?))/)??"

login_patterns: list[URLPattern] = [
    path("common/discovery/instance", discovery.instance),
    re_path(rf"{_TENANT}oauth2/(?:v2\.0/)?token$", token.token),
    re_path(rf"{_TENANT}oauth2/(?:v2\.0/)?authorize$", discovery.authorize),
    re_path(rf"{_TENANT}(?:v2\.0/)?\.well-known/openid-configuration$", discovery.configuration),
    re_path(rf"{_TENANT}discovery/v2\.0/keys$", discovery.keys),
    re_path(r"^(?P<tenant>[0-9a-fA-F]{8}-[0-9a-fA-F-]{27})/", discovery.nothing_here),
]

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(r"^/*[vV]1\.0(?:/+(?P<path>.*))?$", ingress.dispatch),
    path("api/v1/", api.urls),
    *login_patterns,
]
