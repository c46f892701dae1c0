"""Guard rails: limits on what an import may change without somebody looking at it first.

A limit is a share of persons (or of a field's cells) in the whole, or in one organization; an import
past any of them waits for an approver. Which limits hold is a setting of the connection.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:  # the history stands on packages that a mere client does not install
    from orgport.history.proposal import Proposal

REMOVED = "POP_REMOVED_SHARE"
BLANKED = "POP_BLANKED_SHARE"
MANAGER_MOVES = "POP_MANAGER_MOVES"
REWRITTEN = "POP_HISTORY_REWRITTEN"
ALWAYS = "ALWAYS_APPROVE"
_MOST_OF_A_KIND = 20  # organizations past the same limit, the largest first
_MANAGER = "ManagerId"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a connection, as shares from 0 to 1; None switches a limit off."""

    always_approve: bool = False
    removed_share: float | None = 0.10  # persons who are no longer there
    blanked_share: float | None = 0.20  # cells of any one field that turn blank
    manager_moves_share: float | None = None  # persons who get another manager
    rewritten_share: float | None = None  # persons whose history changes before `rewritten_months`
    rewritten_months: int = 12
    organization_removed_share: float | None = None
    organization_blanked_share: float | None = None
    organization_manager_moves_share: float | None = None
    organization_rewritten_share: float | None = None
    smallest_organization: int = 20  # smaller ones have no limits of their own
    decide_within_hours: int = 48  # then an undecided import is abandoned

    def as_json(self) -> dict[str, Any]:
        """The limits as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Limits:
        """The limits that were kept; those not named are as they are by default."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in said.items() if name in known})


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit that an import is past: how many of how many, where, and which limit."""

    code: str
    count: int
    base: int
    limit: float | None = None  # None where it is no question of how many
    field: str | None = None
    organization: str | None = None  # None: in the whole
    months: int | None = None  # of history that may change

    @property
    def share(self) -> float:
        """The count as a share of its base."""
        return self.count / self.base if self.base else 0.0

    def as_json(self) -> dict[str, Any]:
        """The breach as JSON values."""
        return asdict(self)


def sentence(breach: Breach) -> str:
    """What an import would do past its limit, with the number's base; names no person."""
    of = f"{breach.count:,} of {breach.base:,}"
    where = f" of {breach.organization}" if breach.organization is not None else ""
    share = f"{100 * breach.share:.1f}%"
    if breach.code == REMOVED:
        return f"{of} persons{where} would be removed, {share}."
    if breach.code == BLANKED:
        return f"{of} cells of {breach.field}{where} would turn blank, {share}."
    if breach.code == MANAGER_MOVES:
        return f"{of} persons{where} would get another manager, {share}."
    if breach.code == REWRITTEN:
        return (
            f"The history of {of} persons{where} would change further back than "
            f"{breach.months} months, {share}."
        )
    return f"{breach.count:,} persons would be added, changed or removed."


def breaches(proposal: Proposal, limits: Limits, *, today: date) -> tuple[Breach, ...]:
    """The limits that an import is past, those of the whole first; none where nothing was stored yet."""
    found: list[Breach] = []
    if proposal.figures.persons_before:
        before = months_before(today, limits.rewritten_months)
        found += _in_the_whole(proposal, limits, before)
        found += _by_organization(proposal, limits, before)
    if limits.always_approve:
        changes = proposal.figures.changes
        found.append(Breach(ALWAYS, changes.change_count, proposal.figures.persons_before))
    return tuple(found)


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last of that month."""
    month = day.year * 12 + day.month - 1 - months
    year, month = divmod(month, 12)
    if year < 1:
        return date.min
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _in_the_whole(proposal: Proposal, limits: Limits, before: date) -> Iterator[Breach]:
    figures, base = proposal.figures, proposal.figures.persons_before
    if _is_past(figures.changes.persons_removed, base, limits.removed_share):
        yield Breach(REMOVED, figures.changes.persons_removed, base, limits.removed_share)
    for name, count in figures.blanked.items():
        if _is_past(count, figures.given[name], limits.blanked_share):
            yield Breach(BLANKED, count, figures.given[name], limits.blanked_share, field=name)
    moves = figures.moves.get(_MANAGER, 0)
    if _is_past(moves, base, limits.manager_moves_share):
        yield Breach(MANAGER_MOVES, moves, base, limits.manager_moves_share)
    if limits.rewritten_share is not None:
        rewritten = _persons(proposal).filter(pl.col("changed_from") < before)
        count = int(rewritten.select(pl.len()).collect().item())
        if _is_past(count, base, limits.rewritten_share):
            months = limits.rewritten_months
            yield Breach(REWRITTEN, count, base, limits.rewritten_share, months=months)


def _by_organization(proposal: Proposal, limits: Limits, before: date) -> Iterator[Breach]:
    rules = (
        (REMOVED, "removed", limits.organization_removed_share),
        (MANAGER_MOVES, "moved", limits.organization_manager_moves_share),
        (REWRITTEN, "rewritten", limits.organization_rewritten_share),
    )
    if any(limit is not None for _, _, limit in rules):
        counts = _counts_by_organization(proposal, before).filter(
            pl.col("before") >= limits.smallest_organization
        )
        for code, column, limit in rules:
            for row in _past(counts, pl.col(column), pl.col("before"), limit):
                months = limits.rewritten_months if code == REWRITTEN else None
                name, count, base = row["organization"], row[column], row["before"]
                yield Breach(code, count, base, limit, organization=name, months=months)
    if (limit := limits.organization_blanked_share) is not None:
        blanked = _of_large_organizations(proposal, limits)
        for row in _past(blanked, pl.col("blanked"), pl.col("given"), limit):
            name, count, base = row["organization"], row["blanked"], row["given"]
            yield Breach(BLANKED, count, base, limit, field=row["field"], organization=name)


def _counts_by_organization(proposal: Proposal, before: date) -> pl.DataFrame:
    from orgport.history.differences import Kind, has_moved

    moved = has_moved(proposal.fields, _MANAGER) if _MANAGER in proposal.fields else pl.lit(0)
    counted = _persons(proposal).group_by(pl.col("organization_before").alias("organization"))
    counts = counted.agg(
        removed=(pl.col("kind") == Kind.LEAVER.value).sum(),
        moved=moved.sum(),
        rewritten=(pl.col("changed_from") < before).sum(),
    )
    organizations = pl.scan_parquet(proposal.organizations).drop_nulls("organization")
    return organizations.join(counts, on="organization").collect()


def _of_large_organizations(proposal: Proposal, limits: Limits) -> pl.DataFrame:
    large = pl.scan_parquet(proposal.organizations).filter(
        pl.col("before") >= limits.smallest_organization
    )
    return pl.scan_parquet(proposal.blanked).join(large, on="organization", how="semi").collect()


def _persons(proposal: Proposal) -> pl.LazyFrame:
    from orgport.history.differences import PERSONS_SCHEMA, bit_columns

    if not proposal.persons:
        return pl.LazyFrame(schema={**PERSONS_SCHEMA, **bit_columns(proposal.fields)})
    return pl.scan_parquet(proposal.persons, hive_partitioning=False, glob=False)


def _past(
    frame: pl.DataFrame, count: pl.Expr, base: pl.Expr, limit: float | None
) -> list[dict[str, Any]]:
    if limit is None:
        return []
    past = frame.filter((count > 0) & (count > base * limit))
    return past.sort(count, descending=True).head(_MOST_OF_A_KIND).to_dicts()


def _is_past(count: int, base: int, limit: float | None) -> bool:
    return limit is not None and count > 0 and count > base * limit
