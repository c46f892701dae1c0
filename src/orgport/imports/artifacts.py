"""What an import leaves on disk: its findings, its accepted rows, and the verdict that names them.

<folder>/findings.parquet          every listed finding
<folder>/accepted/bucket=N/…       the accepted rows, until they are in the history
<folder>/new_persons.parquet       persons that the import brings
<folder>/preview/…                 what the import would change, once it is accepted
<folder>/verdict.json              written last and atomically: with it the rest is whole
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl

from orgport.attributes.types import ValueType
from orgport.finding import Level, Severity
from orgport.imports.inbox import sync_folder
from orgport.package.model import Refresh
from orgport.validation.verdict import AcceptedRows, RuleCount, Verdict


@dataclass(frozen=True, slots=True)
class Artifacts:
    """The folder of one import."""

    folder: Path

    @classmethod
    def of(cls, root: Path, tenant_id: UUID, import_id: UUID) -> Artifacts:
        """The folder `<root>/<tenant>/<import>`; it need not exist yet."""
        return cls(root / str(tenant_id) / str(import_id))

    @property
    def findings(self) -> Path:
        """The spool of findings; there is none before the verdict and after the log's time."""
        return self.folder / "findings.parquet"

    @property
    def accepted(self) -> Path:
        """The folder of the accepted rows, by person bucket."""
        return self.folder / "accepted"

    @contextmanager
    def attempt(self) -> Iterator[Path]:
        """A folder of its own for one try of a stage; what is not kept goes with it.

        Two workers may be at the same stage for a moment when one was thought dead; they must not
        write to the same files.
        """
        folder = self.folder / f"attempt-{uuid.uuid4().hex}"
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def keep(self, verdict: Verdict) -> Verdict:
        """Move what an attempt found to its place and write the verdict; an earlier one stays."""
        kept = self.verdict()
        if kept is not None:
            return kept
        move(verdict.findings, self.findings)
        rows = verdict.accepted_rows
        if rows is not None:
            move(rows.folder, self.accepted)
            persons = self.folder / "new_persons.parquet"
            rows.new_persons.write_parquet(persons)
            _sync_file(persons)
            rows = replace(rows, folder=self.accepted)
        verdict = replace(verdict, findings=self.findings, accepted_rows=rows)
        write_json(_as_json(verdict), self.folder / "verdict.json")
        return verdict

    def verdict(self) -> Verdict | None:
        """The verdict that was kept, None before there is one."""
        try:
            text = (self.folder / "verdict.json").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return _from_json(json.loads(text), self.folder)

    @property
    def preview(self) -> Path:
        """The folder of the change preview."""
        return self.folder / "preview"

    def drop_accepted_rows(self) -> None:
        """Remove accepted rows and proposed periods: the history has them, or nobody will want them."""
        shutil.rmtree(self.accepted, ignore_errors=True)
        shutil.rmtree(self.preview / "periods", ignore_errors=True)

    def drop(self) -> None:
        """Remove everything of this import."""
        shutil.rmtree(self.folder, ignore_errors=True)


def write_json(content: object, target: Path) -> None:
    """Write a document durably: it is there whole, or not at all."""
    part = target.with_name(f"{target.stem}-{uuid.uuid4().hex}.part")
    with part.open("w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, default=str)
        file.flush()
        os.fsync(file.fileno())
    part.replace(target)
    sync_folder(target.parent)


def move(source: Path, target: Path) -> None:
    """Move a file or folder durably to a place where there may be an earlier one."""
    if target.is_dir():
        shutil.rmtree(target)
    for path in source.rglob("*") if source.is_dir() else [source]:
        if path.is_file():
            _sync_file(path)
    source.replace(target)


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _as_json(verdict: Verdict) -> dict[str, Any]:
    rows = verdict.accepted_rows
    return {
        "accepted": verdict.accepted,
        "rule_set": verdict.rule_set,
        "refresh": verdict.refresh.value if verdict.refresh else None,
        "rows_read": verdict.rows_read,
        "rows_accepted": verdict.rows_accepted,
        "rows_excluded": verdict.rows_excluded,
        "rows_failed": verdict.rows_failed,
        "counts": [
            {
                "code": count.code,
                "severity": count.severity.value,
                "level": count.level.value,
                "column": count.column,
                "header": count.header,
                "field": count.field,
                "count": count.count,
            }
            for count in verdict.counts
        ],
        "accepted_rows": rows
        and {
            "fields": {name: type_.value for name, type_ in rows.fields.items()},
            "rows": rows.rows,
            "persons": rows.persons,
        },
        "summary": dict(verdict.summary),
        "not_judged": list(verdict.not_judged),
    }


def _from_json(content: dict[str, Any], folder: Path) -> Verdict:
    rows = content["accepted_rows"]
    return Verdict(
        accepted=content["accepted"],
        rule_set=content["rule_set"],
        refresh=Refresh(content["refresh"]) if content["refresh"] else None,
        rows_read=content["rows_read"],
        rows_accepted=content["rows_accepted"],
        rows_excluded=content["rows_excluded"],
        rows_failed=content["rows_failed"],
        counts=tuple(
            RuleCount(
                code=count["code"],
                severity=Severity(count["severity"]),
                level=Level(count["level"]),
                column=count["column"],
                header=count["header"],
                field=count["field"],
                count=count["count"],
            )
            for count in content["counts"]
        ),
        findings=folder / "findings.parquet",
        accepted_rows=AcceptedRows(
            folder=folder / "accepted",
            new_persons=pl.read_parquet(folder / "new_persons.parquet"),
            fields={name: ValueType(value) for name, value in rows["fields"].items()},
            rows=rows["rows"],
            persons=rows["persons"],
        )
        if rows
        else None,
        summary=content["summary"],
        not_judged=tuple(content["not_judged"]),
    )
