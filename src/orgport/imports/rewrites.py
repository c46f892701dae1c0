"""The one stage of an import that brings no package of rows: undo, restore, deletions.

It can be run again at any time, as the stages of a package can: the commit happens once.
"""

from __future__ import annotations

from datetime import timedelta
from time import perf_counter
from uuid import UUID

from orgport.errors import NotFound
from orgport.history.acts import Act
from orgport.imports.addresses import read_addresses
from orgport.imports.deletions import DeletionList, kept_list, make_list
from orgport.imports.erasing import run_erase
from orgport.imports.guard_rails import breaches
from orgport.imports.lifecycle import State, Transition
from orgport.imports.ports import ImportFacts, Outcome
from orgport.imports.previews import Preview, keep_preview, read_preview
from orgport.imports.stages import Bench, advance, begin, changes_as_json, entry_of


def run_rewrite(import_id: UUID, bench: Bench) -> bool:
    """Write the periods that come out otherwise, in one commit, and end the import.

    Past a guard rail it first waits for an approver, and comes here again once that was given.
    """
    facts = bench.ledger.load(import_id)
    if facts.act is Act.ERASE:
        return run_erase(import_id, bench)
    if not facts.state.is_running or facts.state is State.AWAITING_APPROVAL:
        return False
    if facts.state is State.RECEIVED and not _is_let_pass(facts, bench):
        return False
    if not begin(import_id, bench):
        return False
    began = perf_counter()
    bench.ledger.begin_commit(import_id, at=bench.clock())
    artifacts = bench.artifacts(facts)
    preview = read_preview(artifacts)
    with artifacts.attempt() as attempt:
        gone = _deletion(facts, bench) if facts.act is Act.DELETE_EMPLOYEES else None
        committed = bench.history_of(facts.tenant_id).rewrite(
            entry_of(facts, bench),
            scratch=attempt,
            rows=gone.rows(attempt / "rows") if gone else None,
            proposal=preview.proposal if preview else None,
        )
        if gone is not None:
            said = gone.verdict(attempt, rule_set=facts.settings.rule_set)
            bench.ledger.note(import_id, Outcome(verdict=artifacts.keep(said)), at=bench.clock())
    changes = changes_as_json(committed)
    if gone is not None:
        changes |= {
            "personsUnknown": gone.unknown,
            "reportsWithoutManager": gone.reports_without_manager,
        }
    outcome = Outcome(
        history_version=committed.version,
        changes=changes,
        seconds={"process": perf_counter() - began},
    )
    advance(bench, import_id, Transition.SUCCEED, outcome)
    artifacts.drop_accepted_rows()
    return False


def _is_let_pass(facts: ImportFacts, bench: Bench) -> bool:
    """Compare it with the history; past a guard rail ask for an approval, else move it on."""
    if not begin(facts.id, bench):
        return False
    began = perf_counter()
    artifacts = bench.artifacts(facts)
    preview = read_preview(artifacts) or _compared(facts, bench)
    seconds = {"compare": perf_counter() - began}
    if not preview.breaches:
        return advance(bench, facts.id, Transition.REWRITE, Outcome(seconds=seconds))
    asked = Outcome(
        seconds=seconds,
        breaches=preview.breaches,
        decide_by=bench.clock() + timedelta(hours=facts.limits.decide_within_hours),
    )
    advance(bench, facts.id, Transition.ASK_APPROVAL, asked)
    return False


def _compared(facts: ImportFacts, bench: Bench) -> Preview:
    artifacts = bench.artifacts(facts)
    with artifacts.attempt() as attempt:
        gone = _deletion(facts, bench) if facts.act is Act.DELETE_EMPLOYEES else None
        proposal = bench.history_of(facts.tenant_id).propose_rewrite(
            entry_of(facts, bench),
            folder=attempt / "preview",
            rows=gone.rows(attempt / "rows") if gone else None,
        )
        found = breaches(proposal, facts.limits, today=facts.upload_date)
        return keep_preview(artifacts, Preview(proposal, found))


def _deletion(facts: ImportFacts, bench: Bench) -> DeletionList:
    """The list of who goes: as it was written, or made now."""
    folder = bench.artifacts(facts).folder
    if (kept := kept_list(folder)) is not None:
        return kept
    path = bench.inbox.path_of(facts.package_sha256)
    if not path.exists():
        raise NotFound("The file is no longer in the inbox. Send it again.")
    return make_list(read_addresses(path), bench.history_of(facts.tenant_id).stored(), folder)
