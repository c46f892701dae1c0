"""The Django application that holds the records."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """Records of orgport."""

    name = "orgport.server.records"
    label = "records"
    default_auto_field = "django.db.models.BigAutoField"
