"""Shares of persons with a value, and what insights they allow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import polars as pl
import pytest

from histories import AT
from orgport.attributes.types import ValueType
from orgport.history.acts import Act, Entry
from orgport.history.insights import INSIGHTS, Availability, availability
from orgport.history.quality import (
    FieldQuality,
    distribution,
    filled,
    incomplete,
    last_sent,
    quality,
)
from orgport.package.model import Refresh


def a_quality(field: str, with_value: int, persons: int = 100) -> FieldQuality:
    return FieldQuality(field, with_value, persons, distinct=1)


def test_blank_text_is_no_value_and_blanks_around_a_value_do_not_count() -> None:
    snapshot = pl.DataFrame(
        {
            "PersonId": ["a@contoso.com", "b@contoso.com", "c@contoso.com", "d@contoso.com"],
            "StartDate": [date(2025, 1, 1)] * 4,
            "EndDate": [date(9999, 12, 31)] * 4,
            "Organization": ["Sales", " Sales ", "sales", " "],
            "Layer": [1, None, 1, 2],
        }
    )
    found = quality(snapshot)
    assert set(found.fields) == {"Organization", "Layer", "Domain", "TimeZone"}
    assert found.fields["Organization"] == FieldQuality(
        "Organization", 3, 4, distinct=2, employees=3
    )
    assert found.fields["Layer"] == FieldQuality("Layer", 3, 4, distinct=2, employees=3)
    assert (found.persons, found.incomplete, found.score) == (4, 2, 0.75)


def a_snapshot(**fields: Sequence[object]) -> pl.DataFrame:
    count = len(next(iter(fields.values())))
    return pl.DataFrame(
        {
            "PersonId": [
                f"p{number}@{'Fabrikam' if number else 'contoso'}.com" for number in range(count)
            ],
            "StartDate": [date(2025, 1, 1)] * count,
            "EndDate": [date(9999, 12, 31)] * count,
            **fields,
        }
    )


def test_the_domain_is_read_off_the_address_and_a_time_zone_is_not_known() -> None:
    found = quality(a_snapshot(Layer=[1, 2, 3])).fields
    assert found["Domain"] == FieldQuality("Domain", 3, 3, distinct=2, employees=3)
    assert found["TimeZone"] == FieldQuality("TimeZone", 0, 3, distinct=0)


def test_a_snapshot_in_parts_is_as_full_as_the_whole() -> None:
    whole = a_snapshot(Layer=[1, None, 3, None], Unit=["x", " ", "", "y"])
    in_parts, at_once = filled([whole[:1], whole[1:]]), quality(whole)
    assert in_parts.persons == at_once.persons
    assert in_parts.score == at_once.score
    for name, one in at_once.fields.items():
        assert in_parts.fields[name].with_value == one.with_value
    assert filled([]).score == quality(whole[:0]).score == 0.0


def test_who_lacks_a_value_is_listed_with_what_is_known() -> None:
    whole = a_snapshot(Layer=[1, None, 3], Unit=["x", "y", " "])
    lacking = incomplete(whole)
    assert lacking.columns == ["PersonId", "Layer", "Unit"]
    assert lacking["PersonId"].to_list() == ["p1@Fabrikam.com", "p2@Fabrikam.com"]


def test_groups_of_fewer_than_five_persons_are_told_together() -> None:
    values = ["Sales"] * 6 + ["Legal"] * 5 + ["Board"] * 4 + ["Crew"] + [None, " "]
    found = distribution(a_snapshot(Unit=values), "Unit")
    assert found.groups == [("Sales", 6), ("Legal", 5)]
    assert (found.small_groups, found.persons_in_small, found.without_value) == (2, 5, 2)
    assert found.persons == 18
    assert distribution(a_snapshot(Unit=values), "Domain").groups == [("fabrikam.com", 17)]
    assert distribution(a_snapshot(Unit=values), "TimeZone").without_value == 18


def test_nobody_at_all_is_no_share() -> None:
    assert a_quality("Layer", 0, 0).share == 0.0


@pytest.mark.parametrize(("with_value", "is_good"), [(94, False), (95, False), (96, True)])
def test_a_field_is_good_above_95_percent_and_not_at_it(with_value: int, is_good: bool) -> None:
    assert a_quality("Layer", with_value).is_good is is_good


@pytest.mark.parametrize(
    ("manager", "layer", "expected"),
    [
        (100, 100, Availability.AVAILABLE),
        (100, 95, Availability.LOW_QUALITY),
        (100, 0, Availability.MISSING),
        (100, None, Availability.MISSING),
    ],
)
def test_an_insight_is_as_good_as_the_worst_of_its_fields(
    manager: int, layer: int | None, expected: Availability
) -> None:
    quality = {"ManagerId": a_quality("ManagerId", manager)}
    if layer is not None:
        quality["Layer"] = a_quality("Layer", layer)
    spans = next(one for one in INSIGHTS if one.key == "spans")
    assert availability(spans, quality) is expected


def test_a_deletion_is_not_the_import_that_sent_what_it_leaves() -> None:
    text = dict.fromkeys(("Organization", "Location"), ValueType.STRING)
    sent = Entry(UUID(int=1), 1, Act.UPLOAD, AT, refresh=Refresh.FULL, fields=text)
    gone = frozenset({"Location"})
    rest = {"Organization": ValueType.STRING}
    deletion = Entry(UUID(int=2), 2, Act.DELETE_FIELDS, AT, fields=rest, deleted_fields=gone)
    assert last_sent([sent, deletion])["Organization"] == sent.import_id


def test_there_are_thirteen_insights_each_with_its_own_key() -> None:
    assert len({insight.key for insight in INSIGHTS}) == len(INSIGHTS) == 13
