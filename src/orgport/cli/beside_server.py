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


def mendable(fault: Exception) -> BadInput | None:
    """What a person can mend when the records do not answer: no database there, or one of another version."""
    if type(fault).__module__ != "django.db.utils":  # asked by name: a client has no Django
        return None
    from django.conf import settings
    from django.db import Error, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        is_behind = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except Error:
        reason = str(fault).strip().partition("\n")[0]
        return BadInput(
            f"The server's database does not answer: {reason}. "
            "Mend ORGPORT_DATABASE_URL, or start the database."
        )
    if not is_behind:
        return None
    place = settings.DATABASES["default"]["NAME"]
    return BadInput(
        f"The records in {place} are missing, or of an older version. Is ORGPORT_HOME the server's home? "
        "If so, start the server once: orgport serve brings them up to date."
    )
