"""Reads the cells of a column as values of its type, fast where the form is plain.

The fast ways accept only what is surely right. Everything else goes, each distinct text once, through
`attributes.formats`, which defines what a value is; so the two can't disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import polars as pl

from orgport.attributes import formats
from orgport.attributes.types import ValueType
from orgport.validation import fixed_dates as dates
from orgport.validation.columns import STORED_AS

_MOST_REMEMBERED = 100_000  # texts a column; beyond, the memory starts anew

# A subset of what formats.is_email accepts: ASCII, no dots in a row, labels that don't touch a hyphen.
_PLAIN_EMAIL = (
    r"^[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@"
    r"[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*(?:\.[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*)+$"
)
_LOWER_EMAIL = _PLAIN_EMAIL.replace("A-Z", "")
_PLAIN_DOUBLE = r"^-?[0-9]*\.?[0-9]+$"
SHORT_EMAIL = 64  # bytes: no part of it can be too long


class TextReader:
    """Reads the texts of one column; remembers what odd texts mean, so it is used for the whole file."""

    def __init__(self, kind: ValueType, *, lenient_integers: bool) -> None:
        self._kind = kind
        self._lenient = lenient_integers
        self._stored = STORED_AS[kind]
        self._known: dict[str, Any] = {}
        self._has_capitals = False  # or other odd addresses: then it is not tried again

    def read(self, text: pl.Series) -> pl.Series:
        """The values of the texts; null where a text is null or is not of the type."""
        values = _FAST[self._kind](text)
        if values.null_count() == text.null_count():
            return values
        odd = text.filter(values.is_null()).drop_nulls().unique().to_list()
        meanings = self._meanings(odd)
        if not meanings:
            return values
        read = text.replace_strict(
            pl.Series(list(meanings), dtype=pl.String),
            pl.Series(list(meanings.values()), dtype=self._stored),
            default=None,
        )
        return pl.select(pl.coalesce(values, read)).to_series()

    @property
    def may_be_plain_lower(self) -> bool:
        """Whether it is worth asking `are_plain_lower_addresses`."""
        return self._kind is ValueType.EMAIL and not self._has_capitals

    def are_plain_lower_addresses(self, text: pl.Series) -> bool:
        """Whether all are e-mail addresses of the plainest form, which most files have throughout."""
        if not self.may_be_plain_lower:
            return False
        is_plain = text.str.contains(_LOWER_EMAIL) & (text.str.len_bytes() <= SHORT_EMAIL)
        self._has_capitals = not is_plain.all()
        return not self._has_capitals

    def hint(self, text: str) -> str:
        """What the sender can do about a text that is not of the type; often nothing special."""
        # Read once more: many texts may be wrong, and few are told.
        try:
            self._parse(text)
        except formats.Unreadable as unreadable:
            return unreadable.hint
        return ""

    def _meanings(self, texts: list[str]) -> dict[str, Any]:
        known = self._known  # another thread may begin anew meanwhile
        if len(known) >= _MOST_REMEMBERED:
            known = self._known = {}
        meanings: dict[str, Any] = {}
        for text in texts:
            meaning = known[text] if text in known else self._read_one(text)
            if len(known) < _MOST_REMEMBERED:
                known[text] = meaning
            if meaning is not None:
                meanings[text] = meaning
        return meanings

    def _read_one(self, text: str) -> Any:
        try:
            return self._parse(text)
        except formats.Unreadable:
            return None

    def _parse(self, text: str) -> formats.Value:
        return formats.parse(text, self._kind, lenient_integers=self._lenient)


def _plain_text(text: pl.Series) -> pl.Series:
    return text


def _plain_emails(text: pl.Series) -> pl.Series:
    is_plain = text.str.contains(_PLAIN_EMAIL) & (text.str.len_bytes() <= SHORT_EMAIL)
    return text if is_plain.all() else _where(is_plain, text)


def _plain_integers(text: pl.Series) -> pl.Series:
    # The cast alone would take a plus in front.
    values = text.cast(pl.Int32, strict=False)
    has_plus = text.str.starts_with("+")
    return _where(~has_plus, values) if has_plus.any() else values


def _plain_doubles(text: pl.Series) -> pl.Series:
    # The cast alone would take exponents, infinities, a sign in front and a point at the end.
    values = text.cast(pl.Float64, strict=False)
    return _where(text.str.contains(_PLAIN_DOUBLE) & values.is_finite(), values)


def _fixed_dates(*, day_first: bool) -> Callable[[pl.Series], pl.Series]:
    def read(text: pl.Series) -> pl.Series:
        found = None
        if (text.str.len_bytes() == dates.WIDTH).all():
            joined = text.drop_nulls().str.join("").item().encode()
            found = dates.read_fixed_dates(joined, text, day_first=day_first) if joined else None
        return _nothing(pl.Date(), text) if found is None else found

    return read


def _nothing(kind: pl.DataType, text: pl.Series) -> pl.Series:
    """For few distinct texts: each goes through the definition once."""
    return pl.Series([None], dtype=kind).new_from_index(0, len(text))


def _where(wanted: pl.Series, values: pl.Series) -> pl.Series:
    return pl.select(pl.when(wanted).then(values)).to_series()


_FAST: dict[ValueType, Callable[[pl.Series], pl.Series]] = {
    ValueType.STRING: _plain_text,
    ValueType.EMAIL: _plain_emails,
    ValueType.INTEGER: _plain_integers,
    ValueType.DOUBLE: _plain_doubles,
    ValueType.DATE_MONTH_FIRST: _fixed_dates(day_first=False),
    ValueType.DATE_DAY_FIRST: _fixed_dates(day_first=True),
    ValueType.BOOLEAN: partial(_nothing, pl.Boolean()),
}
