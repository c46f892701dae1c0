"""Spools the accepted rows, typed, as Parquet files by person bucket; history takes in these very files."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from concurrent.futures import Executor, Future
from pathlib import Path

import polars as pl

from orgport.validation.bucket_files import write_buckets
from orgport.validation.columns import EFFECTIVE
from orgport.validation.people import Addresses
from orgport.validation.roll import EnrolledRows
from orgport.validation.verdict import BUCKETS, SPOOL_LINE, SPOOL_PERSON

FOLDER = "accepted"
_BUFFER_BYTES = 128 << 20  # larger means fewer files, each bucket gets one a buffer
_MUCH_BYTES = 32 << 20
_BUCKET = "bucket"


class AcceptedSpool:
    """Takes typed rows with person numbers and writes them below `workspace/accepted`."""

    def __init__(self, workspace: Path, executor: Executor, addresses: Addresses) -> None:
        self.folder = workspace / FOLDER
        shutil.rmtree(self.folder, ignore_errors=True)  # of an earlier run that was killed
        self.folder.mkdir(parents=True)
        self._executor = executor
        self._addresses = addresses
        self._waiting: list[EnrolledRows] = []
        self._waiting_bytes = 0
        self._parts = 0
        self._writing: list[Future[None]] = []

    def add(self, rows: EnrolledRows) -> None:
        """Add rows."""
        self._waiting.append(rows)
        self._waiting_bytes += rows.size_bytes
        if self._waiting_bytes >= _BUFFER_BYTES:
            self._write()

    def finish(self) -> None:
        """Have the last rows written; whoever reads waits until everything is on disk."""
        # In two halves where there is much: now nobody else has work for the workers.
        half = len(self._waiting) // 2 if self._waiting_bytes > _MUCH_BYTES else 0
        behind, self._waiting = self._waiting[half:], self._waiting[:half]
        self._write()
        self._waiting = behind
        self._submit()

    def discard(self) -> None:
        """Remove all that was written."""
        self.settle()
        discard_accepted(self.folder.parent)

    def settle(self) -> None:
        """Wait until everything that was handed on is on disk."""
        writing, self._writing = self._writing, []
        for part in writing:
            part.result()

    def _write(self) -> None:
        self.settle()  # so no more than two buffers are in memory
        self._submit()

    def _submit(self) -> None:
        if self._waiting:
            self._writing.append(
                self._executor.submit(
                    write_buckets,
                    self._waiting,
                    self._addresses.keys(),
                    self.folder,
                    f"part-{self._parts:05}",
                )
            )
            self._waiting, self._waiting_bytes = [], 0
            self._parts += 1

    def rows_on(self, lines: pl.Series, *, buckets: Iterable[int] | None = None) -> pl.DataFrame:
        """The rows that begin on these lines, in order of lines; None looks into all buckets."""
        wanted = pl.col(SPOOL_LINE).is_in(lines.cast(pl.Int64).implode())
        chosen = range(BUCKETS) if buckets is None else buckets
        files = [file for bucket in chosen for file in self._files(bucket)]
        if not files:
            message = "rows are asked for and none were spooled"
            raise AssertionError(message)
        rows = pl.scan_parquet(files, hive_partitioning=False).filter(wanted)
        return rows.collect().sort(SPOOL_LINE)

    def newest_rows(self, *, buckets: Iterable[int]) -> pl.DataFrame:
        """The newest row of each person of these buckets, in order of lines."""
        files = [file for bucket in buckets for file in self._files(bucket)]
        if not files:
            return pl.DataFrame()
        rows = pl.scan_parquet(files, hive_partitioning=False)
        newest = pl.col(EFFECTIVE) == pl.col(EFFECTIVE).max().over(SPOOL_PERSON)
        return rows.filter(newest).collect().sort(SPOOL_LINE)

    def drop_lines(self, lines: pl.Series, *, bucket: int) -> None:
        """Rewrite the files of a bucket without the rows that begin on these lines."""
        unwanted = pl.col(SPOOL_LINE).is_in(lines.cast(pl.Int64).implode())
        for file in self._files(bucket):
            rows = pl.read_parquet(file, hive_partitioning=False)
            kept = rows.filter(~unwanted)
            if kept.height == 0:
                file.unlink()
            elif kept.height < rows.height:
                _write_file(kept, file)

    def _files(self, bucket: int) -> list[Path]:
        self.settle()
        return sorted((self.folder / f"{_BUCKET}={bucket}").glob("*.parquet"))


def discard_accepted(workspace: Path) -> None:
    """Remove the accepted rows of a validation that did not end well."""
    shutil.rmtree(workspace / FOLDER, ignore_errors=True)


def _write_file(rows: pl.DataFrame, file: Path) -> None:
    unfinished = file.with_suffix(".unfinished")
    rows.write_parquet(unfinished, compression="lz4", statistics=False)
    unfinished.replace(file)
