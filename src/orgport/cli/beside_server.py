"""Sets up the server's records for commands that run beside it, on its own machine and home folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from orgport.cli.targets import guid
from orgport.errors import BadInput, NotFound

if TYPE_CHECKING:
    from orgport.server.records.models import ImportRecord


def is_here() -> bool:
    """Whether a server keeps its records where the settings say."""
    from orgport.server.settings import Settings

    settings = Settings()
    return bool(settings.database_url) or (settings.home / "records.sqlite3").exists()


def need_server() -> None:
    """Raise NotFound unless a server's records are here: who only asks makes no home folder."""
    from orgport.server.settings import Settings

    if not is_here():
        raise NotFound(
            f"There is no server's home in {Settings().home.resolve()}. This command runs beside a server: "
            "set ORGPORT_HOME to its home folder. A new one begins with: orgport tenant create NAME"
        )


def set_up() -> None:
    """Make the models of the server that is here usable.

    Raises NotFound where there is none, BadInput where the server's packages are not installed.
    """
    need_server()
    _set_up()


def migrate(*, begins: bool = False) -> None:
    """Bring the database to this version; `begins` makes a home folder where there is none."""
    if not begins:
        need_server()
    _set_up()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def import_named(text: str, tenant_id: str = "") -> ImportRecord:
    """The import of this server that is named, in a tenant where there are several; raises NotFound."""
    set_up()
    from orgport.server.records.models import ImportRecord
    from orgport.server.wiring import naming

    records = ImportRecord.objects.select_related("tenant")
    if tenant_id:
        records = records.filter(tenant_id=guid(tenant_id, "tenant ID"))
    return naming.import_named(text, records, where="on this server")


def _set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orgport.server.django_settings")
    try:
        import django
    except ImportError as missing:
        raise BadInput(
            "This command runs beside a server. Install it: pip install 'orgport[server]'"
        ) from missing
    django.setup()


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
