"""Typed rows of which it is known whose they are: kept small, on disk where memory runs short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from orgport.validation.cells import Flags, renumbered
from orgport.validation.coded import Coded, joined
from orgport.validation.cutting import Places
from orgport.validation.verdict import SPOOL_CLEARED, SPOOL_LINE, SPOOL_PERSON

CLEARED_TYPE = pa.list_(pa.string())
_IDS, _FIELD = "ids of ", "field "  # in front of a name, on disk

Ids = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class EnrolledRows:
    """Rows as they are to be spooled, with their person numbers.

    `names` are all fields. Of those in `ids` the text is the key that an address has by its id, negative is
    blank; the others are `fields`. `cleared` lists the fields that a row clears, None is nowhere any.
    """

    names: tuple[str, ...]
    persons: npt.NDArray[np.int64]
    ids: Mapping[str, Ids]
    fields: Mapping[str, Coded]
    lines: npt.NDArray[np.uint32]
    cleared: pl.Series | None

    @property
    def size_bytes(self) -> int:
        """About how much memory they take."""
        columns = self.fields.values()
        return (
            self.persons.nbytes
            + self.lines.nbytes
            + sum(ids.nbytes for ids in self.ids.values())
            + sum(column.codes.nbytes + int(column.values.estimated_size()) for column in columns)
        )

    def of_rows(self, wanted: Flags) -> EnrolledRows:
        """Some of the rows."""
        return EnrolledRows(
            names=self.names,
            persons=self.persons[wanted],
            ids={name: ids[wanted] for name, ids in self.ids.items()},
            fields={name: column.of_rows(wanted) for name, column in self.fields.items()},
            lines=self.lines[wanted],
            cleared=None if self.cleared is None else self.cleared.filter(pl.Series(wanted)),
        )

    def at(self, places: Places) -> EnrolledRows:
        """The rows of some places, with values also that do not occur in them."""
        fields = self.fields.items()
        return EnrolledRows(
            names=self.names,
            persons=self.persons[places],
            ids={name: ids[places] for name, ids in self.ids.items()},
            fields={name: Coded(column.codes[places], column.values) for name, column in fields},
            lines=self.lines[places],
            cleared=None if self.cleared is None else self.cleared[places],
        )

    def column(self, name: str, keys: pa.Array) -> Coded:
        """A field by codes, also one of addresses that are known by their ids."""
        if name not in self.ids:
            return self.fields[name]
        codes, occurring = renumbered(self.ids[name] + np.int32(1), len(keys) + 1)
        texts = keys.take(pa.array(occurring[1:] - 1))
        return Coded(codes, pl.concat([pl.Series([None], dtype=pl.String), pl.Series(texts)]))

    def narrow(self) -> EnrolledRows:
        """The same in less memory."""
        fields = {name: column.narrow() for name, column in self.fields.items()}
        return replace(self, fields=fields)


def frame_of(parts: Sequence[EnrolledRows], keys: pa.Array) -> pl.DataFrame:
    """The rows of some parts: person, PersonId, EffectiveDate, the other fields, line, cleared."""
    persons = np.concatenate([part.persons for part in parts])
    columns: dict[str, pl.Series] = {SPOOL_PERSON: pl.Series(persons).cast(pl.Int64)}
    for name in parts[0].names:
        if all(name in part.ids for part in parts):
            ids = np.concatenate([part.ids[name] for part in parts])
            columns[name] = pl.Series(keys.take(pa.array(ids, mask=ids < 0)))
        else:
            columns[name] = joined([part.column(name, keys) for part in parts]).rows()
    lines = np.concatenate([part.lines for part in parts])
    columns[SPOOL_LINE] = pl.Series(lines).cast(pl.Int64)
    columns[SPOOL_CLEARED] = cleared_of(parts)
    return pl.DataFrame(columns)


def cleared_of(parts: Sequence[EnrolledRows]) -> pl.Series:
    """For each row of some parts the fields that it clears."""
    nothing = pl.Series([None], dtype=pl.List(pl.String))
    return pl.concat(
        nothing.new_from_index(0, part.lines.size) if part.cleared is None else part.cleared
        for part in parts
    )


def store(rows: EnrolledRows, file: Path) -> None:
    """Write rows as they are in memory."""
    arrays = {SPOOL_PERSON: pa.array(rows.persons), SPOOL_LINE: pa.array(rows.lines)}
    for name, ids in rows.ids.items():
        arrays[_IDS + name] = pa.array(ids)
    for name, column in rows.fields.items():
        values = column.values.to_arrow()
        arrays[_FIELD + name] = pa.DictionaryArray.from_arrays(pa.array(column.codes), values)
    if rows.cleared is not None:
        arrays[SPOOL_CLEARED] = rows.cleared.to_arrow()
    batch = pa.record_batch(arrays)
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)


def load(file: Path, names: tuple[str, ...]) -> EnrolledRows:
    """Read rows that were stored, of fields with these names."""
    with pa.OSFile(str(file), "rb") as source:
        batch = pa.ipc.open_file(source).get_batch(0)
    arrays = dict(zip(batch.schema.names, batch.columns, strict=True))
    ids = {name: arrays[_IDS + name].to_numpy() for name in names if _IDS + name in arrays}
    fields = {
        name: Coded(
            arrays[_FIELD + name].indices.to_numpy(), pl.Series(arrays[_FIELD + name].dictionary)
        )
        for name in names
        if name not in ids
    }
    return EnrolledRows(
        names=names,
        persons=arrays[SPOOL_PERSON].to_numpy(),
        ids=ids,
        fields=fields,
        lines=arrays[SPOOL_LINE].to_numpy(),
        cleared=pl.Series(arrays[SPOOL_CLEARED]) if SPOOL_CLEARED in arrays else None,
    )
