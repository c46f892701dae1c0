"""Retention: packages, logs and old versions that nobody may fetch any more go away."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from orgport.server.records.imports import RUNNING_STATES
from orgport.server.records.models import CellEdit, CsvDraft, ImportRecord, Tenant
from orgport.server.settings import settings
from orgport.server.wiring.csv_uploads import DRAFT_LIFE
from orgport.server.wiring.places import artifacts_of, history_of, inbox

_UNCLAIMED = timedelta(hours=1)  # a push that was refused after its body had been stored


def remove_what_is_over(*, at: datetime) -> int:
    """Remove what imports left that ended long enough ago, and old versions; the rows of imports stay.

    Says how many packages went. What was known in an old version is folded again when it is asked for.
    """
    keep_days = settings().keep_packages_days
    since = at - timedelta(days=keep_days)
    for record in ImportRecord.objects.filter(ended_at__lt=since).iterator():
        artifacts_of(record).drop()
    CellEdit.objects.filter(of__ended_at__lt=since).delete()
    CsvDraft.objects.filter(changed_at__lt=at - DRAFT_LIFE).delete()
    for tenant in Tenant.objects.all():
        history_of(tenant.id).vacuum(keep_days, at=at)
    kept = ImportRecord.objects.filter(Q(state__in=RUNNING_STATES) | Q(ended_at__gte=since))
    wanted = frozenset(
        sha256
        for package, corrections in kept.values_list("package_sha256", "corrections")
        for sha256 in (package, *corrections)
    ) | frozenset(CsvDraft.objects.values_list("sha256", flat=True))
    return inbox().sweep(older_than=(at - _UNCLAIMED).timestamp(), wanted=wanted)
