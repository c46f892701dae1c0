"""Ready texts that one admin sends to another; none of them holds a secret."""

from __future__ import annotations

from orgport.server.records.models import AppCertificate, AppRegistration, Connection
from orgport.server.settings import settings


def endpoint() -> str:
    """The base address that push clients get."""
    return settings().bases[0]


def for_insights_admin(app: AppRegistration) -> str:
    """What the Insights admin needs for a connection."""
    return (
        f"App \u201c{app.name}\u201d is registered for organizational data.\n"
        f"Application (client) ID: {app.id}"
    )


def for_data_source_admin(app: AppRegistration, certificate: AppCertificate | None) -> str:
    """What the data source admin needs for the push client."""
    lines = [f"Application (client) ID: {app.id}", f"Directory (tenant) ID: {app.tenant_id}"]
    if certificate is not None:
        until = certificate.expires_at
        lines.append(
            f"Certificate: {certificate.description}, valid until {until.day} {until:%B %Y}"
        )
    return "\n".join(lines)


def push_request(connection: Connection, *, template_url: str) -> str:
    """The request to the data source admin to send the first package."""
    return (
        "Please send the organizational data to orgport.\n"
        f"Endpoint: {endpoint()}\n"
        f"Application (client) ID: {connection.app_id}\n"
        f"Directory (tenant) ID: {connection.tenant_id}\n"
        f"Scale unit: {settings().scale_unit}\n"
        "Data type: HR\n"
        f"Template: {template_url}\n"
        "Sign in with the certificate whose public part you sent to the tenant admin."
    )
