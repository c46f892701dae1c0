"""One change that mends many findings is told, with what to find and what to put instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from judging import judged, of_rows

from factories import a_package, a_person
from orgport.validation.near_addresses import frequent_domains, meant_addresses, near_domain
from orgport.validation.values import nearest


def causes(tmp_path: Path, *rows: dict[str, str]) -> list[dict[str, Any]]:
    found = judged(of_rows(*rows), tmp_path).verdict.summary["causes"]
    return list(found)


def only(tmp_path: Path, *rows: dict[str, str]) -> dict[str, Any]:
    (cause,) = causes(tmp_path, *rows)
    return cause


def test_a_column_of_days_first_is_told_once_with_the_other_type(tmp_path: Path) -> None:
    rows = [a_person(n, EffectiveDate=f"{n + 13}/01/2025") for n in range(6)]
    cause = only(tmp_path, *rows, a_person(7))
    assert (cause["code"], cause["count"], cause["resolved"]) == ("VAL_DATE", 6, 6)
    assert cause["cure"] == (
        "EffectiveDate: 6 values look day-first; the mapping says month-first. "
        "Change the type to DateTime_DDMMYYYY."
    )
    assert (cause["change"], cause["put"]) == ("type", "DateTime_DDMMYYYY")


def test_a_few_slips_in_a_good_column_are_no_reason_to_change_its_type(tmp_path: Path) -> None:
    rows = [a_person(n, EffectiveDate="31/01/2025" if n < 2 else "01/31/2025") for n in range(40)]
    assert [cause["code"] for cause in causes(tmp_path, *rows)] == []


def test_days_that_no_order_reads_are_no_reason_either(tmp_path: Path) -> None:
    rows = [a_person(n, EffectiveDate="soon") for n in range(5)]
    assert causes(tmp_path, *rows) == []


@pytest.mark.parametrize(
    ("field", "cells", "find", "put", "resolved"),
    [
        ("SupervisorIndicator", ["Manager", "Manager", "IC"], "Manager", "Mngr", 2),
        ("SupervisorIndicator", ["mngr+", " mngr+", "IC"], "mngr+", "Mngr+", 2),
        ("HourlyRate", ["23,5", "1,25", "2.5"], ",", ".", 2),
        ("Layer", ["0.0", "1.0", "x", "1"], None, "lenient_integers", 2),
    ],
)
def test_values_are_replaced_by_what_was_meant(
    tmp_path: Path, field: str, cells: list[str], find: str | None, put: str, resolved: int
) -> None:
    rows = [a_person(n, **{field: cell}) for n, cell in enumerate(cells)]
    cause = only(tmp_path, *rows)
    assert (cause["field"], cause["find"], cause["put"]) == (field, find, put)
    assert cause["resolved"] == resolved


def test_addresses_at_half_a_domain_are_replaced(tmp_path: Path) -> None:
    rows = [a_person(n) for n in range(8)]
    broken = [a_person(n, PersonId=f"person{n}@contoso") for n in (8, 9)]
    cause = only(tmp_path, *rows, *broken)
    assert (cause["find"], cause["put"], cause["resolved"]) == ("@contoso", "@contoso.com", 2)


def test_an_unknown_manager_at_a_near_domain_is_who_was_meant(tmp_path: Path) -> None:
    slips = ["person1@contoso.con", "Person2@contoso.con", "nobody@contoso.con", "x@fabrikam.com"]
    rows = [a_person(n) for n in range(6)]
    rows += [a_person(10 + n, ManagerId=slip) for n, slip in enumerate(slips)]
    outcome = judged(of_rows(*rows), tmp_path)
    hints = {finding.pointer.value: finding.hint for finding in outcome.findings}
    assert hints["person1@contoso.con"] == "Did you mean person1@contoso.com?"
    assert hints["Person2@contoso.con"] == "Did you mean Person2@contoso.com?"
    assert "Did you mean" not in hints["nobody@contoso.con"] + hints["x@fabrikam.com"]
    (cause,) = outcome.verdict.summary["causes"]
    assert (cause["find"], cause["put"]) == ("@contoso.con", "@contoso.com")
    assert (cause["resolved"], cause["count"]) == (2, 4)


def test_another_separator_is_one_cause_for_all_its_rows(tmp_path: Path) -> None:
    data = b"PersonId,ManagerId,Organization,EffectiveDate\n" + b"a@contoso.com;;Sales;1\n" * 3
    (cause,) = judged(a_package(data=data), tmp_path).verdict.summary["causes"]
    assert (cause["code"], cause["resolved"], cause["change"]) == ("ROW_COLUMN_COUNT", 3, "save")


def test_one_finding_is_no_cause(tmp_path: Path) -> None:
    assert causes(tmp_path, a_person(0), a_person(1, EffectiveDate="31/01/2025")) == []


def test_only_domains_of_many_persons_are_frequent() -> None:
    persons = pl.Series([f"p{n}@Contoso.com" for n in range(95)] + ["x@b.org"] * 5)
    assert frequent_domains(persons) == ["contoso.com"]
    assert frequent_domains(pl.Series([], dtype=pl.String)) == []


@pytest.mark.parametrize(
    ("domain", "near"),
    [
        ("contoso.con", "contoso.com"),
        ("cotoso.com", "contoso.com"),
        ("contoso.com", None),
        ("fabrikam.com", None),
    ],
)
def test_a_domain_is_near_when_a_letter_or_two_differ(domain: str, near: str | None) -> None:
    assert near_domain(domain, ["contoso.com"]) == near


def test_nobody_is_meant_who_is_not_a_person() -> None:
    strangers = pl.Series(["a@contoso.con", "b@contoso.con"])
    found = meant_addresses(strangers, pl.Series(["A@contoso.com"]))
    assert found.rows() == [("a@contoso.con", "a@contoso.com")]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("ic", "IC"),
        ("Manager", "Mngr"),
        ("MNGR +", "Mngr+"),
        ("Mngrr", "Mngr"),
        ("boss of all", ""),
    ],
)
def test_the_nearest_allowed_value_is_meant(text: str, hint: str) -> None:
    expected = f"Did you mean {hint}?" if hint else ""
    assert nearest(("IC", "Mngr", "Mngr+"), text) == expected
