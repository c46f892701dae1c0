"""The server's own verdict, offline: the same reading and rules, with earlier packages as stored data."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from orgport import memory
from orgport.errors import BadInput
from orgport.package.model import Package, PackageForm
from orgport.package.read import ReadOptions, form_of, read_package
from orgport.validation.engine import Progress, no_progress, reject, validate
from orgport.validation.verdict import StoredOrganization, ValidationSettings, Verdict

if TYPE_CHECKING:  # only where there is stored data to compare with
    from orgport.history.proposal import Proposal


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, and the package it is about if that could be read."""

    verdict: Verdict
    package: Package | None
    proposal: Proposal | None = None  # what it would change, where stored data is known


def judge(
    path: Path,
    *,
    scratch: Path,
    settings: ValidationSettings,
    upload_date: date,
    options: ReadOptions | None = None,
    against: Sequence[Path] = (),
    is_first: bool = False,
    measured: Sequence[str] = (),
    progress: Progress = no_progress,
) -> Judged:
    """The verdict on the file at `path`; its files lie in `scratch` and live as long as that.

    `measured` are those who should be in the data. `options` say what the connection takes; what is stored
    follows from `against`, oldest first.
    """
    memory.share_between_threads()
    options = options or ReadOptions()
    earlier_options = replace(options, upload_name=None)
    stored: StoredOrganization | None = None
    for number, earlier in enumerate(against, 1):
        folder = scratch / f"against-{number}"
        judged = _judge(
            *(earlier, folder, settings, upload_date, stored, earlier_options, no_progress),
            keeps_rows=True,
        )
        if not judged.verdict.accepted:
            raise BadInput(f"{earlier.name} is not accepted itself. See: orgport check {earlier}")
        stored = _fold(judged.verdict, scratch / "history", number)
    if stored is None and is_first:
        stored = _nothing_stored()
    judged = _judge(
        *(path, scratch / "judged", settings, upload_date, stored, options, progress),
        measured=measured,
        keeps_rows=stored is not None,
    )
    if stored is None or judged.verdict.accepted_rows is None:
        return judged
    return replace(judged, proposal=_propose(judged.verdict, scratch))


def _judge(
    path: Path,
    scratch: Path,
    settings: ValidationSettings,
    upload_date: date,
    stored: StoredOrganization | None,
    options: ReadOptions,
    progress: Progress,
    *,
    measured: Sequence[str] = (),
    keeps_rows: bool,
) -> Judged:
    scratch.mkdir(parents=True)
    options = replace(
        options,
        has_uploads=stored.has_uploads if stored else None,
        stored_fields=stored.fields if stored else {},
    )
    form = PackageForm.CSV if options.upload_name is not None else form_of(path)
    reading = read_package(path, form=form, options=options, scratch=scratch)
    if reading.package is None:
        return Judged(reject(reading.findings, settings=settings, workspace=scratch), None)
    verdict = validate(
        reading.package,
        settings=settings,
        stored=stored,
        upload_date=upload_date,
        workspace=scratch,
        findings=reading.findings,
        progress=progress,
        measured=measured,
        keeps_rows=keeps_rows,
    )
    return Judged(verdict, reading.package)


def _fold(verdict: Verdict, folder: Path, number: int) -> StoredOrganization:
    from orgport.history.store import HistoryStore

    rows = verdict.accepted_rows
    if rows is None or verdict.refresh is None:
        raise BadInput("An earlier package has no rows.")
    store = HistoryStore(str(folder), tenant_id=uuid.UUID(int=0))
    scratch = folder / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    store.commit(
        uuid.uuid4(),
        number=number,
        refresh=verdict.refresh,
        fields=rows.fields,
        rows=rows.folder,
        new_persons=rows.new_persons,
        at=datetime.now(UTC),
        scratch=scratch,
    )
    known = store.stored()
    return StoredOrganization(
        persons=known.persons,
        manager_periods=known.manager_periods,
        fields=known.fields,
        next_person=known.next_person,
        has_uploads=known.has_uploads,
    )


def _propose(verdict: Verdict, scratch: Path) -> Proposal | None:
    from orgport.history.store import HistoryStore

    rows = verdict.accepted_rows
    if not verdict.accepted or rows is None or verdict.refresh is None:
        return None
    return HistoryStore(str(scratch / "history"), tenant_id=uuid.UUID(int=0)).propose(
        refresh=verdict.refresh,
        fields=rows.fields,
        rows=rows.folder,
        new_persons=rows.new_persons,
        folder=scratch / "proposal",
    )


def _nothing_stored() -> StoredOrganization:
    import polars as pl

    persons = {"person": pl.Int64, "key": pl.String, "address": pl.String}
    periods = {"person": pl.Int64, "StartDate": pl.Date, "EndDate": pl.Date, "ManagerId": pl.String}
    return StoredOrganization(
        persons=pl.DataFrame(schema=persons),
        manager_periods=pl.LazyFrame(schema=periods),
        fields={},
        next_person=1,
        has_uploads=False,
    )
