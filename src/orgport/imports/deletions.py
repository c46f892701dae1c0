"""Deletion of employees: from a csv of one column PersonId to the persons who go, and the list of it.

The list is written before anything is deleted and found again by whoever continues, for afterwards
nobody could say who was there. It holds addresses, and goes with the logs of its import.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from orgport.attributes.formats import person_key
from orgport.finding import Finding, Pointer
from orgport.history.columns import (
    BUCKETS,
    END,
    KEY,
    MANAGER_ID,
    PERSON,
    PERSON_ID,
    UPLOAD_COLUMNS,
)
from orgport.history.periods import OPEN_END
from orgport.history.spelling import named_as_unknown
from orgport.imports.addresses import as_known
from orgport.validation.rules import ALL_RULES
from orgport.validation.spool import FindingSpool
from orgport.validation.verdict import Verdict

if TYPE_CHECKING:
    from orgport.history.stored import Stored

DELETED, UNKNOWN = "deleted", "ADV_UNKNOWN_PERSON"
_RESULT = "Result"


@dataclass(frozen=True, slots=True)
class DeletionList:
    """Who was asked to be deleted and what came of it: PersonId, Result, and person where there was one."""

    frame: pl.DataFrame
    reports_without_manager: int  # advice: persons who stay and reported to one who goes

    @property
    def unknown(self) -> int:
        """How many addresses nobody has."""
        return len(self.unknown_addresses)

    @property
    def unknown_addresses(self) -> list[str]:
        """The addresses that nobody has."""
        return self.frame.filter(pl.col(_RESULT) == UNKNOWN)[PERSON_ID].to_list()

    @property
    def deleted(self) -> list[str]:
        """The addresses of the persons that there are."""
        return self.frame.filter(pl.col(_RESULT) == DELETED)[PERSON_ID].to_list()

    def verdict(self, workspace: Path, *, rule_set: str) -> Verdict:
        """What is said of the addresses: advice on those that nobody has."""
        workspace.mkdir(parents=True, exist_ok=True)
        spool = FindingSpool(workspace)
        spool.add_findings(_unknown(address) for address in self.unknown_addresses)
        counts = spool.counts
        return Verdict(
            accepted=True,
            rule_set=rule_set,
            refresh=None,
            rows_read=self.frame.height,
            rows_accepted=self.frame.height - self.unknown,
            rows_excluded=0,
            rows_failed=self.unknown,
            counts=counts,
            findings=spool.close(),
            accepted_rows=None,
        )

    def rows(self, folder: Path) -> Path:
        """The rows of the upload that names who goes, by bucket, as the history takes them."""
        named = self.frame.filter(pl.col(_RESULT) == DELETED).select(
            pl.col(name) if name in (PERSON, PERSON_ID) else pl.lit(None, dtype).alias(name)
            for name, dtype in UPLOAD_COLUMNS.items()
        )
        folder.mkdir(parents=True)
        for (bucket,), part in named.group_by(pl.col(PERSON) % BUCKETS):
            (folder / f"bucket={bucket}").mkdir()
            part.write_parquet(folder / f"bucket={bucket}" / "part-0.parquet")
        return folder


def kept_list(folder: Path) -> DeletionList | None:
    """The list that was written for an import; None before, and after its time."""
    path = folder / "deletion.parquet"
    if not path.exists():
        return None
    frame = pl.read_parquet(path)
    return DeletionList(frame.drop("reports"), int(frame["reports"].max() or 0))  # type: ignore[arg-type]


def find_persons(addresses: list[str], stored: Stored) -> DeletionList:
    """Who of some addresses is there; nothing is written. Raises BadInput for one that may mean two."""
    persons = stored.persons.filter("is_current").select(PERSON, KEY)
    meant = as_known(addresses, set(persons[KEY]))
    asked = pl.DataFrame({PERSON_ID: meant, KEY: [person_key(one) for one in meant]}).unique(
        KEY, maintain_order=True
    )
    found = asked.join(persons, on=KEY, how="left", maintain_order="left")
    result = pl.when(pl.col(PERSON).is_null()).then(pl.lit(UNKNOWN)).otherwise(pl.lit(DELETED))
    frame = found.select(PERSON_ID, result.alias(_RESULT), PERSON)
    return DeletionList(frame, _left_alone(frame, asked[KEY], stored))


def refusal(unknown: str) -> str:
    """Why a deletion is none whose addresses, as `unknown_named` has them, nobody has."""
    return (
        f"Nothing was deleted: nobody in the history has {unknown}. Correct what is misspelled, or name "
        "other persons."
    )


def unknown_named(found: DeletionList, stored: Stored) -> str:
    """The first of the addresses that nobody has, each with who may be meant."""
    return named_as_unknown(stored.persons.filter("is_current"), found.unknown_addresses)


def make_list(addresses: list[str], stored: Stored, folder: Path) -> DeletionList:
    """Find the persons and write the list, whole or not at all."""
    made = find_persons(addresses, stored)
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"deletion-{uuid.uuid4().hex}.part"
    made.frame.with_columns(reports=made.reports_without_manager).write_parquet(part)
    part.replace(folder / "deletion.parquet")
    return made


def _unknown(address: str) -> Finding:
    rule = ALL_RULES[UNKNOWN]
    return Finding(
        code=rule.code,
        severity=rule.severity,
        level=rule.level,
        message=rule.message.format(person=address),
        hint=rule.hint,
        pointer=Pointer(column=1, header=PERSON_ID, field=PERSON_ID, value=address),
        person_id=address,
    )


def _left_alone(frame: pl.DataFrame, keys: pl.Series, stored: Stored) -> int:
    """How many who stay report now to one who goes."""
    last = stored.manager_periods.filter(
        (pl.col(END) == OPEN_END) & pl.col(MANAGER_ID).is_not_null()
    )
    staying = last.select(PERSON, MANAGER_ID).collect().join(frame, on=PERSON, how="anti")
    going = set(keys.to_list())
    return sum(person_key(manager) in going for manager in staying[MANAGER_ID].to_list())
