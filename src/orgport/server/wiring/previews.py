"""The change preview of an import, as pages, files, the API and the command line give it out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from orgport.errors import NotFound, WrongState
from orgport.history import listing
from orgport.history.columns import BUCKETS, END, PERSON, PERSON_ID, START
from orgport.history.listing import Chosen, Listed
from orgport.imports.documents import breach_document, person_document, preview_document
from orgport.imports.lifecycle import State
from orgport.imports.previews import Preview, read_preview
from orgport.server.records.models import ImportRecord
from orgport.server.wiring.consumers import Switched, switched
from orgport.server.wiring.leavings import gone
from orgport.server.wiring.places import artifacts_of, history_of


@dataclass(frozen=True, slots=True)
class Timelines:
    """One person before and after: periods with StartDate, EndDate (exclusive) and the fields.

    `after` is None when it can no longer be told: the import came to nothing.
    """

    row: Listed
    before: pl.DataFrame
    after: pl.DataFrame | None


def preview_of(record: ImportRecord) -> Preview:
    """The preview of an import; raises WrongState where there is none, Gone past its time."""
    preview = read_preview(artifacts_of(record))
    if preview is not None:
        return preview
    if record.status.is_running:
        raise WrongState(
            f"{record.name} has not been compared yet ({record.status.label}). "
            "Ask again when it has been validated."
        )
    if record.state == State.SUCCEEDED.value:
        raise gone(record, "change preview")
    raise WrongState(f"{record.name} ended before it was compared with the history.")


def extracts_of(record: ImportRecord, preview: Preview) -> Switched:
    """The saved extracts that an import disables or enables; of one that has ended, those there were."""
    fields = preview.proposal
    return switched(
        record.tenant,
        before=fields.fields_before,
        after=fields.fields_after,
        known_by=record.ended_at,
    )


def has_preview(record: ImportRecord) -> bool:
    """Whether there is a preview to be shown."""
    return (artifacts_of(record).folder / "preview.json").exists()


def timelines(record: ImportRecord, preview: Preview, person: int) -> Timelines:
    """A person of the list before and after.

    Raises NotFound for somebody of whom nothing differs, Gone past the retention of old versions.
    """
    proposal = preview.proposal
    row = listing.person(proposal, person)
    if row is None:
        raise NotFound("Nothing of this person differs.")
    store = history_of(record.tenant_id)
    before = store.periods_of(person, version=proposal.base)
    if record.history_version is not None:
        return Timelines(row, before, store.periods_of(person, version=record.history_version))
    if not (proposal.folder / "periods").is_dir():
        return Timelines(row, before, None)
    path = proposal.periods(person % BUCKETS)
    if path is None:
        return Timelines(row, before, before.clear())
    mine = pl.scan_parquet(path, glob=False).filter(pl.col(PERSON) == person)
    return Timelines(row, before, mine.drop(PERSON, PERSON_ID).sort(START).collect())


def changes_csv(preview: Preview) -> Iterator[str]:
    """Everybody who differs as csv text in chunks; it begins with a byte order mark."""
    return listing.changes_csv(preview.proposal)


def document(record: ImportRecord, preview: Preview) -> dict[str, Any]:
    """The figures as one JSON document."""
    return {
        "import": str(record.id),
        "number": record.number,
        "status": record.status.label,
        **preview_document(preview.proposal),
        **extracts_of(record, preview).figures,
        "approval": {
            "asks": [breach_document(breach) for breach in preview.breaches],
            "decideBy": record.decide_by.isoformat() if record.decide_by else None,
            "decidedAt": record.decided_at.isoformat() if record.decided_at else None,
            "decidedBy": record.decided_by or None,
            "note": record.decision_note or None,
        },
    }


def persons_document(
    preview: Preview, chosen: Chosen, *, offset: int, limit: int
) -> dict[str, Any]:
    """A page of the list as JSON; `nextCursor` is null on the last one."""
    rows = listing.listed(preview.proposal, chosen, offset=offset, limit=limit + 1)
    return {
        "total": listing.count(preview.proposal, chosen),
        "persons": [person_document(row) for row in rows[:limit]],
        "nextCursor": str(offset + limit) if len(rows) > limit else None,
    }


def timelines_document(found: Timelines) -> dict[str, Any]:
    """One person before and after as JSON, EndDate null where it is open."""
    return {
        "person": person_document(found.row),
        "before": _periods(found.before),
        "after": None if found.after is None else _periods(found.after),
    }


def _periods(frame: pl.DataFrame) -> list[dict[str, Any]]:
    open_end = pl.col(END).dt.year() == 9999
    days = frame.with_columns(pl.when(~open_end).then(pl.col(END)).alias(END))
    texts = days.with_columns(pl.col(pl.Date).dt.to_string("iso"))
    return texts.to_dicts()
