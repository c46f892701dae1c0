"""The look-out of a worker: it finds imports that nobody works on, and sees that somebody does.

Three things can have happened: the server died between storing an import and enqueuing it; a worker
died with imports in hand; a stage hangs. Each heals here, within seconds for the first two.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from dbos import DBOS
from django.db import transaction

from orgport.imports.lifecycle import State
from orgport.imports.stages import fail
from orgport.server.records.imports import RUNNING_STATES
from orgport.server.records.models import ImportRecord, WorkerHeartbeat
from orgport.server.records.workers import silent_workers
from orgport.server.settings import Settings
from orgport.server.wiring import approvals, queue
from orgport.server.wiring.places import bench, now
from orgport.server.workflows.stages import TRIES

EXIT_STALLED = 75  # the supervisor starts a new worker, which begins the stage again

_ENDED = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LookOut:
    """What one worker looks for; `leave` ends the process at once."""

    worker: str
    settings: Settings
    leave: Callable[[int], None] = os._exit

    def look(self) -> None:
        """Look once for everything."""
        self.take_over()
        self.enqueue_forgotten()
        approvals.abandon_undecided(at=now())
        self.end_stalled()

    def take_over(self) -> int:
        """Give the imports of silent workers back to the queue; says how many."""
        taken = 0
        silent = silent_workers(self.settings.stale_after_seconds).exclude(worker=self.worker)
        for name in silent.values_list("worker", flat=True):
            taken += self._take_over_from(name)
        return taken

    def _take_over_from(self, silent: str) -> int:
        # Whoever holds the row decides: a second look-out finds nothing pending any more, and the
        # silent worker, should it wake up, has to wait with its next heartbeat.
        with transaction.atomic():
            still_silent = (
                silent_workers(self.settings.stale_after_seconds)
                .select_for_update()
                .filter(worker=silent)
                .exists()
            )
            if not still_silent:
                return 0
            pending = DBOS.list_workflows(
                status="PENDING", executor_id=silent, load_input=False, load_output=False
            )
            for workflow in pending:
                logger.warning(
                    "import %s: worker %s is silent, back to the queue",
                    workflow.workflow_id,
                    silent,
                )
                DBOS.resume_workflow(workflow.workflow_id, queue_name=queue.QUEUE)
            if not pending:
                _forget_if_long_gone(silent)
            return len(pending)

    def enqueue_forgotten(self) -> None:
        """Enqueue imports without a workflow; end those whose workflow has ended without them."""
        running = {
            queue.workflow_id(record): record
            for record in ImportRecord.objects.filter(state__in=RUNNING_STATES)
            if record.status is not State.AWAITING_APPROVAL  # nobody is to work on it
        }
        if not running:
            return
        known = {
            workflow.workflow_id: workflow.status
            for workflow in DBOS.list_workflows(
                workflow_ids=list(running), load_input=False, load_output=False
            )
        }
        for workflow_id, record in running.items():
            status = known.get(workflow_id)
            if status is None:
                logger.warning("import %s: was never enqueued, is now", record.id)
                queue.enqueue(record)
            elif status in _ENDED:
                # Read again: it may have ended properly between our two questions.
                record.refresh_from_db(fields=["state", "decided_at"])
                if record.status is State.AWAITING_APPROVAL:
                    continue
                if record.status.is_running and queue.workflow_id(record) == workflow_id:
                    fail(
                        record.id,
                        bench(worker=self.worker),
                        why="The import stopped without a result. Push the package again.",
                    )

    def end_stalled(self) -> None:
        """Leave the process when a stage of ours hangs; give the import up the third time."""
        since = now() - timedelta(seconds=self.settings.stalled_after_seconds)
        stalled = ImportRecord.objects.filter(
            state__in=RUNNING_STATES, worker=self.worker, stage_tries__gt=0, progress_at__lt=since
        )
        hangs = False
        for record in stalled:
            hangs = True
            logger.error("import %s: no progress while %s", record.id, record.state)
            if record.stage_tries >= TRIES:
                fail(
                    record.id,
                    bench(worker=self.worker),
                    why=f"The import made no progress, {TRIES} times. Push the package again; "
                    "if it persists, the server's log has more under the import's id.",
                )
        if hangs:
            self.leave(EXIT_STALLED)


def _forget_if_long_gone(worker: str) -> None:
    day_seconds = 24 * 3600.0
    ids = silent_workers(day_seconds).filter(worker=worker).values_list("pk", flat=True)
    WorkerHeartbeat.objects.filter(pk__in=list(ids)).delete()
