"""The fields in use that a csv would take away, with who uses each: shown and agreed to before it goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import astuple, dataclass

from orgport.history.insights import using
from orgport.package.model import Refresh
from orgport.server.records.extracts import names_by_field
from orgport.server.records.models import Tenant


@dataclass(frozen=True, slots=True)
class Loss:
    """A field in use that the file lacks, and the names of the insights and extracts that use it."""

    field: str
    insights: tuple[str, ...]
    extracts: tuple[str, ...]


def losses(
    tenant: Tenant, *, stored: Iterable[str], brought: Collection[str], refresh: Refresh
) -> tuple[Loss, ...]:
    """What a csv that brings these fields takes away; an incremental one takes nothing."""
    if refresh is not Refresh.FULL:
        return ()
    extracts = names_by_field(tenant.id)
    return tuple(
        Loss(
            field,
            tuple(insight.name for insight in using(field)),
            tuple(extracts.get(field, ())),
        )
        for field in stored
        if field not in brought
    )


def agreement(shown: Sequence[Loss]) -> str:
    """What stands for these very losses in a form: whoever saw others has not agreed to them."""
    return hashlib.sha256(json.dumps([astuple(one) for one in shown]).encode()).hexdigest()
