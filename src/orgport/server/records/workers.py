"""Workers: each says every few seconds that it lives, so that another can take over from a dead one."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class WorkerHeartbeat(models.Model):
    """The last sign of life of a worker."""

    worker = models.CharField(primary_key=True, max_length=128)  # the DBOS executor id
    process_id = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    beat_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.worker
