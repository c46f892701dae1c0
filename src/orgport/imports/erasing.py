"""The one stage of a privacy erase: the history first, then all that earlier imports left behind.

Findings, previews and packages do not say of every value whose it is, so those of all imports that have
ended go, whole; their rows and counts stay. Who is erased is written in one file, which goes last: as
long as it is there, whoever was interrupted begins again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from uuid import UUID

from orgport.attributes.mentions import Mentions
from orgport.errors import Fault
from orgport.imports.artifacts import Artifacts, write_json
from orgport.imports.lifecycle import State, Transition
from orgport.imports.ports import ImportFacts, Outcome
from orgport.imports.stages import Bench, advance, begin, changes_as_json, entry_of

_LIST = "erase.json"
_UNCLAIMED = timedelta(minutes=2)  # a body that is on its way, or was refused


def keep_addresses(artifacts: Artifacts, addresses: Iterable[str]) -> None:
    """Write down who is to be erased, durably, before the import is begun."""
    artifacts.folder.mkdir(parents=True, exist_ok=True)
    write_json(list(addresses), artifacts.folder / _LIST)


def run_erase(import_id: UUID, bench: Bench) -> bool:
    """Erase persons from the history and from all that ended imports left, and end the import."""
    facts = bench.ledger.load(import_id)
    if not facts.state.is_running:
        return False
    if facts.state is State.RECEIVED and not advance(bench, import_id, Transition.REWRITE):
        return False
    if not begin(import_id, bench):
        return False
    began = perf_counter()
    bench.ledger.begin_commit(import_id, at=bench.clock())
    artifacts, history = bench.artifacts(facts), bench.history_of(facts.tenant_id)
    addresses = _addresses(artifacts.folder)
    if addresses is None and not history.has(import_id):
        raise Fault("The list of who is to be erased is gone. Ask for the erase again.")
    with artifacts.attempt() as attempt:
        committed = history.erase(entry_of(facts, bench), addresses or (), scratch=attempt)
    if addresses is not None:
        _remove_leavings(facts, bench)
        bench.ledger.forget(import_id, Mentions(addresses))
    artifacts.drop()
    outcome = Outcome(
        history_version=committed.version if committed else None,
        changes=changes_as_json(committed) if committed else None,
        seconds={"process": perf_counter() - began},
    )
    advance(bench, import_id, Transition.SUCCEED, outcome)
    return False


def _addresses(folder: Path) -> list[str] | None:
    try:
        said: list[str] = json.loads((folder / _LIST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return said


def _remove_leavings(facts: ImportFacts, bench: Bench) -> None:
    """Remove the folders and packages of all imports of the tenant that have ended."""
    for folder in (bench.artifacts_root / str(facts.tenant_id)).iterdir():
        if folder.name != str(facts.id):
            shutil.rmtree(folder, ignore_errors=True)
    others = bench.ledger.packages_of_others(facts.tenant_id)
    bench.inbox.drop(bench.ledger.packages_of(facts.tenant_id) - others)
    bench.inbox.sweep(older_than=(bench.clock() - _UNCLAIMED).timestamp(), wanted=others)
