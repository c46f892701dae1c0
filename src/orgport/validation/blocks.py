"""The blocks of rows of a package, each row known by the line number to report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import replace

import numpy as np
import polars as pl

from orgport.package.model import Package
from orgport.validation.scan import Block, Lines, scan

_SKIP_BYTES = 1 << 16


def blocks_of(package: Package, executor: Executor) -> Iterator[Block]:
    """The rows of a package, each known by the line number to report; `executor` works ahead."""
    header = package.header
    with closing(package.open_data()) as stream:
        left = header.data_offset
        while left and (skipped := stream.read(min(left, _SKIP_BYTES))):
            left -= len(skipped)
        blocks = scan(
            stream, width=len(header.names), first_line=header.data_line, executor=executor
        )
        if package.record_lines is None:
            yield from blocks
            return
        first = 0
        for block in blocks:
            yield _renumbered(block, package.record_lines, first)
            first += block.row_count


def _renumbered(block: Block, record_lines: Sequence[int], first: int) -> Block:
    """The block with the numbers that the records have in the json body, instead of csv lines."""
    lines = block.row_lines
    numbers = np.array(record_lines[first : first + lines.size], dtype=np.uint32)

    def number_of(of_lines: Lines) -> Lines:
        return numbers[np.searchsorted(lines, of_lines)]

    return replace(
        block,
        lines=number_of(block.lines),
        miscounted_lines=number_of(block.miscounted_lines),
        malformed={
            fault: rows.with_columns(
                pl.Series(number_of(rows["line"].to_numpy())).alias(name)
                for name in ("line", "at_line")
                if name in rows.columns
            )
            for fault, rows in block.malformed.items()
        },
        blank_lines=block.blank_lines[:0],
    )
