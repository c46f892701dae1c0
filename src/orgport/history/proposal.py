"""An import folded before it is decided on: its periods and what they change, in files beside the history.

<folder>/periods/bucket=N.parquet   the periods of each bucket that would be written, unless none are left
<folder>/persons/bucket=N.parquet   who differs, and how
<folder>/organizations.parquet      persons by organization, before and after
<folder>/blanked.parquet            cells that turn blank, by field and organization

Nothing else reads the files of periods but the commit, and only while the history is what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from orgport.history.buckets import Folding, Upload, fields_of, in_buckets
from orgport.history.columns import MANAGER_ID, ORGANIZATION, PERIOD_COLUMNS
from orgport.history.differences import Differences, differences, summed
from orgport.history.figures import Figures
from orgport.history.files import write_parquet
from orgport.history.replay import Replay
from orgport.history.tables import TableVersion


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an import would make of the history, and the folder of its files."""

    folder: Path
    base: int | None  # the version of periods it was folded into; None while there was none
    buckets: tuple[int, ...]  # those to be replaced
    fields_before: tuple[str, ...]
    fields_after: tuple[str, ...]
    figures: Figures

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of either state, in the order of the bits in the list of persons."""
        return tuple(dict.fromkeys([*self.fields_before, *self.fields_after]))

    @property
    def fields_new(self) -> tuple[str, ...]:
        """Fields that the history does not have yet."""
        return tuple(name for name in self.fields_after if name not in self.fields_before)

    @property
    def fields_dropped(self) -> tuple[str, ...]:
        """Fields that the history would no longer have."""
        return tuple(name for name in self.fields_before if name not in self.fields_after)

    @property
    def persons(self) -> list[Path]:
        """The files of the list of persons."""
        return sorted((self.folder / "persons").glob("bucket=*.parquet"))

    @property
    def organizations(self) -> Path:
        """The file of persons by organization."""
        return self.folder / "organizations.parquet"

    @property
    def blanked(self) -> Path:
        """The file of cells that turn blank."""
        return self.folder / "blanked.parquet"

    def periods(self, bucket: int) -> Path | None:
        """The file of the new periods of a bucket; None where none are left, or the file is gone."""
        path = self.folder / "periods" / f"bucket={bucket}.parquet"
        return path if path.exists() else None

    def stands_on(self, base: TableVersion | None) -> bool:
        """Whether it was folded into this version, and its periods are still there."""
        is_kept = (self.folder / "periods").is_dir()
        return is_kept and self.base == (base.number if base else None)

    def as_json(self) -> dict[str, Any]:
        """All but the folder, as JSON values."""
        return {
            "base": self.base,
            "buckets": list(self.buckets),
            "fieldsBefore": list(self.fields_before),
            "fieldsAfter": list(self.fields_after),
            "figures": self.figures.as_json(),
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any], folder: Path) -> Proposal:
        """The proposal that `as_json` gave, with its files in this folder."""
        return cls(
            folder=folder,
            base=said["base"],
            buckets=tuple(said["buckets"]),
            fields_before=tuple(said["fieldsBefore"]),
            fields_after=tuple(said["fieldsAfter"]),
            figures=Figures.from_json(said["figures"]),
        )


def propose(
    base: TableVersion | None,
    upload: Upload,
    *,
    addresses: Callable[[], pl.DataFrame],
    folder: Path,
) -> Proposal:
    """Fold an import into every bucket, keep what comes out in `folder` and say what it changes.

    `addresses` reads person (ascending) and address of everybody, those who would be new included.
    """
    return proposed(Folding(base, upload, addresses), folder)


def proposed(folding: Folding | Replay, folder: Path) -> Proposal:
    """The same of what is folded already: an import, or other imports than counted before."""
    base = folding.base
    proposal = Proposal(
        folder=folder,
        base=base.number if base else None,
        buckets=(),
        fields_before=tuple(fields_of(base)),
        fields_after=tuple(folding.fields),
        figures=Figures(),
    )
    for name in ("periods", "persons"):
        (folder / name).mkdir(parents=True)

    def one(bucket: int) -> tuple[Figures, pl.DataFrame, pl.DataFrame, bool]:
        found, is_written = _of_bucket(folding, bucket, proposal)
        return found.figures, found.organizations, found.blanked, is_written

    found = list(in_buckets(one))
    figures, organizations, blanked, written = zip(*found, strict=True)
    by_organization = summed(pl.concat(organizations), by=["organization"])
    write_parquet(by_organization, proposal.organizations)
    total = sum(figures, Figures())
    of_blanked = pl.concat(blanked).filter(pl.col("field").is_in(list(total.blanked)))
    write_parquet(summed(of_blanked, by=["field", "organization"]), proposal.blanked)
    buckets = tuple(bucket for bucket, is_written in enumerate(written) if is_written)
    return replace(proposal, buckets=buckets, figures=total)


def _of_bucket(
    folding: Folding | Replay, bucket: int, proposal: Proposal
) -> tuple[Differences, bool]:
    folded = folding.of_bucket(bucket)
    if folded is None:
        same = _untouched(folding, bucket)
        return differences(same, same, names=proposal.fields, fields=folding.compared_fields), False
    found = differences(
        folded.before, folded.after, names=proposal.fields, fields=folding.compared_fields
    )
    is_written = folding.must_write or found.figures.changes.change_count > 0
    if is_written and folded.after.height:
        write_parquet(folded.after, proposal.folder / "periods" / f"bucket={bucket}.parquet")
    if found.persons.height:
        found.persons.write_parquet(proposal.folder / "persons" / f"bucket={bucket}.parquet")
    return found, is_written


def _untouched(folding: Folding | Replay, bucket: int) -> pl.DataFrame:
    """The periods of a bucket that the import does not reach, as far as figures need them."""
    files = folding.files.get(bucket, [])
    if folding.base is None or not files:
        return pl.DataFrame(schema=PERIOD_COLUMNS)
    old = folding.base.scan(files)
    wanted = {*PERIOD_COLUMNS, ORGANIZATION, MANAGER_ID, *(folding.compared_fields or ())}
    columns = [name for name in old.collect_schema() if name in wanted]
    return old.select(columns).collect()
