"""A column as codes and what they stand for: equal cells share a code, so each text is judged once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from orgport.validation.cells import Flags, renumbered
from orgport.validation.cutting import BLANK, Codes, Places

_FEW = 20_000  # rows: to cut out their texts costs less than to cut out those of all


class Coded:
    """A column: row n holds `values[codes[n]]`. The value of code BLANK is null; others may be so too.

    Texts, of which that of BLANK alone is null, may be given in place of values: they are cut out when
    somebody asks for them.
    """

    __slots__ = ("_values", "codes")

    def __init__(
        self,
        codes: npt.NDArray[np.integer[Any]],
        values: pl.Series | LazyTexts,
    ) -> None:
        self.codes = codes
        self._values = values

    @property
    def values(self) -> pl.Series:
        """The values by code."""
        if not isinstance(self._values, pl.Series):
            self._values = self._values.cut_out()
        return self._values

    def rows(self) -> pl.Series:
        """The value of each row."""
        return self.values[self.codes]

    def at(self, places: pl.Series | Places) -> pl.Series:
        """The values of some rows."""
        codes = self.codes[np.asarray(places)]
        return self.of_codes(codes) if codes.size < _FEW else self.values[codes]

    def of(self, values: pl.Series) -> Coded:
        """The same rows with other values for the codes."""
        return Coded(self.codes, values)

    def is_blank(self) -> Flags:
        """For each row whether it has no value."""
        if self._has_one_blank:
            blank: Flags = self.codes == BLANK
            return blank
        return self.where(self.values.is_null())

    @property
    def _has_one_blank(self) -> bool:
        return not isinstance(self._values, pl.Series) or self._values.null_count() == 1

    def blank_count(self) -> int:
        """How many rows have no value."""
        if self._has_one_blank:
            return int(self.codes.size - np.count_nonzero(self.codes))
        return int(np.count_nonzero(self.is_blank()))

    def of_codes(self, codes: Places) -> pl.Series:
        """The values of some codes."""
        if isinstance(self._values, pl.Series):
            return self._values[codes]
        return self._values.cut_out(codes)

    def where(self, is_meant: pl.Series) -> Flags:
        """For each row whether its value is meant, told by code; what is null is not."""
        meant: Flags = is_meant.fill_null(value=False).to_numpy()[self.codes]
        return meant

    def filled(self, at_most: int | None = None) -> pl.Series:
        """The values that there are, each at least once; of so many codes where that is said."""
        if at_most is None:
            return self.values.drop_nulls()
        if isinstance(self._values, pl.Series):
            return self._values.head(at_most).drop_nulls()
        return self._values.cut_out(slice(at_most)).drop_nulls()

    def of_rows(self, wanted: Flags) -> Coded:
        """Some of the rows, with the values that occur in them."""
        codes, occurring = renumbered(self.codes[wanted], len(self.values))
        return Coded(codes, self.values[occurring])

    def narrow(self) -> Coded:
        """The same with codes of as few bytes as they need."""
        kind = np.min_scalar_type(len(self.values))
        return Coded(self.codes.astype(kind), self.values) if kind.itemsize < 4 else self

    def with_blanks(self, rows: Flags) -> Coded:
        """The column with blanks in some rows; values that then don't occur stay."""
        return Coded(np.where(rows, np.int32(BLANK), self.codes), self.values)


def joined(columns: Sequence[Coded]) -> Coded:
    """Columns one below the other; a value may have several codes then."""
    shifts = np.cumsum([0, *(len(column.values) for column in columns)])
    codes = [column.codes + np.int32(shift) for column, shift in zip(columns, shifts, strict=False)]
    return Coded(np.concatenate(codes), pl.concat([column.values for column in columns]))


class LazyTexts(Protocol):
    """Texts that lie in a block."""

    def cut_out(self, codes: slice | Places = slice(None)) -> pl.Series:
        """Those of some codes, null for BLANK."""


def texts_of(joined: npt.NDArray[np.uint8], offsets: Codes) -> pl.Series:
    """The texts that stand in UTF-8 one behind the other; null where there is none."""
    count = offsets.size - 1
    is_there = np.packbits(offsets[1:] > offsets[:-1], bitorder="little")
    buffers = [pa.py_buffer(part) for part in (is_there, offsets, joined)]
    return pl.Series(pa.Array.from_buffers(pa.string(), count, buffers))
