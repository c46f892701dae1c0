"""The Django application that holds the portal's templates and static files."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The portal of orgport."""

    name = "orgport.server.portal"
    label = "portal"
