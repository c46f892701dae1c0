"""Imports that bring no rows to fold: undo, restore and deletions, each one commit of the periods.

What an import brought stays in the table of uploads for ever; which of them count is said by the log.
So a reversal only writes those periods anew that come out otherwise, and can itself be reversed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from orgport.errors import NotFound, WrongState
from orgport.history.acts import Act, Entry, in_force, steps
from orgport.history.buckets import Upload
from orgport.history.columns import PERSON_COLUMNS
from orgport.history.committed import Committed, entry_of
from orgport.history.landing import Landing, Tables, addresses, found
from orgport.history.proposal import Proposal
from orgport.history.replay import Replay, SentRows
from orgport.history.tables import TableVersion
from orgport.package.model import Refresh


@dataclass(frozen=True, slots=True)
class Rewriting:
    """One import that rewrites periods, on its way into the history."""

    tables: Tables
    entry: Entry
    scratch: Path
    rows: Path | None = None  # of a deletion of persons: those that it names, by bucket
    proposal: Proposal | None = None  # the fold, if it was done before

    def land(self) -> Committed:
        """Do what is still to do and say what it changed; Stale when someone was faster."""
        base = self.tables.periods.open()
        if base is None:
            raise NotFound("Nothing was imported yet: there is nothing to take back or to delete.")
        if (done := found(self.tables.periods, base, str(self.entry.import_id))) is not None:
            return done
        landing = self._landing()
        landing.refuse_when_late(base)
        if self.rows is not None:
            landing.commit_uploads()
        replay = replay_of(self.tables, base, self.entry)
        return landing.commit_rewritten(base, replay, self.entry)

    def _landing(self) -> Landing:
        entry = self.entry
        nobody = pl.DataFrame(schema=PERSON_COLUMNS)
        # Its rows name persons as those of an incremental import do, and give no field.
        upload = Upload(
            entry.import_id,
            entry.number,
            Refresh.INCREMENTAL,
            {},
            self.rows or self.scratch,
            nobody,
            entry.at,
        )
        return Landing(self.tables, upload, self.scratch, self.proposal)


def log_of(tables: Tables, periods: TableVersion | None) -> list[Entry]:
    """The imports of the history up to a version of its periods, oldest first."""
    if periods is None:
        return []
    uploads = tables.uploads.open()
    sent = {said["import"]: said for _, said in uploads.messages()} if uploads else {}
    log = [entry_of(said, sent.get(said["import"])) for _, said in periods.messages()]
    return log[::-1]


def replay_of(
    tables: Tables, base: TableVersion, entry: Entry, *, rows: Path | None = None
) -> Replay:
    """What an import does that is about to come, with its rows; raises WrongState where it cannot be."""
    log = log_of(tables, base)
    refuse_when_impossible(log, entry)
    return Replay(
        before=steps(log),
        after=steps([*log, entry]),
        base=base,
        rows=SentRows(tables.uploads.open(), coming=(entry.import_id, rows) if rows else None),
        addresses=addresses(tables.persons.open()),
    )


def refuse_when_impossible(log: Sequence[Entry], entry: Entry) -> None:
    """Raise WrongState when there is nothing of an import to take back, or to go back to."""
    if not entry.act.is_reversal:
        return
    of = next((one for one in log if one.import_id == entry.of), None)
    if of is None:
        raise WrongState(
            f"Import {entry.of} is not part of the history, so it changed nothing. "
            "Only imports with the status Success can be undone or restored."
        )
    if entry.act is Act.UNDO and of.act is Act.ERASE:
        raise WrongState(f"Import {of.number} erased persons for good: nothing of them is left.")
    if entry.act is Act.UNDO and of not in in_force(log):
        raise WrongState(
            f"Import {of.number} does not count any more: it was undone, or an older version was "
            "restored since. Undo that one to have it back."
        )
    if entry.act is Act.RESTORE and of == log[-1]:
        raise WrongState(f"Import {of.number} is the newest: what held after it holds now.")
