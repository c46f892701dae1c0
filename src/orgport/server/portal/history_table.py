"""The import history: filters from the address, a page of 25, and the way to the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from orgport.imports.lifecycle import STATUSES, State
from orgport.server.portal.access import Viewer
from orgport.server.records.models import ImportRecord, SourceKind

PAGE_SIZE = 25
SPANS = {"month": ("Last 30 days", 30), "year": ("Last 12 months", 365)}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the table is narrowed to; unknown values count as none."""

    status: str = ""
    source: str = ""
    span: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> Filters:
        """The filters of an address."""
        status, source = query.get("status", ""), query.get("source", "")
        span = query.get("span", "")
        return cls(
            status if status in STATUSES else "",
            source if source in SourceKind.values else "",
            span if span in SPANS else "",
        )

    @property
    def count(self) -> int:
        """How many filters are set."""
        return sum(bool(value) for value in (self.status, self.source, self.span))

    @property
    def query(self) -> str:
        """The filters as the query of an address, with an ampersand behind when there are any."""
        given = {"status": self.status, "source": self.source, "span": self.span}
        text = urlencode({name: value for name, value in given.items() if value})
        return f"{text}&" if text else ""

    @property
    def words(self) -> str:
        """What they narrow to, as the end of a sentence."""
        parts = []
        if self.status:
            parts.append(f"with the status {STATUSES[self.status][0]}")
        if self.source:
            parts.append(f"from {SourceKind(self.source).label}")
        if self.span:
            parts.append(f"in the {SPANS[self.span][0].lower()}")
        return " ".join(parts)

    def narrow(self, records: QuerySet[ImportRecord]) -> QuerySet[ImportRecord]:
        """Only the imports that pass."""
        if self.status:
            states = [state.value for state in STATUSES[self.status][1]]
            records = records.filter(state__in=states)
        if self.source:
            records = records.filter(source=self.source)
        if self.span:
            since = timezone.now() - timedelta(days=SPANS[self.span][1])
            records = records.filter(received_at__gte=since)
        return records


@dataclass(frozen=True, slots=True)
class HistoryTable:
    """One page of the import history."""

    filters: Filters
    page: Page[ImportRecord]
    total: int  # of all imports, whatever the filters
    statuses: Mapping[str, tuple[str, frozenset[State]]]
    spans: dict[str, tuple[str, int]]
    sources: list[tuple[str, str]]


def history_table(viewer: Viewer, query: QueryDict) -> HistoryTable:
    """The page of imports that an address asks for, newest first."""
    filters = Filters.of(query)
    records = viewer.imports()
    page = Paginator(filters.narrow(records), PAGE_SIZE).get_page(query.get("page"))
    sources = [(str(value), str(label)) for value, label in SourceKind.choices]
    return HistoryTable(filters, page, records.count(), STATUSES, SPANS, sources)
