"""The two clocks of every question to the history: as of which day, and as known after which import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from orgport.imports.lifecycle import State
from orgport.server.portal.access import PortalRequest
from orgport.server.records.models import ImportRecord


@dataclass(frozen=True, slots=True)
class Clocks:
    """As of which day, and as known after which import; what cannot be read counts as not given."""

    as_of: date
    known_at: int | None
    imports: Sequence[ImportRecord]

    @classmethod
    def of(cls, request: PortalRequest) -> Clocks:
        """The clocks of an address."""
        records = ImportRecord.objects.of(request.viewer.tenant)
        made = records.filter(state=State.SUCCEEDED.value).order_by("-number")
        asked = request.GET.get("knownAt", "")
        numbers = {str(record.number): record.number for record in made}
        try:
            day = date.fromisoformat(request.GET.get("asOf", ""))
        except ValueError:
            day = timezone.localdate()
        return cls(day, numbers.get(asked), list(made))

    @property
    def query(self) -> dict[str, str]:
        """The same for an address."""
        known = {"knownAt": str(self.known_at)} if self.known_at is not None else {}
        return {"asOf": self.as_of.isoformat(), **known}
