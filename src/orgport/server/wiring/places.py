"""Where things lie: the adapters that settings pick, each made where it is asked for."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from orgport.history.store import HistoryStore
from orgport.imports.artifacts import Artifacts
from orgport.imports.inbox import FolderInbox
from orgport.imports.stages import Bench
from orgport.server.records.ledger import RecordsLedger
from orgport.server.records.models import ImportRecord
from orgport.server.settings import settings


def now() -> datetime:
    """The instant, aware and in UTC; the core below never asks a clock itself."""
    return datetime.now(UTC)


def home() -> Path:
    """The folder of everything the server keeps."""
    return settings().home.resolve()


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder for as long as the work in it takes."""
    folder = home() / "scratch" / uuid.uuid4().hex
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def inbox() -> FolderInbox:
    """Where packages are kept."""
    return FolderInbox(home() / "inbox")


def history_of(tenant_id: UUID) -> HistoryStore:
    """The history of a tenant."""
    url = settings().history_url or str(home() / "history")
    return HistoryStore(url, tenant_id=tenant_id)


def artifacts_of(record: ImportRecord) -> Artifacts:
    """What an import left on disk."""
    return Artifacts.of(home() / "imports", record.tenant_id, record.id)


def bench(*, worker: str = "") -> Bench:
    """What the stages of imports work with; `worker` is noted on the imports that it moves."""
    return Bench(
        ledger=RecordsLedger(worker=worker),
        inbox=inbox(),
        history_of=history_of,
        artifacts_root=home() / "imports",
        clock=now,
    )
