"""The real store: it is the plain fold, and every answer that it ever gave stays to be asked for."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from searching import examples

from histories import AT, DeltaHistory, PlainHistory, Sent, sent
from orgport.history.periods import Period
from orgport.package.model import Refresh

PERSONS = tuple(f"person{number}@contoso.com" for number in range(1, 20))  # more than buckets
START = date(2024, 1, 1)
DAYS = tuple(START + timedelta(days=day) for day in (0, 3, 7))


def rows() -> st.SearchStrategy[list[Sent]]:
    places = st.tuples(st.sampled_from(PERSONS), st.sampled_from(DAYS))
    values = st.sampled_from(["x", "y", None])
    return st.dictionaries(places, values, min_size=1, max_size=12).map(
        lambda drawn: [
            sent(person, day.isoformat(), Organization=value)
            for (person, day), value in drawn.items()
        ]
    )


@settings(max_examples=examples(6))
@given(rows(), st.lists(st.tuples(st.sampled_from(Refresh), rows()), max_size=3))
def test_the_store_is_the_plain_fold_and_forgets_no_answer(
    first: list[Sent], later: list[tuple[Refresh, list[Sent]]]
) -> None:
    with TemporaryDirectory() as folder:
        kept, plain = DeltaHistory(Path(folder)), PlainHistory()
        answers = []
        for refresh, upload in [(Refresh.FULL, first), *later]:
            kept.receive(refresh, upload)
            plain.receive(refresh, upload)
            answers.append([kept.store.as_of(day) for day in DAYS])
            for day, answer in zip(DAYS, answers[-1], strict=True):
                assert dict(answer.select("PersonId", "Organization").iter_rows()) == {
                    person: held[0].values.get("Organization")
                    for person in PERSONS
                    if (held := _holding(plain.of(person), day))
                }
        for keep_days in (30, 0):  # from old versions; then they are gone: folded again
            kept.store.vacuum(keep_days, at=AT)
            for number, then in enumerate(answers, start=1):
                for day, answer in zip(DAYS, then, strict=True):
                    assert_frame_equal(kept.store.as_of(day, known_at=number), answer)


def _holding(periods: list[Period], day: date) -> list[Period]:
    return [period for period in periods if period.start <= day < period.end]
