"""Workers: each says every few seconds that it lives, so that another can take over from a dead one.

All times are the database's, so that workers on several machines need no common clock.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import DateTimeField, ExpressionWrapper, Value
from django.db.models.functions import Now
from django.utils import timezone

_LONG_AGO = timedelta(days=3650)


class WorkerHeartbeat(models.Model):
    """The last sign of life of a worker."""

    worker = models.CharField(primary_key=True, max_length=128)  # the DBOS executor id
    process_id = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    beat_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.worker


def beat(worker: str, *, is_first: bool = False) -> None:
    """Say that the worker lives."""
    values = {"beat_at": Now(), "process_id": os.getpid()}
    if is_first:
        values["started_at"] = Now()
    WorkerHeartbeat.objects.update_or_create(worker=worker, defaults=values)


def say_goodbye(worker: str) -> None:
    """Say that the worker has gone: what it left may be taken over at once."""
    WorkerHeartbeat.objects.filter(worker=worker).update(beat_at=_before(_LONG_AGO))


def silent_workers(seconds: float) -> models.QuerySet[WorkerHeartbeat]:
    """The workers that have said nothing for so long."""
    return WorkerHeartbeat.objects.filter(beat_at__lt=_before(timedelta(seconds=seconds)))


def living_workers(seconds: float) -> models.QuerySet[WorkerHeartbeat]:
    """The workers that were heard of within so many seconds."""
    return WorkerHeartbeat.objects.filter(beat_at__gte=_before(timedelta(seconds=seconds)))


def _before(span: timedelta) -> ExpressionWrapper[Any]:
    return ExpressionWrapper(Now() - Value(span), output_field=DateTimeField())
