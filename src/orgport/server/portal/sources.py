"""The kinds of data source as cards: what each is, which is active, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from orgport.imports.lifecycle import State
from orgport.server.portal.access import Viewer
from orgport.server.records.models import Connection, ImportRecord, SourceKind
from orgport.server.wiring.connection_changes import current_source

_TEXTS = {
    SourceKind.DIRECTORY: "Organization and ManagerId from the directory (Microsoft Entra ID).",
    SourceKind.CSV: "Upload a file by hand and map its columns.",
    SourceKind.AUTOMATED: "An app pushes packages from your HR system.",
}


@dataclass(frozen=True, slots=True)
class SourceCard:
    """One kind of source."""

    kind: SourceKind
    text: str
    is_active: bool
    notes: tuple[str, ...]
    last_success_at: datetime | None
    act: str = ""  # the words on its button
    link: str = ""
    opens_dialog: bool = False

    @property
    def name(self) -> str:
        """The name as the documents print it."""
        return str(self.kind.label)


def source_cards(viewer: Viewer) -> list[SourceCard]:
    """A card for each kind of source, the active one first."""
    current = current_source(viewer.tenant)
    cards = [_directory(current), _csv(viewer, current), _automated(viewer, current)]
    return sorted(cards, key=lambda card: not card.is_active)


def _directory(current: Connection | None) -> SourceCard:
    return SourceCard(
        SourceKind.DIRECTORY,
        _TEXTS[SourceKind.DIRECTORY],
        is_active=current is None,
        notes=("Default source of a new tenant",)
        if current is None
        else ("Replaced by the active source",),
        last_success_at=None,
    )


def _csv(viewer: Viewer, current: Connection | None) -> SourceCard:
    is_active = current is not None and current.kind == SourceKind.CSV
    successes = ImportRecord.objects.of(viewer.tenant).filter(
        source=SourceKind.CSV, state=State.SUCCEEDED.value
    )
    last = successes.first()
    act, link = "", ""
    if viewer.manages_connections:
        act = "Edit or start new upload" if is_active else "Start"
        link = reverse("csv-upload" if is_active else "switch-to-csv")
    return SourceCard(
        SourceKind.CSV,
        _TEXTS[SourceKind.CSV],
        is_active=is_active,
        notes=(last.name,) if last else ("Not used yet",),
        last_success_at=last.ended_at if last else None,
        act=act,
        link=link,
        opens_dialog=not is_active,
    )


def _automated(viewer: Viewer, current: Connection | None) -> SourceCard:
    saved = Connection.objects.of(viewer.tenant).filter(kind=SourceKind.AUTOMATED)
    chosen = current if current and current.kind == SourceKind.AUTOMATED else saved.first()
    successes = ImportRecord.objects.of(viewer.tenant).filter(
        source=SourceKind.AUTOMATED, state=State.SUCCEEDED.value
    )
    last = successes.first()
    act, link, opens_dialog = "", "", False
    if viewer.manages_connections:
        if chosen is None:
            act, link, opens_dialog = "Start", reverse("switch-to-automated"), True
        else:
            act, link = "Manage", reverse("connection", args=[chosen.id])
    return SourceCard(
        SourceKind.AUTOMATED,
        _TEXTS[SourceKind.AUTOMATED],
        is_active=chosen is not None and chosen.is_active,
        notes=(chosen.name,) if chosen else ("Not used yet",),
        last_success_at=last.ended_at if last else None,
        act=act,
        link=link,
        opens_dialog=opens_dialog,
    )
