"""What the stages of an import need from outside, as protocols; adapters stand in the server.

The ledger keeps the rows and their audit trail, the history keeps the organization. Tests fill the
same ports in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

import polars as pl

from orgport.attributes.mentions import Mentions
from orgport.attributes.types import ValueType
from orgport.history.acts import Act, Entry
from orgport.imports.guard_rails import Breach, Limits
from orgport.imports.lifecycle import State, Transition
from orgport.package.model import Mapping as ColumnMapping
from orgport.package.model import PackageForm, Refresh
from orgport.validation.verdict import ValidationSettings, Verdict

if TYPE_CHECKING:  # the history stands on packages that a mere client does not install
    from orgport.history.committed import Committed
    from orgport.history.proposal import Proposal
    from orgport.history.stored import Stored

SYSTEM = "orgport"  # who moves an import on when no person does


@dataclass(frozen=True, slots=True)
class ImportFacts:
    """What the stages have to know of an import, as it was decided when the package came."""

    id: UUID
    tenant_id: UUID
    number: int
    state: State
    package_sha256: str
    form: PackageForm
    requested_refresh: Refresh | None
    upload_date: date  # the day of arrival in the tenant's time zone
    settings: ValidationSettings
    allow_custom_fields: bool
    typed_custom_fields: bool
    stored_mapping: Mapping[str, Any] | None  # a metadata.json, for bodies that bring none
    limits: Limits = field(default_factory=Limits)
    act: Act = Act.UPLOAD
    of: UUID | None = None  # the import that is undone, or after which things were as restored
    deleted_fields: frozenset[str] = frozenset()
    corrections: tuple[str, ...] = ()  # SHA-256 of correction files to apply, in order
    retyped: Mapping[str, ValueType] = field(default_factory=dict)  # by header, against the mapping


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a stage found out, to be written in the same transaction as the change of state."""

    verdict: Verdict | None = None
    mapping: ColumnMapping | None = None
    history_version: int | None = None
    changes: Mapping[str, Any] | None = None  # what the commit changed, for the summary
    breaches: tuple[Breach, ...] = ()  # the limits for which an approver is asked
    decide_by: datetime | None = None  # undecided then, it is abandoned
    failure: str = ""  # why processing failed; holds no data
    seconds: Mapping[str, float] = field(default_factory=dict)  # duration by stage


class ImportLedger(Protocol):
    """The rows of imports, moved by named transitions only."""

    def load(self, import_id: UUID) -> ImportFacts:
        """The facts of an import; raises NotFound."""

    def advance(
        self,
        import_id: UUID,
        transition: Transition,
        *,
        by: str,
        at: datetime,
        why: str = "",
        outcome: Outcome | None = None,
        address: str = "",
    ) -> State:
        """Move an import on, with its entry in the audit trail, or raise WrongState."""

    def note(self, import_id: UUID, outcome: Outcome, *, at: datetime) -> None:
        """Write what a step within a stage found out; raises WrongState when it no longer runs."""

    def begin_stage(self, import_id: UUID, *, at: datetime) -> int:
        """Note that the present stage begins, and return how often it has begun by now.

        Raises WrongState when the import is no longer running.
        """

    def progress(self, import_id: UUID, *, share: float, rows: int, at: datetime) -> State:
        """Note how far the present stage is, 0 to 1, and return the state as it is now."""

    def begin_commit(self, import_id: UUID, *, at: datetime) -> None:
        """From here on the import cannot be abandoned; raises WrongState when it already is."""

    def measured(self, tenant_id: UUID) -> Sequence[str]:
        """The addresses of the tenant's measured persons; none where nobody said who they are."""

    def consumers(self, tenant_id: UUID) -> Mapping[str, Sequence[str]]:
        """The names of the tenant's saved extracts by the field that they use."""

    def packages_of(self, tenant_id: UUID) -> frozenset[str]:
        """The names of the packages and correction files of a tenant's imports."""

    def packages_of_others(self, tenant_id: UUID) -> frozenset[str]:
        """The names of those of all other tenants: the same bytes are kept once for all."""

    def forget(self, import_id: UUID, mentions: Mentions) -> None:
        """Take out of the tenant's rows what may quote a cell, and out of the files that hold them."""


class History(Protocol):
    """The history of one tenant."""

    def stored(self) -> Stored:
        """What the history holds, as validation needs it."""

    def has(self, import_id: UUID) -> bool:
        """Whether this import has been committed."""

    def propose(
        self,
        *,
        refresh: Refresh,
        fields: Mapping[str, ValueType],
        rows: Path,
        new_persons: pl.DataFrame,
        folder: Path,
    ) -> Proposal:
        """What an import with these rows would change, with its files in `folder`."""

    def commit(
        self,
        import_id: UUID,
        *,
        number: int,
        refresh: Refresh,
        fields: Mapping[str, ValueType],
        rows: Path,
        new_persons: pl.DataFrame,
        at: datetime,
        scratch: Path,
        proposal: Proposal | None = None,
    ) -> Committed:
        """Fold an import in, atomically; a second time changes nothing and answers the same."""

    def propose_rewrite(self, entry: Entry, *, folder: Path, rows: Path | None = None) -> Proposal:
        """What an undo, a restore or a deletion would change, with its files in `folder`."""

    def rewrite(
        self,
        entry: Entry,
        *,
        scratch: Path,
        rows: Path | None = None,
        proposal: Proposal | None = None,
    ) -> Committed:
        """Undo, restore or delete, atomically; a second time changes nothing and answers the same."""

    def erase(self, entry: Entry, addresses: Iterable[str], *, scratch: Path) -> Committed | None:
        """Erase persons for good; a second time goes on, or changes nothing. None: there is no history."""


Clock = Callable[[], datetime]
