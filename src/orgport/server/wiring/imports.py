"""What people and clients do with an import once it is there: look at it, fetch its log, abandon it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from orgport.errors import WrongState
from orgport.finding import Finding
from orgport.history.acts import Act
from orgport.imports.lifecycle import State, Transition
from orgport.imports.stages import read_again
from orgport.package.model import Package
from orgport.server.records.ledger import RecordsLedger
from orgport.server.records.models import ImportRecord
from orgport.server.wiring.leavings import gone
from orgport.server.wiring.places import artifacts_of, bench, home, scratch_folder
from orgport.server.wiring.texts import refuse_addresses
from orgport.validation.correction import correction_file as correction_rows
from orgport.validation.errorlog import error_log_csv, error_log_jsonl
from orgport.validation.spool import FindingSpool, read_findings


def abandon(import_id: UUID, *, by: str, at: datetime, why: str = "") -> State:
    """Give up a running import; the data stays as it is.

    Raises WrongState when it has ended, or is just being written to the history.
    """
    refuse_addresses(why, "reason")
    state = RecordsLedger().advance(import_id, Transition.ABANDON, by=by, at=at, why=why)
    record = ImportRecord.objects.get(id=import_id)
    artifacts_of(record).drop_accepted_rows()
    if record.act == Act.ERASE.value:
        artifacts_of(record).drop()  # who was to be erased
    return state


def error_log(record: ImportRecord, *, as_json: bool = False) -> Iterator[str]:
    """The error log in chunks of text: csv with a byte order mark, or JSON lines.

    Raises WrongState while the import is running, Gone when the log's time is over.
    """
    findings = _findings(record)
    return error_log_jsonl(findings) if as_json else error_log_csv(findings)


def error_log_name(record: ImportRecord, *, suffix: str = "csv") -> str:
    """The name under which the error log is downloaded."""
    return f"{record.name}_{record.id}_errors.{suffix}"


def findings(
    record: ImportRecord,
    *,
    code: str | None = None,
    column: int | None = None,
    offset: int = 0,
    limit: int = 50,
) -> list[Finding]:
    """A page of the findings, of one rule and column if asked; raises as `error_log` does."""
    return read_findings(_findings(record), code=code, column=column, offset=offset, limit=limit)


def summary(record: ImportRecord) -> Mapping[str, Any]:
    """What the eye icon shows; empty before the validation has ended."""
    return dict(record.summary or {})


def correction_file(record: ImportRecord) -> Iterator[str]:
    """The failed rows in the upload's own columns with `_errors`, in chunks of csv text.

    Raises WrongState while the import runs or when its package could not be read, Gone when the
    package's time is over.
    """
    log = _findings(record)
    path = bench().inbox.path_of(record.package_sha256)
    if not path.exists():
        raise gone(record, "package", "Correct your own copy.")
    return _correction(record, log)


def _correction(record: ImportRecord, log: Path) -> Iterator[str]:
    with opened_package(record) as package:
        yield from correction_rows(package, log)


@contextmanager
def opened_package(record: ImportRecord) -> Iterator[Package]:
    """The package of an import that has ended, its corrections applied; raises WrongState."""
    with scratch_folder() as scratch:
        yield _package(record, scratch)


def _package(record: ImportRecord, scratch: Path) -> Package:
    package = read_again(record.id, bench(), scratch=scratch)
    if package is None:
        raise WrongState(
            "The package could not be read, so there are no single rows to correct. "
            "The error log says what is wrong with it."
        )
    return package


def _findings(record: ImportRecord) -> Path:
    if record.status.is_running:
        raise WrongState(
            f"Import {record.id} is still running ({record.status.label}). "
            "Ask again when it has ended."
        )
    if record.state == State.ABANDONED.value or record.rule_set == "":
        return _no_findings()
    findings = artifacts_of(record).findings
    if not findings.exists():
        raise gone(record, "log", "Push the package again.")
    return findings


def _no_findings() -> Path:
    """The spool of an import that ended before anything was judged."""
    path = home() / "scratch" / "no-findings" / "findings.parquet"
    if not path.exists():
        with scratch_folder() as scratch:
            FindingSpool(scratch).close()
            path.parent.mkdir(parents=True, exist_ok=True)
            (scratch / "findings.parquet").replace(path)
    return path
