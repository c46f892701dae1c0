"""The durable workflow of an import: its stages as steps, each recorded when it is done.

The workflow has the import's id. It ends where an approver is to decide, so that no worker waits; an
approval enqueues a second one, which finds the first stages done. A worker that dies leaves it at the
step it was in; whoever takes it over begins that step again. A step that fails three times ends the
import as processing failed.
"""

from __future__ import annotations

import errno
import logging
import traceback
from collections.abc import Callable
from uuid import UUID

from dbos import DBOS
from django.db import close_old_connections, connections

from orgport.errors import OrgportError
from orgport.imports.rewrites import run_rewrite
from orgport.imports.stages import (
    Abandoned,
    Bench,
    fail,
    run_compare,
    run_extract,
    run_process,
    run_validate,
)
from orgport.server.wiring.places import bench
from orgport.server.wiring.queue import REWRITE_WORKFLOW, WORKFLOW

TRIES = 3
_FIRST_PAUSE_SECONDS = 1.0

logger = logging.getLogger(__name__)
_worker = ""


def work_as(worker: str) -> None:
    """Note under which name this process moves imports on."""
    global _worker
    _worker = worker


class StageFailed(Exception):
    """A stage failed; the message is for people and holds no data, and is all that is recorded."""


@DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)
def run_import(import_id: str) -> None:
    """Run the stages in order until one says that the import goes no further."""
    try:
        _ = extract(import_id) and validate(import_id) and compare(import_id) and process(import_id)
    except Exception as error:
        give_up(import_id, _reason(error))


@DBOS.workflow(name=REWRITE_WORKFLOW, max_recovery_attempts=None)
def run_rewriting(import_id: str) -> None:
    """Undo, restore or delete: one stage."""
    try:
        rewrite(import_id)
    except Exception as error:
        give_up(import_id, _reason(error))


def _stage(name: str, run: Callable[[UUID, Bench], bool]) -> Callable[[str], bool]:
    @DBOS.step(
        name=name,
        retries_allowed=True,
        max_attempts=TRIES,
        interval_seconds=_FIRST_PAUSE_SECONDS,
        should_retry=_may_help,
    )
    def step(import_id: str) -> bool:
        close_old_connections()
        try:
            return run(UUID(import_id), bench(worker=_worker))
        except Abandoned:
            return False
        except Exception as error:
            # The message of a library may quote a cell, so neither the log nor the record gets it.
            where = "".join(traceback.format_tb(error.__traceback__))
            logger.error(
                "import %s: %s failed with %s\n%s", import_id, name, type(error).__name__, where
            )
            raise StageFailed(_message(name, error), isinstance(error, OrgportError)) from None
        finally:
            connections.close_all()

    return step


def _may_help(error: BaseException) -> bool:
    """Whether trying again may help: not where we said ourselves what is wrong."""
    return not (isinstance(error, StageFailed) and error.args[1])


extract = _stage("extract", run_extract)
validate = _stage("validate", run_validate)
compare = _stage("compare", run_compare)
process = _stage("process", run_process)
rewrite = _stage("rewrite", run_rewrite)


@DBOS.step(name="give up", retries_allowed=True, max_attempts=20, interval_seconds=1.0)
def give_up(import_id: str, why: str) -> None:
    """End the import as processing failed."""
    close_old_connections()
    try:
        fail(UUID(import_id), bench(worker=_worker), why=why)
    finally:
        connections.close_all()


def _message(stage: str, error: Exception) -> str:
    if isinstance(error, OrgportError):
        return error.message
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The server's disk is full. Tell the operator, and push the package again."
    if isinstance(error, MemoryError):
        return "The server has too little memory for this package. Tell the operator."
    return (
        f"A fault of the server stopped the {stage} stage {TRIES} times ({type(error).__name__}). "
        "Push the package again; if it persists, the server's log has more under the import's id."
    )


def _reason(error: Exception) -> str:
    for cause in (error, *getattr(error, "errors", ())):
        if isinstance(cause, StageFailed):
            return str(cause.args[0])
    return "A fault of the server stopped the import. Push the package again."
