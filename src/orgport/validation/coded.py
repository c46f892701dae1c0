"""A column as codes and what they stand for: equal cells share a code, so each text is judged once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from orgport.validation.cells import BLANK, Codes, Flags, Places, renumbered


@dataclass(frozen=True, slots=True)
class Coded:
    """A column: row n holds `values[codes[n]]`. The value of code BLANK is null; others may be so too."""

    codes: npt.NDArray[np.integer[Any]]
    values: pl.Series

    def rows(self) -> pl.Series:
        """The value of each row."""
        return self.values.gather(self.codes)

    def at(self, places: pl.Series | Places) -> pl.Series:
        """The values of some rows."""
        return self.values.gather(self.codes[np.asarray(places)])

    def of(self, values: pl.Series) -> Coded:
        """The same rows with other values for the codes."""
        return Coded(self.codes, values)

    def is_blank(self) -> Flags:
        """For each row whether it has no value."""
        if self.values.null_count() == 1:
            blank: Flags = self.codes == BLANK
            return blank
        return self.where(self.values.is_null())

    def blank_count(self) -> int:
        """How many rows have no value."""
        if self.values.null_count() == 1:
            return int(self.codes.size - np.count_nonzero(self.codes))
        return int(np.count_nonzero(self.is_blank()))

    def where(self, is_meant: pl.Series) -> Flags:
        """For each row whether its value is meant, told by code; what is null is not."""
        meant: Flags = is_meant.fill_null(value=False).to_numpy()[self.codes]
        return meant

    def filled(self) -> pl.Series:
        """The values that there are, each at least once."""
        return self.values.drop_nulls()

    def of_rows(self, wanted: Flags) -> Coded:
        """Some of the rows, with the values that occur in them."""
        codes, occurring = renumbered(self.codes[wanted], len(self.values))
        return Coded(codes, self.values.gather(occurring))

    def narrow(self) -> Coded:
        """The same with codes of as few bytes as they need."""
        kind = np.min_scalar_type(len(self.values))
        return Coded(self.codes.astype(kind), self.values) if kind.itemsize < 4 else self

    def with_blanks(self, rows: Flags) -> Coded:
        """The column with blanks in some rows; values that then don't occur stay."""
        return Coded(np.where(rows, np.int32(BLANK), self.codes), self.values)


def texts_of(joined: npt.NDArray[np.uint8], offsets: Codes) -> pl.Series:
    """The texts that stand in UTF-8 one behind the other; the first is null."""
    count = offsets.size - 1
    is_there = np.full((count + 7) // 8, 0xFF, dtype=np.uint8)
    is_there[0] = 0xFE
    buffers = [pa.py_buffer(part) for part in (is_there, offsets, joined)]
    return pl.Series(pa.Array.from_buffers(pa.string(), count, buffers))
