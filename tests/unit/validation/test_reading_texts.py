"""Texts of a column are read alike, however many odd ones there were before."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from orgport.attributes.types import ValueType
from orgport.validation import reading
from orgport.validation.reading import TextReader


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> TextReader:
    """One of dates that remembers three texts."""
    monkeypatch.setattr(reading, "_MOST_REMEMBERED", 3)
    return TextReader(ValueType.DATE_MONTH_FIRST, lenient_integers=False)


def test_the_hint_for_a_text_is_told_after_many_others(reader: TextReader) -> None:
    for texts in (["45000"], ["a", "b", "c", "d"], ["e", "f"]):
        assert reader.read(pl.Series(texts)).is_null().all()
    assert "serial number" in reader.hint("45000")


def test_more_texts_than_are_remembered_are_all_read(reader: TextReader) -> None:
    texts = [f"March {day}, 2012" for day in range(1, 8)]
    for _ in range(2):
        read = reader.read(pl.Series([*texts, "soon", None]))
        assert read.to_list() == [*(date(2012, 3, day) for day in range(1, 8)), None, None]
