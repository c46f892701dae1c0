"""Charts are markup that says its numbers in words and holds no style."""

from __future__ import annotations

import re

import pytest

from orgport.server.portal import charts


def test_a_donut_says_its_numbers_in_a_sentence() -> None:
    svg = charts.donut(9, 2, 2)
    assert 'role="img"' in svg
    assert "9 of 13 insights are available, 2 have low quality, 2 are missing." in svg
    assert ">69%</text>" in svg


@pytest.mark.parametrize(
    ("parts", "drawn"),
    [((9, 2, 2), 3), ((13, 0, 0), 1), ((0, 0, 13), 1), ((6, 0, 7), 2)],
)
def test_a_donut_draws_only_parts_that_are_there(parts: tuple[int, int, int], drawn: int) -> None:
    svg = charts.donut(*parts)
    assert len(re.findall(r'<path class="(?:available|low|missing)"', svg)) == drawn


def test_a_donut_without_insights_is_two_dashed_circles() -> None:
    assert charts.donut(0, 0, 0).count("<circle") == 2


@pytest.mark.parametrize(("share", "width"), [(-0.5, "0.0%"), (0.625, "62.5%"), (7.0, "100.0%")])
def test_a_bar_stays_within_its_ends(share: float, width: str) -> None:
    assert f'width="{width}"' in charts.bar(share, family="ok")


def test_charts_hold_no_style() -> None:
    assert "style" not in charts.donut(9, 2, 2) + charts.bar(0.5, family="ok")
