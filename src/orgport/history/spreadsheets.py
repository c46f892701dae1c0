"""Text for spreadsheet programs, which take a cell that begins like a formula for one.

Programs that read on want every value as it is; so this is asked for, and never the default of an extract.
"""

from __future__ import annotations

import polars as pl

from orgport.attributes.spreadsheets import as_texts


def without_formulas(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with an apostrophe before each text that would be taken for a formula."""
    return frame.with_columns(as_texts(pl.col(pl.String)))
