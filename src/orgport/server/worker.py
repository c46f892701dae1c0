"""A worker: the process that runs the stages of imports, as `orgport worker` or beside `orgport serve`.

It may be killed at any moment. Its heartbeat tells the others that it lives, its look-out takes over
from those that do not.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from types import FrameType

from orgport import memory
from orgport.server.settings import Settings

EXIT_SUPERSEDED = 76
_LET_FINISH_SECONDS = 5
_RETENTION_EVERY_SECONDS = 3600.0
_SUPERVISED = "ORGPORT_SUPERVISED_BY"  # process id of a server that this worker must not outlive

logger = logging.getLogger(__name__)


def run_worker(settings: Settings) -> None:
    """Work until a signal says to stop; the settings must be those of this process's environment."""
    stop = threading.Event()

    def on_signal(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    memory.share_between_threads()
    _set_up_django()
    from dbos import DBOS

    from orgport.server.records.workers import beat, say_goodbye
    from orgport.server.wiring import queue
    from orgport.server.workflows import stages
    from orgport.server.workflows.slots import take_slot

    slot = take_slot(settings.home.resolve() / "workers")
    stages.work_as(slot.name)
    queue.prepare()
    beat(slot.name, is_first=True)
    DBOS(config=queue.configuration(slot.name, settings))
    DBOS.launch()
    logger.info("worker %s is ready", slot.name)
    threads = [
        threading.Thread(target=_heartbeat, args=(slot.name, settings, stop), daemon=True),
        threading.Thread(target=_look_out, args=(slot.name, settings, stop), daemon=True),
    ]
    for thread in threads:
        thread.start()
    _wait(stop)
    DBOS.destroy(workflow_completion_timeout_sec=_LET_FINISH_SECONDS)
    say_goodbye(slot.name)
    logger.info("worker %s has stopped", slot.name)
    logging.shutdown()
    # What is still running goes on elsewhere from the start of its stage; its threads need no end.
    os._exit(0)


def _set_up_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orgport.server.django_settings")
    import django

    django.setup()


def _wait(stop: threading.Event) -> None:
    parent = int(os.environ.get(_SUPERVISED, "0"))
    while not stop.wait(1.0):
        if parent and os.getppid() != parent:
            logger.warning("the server that started this worker has gone; the worker stops")
            return


def _heartbeat(worker: str, settings: Settings, stop: threading.Event) -> None:
    from django.db import connection

    from orgport.server.records.workers import beat, living_workers

    last = time.monotonic()
    while not stop.wait(settings.heartbeat_seconds):
        try:
            silence = time.monotonic() - last
            others = living_workers(settings.stale_after_seconds).exclude(worker=worker)
            if silence > settings.stale_after_seconds and others.exists():
                # Another worker may have taken our imports: two must not go on with one.
                logger.error("worker %s was silent for %.0f s and leaves", worker, silence)
                os._exit(EXIT_SUPERSEDED)
            beat(worker)
            last = time.monotonic()
        except Exception as error:
            logger.warning("worker %s: no heartbeat (%s)", worker, type(error).__name__)
            connection.close()


def _look_out(worker: str, settings: Settings, stop: threading.Event) -> None:
    from django.db import connection

    from orgport.server.wiring.places import now
    from orgport.server.wiring.retention import remove_what_is_over
    from orgport.server.workflows.takeover import LookOut

    look_out = LookOut(worker, settings)
    tidied = 0.0
    while True:
        try:
            look_out.look()
            if not tidied or time.monotonic() - tidied > _RETENTION_EVERY_SECONDS:
                tidied = time.monotonic()
                remove_what_is_over(at=now())
        except Exception as error:
            logger.warning("worker %s: no look-out (%s)", worker, type(error).__name__)
            connection.close()
        if stop.wait(settings.heartbeat_seconds):
            return


if __name__ == "__main__":
    from orgport.server.settings import settings as load

    run_worker(load())
