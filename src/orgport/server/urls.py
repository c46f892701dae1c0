"""Every URL of the server: compatibility endpoints first, then the native API, then the portal."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("orgport.server.api.urls")),
    path("", include("orgport.server.portal.urls")),
]

handler400 = "orgport.server.bad_requests.bad_request"
handler403 = "orgport.server.portal.views.errors.forbidden"
handler404 = "orgport.server.portal.views.errors.not_found"
handler500 = "orgport.server.portal.views.errors.fault"
