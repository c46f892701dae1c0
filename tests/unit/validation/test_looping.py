"""Loops that are compiled: where what was compiled can't be kept, they run all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba.core import caching, config

from orgport.validation import compiling, looping
from orgport.validation.looping import Loop


def sum_of(text: Any, size: int) -> int:
    """The sum of bytes."""
    total = 0
    for place in range(size):
        total += text[place]
    return total


def a_sum(text: bytes) -> int:
    return int(Loop(sum_of, globals())(len(text), text, len(text)))


@pytest.fixture(autouse=True)
def compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looping, "_COMPILED_FROM", 0)


def test_a_loop_takes_bytes_and_arrays() -> None:
    assert a_sum(b"\x01\x02\xff") == 258
    assert Loop(sum_of, globals())(3, np.array([1, 2, 255], dtype=np.uint8), 3) == 258


def test_without_a_folder_to_keep_it_in_a_loop_is_compiled_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    assert a_sum(b"\x03\x04") == 7


def test_what_was_compiled_is_not_taken_once_a_part_of_it_is_another(tmp_path: Path) -> None:
    parts = [tmp_path / "one.py", tmp_path / "other.py"]
    for part in parts:
        part.write_text("a part")
    kept = compiling._kept_in(tmp_path, parts)
    assert compiling._kept_in(tmp_path, parts) == kept
    parts[1].write_text("a p4rt")
    assert compiling._kept_in(tmp_path, parts) != kept
    assert Path(vars(config)["CACHE_DIR"]).name.startswith("loops-")


@pytest.mark.parametrize("method", ["save", "load"])
@pytest.mark.parametrize(
    "fault", [OSError(28, "No space left on device"), EOFError(), KeyError("damaged"), ValueError()]
)
def test_where_keeping_fails_a_loop_runs_all_the_same(
    monkeypatch: pytest.MonkeyPatch, method: str, fault: Exception
) -> None:
    def no_room(*_arguments: object) -> None:
        raise fault

    monkeypatch.setattr(caching.IndexDataCacheFile, method, no_room)
    assert a_sum(b"\x05\x06") == 11
