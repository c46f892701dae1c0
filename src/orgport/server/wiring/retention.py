"""Retention: packages, logs and rows that nobody may fetch any more go away."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from orgport.server.records.imports import RUNNING_STATES
from orgport.server.records.models import CellEdit, ImportRecord
from orgport.server.settings import settings
from orgport.server.wiring.places import artifacts_of, inbox

_UNCLAIMED = timedelta(hours=1)  # a push that was refused after its body had been stored


def remove_what_is_over(*, at: datetime) -> int:
    """Remove packages and logs of imports that ended long enough ago; the rows of imports stay."""
    since = at - timedelta(days=settings().keep_packages_days)
    for record in ImportRecord.objects.filter(ended_at__lt=since).iterator():
        artifacts_of(record).drop()
    CellEdit.objects.filter(of__ended_at__lt=since).delete()
    kept = ImportRecord.objects.filter(Q(state__in=RUNNING_STATES) | Q(ended_at__gte=since))
    wanted = frozenset(
        sha256
        for package, corrections in kept.values_list("package_sha256", "corrections")
        for sha256 in (package, *corrections)
    )
    return inbox().sweep(older_than=(at - _UNCLAIMED).timestamp(), wanted=wanted)
