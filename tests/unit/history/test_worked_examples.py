"""The worked examples of refreshes, A to I, on the definition, in columns and in Delta tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from histories import ColumnarHistory, DeltaHistory, KeptHistory, PlainHistory, sent
from orgport.history.periods import OPEN_END, Period
from orgport.package.model import Refresh

FULL, INCREMENTAL = Refresh.FULL, Refresh.INCREMENTAL
W, R, D = "W@contoso.com", "R@contoso.com", "D@contoso.com"
START_STATE = [
    sent(W, "0001-01-01", ManagerId=R),
    sent(W, "2023-09-01", ManagerId=R, BadgeData=102),
    sent(W, "2023-09-08", ManagerId=R, BadgeData=106),
]
CASE_B = [sent(W, "2023-09-06", ManagerId=D)]
KEPT: dict[str, Callable[[Path], KeptHistory]] = {
    "plain": lambda _: PlainHistory(),
    "columnar": lambda _: ColumnarHistory(),
    "delta": DeltaHistory,
}


@pytest.fixture(params=KEPT)
def history(request: pytest.FixtureRequest, tmp_path: Path) -> KeptHistory:
    return KEPT[request.param](tmp_path)


@pytest.fixture
def start(history: KeptHistory) -> KeptHistory:
    history.receive(FULL, START_STATE)
    return history


def expected(*rows: tuple[str, dict[str, object]]) -> list[Period]:
    """Periods from their starts and what holds in them."""
    starts = [date.fromisoformat(day) for day, _ in rows]
    ends = [*starts[1:], OPEN_END]
    return [
        Period(begin, end, values)  # type: ignore[arg-type]  # values of any type, spelled out
        for begin, end, (_, values) in zip(starts, ends, rows, strict=True)
    ]


def test_the_start_state_is_what_a_full_refresh_leaves(start: KeptHistory) -> None:
    assert start.of(W) == expected(
        ("0001-01-01", {"ManagerId": R}),
        ("2023-09-01", {"ManagerId": R, "BadgeData": 102}),
        ("2023-09-08", {"ManagerId": R, "BadgeData": 106}),
    )


def test_case_a_an_edit_repeated_at_the_next_change_point_holds_beyond_it(
    start: KeptHistory,
) -> None:
    start.receive(INCREMENTAL, [*CASE_B, sent(W, "2023-09-08", ManagerId=D)])
    assert start.of(W) == expected(
        ("0001-01-01", {"ManagerId": R}),
        ("2023-09-01", {"ManagerId": R, "BadgeData": 102}),
        ("2023-09-06", {"ManagerId": D, "BadgeData": 102}),
        ("2023-09-08", {"ManagerId": D, "BadgeData": 106}),
    )


def test_case_b_an_edit_does_not_run_past_the_next_change_point(start: KeptHistory) -> None:
    start.receive(INCREMENTAL, CASE_B)
    assert start.of(W) == expected(
        ("0001-01-01", {"ManagerId": R}),
        ("2023-09-01", {"ManagerId": R, "BadgeData": 102}),
        ("2023-09-06", {"ManagerId": D, "BadgeData": 102}),
        ("2023-09-08", {"ManagerId": R, "BadgeData": 106}),
    )


def test_case_c_a_blank_cell_keeps_the_value(start: KeptHistory) -> None:
    start.receive(INCREMENTAL, CASE_B)
    start.receive(INCREMENTAL, [sent(W, "2023-09-06", ManagerId=None, BadgeData=110)])
    assert start.of(W)[2:] == expected(
        ("2023-09-06", {"ManagerId": D, "BadgeData": 110}),
        ("2023-09-08", {"ManagerId": R, "BadgeData": 106}),
    )


def test_case_d_two_single_quotes_clear_the_value(start: KeptHistory) -> None:
    start.receive(INCREMENTAL, [sent(W, "2023-09-08", "BadgeData")])
    assert start.of(W)[1:] == expected(
        ("2023-09-01", {"ManagerId": R, "BadgeData": 102}),
        ("2023-09-08", {"ManagerId": R}),
    )


def test_case_e_a_row_before_the_first_snapshot_holds_only_what_it_says(
    history: KeptHistory,
) -> None:
    person = "P@contoso.com"
    history.receive(
        FULL,
        [
            sent(person, "2024-01-01", ManagerId=R, Organization="A"),
            sent(person, "2024-06-01", ManagerId=R, Organization="B"),
        ],
    )
    history.receive(INCREMENTAL, [sent(person, "2023-07-01", Organization="X")])
    assert history.of(person) == expected(
        ("2023-07-01", {"Organization": "X"}),
        ("2024-01-01", {"ManagerId": R, "Organization": "A"}),
        ("2024-06-01", {"ManagerId": R, "Organization": "B"}),
    )


def test_case_f_rows_see_the_effects_of_earlier_rows_of_their_file(start: KeptHistory) -> None:
    start.receive(INCREMENTAL, [*CASE_B, sent(W, "2023-09-07", BadgeData=120)])
    assert start.of(W)[2:] == expected(
        ("2023-09-06", {"ManagerId": D, "BadgeData": 102}),
        ("2023-09-07", {"ManagerId": D, "BadgeData": 120}),
        ("2023-09-08", {"ManagerId": R, "BadgeData": 106}),
    )


def test_case_g_the_same_file_sent_twice_changes_nothing_the_second_time(
    start: KeptHistory,
) -> None:
    start.receive(INCREMENTAL, CASE_B)
    once = start.of(W)
    changes = start.receive(INCREMENTAL, CASE_B)
    assert start.of(W) == once
    assert changes is None or (changes.change_count, changes.cells_changed) == (0, {})


def test_case_h_a_full_refresh_with_one_row_leaves_a_single_period(start: KeptHistory) -> None:
    start.receive(FULL, [sent(W, "2023-10-01", ManagerId=D, Organization="X")])
    assert start.of(W) == expected(("2023-10-01", {"ManagerId": D, "Organization": "X"}))


def test_case_i_an_address_in_another_case_is_the_same_person(start: KeptHistory) -> None:
    start.receive(INCREMENTAL, [sent("w@CONTOSO.com", "2023-09-06", ManagerId=D)])
    assert [period.values["ManagerId"] for period in start.of(W)] == [R, R, D, R]
