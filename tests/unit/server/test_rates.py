"""How often somebody may call, and that calls of others do not give it back."""

from __future__ import annotations

import pytest

from orgport.errors import TooManyRequests
from orgport.server.api import rates
from orgport.server.api.rates import count_call


@pytest.fixture(autouse=True)
def few_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "_buckets", {})
    monkeypatch.setattr(rates, "_MOST_BUCKETS", 3)


def test_who_has_used_up_its_minute_is_told_when_to_call_again() -> None:
    for _ in range(2):
        count_call("a", "native", per_minute=2)
    with pytest.raises(TooManyRequests) as refused:
        count_call("a", "native", per_minute=2)
    assert 1 <= refused.value.retry_after_seconds <= 30
    count_call("a", "push", per_minute=2)


def test_who_keeps_calling_is_not_forgotten_for_those_who_call_once() -> None:
    count_call("a", "native", per_minute=1)
    for number in range(10):
        count_call(f"stranger {number}", "native", per_minute=1)
        with pytest.raises(TooManyRequests):
            count_call("a", "native", per_minute=1)


def test_no_more_callers_are_kept_in_mind_than_there_is_room_for() -> None:
    for number in range(10):
        count_call(f"caller {number}", "native", per_minute=1)
    assert [name for name, _kind in rates._buckets] == ["caller 7", "caller 8", "caller 9"]


def test_no_limit_counts_nothing() -> None:
    for _ in range(1000):
        count_call("a", "native", per_minute=0)
