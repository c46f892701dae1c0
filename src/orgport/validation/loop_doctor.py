"""Says of each circle of managers who is in it, since when, in which lines, and which link to mend first.

One wrong link closes a circle, so one is enough to open it: the newest. Only the first members and lines
are written out, however many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any

import numpy as np
import polars as pl

from orgport.attributes.formats import person_key
from orgport.finding import VALUE_LIMIT, Severity
from orgport.validation.loops import Loop
from orgport.validation.people import NOBODY, Ids
from orgport.validation.rules import RULES
from orgport.validation.wording import MOST_ENUMERATED, dated, enumerated, worded

MOST_CIRCLES = 50  # that the summary describes
_CIRCLES_A_FRAME = 20_000
_EPOCH = date(1970, 1, 1)
_SCHEMA = pl.Schema(
    {
        "line": pl.Int64(),
        "related_lines": pl.List(pl.Int64()),
        "count": pl.Int64(),
        "members": pl.List(pl.String()),
        "value": pl.String(),
        "from": pl.Date(),
        "to": pl.Date(),
        "hint": pl.String(),
    }
)

AddressesOf = Callable[[Ids], pl.Series]


@dataclass(frozen=True, slots=True)
class Cut:
    """The link to mend first; `before` is the manager until then, `line` the row that says so."""

    person: str
    manager: str
    since: date
    line: int | None  # None: it is stored already
    before: str | None

    @property
    def advice(self) -> str:
        """What to do, in words."""
        where = f"in line {self.line}" if self.line else "in the stored data"
        instead = f", who followed {self.before}" if self.before else ""
        return (
            f"Mend this link first, the newest of them: {self.person} reports to {self.manager} "
            f"since {self.since:%m/%d/%Y} ({where}){instead}."
        )


@dataclass(frozen=True, slots=True)
class Circle:
    """A loop of managers for people to read; members and lines are the first ones only."""

    size: int
    members: tuple[str, ...]  # in order, from the alphabetically first
    line_count: int
    lines: tuple[int, ...]
    first_date: date
    last_date: date | None  # None: it stays
    cut: Cut

    def as_json(self) -> dict[str, Any]:
        """The circle as JSON values."""
        return {
            "size": self.size,
            "members": list(self.members),
            "lineCount": self.line_count,
            "lines": list(self.lines),
            "from": self.first_date.isoformat(),
            "to": self.last_date.isoformat() if self.last_date else None,
            "isStored": self.line_count == 0,
            "cut": {
                "personId": self.cut.person,
                "managerId": self.cut.manager,
                "since": self.cut.since.isoformat(),
                "line": self.cut.line,
                "before": self.cut.before,
                "advice": self.cut.advice,
            },
        }


def circles_of(loops: Sequence[Loop], addresses_of: AddressesOf) -> tuple[Circle, ...]:
    """The first loops, described."""
    return tuple(circle for circle, _, _ in _described(loops[:MOST_CIRCLES], addresses_of))


def loop_findings(loops: Sequence[Loop], addresses_of: AddressesOf) -> Iterator[pl.DataFrame]:
    """One finding a loop; those that were stored before are advice."""
    rule = RULES["POP_LOOP"]
    described = _described(loops, addresses_of)
    while chunk := list(islice(described, _CIRCLES_A_FRAME)):
        places = _places(chunk)
        is_stored = pl.col("line").is_null()
        yield worded(places.filter(~is_stored), rule, severity=Severity.ERROR)
        stored = places.filter(is_stored).with_columns(
            pl.format("It is stored already and does not stop this import. {}", "hint").alias(
                "hint"
            )
        )
        yield worded(stored, rule, severity=Severity.ADVICE)


def _places(chunk: list[tuple[Circle, list[str], list[int]]]) -> pl.DataFrame:
    rows = [
        {
            "line": lines[0] if lines else None,
            "related_lines": lines,
            "count": circle.size,
            "members": members,
            "value": _shown(members),
            "from": circle.first_date,
            "to": circle.last_date,
            "hint": circle.cut.advice,
        }
        for circle, members, lines in chunk
    ]
    return pl.DataFrame(rows, schema=_SCHEMA).with_columns(
        pl.col("from").alias("effective_date"),
        pl.col("members").list.first().alias("person_id"),
        dated("from").alias("from"),
        dated("to").fill_null("now on").alias("to"),
        enumerated("members").alias("members"),
        pl.when(pl.col("line").is_null())
        .then(pl.lit(""))
        .otherwise(pl.format(" (lines {})", enumerated("related_lines")))
        .alias("lines"),
    )


def _described(
    loops: Sequence[Loop], addresses_of: AddressesOf
) -> Iterator[tuple[Circle, list[str], list[int]]]:
    """Each loop with all of its members, from the alphabetically first, and all of its lines."""
    for start in range(0, len(loops), _CIRCLES_A_FRAME):
        some = loops[start : start + _CIRCLES_A_FRAME]
        addresses = iter(_looked_up(some, addresses_of))
        for loop in some:
            cut = loop.cut
            person, manager, before = islice(addresses, 3)
            members = _from_the_first(list(islice(addresses, loop.members.size)))
            lines = loop.lines
            circle = Circle(
                size=len(members),
                members=tuple(members[:MOST_ENUMERATED]),
                line_count=len(lines),
                lines=tuple(lines[:MOST_ENUMERATED]),
                first_date=_day(loop.first_day),
                last_date=None if loop.last_day is None else _day(loop.last_day),
                cut=Cut(
                    person,
                    manager,
                    since=_day(cut.since),
                    line=cut.line or None,
                    before=None
                    if cut.before in (NOBODY, cut.manager, cut.person)
                    else before or None,
                ),
            )
            yield circle, members, lines


def _looked_up(loops: Sequence[Loop], addresses_of: AddressesOf) -> list[str]:
    """The addresses of cut and members of each loop, one behind the other."""
    ids = [
        ids
        for loop in loops
        for ids in (
            np.array([loop.cut.person, loop.cut.manager, max(loop.cut.before, 0)], dtype=np.int32),
            loop.members,
        )
    ]
    return addresses_of(np.concatenate(ids)).to_list() if ids else []


def _from_the_first(circle: list[str]) -> list[str]:
    """The same circle, beginning with the member that is first in the alphabet."""
    first = min(range(len(circle)), key=lambda place: person_key(circle[place]))
    return circle[first:] + circle[:first]


def _shown(members: list[str]) -> str:
    """As many whole members as a finding's value can carry."""
    text = ", ".join(members[:MOST_ENUMERATED])
    if len(members) <= MOST_ENUMERATED and len(text) <= VALUE_LIMIT:
        return text
    more = ""
    for shown in range(min(len(members), MOST_ENUMERATED), 0, -1):
        more = f"{', '.join(members[:shown])} and {len(members) - shown:,} more"
        if len(more) <= VALUE_LIMIT:
            break
    return more


def _day(number: int) -> date:
    return _EPOCH + timedelta(days=number)
