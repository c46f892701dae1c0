"""Where a table's files lie, and how a file gets there: the only code that writes data files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Set
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from orgport.history.columns import ADDRESS, KEY, PERSON, PERSON_ID

_CHUNK_BYTES = 8 * 1024 * 1024
_ROW_GROUP_ROWS = 262_144
_FEWEST_ROWS, _MOST_ROWS = 1024, 65_536  # handed to an encoder at once; the fewest are Arrow's own
# Of a column at most: only behind each batch it asks whether a page is full.
_BATCH_BYTES = 8 * 1024 * 1024
_DICTIONARY_BYTES = 65_536  # what outgrows it repeats too little
# Or only in neighbouring rows, and there compression finds it.
_SELDOM_REPEATED = frozenset({PERSON, PERSON_ID, KEY, ADDRESS})


@dataclass(frozen=True, slots=True)
class Folder:
    """A table's place: a local path, or an object store's URL (s3://, abfss://, gs://)."""

    url: str
    storage_options: dict[str, str] | None = None

    @property
    def is_local(self) -> bool:
        """Whether files are reached by plain paths."""
        return "://" not in self.url

    @property
    def name(self) -> str:
        """The last part of the place: the table's name."""
        return self.url.rstrip("/").rpartition("/")[2]

    def child(self, name: str) -> Folder:
        """A folder below this one."""
        return Folder(f"{self.url.rstrip('/')}/{name}", self.storage_options)

    def url_of(self, path: str) -> str:
        """The full address of a file, given its path below the folder."""
        return f"{self.url.rstrip('/')}/{path}"

    def make(self) -> None:
        """Make the folder; object stores need none."""
        if self.is_local:
            Path(self.url).mkdir(parents=True, exist_ok=True)

    def write(self, frame: pl.DataFrame, path: str, *, scratch: Path) -> int:
        """Write a frame as Parquet to a path below the folder, durably; give its size in bytes."""
        if not self.is_local:
            local = scratch / f"{uuid4().hex}.parquet"
            write_parquet(frame, local)
            size = self.put(local, path)
            local.unlink()
            return size
        target = Path(self.url_of(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        write_parquet(frame, target)
        return _made_durable(target)

    def put(self, source: Path, path: str) -> int:
        """Put a file below the folder as it is, durably; give its size in bytes.

        Locally it is a second name for the same file where the disk allows that: the source must
        not be written in place afterwards. An earlier file of that path is replaced.
        """
        if not self.is_local:
            return self._stream(source, path)
        target = Path(self.url_of(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.{uuid4().hex}")
        try:
            os.link(source, beside)
        except OSError:  # another disk, or one without links
            shutil.copyfile(source, beside)
        beside.replace(target)
        return _made_durable(target)

    def keep(self, paths: Set[str]) -> int:
        """Remove all files but these and those of the log; object stores have none besides."""
        if not self.is_local:
            return 0
        root = Path(self.url)
        others = [
            path
            for path in root.rglob("*")
            if path.is_file()
            and path.relative_to(root).parts[0] != "_delta_log"
            and path.relative_to(root).as_posix() not in paths
        ]
        for path in others:
            path.unlink(missing_ok=True)
        return len(others)

    def _stream(self, source: Path, path: str) -> int:
        # Its public twin wraps the stream once more, for readers of pyarrow.
        from deltalake._internal import DeltaFileSystemHandler

        store = DeltaFileSystemHandler(self.url, self.storage_options)
        out = store.open_output_stream(path, None)
        # Its stubs forget that it can be closed.
        with closing(out), source.open("rb") as stream:  # type: ignore[type-var]
            while chunk := stream.read(_CHUNK_BYTES):
                out.write(chunk)
        return source.stat().st_size


def write_parquet(frame: pl.DataFrame, target: Path) -> None:
    """Write a frame as the tables have their files; not yet durably.

    Not by Polars, which makes a dictionary and bounds of every column: that takes twice as long.
    """
    # Numbers of days are small as they are. Texts lie in no order: their bounds would let nobody skip any.
    repeated = [
        name
        for name, dtype in frame.schema.items()
        if name not in _SELDOM_REPEATED and dtype != pl.Date
    ]
    bounded = [name for name, dtype in frame.schema.items() if dtype not in (pl.String, pl.List)]
    table = frame.to_arrow(compat_level=pl.CompatLevel.newest())  # texts where they lie
    pq.write_table(
        table,
        target,
        row_group_size=_ROW_GROUP_ROWS,
        write_batch_size=_batch_rows(table),
        compression="snappy",
        use_dictionary=repeated,
        dictionary_pagesize_limit=_DICTIONARY_BYTES,
        write_statistics=bounded,
        store_schema=False,  # or readers would be told how they lay in memory
    )


def _batch_rows(table: pa.Table) -> int:
    """How many rows to encode at once: many take a tenth less time, but not of long texts."""
    rows = _MOST_ROWS
    while rows > _FEWEST_ROWS and _most_bytes(table, rows) > _BATCH_BYTES:
        rows //= 2
    return rows


def _most_bytes(table: pa.Table, rows: int) -> int:
    """How long the texts of a column are at most in so many rows, counted from the first on."""
    most = 0
    for column in table.columns:
        for chunk in column.chunks if pa.types.is_string_view(column.type) else ():
            of_view = np.frombuffer(chunk.buffers()[1], dtype=np.int32)[::4]  # begins with a length
            lengths = of_view[chunk.offset : chunk.offset + len(chunk)]
            together = np.add.reduceat(lengths, np.arange(0, lengths.size, rows), dtype=np.int64)
            most = max(most, int(together.max(initial=0)))
    return most


def _made_durable(path: Path) -> int:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
        return os.fstat(stream.fileno()).st_size
