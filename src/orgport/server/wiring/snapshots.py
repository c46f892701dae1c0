"""Snapshots as files: made on disk beside the server's scratch, gone when they have been read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO

import polars as pl

from orgport.server.wiring.places import home


def as_parquet(frames: Iterator[pl.DataFrame]) -> IO[bytes]:
    """The frames as one Parquet file, open at its beginning; without a frame it has no columns."""
    scratch = home() / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        parts = []
        for number, frame in enumerate(frames):
            path = f"{folder}/{number:03}.parquet"
            frame.write_parquet(path)
            parts.append(path)
        file = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115  # the response closes it
        whole = pl.scan_parquet(parts) if parts else pl.LazyFrame()
        whole.sink_parquet(file, engine="streaming")
    file.seek(0)
    return file
