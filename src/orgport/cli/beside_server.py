"""Sets up the server's records for commands that run beside it, on its own machine and home folder."""

from __future__ import annotations

import os

from orgport.errors import BadInput


def set_up() -> None:
    """Make Django's models usable; raises BadInput where the server's packages are not installed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orgport.server.django_settings")
    try:
        import django
    except ImportError as missing:
        raise BadInput(
            "This command runs beside a server. Install it: pip install 'orgport[server]'"
        ) from missing
    django.setup()


def migrate() -> None:
    """Bring the database to this version, so that a fresh home folder works at once."""
    set_up()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
