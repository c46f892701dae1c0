"""Traces of a text in all that a server keeps: every file of its home, looked into, and every table."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from django.db import connection


def traces_in_files(home: Path, *texts: str) -> list[str]:
    """The files that hold any of the texts, in whatever case; packages and Parquet files are opened."""
    return sorted(
        str(path.relative_to(home))
        for path in home.rglob("*")
        if path.is_file() and any(_holds(path, text.lower().encode()) for text in texts)
    )


def traces_in_tables(*texts: str) -> list[str]:
    """The tables of the records that have any of the texts in a row, in whatever case."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # our own names
            rows = str(cursor.fetchall()).lower()
            found += [table for text in texts if text.lower() in rows]
    return found


def _holds(path: Path, text: bytes) -> bool:
    return any(text in content.lower() for content in _contents(path))


def _contents(path: Path) -> Iterator[bytes]:
    content = path.read_bytes()
    yield content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    if content.startswith(b"PAR1"):
        yield str(pl.read_parquet(io.BytesIO(content)).to_dicts()).encode()
