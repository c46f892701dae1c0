"""Writes enrolled rows as Parquet files by person bucket, texts by their dictionaries.

A text that occurs often is so neither copied nor looked at again for each row. Any reader sees plain
columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from orgport.validation.coded import Coded, joined
from orgport.validation.cutting import Codes, Places
from orgport.validation.enrolled import CLEARED_TYPE, EnrolledRows, cleared_of
from orgport.validation.verdict import BUCKETS, SPOOL_CLEARED, SPOOL_LINE, SPOOL_PERSON

_ROWS_A_TEXT = 2  # if texts occur less often than this, each row has its own
_DICTIONARY_BYTES = 1 << 30  # no limit: a dictionary has what occurs and no more

_Column = Callable[[Places], pa.Array]


def write_buckets(parts: list[EnrolledRows], keys: pa.Array, folder: Path, name: str) -> None:
    """Write the rows below `folder/bucket=n`, one file a bucket; the list is emptied on the way.

    `keys` are those of the addresses, by id.
    """
    persons = np.concatenate([part.persons for part in parts])
    buckets = (persons % BUCKETS).astype(np.uint8)
    order = np.argsort(buckets, kind="stable")
    behinds = np.cumsum(np.bincount(buckets, minlength=BUCKETS)).tolist()
    columns = dict(_columns(persons, parts, keys))
    parts.clear()
    for bucket, (begin, behind) in enumerate(zip([0, *behinds], behinds, strict=False)):
        if behind > begin:
            rows = order[begin:behind]
            into = folder / f"bucket={bucket}"
            into.mkdir(exist_ok=True)
            table = pa.table({field: column(rows) for field, column in columns.items()})
            _write(table, into / f"{name}.parquet")


def _write(table: pa.Table, file: Path) -> None:
    unfinished = file.with_suffix(".unfinished")
    coded = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
    pq.write_table(
        table,
        unfinished,
        compression="lz4",
        write_statistics=False,
        use_dictionary=coded,
        dictionary_pagesize_limit=_DICTIONARY_BYTES,
        store_schema=False,  # it would tell readers of the dictionaries
    )
    unfinished.replace(file)


def _columns(
    persons: npt.NDArray[np.int64], parts: Sequence[EnrolledRows], keys: pa.Array
) -> Iterator[tuple[str, _Column]]:
    """The columns in the order of the files, each as what gives its values for some rows."""
    yield SPOOL_PERSON, lambda rows: pa.array(persons[rows])
    for name in parts[0].names:
        if all(name in part.ids for part in parts):
            yield name, _TextColumn(np.concatenate([part.ids[name] for part in parts]), keys)
        else:
            yield name, _column(joined([part.column(name, keys) for part in parts]))
    lines = np.concatenate([part.lines for part in parts]).astype(np.int64)
    yield SPOOL_LINE, lambda rows: pa.array(lines[rows])
    yield SPOOL_CLEARED, _cleared(parts)


def _column(column: Coded) -> _Column:
    codes = column.codes
    if column.values.dtype != pl.String:
        values = column.values
        return lambda rows: values[codes[rows]].to_arrow()
    texts = pa.array(column.values.to_arrow(), type=pa.string())
    if codes.size < _ROWS_A_TEXT * len(texts):
        return lambda rows: texts.take(pa.array(codes[rows]))
    encoded = texts.dictionary_encode()
    code_of = encoded.indices.fill_null(-1).to_numpy()
    return _TextColumn(code_of[codes], encoded.dictionary)


@dataclass(frozen=True, slots=True)
class _TextColumn:
    """Codes of texts, negative where there is none; given out with the texts that occur."""

    codes: Codes
    texts: pa.Array

    def __call__(self, rows: Places) -> pa.Array:
        codes = self.codes[rows]
        is_blank = codes < 0
        occurs = np.zeros(len(self.texts), dtype=np.bool_)
        occurs[codes[~is_blank]] = True
        occurring = np.flatnonzero(occurs)
        own = np.zeros(occurs.size + 1, dtype=np.int32)  # a blank is the last, whatever it is
        own[occurring] = np.arange(occurring.size, dtype=np.int32)
        return pa.DictionaryArray.from_arrays(
            pa.array(own[codes], mask=is_blank), self.texts.take(pa.array(occurring))
        )


def _cleared(parts: Sequence[EnrolledRows]) -> _Column:
    if all(part.cleared is None for part in parts):
        return lambda rows: pa.nulls(rows.size, CLEARED_TYPE)
    cleared = cleared_of(parts)
    return lambda rows: pa.array(cleared[rows].to_arrow(), type=CLEARED_TYPE)
