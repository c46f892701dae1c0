"""The stages of an import: extract, validate, compare, process; each can be run again from its inputs.

A stage answers whether the next one is to be run. It sees between two blocks that the import was
abandoned, and before it starts that it, or a later one, was done already. Nothing here knows which
database, folder or clock it works with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from orgport import memory
from orgport.errors import Fault, NotFound, WrongState
from orgport.history.acts import Act, Entry
from orgport.imports.artifacts import Artifacts
from orgport.imports.guard_rails import breaches
from orgport.imports.inbox import Inbox
from orgport.imports.lifecycle import State, Transition
from orgport.imports.ports import SYSTEM, Clock, History, ImportFacts, ImportLedger, Outcome
from orgport.imports.previews import Preview, keep_preview, read_preview
from orgport.package.corrected import corrected, retyped
from orgport.package.metadata import read_document
from orgport.package.model import Mapping, Package, Refresh
from orgport.package.read import Reading, ReadOptions, read_package
from orgport.validation.engine import Stopped, reject, validate
from orgport.validation.verdict import AcceptedRows, StoredOrganization, Verdict

if TYPE_CHECKING:
    from orgport.history.committed import Committed
    from orgport.history.stored import Stored

PROGRESS_EVERY_SECONDS = 0.5
# Workers may die for reasons of their own, so a stage may be begun again often, but not for ever:
# a package that kills its worker each time must not do so until the end of days.
MOST_TRIES = 10

_RANK = {
    State.RECEIVED: 0,
    State.EXTRACTING: 1,
    State.MAPPING: 1,
    State.VALIDATING: 2,
    State.AWAITING_APPROVAL: 3,
    State.PROCESSING: 4,
}


class Abandoned(Stopped):
    """The import was abandoned while a stage was running; the stage leaves everything as it is."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What the stages work with."""

    ledger: ImportLedger
    inbox: Inbox
    history_of: Callable[[UUID], History]
    artifacts_root: Path
    clock: Clock

    def artifacts(self, facts: ImportFacts) -> Artifacts:
        """The folder of an import."""
        return Artifacts.of(self.artifacts_root, facts.tenant_id, facts.id)


def run_extract(import_id: UUID, bench: Bench) -> bool:
    """Read metadata and header; a package that cannot be read ends as validation failed."""
    facts = bench.ledger.load(import_id)
    if not _is_due(facts, State.EXTRACTING):
        return facts.state.is_running
    if facts.state is State.RECEIVED and not advance(bench, import_id, Transition.EXTRACT):
        return False
    if not begin(import_id, bench):
        return False
    began = perf_counter()
    artifacts = bench.artifacts(facts)
    stored = bench.history_of(facts.tenant_id).stored()
    with artifacts.attempt() as attempt:
        reading = _read(facts, stored, bench, attempt)
        package = reading.package
        if package is not None:
            outcome = Outcome(
                mapping=Mapping(package.refresh, package.columns),
                seconds={"extract": perf_counter() - began},
            )
            return advance(bench, import_id, Transition.VALIDATE, outcome)
        verdict = artifacts.keep(
            reject(reading.findings, settings=facts.settings, workspace=attempt)
        )
    outcome = Outcome(verdict=verdict, seconds={"extract": perf_counter() - began})
    return advance(bench, import_id, Transition.FAIL_VALIDATION, outcome)


def run_validate(import_id: UUID, bench: Bench) -> bool:
    """Judge every row; keep findings, accepted rows and the verdict."""
    facts = bench.ledger.load(import_id)
    if not _is_due(facts, State.VALIDATING):
        return facts.state.is_running
    if not begin(import_id, bench):
        return False
    began = perf_counter()
    artifacts = bench.artifacts(facts)
    verdict = artifacts.verdict() or _validated(facts, artifacts, bench)
    outcome = Outcome(verdict=verdict, seconds={"validate": perf_counter() - began})
    if not verdict.accepted:
        return advance(bench, import_id, Transition.FAIL_VALIDATION, outcome)
    try:
        bench.ledger.note(import_id, outcome, at=bench.clock())
    except WrongState:
        return False  # abandoned in the meantime
    return True


def run_compare(import_id: UUID, bench: Bench) -> bool:
    """Work out what the import would change; past a guard rail it waits for an approver.

    The worker does not wait with it: once approved, the import goes back to the queue.
    """
    facts = bench.ledger.load(import_id)
    if facts.state is not State.VALIDATING:
        return facts.state is State.PROCESSING
    if not begin(import_id, bench):
        return False
    began = perf_counter()
    artifacts = bench.artifacts(facts)
    preview = read_preview(artifacts) or _compared(facts, artifacts, bench)
    seconds = {"compare": perf_counter() - began}
    if not preview.breaches:
        return advance(bench, import_id, Transition.PROCESS, Outcome(seconds=seconds))
    outcome = Outcome(
        seconds=seconds,
        breaches=preview.breaches,
        decide_by=bench.clock() + timedelta(hours=facts.limits.decide_within_hours),
    )
    advance(bench, import_id, Transition.ASK_APPROVAL, outcome)
    return False


def run_process(import_id: UUID, bench: Bench) -> bool:
    """Fold the accepted rows into the history; the commit happens once, however often this runs."""
    facts = bench.ledger.load(import_id)
    if facts.state is not State.PROCESSING:
        return False
    if not begin(import_id, bench):
        return False
    began = perf_counter()
    artifacts = bench.artifacts(facts)
    refresh, rows = _accepted(facts, artifacts)
    preview = read_preview(artifacts)
    bench.ledger.begin_commit(import_id, at=bench.clock())
    with artifacts.attempt() as attempt:
        committed = bench.history_of(facts.tenant_id).commit(
            import_id,
            number=facts.number,
            refresh=refresh,
            fields=rows.fields,
            rows=rows.folder,
            new_persons=rows.new_persons,
            at=bench.clock(),
            scratch=attempt,
            proposal=preview.proposal if preview else None,
        )
    outcome = Outcome(
        history_version=committed.version,
        changes=changes_as_json(committed),
        seconds={"process": perf_counter() - began},
    )
    advance(bench, import_id, Transition.SUCCEED, outcome)
    artifacts.drop_accepted_rows()
    return False


def read_again(import_id: UUID, bench: Bench, *, scratch: Path) -> Package | None:
    """The package of an import that has ended, for its single rows; None when it cannot be read."""
    facts = bench.ledger.load(import_id)
    return _read(facts, bench.history_of(facts.tenant_id).stored(), bench, scratch).package


def fail(import_id: UUID, bench: Bench, *, why: str) -> None:
    """End an import that cannot go on; `why` is shown to people and holds no data."""
    try:
        bench.ledger.advance(
            import_id,
            Transition.FAIL_PROCESSING,
            by=SYSTEM,
            at=bench.clock(),
            why=why,
            outcome=Outcome(failure=why),
        )
    except WrongState:
        return  # it ended in the meantime
    facts = bench.ledger.load(import_id)
    if facts.act is Act.ERASE:
        bench.artifacts(facts).drop()  # who was to be erased is asked for again


def entry_of(facts: ImportFacts, bench: Bench) -> Entry:
    """The entry that an import without a package makes in the log of the history."""
    return Entry(
        facts.id,
        facts.number,
        facts.act,
        bench.clock(),
        of=facts.of,
        deleted_fields=facts.deleted_fields,
    )


def changes_as_json(committed: Committed) -> dict[str, Any]:
    """What a commit changed, for the summary of its import."""
    return {
        "personsAdded": committed.persons_added,
        "personsRemoved": committed.persons_removed,
        "personsChanged": committed.persons_changed,
        "personsUnchanged": committed.persons_unchanged,
        "periodsBefore": committed.periods_before,
        "periodsAfter": committed.periods_after,
        "cellsChanged": dict(committed.cells_changed),
    }


def _is_due(facts: ImportFacts, stage: State) -> bool:
    if not facts.state.is_running:
        return False
    return _RANK[facts.state] <= _RANK[stage]


def begin(import_id: UUID, bench: Bench) -> bool:
    """Note that the present stage begins; False when the import goes no further."""
    try:
        tries = bench.ledger.begin_stage(import_id, at=bench.clock())
    except WrongState:
        return False  # abandoned in the meantime
    if tries <= MOST_TRIES:
        return True
    fail(
        import_id,
        bench,
        why=f"The stage was begun {MOST_TRIES} times and its worker died each time. "
        "Push the package again; if it happens again, the server may lack memory for it.",
    )
    return False


def advance(
    bench: Bench, import_id: UUID, transition: Transition, outcome: Outcome | None = None
) -> bool:
    """Move the import on; False when it goes no further."""
    try:
        state = bench.ledger.advance(
            import_id, transition, by=SYSTEM, at=bench.clock(), outcome=outcome
        )
    except WrongState:
        return False  # abandoned in the meantime
    return state.is_running


def _read(facts: ImportFacts, stored: Stored, bench: Bench, scratch: Path) -> Reading:
    path = bench.inbox.path_of(facts.package_sha256)
    if not path.exists():
        raise NotFound("The package is no longer in the inbox. Push it again.")
    reading = read_package(
        path,
        form=facts.form,
        options=ReadOptions(
            allow_custom_fields=facts.allow_custom_fields,
            typed_custom_fields=facts.typed_custom_fields,
            stored_mapping=_stored_mapping(facts),
            requested_refresh=facts.requested_refresh,
            has_uploads=stored.has_uploads,
            stored_fields=stored.fields,
        ),
        scratch=scratch,
    )
    if reading.package is None:
        return reading
    package = retyped(reading.package, facts.retyped)
    if not facts.corrections:
        return replace(reading, package=package)
    files = [bench.inbox.path_of(sha256) for sha256 in facts.corrections]
    if not all(file.exists() for file in files):
        raise NotFound("A correction file is no longer in the inbox. Push the whole package again.")
    return replace(reading, package=corrected(package, files))


def _stored_mapping(facts: ImportFacts) -> Mapping | None:
    if not facts.stored_mapping:
        return None
    said = read_document(dict(facts.stored_mapping))
    return Mapping(said.refresh, said.columns) if said.refresh and said.columns else None


def _validated(facts: ImportFacts, artifacts: Artifacts, bench: Bench) -> Verdict:
    stored = bench.history_of(facts.tenant_id).stored()
    with artifacts.attempt() as attempt:
        reading = _read(facts, stored, bench, attempt)
        package = reading.package
        if package is None:
            verdict = reject(reading.findings, settings=facts.settings, workspace=attempt)
        else:
            verdict = validate(
                package,
                settings=facts.settings,
                stored=StoredOrganization(
                    persons=stored.persons,
                    manager_periods=stored.manager_periods,
                    fields=stored.fields,
                    next_person=stored.next_person,
                    has_uploads=stored.has_uploads,
                ),
                upload_date=facts.upload_date,
                workspace=attempt,
                findings=reading.findings,
                progress=_watch(facts.id, bench, size_bytes=package.data_size_bytes),
                measured=bench.ledger.measured(facts.tenant_id),
                consumers=bench.ledger.consumers(facts.tenant_id),
            )
        kept = artifacts.keep(verdict)
    memory.give_back()
    return kept


def _accepted(facts: ImportFacts, artifacts: Artifacts) -> tuple[Refresh, AcceptedRows]:
    verdict = artifacts.verdict()
    if verdict is None or verdict.accepted_rows is None or verdict.refresh is None:
        raise Fault(
            f"Import {facts.id} was validated, but its accepted rows are gone. "
            "Push the package again."
        )
    return verdict.refresh, verdict.accepted_rows


def _compared(facts: ImportFacts, artifacts: Artifacts, bench: Bench) -> Preview:
    refresh, rows = _accepted(facts, artifacts)
    with artifacts.attempt() as attempt:
        proposal = bench.history_of(facts.tenant_id).propose(
            refresh=refresh,
            fields=rows.fields,
            rows=rows.folder,
            new_persons=rows.new_persons,
            folder=attempt / "preview",
        )
        found = breaches(proposal, facts.limits, today=facts.upload_date)
        return keep_preview(artifacts, Preview(proposal, found))


def _watch(import_id: UUID, bench: Bench, *, size_bytes: int | None) -> Callable[[int, int], None]:
    """Tell the ledger how far we are, not too often, and stop when the import was abandoned."""
    last = 0.0

    def progress(bytes_done: int, rows_done: int) -> None:
        nonlocal last
        now = perf_counter()
        if now - last < PROGRESS_EVERY_SECONDS:
            return
        last = now
        share = min(1.0, bytes_done / size_bytes) if size_bytes else 0.0
        state = bench.ledger.progress(import_id, share=share, rows=rows_done, at=bench.clock())
        if not state.is_running:
            raise Abandoned

    return progress
