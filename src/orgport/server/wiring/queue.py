"""The queue of imports: a durable workflow for each, one at a time for a tenant.

The web server only puts work in, through a client of the workflow database; workers take it out. On
SQLite that database is a file of its own beside the records, on PostgreSQL a schema of its own.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from functools import lru_cache

from dbos import DBOS, DBOSClient, DBOSConfig
from dbos._logger import dbos_logger

from orgport.history.acts import Act
from orgport.server.records.models import ImportRecord
from orgport.server.settings import Settings, settings
from orgport.server.wiring.places import home

APPLICATION = "orgport"
APPLICATION_VERSION = "1"  # fixed, so that an upgrade does not strand what is running
QUEUE = "imports"
WORKFLOW = "import"
REWRITE_WORKFLOW = "rewrite"  # of imports without a package: undo, restore, deletions
SCHEMA = "dbos"
_POLL_SECONDS = 0.2

logger = logging.getLogger(__name__)


def database_url() -> str:
    """The address of the workflow database."""
    return settings().database_url or f"sqlite:///{home() / 'workflows.sqlite3'}"


def configuration(executor: str, of: Settings) -> DBOSConfig:
    """How a worker runs the workflows; `executor` is its lasting name."""
    return {
        "name": APPLICATION,
        "system_database_url": database_url(),
        "dbos_system_schema": SCHEMA,
        "sys_db_idle_transaction_timeout_sec": of.idle_transaction_seconds,
        "application_version": APPLICATION_VERSION,
        "executor_id": executor,
        "log_level": "DEBUG" if of.log_level == "DEBUG" else "WARNING",
        "enable_otlp": False,
    }


def prepare() -> None:
    """Create or migrate the workflow database and declare the queue; doing it again is harmless."""
    if not settings().database_url:
        home().mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(home() / "workflows.sqlite3")) as connection:
            connection.execute("PRAGMA journal_mode=WAL")  # lasting: readers do not wait
    queues = client()
    DBOS.migrate(database_url(), schema=SCHEMA)
    queues.register_queue(
        QUEUE,
        partition_concurrency=1,
        worker_concurrency=settings().imports_per_worker,
        polling_interval_sec=_POLL_SECONDS,
        application_name=APPLICATION,
    )


@lru_cache(maxsize=1)
def client() -> DBOSClient:
    """The client of this process, made at its first use so that a fork never shares one."""
    dbos_logger.setLevel(
        logging.WARNING
    )  # else it tells each command that SQLite is for trying out
    return DBOSClient(
        system_database_url=database_url(),
        dbos_system_schema=SCHEMA,
        sys_db_idle_transaction_timeout_sec=settings().idle_transaction_seconds,
        application_name=APPLICATION,
        lazy=True,
        retry_connection_errors=False,
    )


def workflow_id(record: ImportRecord) -> str:
    """The workflow that an import runs in: once it has waited for an approver, its second one."""
    return f"{record.id}-approved" if record.decided_at else str(record.id)


def enqueue(record: ImportRecord) -> None:
    """Have the import run; a second time is harmless, for the workflow is named by the import."""
    client().enqueue(
        {
            "workflow_name": WORKFLOW if record.act == Act.UPLOAD.value else REWRITE_WORKFLOW,
            "queue_name": QUEUE,
            "workflow_id": workflow_id(record),
            "queue_partition_key": str(record.tenant_id),
            "app_version": APPLICATION_VERSION,
        },
        str(record.id),
    )


def enqueue_soon(record: ImportRecord) -> None:
    """As `enqueue`, but what goes wrong is left to the workers, who look for forgotten imports."""
    try:
        enqueue(record)
    except Exception as error:
        logger.warning("import %s: not enqueued yet (%s)", record.id, type(error).__name__)
