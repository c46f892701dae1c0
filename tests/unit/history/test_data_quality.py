"""Shares of persons with a value, and what insights they allow."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from orgport.history.insights import INSIGHTS, Availability, availability
from orgport.history.quality import FieldQuality, field_quality


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
    quality = field_quality(snapshot)
    assert set(quality) == {"Organization", "Layer"}
    assert quality["Organization"] == FieldQuality("Organization", 3, 4, distinct=2)
    assert quality["Layer"] == FieldQuality("Layer", 3, 4, distinct=2)


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


def test_there_are_thirteen_insights_each_with_its_own_key() -> None:
    assert len({insight.key for insight in INSIGHTS}) == len(INSIGHTS) == 13
