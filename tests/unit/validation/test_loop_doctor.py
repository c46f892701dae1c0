"""What is said of circles of managers: who, since when, where, and which link to mend."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from judging import judged, of_rows

from factories import END_OF_TIME, a_person, a_stored_organization
from orgport.finding import Severity
from orgport.package.model import Refresh
from orgport.validation.loops import Hierarchy, Links, in_order_of_days
from orgport.validation.people import NOBODY

A, B, C = (f"{name}@contoso.com" for name in "abc")


def row(person: str, manager: str, day: str = "01/01/2025") -> dict[str, str]:
    """A row of a full refresh."""
    return a_person(PersonId=person, ManagerId=manager, EffectiveDate=day)


def test_a_circle_is_told_with_the_link_to_mend(tmp_path: Path) -> None:
    rows = [row(A, ""), row(B, A), row(C, B), row(A, C, "03/01/2025")]
    outcome = judged(of_rows(*rows), tmp_path)
    finding = outcome.only("POP_LOOP")
    assert finding.severity is Severity.ERROR
    assert finding.message == (
        "3 persons report to each other in a circle from 03/01/2025 to now on: "
        f"{A}, {C}, {B} (lines 3, 4, 5)."
    )
    assert finding.hint == (
        f"Mend this link first, the newest of them: {A} reports to {C} since 03/01/2025 (in line 5)."
    )
    [loop] = outcome.verdict.summary["loops"]
    assert loop["members"] == [A, C, B]
    assert (loop["size"], loop["lines"], loop["from"], loop["to"]) == (
        3,
        [3, 4, 5],
        "2025-03-01",
        None,
    )
    assert loop["cut"] == {
        "personId": A,
        "managerId": C,
        "since": "2025-03-01",
        "line": 5,
        "before": None,
        "advice": finding.hint,
    }


def test_the_manager_before_is_named_where_there_was_one(tmp_path: Path) -> None:
    rows = [row(A, ""), row(B, A), row(C, A), row(B, C, "02/01/2025"), row(C, B, "03/01/2025")]
    outcome = judged(of_rows(*rows), tmp_path)
    assert outcome.only("POP_LOOP").hint.endswith(f"(in line 6), who followed {A}.")


def test_a_manager_before_who_is_no_person_is_left_out(tmp_path: Path) -> None:
    start = date(2024, 1, 1)
    stored = a_stored_organization(
        ("person1@contoso.com", start, END_OF_TIME, "gone@contoso.com"),
        ("person2@contoso.com", start, END_OF_TIME, "person1@contoso.com"),
    )
    package = of_rows(a_person(1, ManagerId="person2@contoso.com"), refresh=Refresh.INCREMENTAL)
    outcome = judged(package, tmp_path, stored=stored)
    assert "gone" not in outcome.only("POP_LOOP").hint


def test_a_stored_circle_is_advice_with_the_link_to_mend(tmp_path: Path) -> None:
    start = date(2024, 1, 1)
    stored = a_stored_organization(
        (A, start, END_OF_TIME, B), (B, start, END_OF_TIME, A), (C, start, END_OF_TIME, None)
    )
    package = of_rows(row(C, ""), refresh=Refresh.INCREMENTAL)
    outcome = judged(package, tmp_path, stored=stored)
    finding = outcome.only("POP_LOOP")
    assert finding.severity is Severity.ADVICE
    assert "It is stored already" in finding.hint
    assert "(in the stored data)" in finding.hint
    assert outcome.verdict.summary["loops"][0]["isStored"] is True


def test_a_circle_of_thousands_is_told_in_a_short_message(tmp_path: Path) -> None:
    size = 5_000
    rows = [
        row(f"p{person:05}@contoso.com", f"p{(person + 1) % size:05}@contoso.com")
        for person in range(size)
    ]
    outcome = judged(of_rows(*rows), tmp_path)
    finding = outcome.only("POP_LOOP")
    assert "p00019@contoso.com and 4980 more" in finding.message
    assert len(finding.message) < 1000
    assert finding.pointer.value is not None
    assert finding.pointer.value.endswith("@contoso.com and 4,988 more")
    assert len(finding.related_lines) == size
    [loop] = outcome.verdict.summary["loops"]
    assert (loop["size"], loop["lineCount"], len(loop["members"])) == (size, size, 20)


@pytest.mark.parametrize(
    ("persons", "dates", "is_circle"),
    [(100_000, 13, True), (1_000_000, 500, False)],
    ids=["100,000 in one circle, said again each month", "a chain of 1,000,000, 500 dates"],
)
def test_enormous_hierarchies_are_judged_in_seconds(
    persons: int, dates: int, is_circle: bool
) -> None:
    dice = np.random.default_rng(1)
    order = dice.permutation(persons).astype(np.int32)
    managers = np.empty(persons, dtype=np.int32)
    managers[order] = np.append(order[1:], order[0] if is_circle else NOBODY)
    if is_circle:
        said = np.tile(order, dates), np.tile(managers[order], dates)
        days = np.repeat(np.arange(dates), persons)
    else:  # on each date somebody skips a manager
        movers = dice.integers(0, persons - 2, dates - 1)
        said = np.append(order, order[movers]), np.append(managers[order], order[movers + 2])
        days = np.append(np.zeros(persons), np.arange(1, dates))
    links = Links(*said, days.astype(np.int32), np.ones(days.size, dtype=np.uint32))
    began = time.process_time()
    loops = Hierarchy(persons).run(in_order_of_days(links))
    assert time.process_time() - began < 30  # some seconds, on a machine that does other things too
    assert [loop.members.size for loop in loops] == ([persons] if is_circle else [])
