"""Memory: what was freed goes back to the system, and what lives for long is not looked through."""

from __future__ import annotations

import gc
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from orgport import memory

PROGRAM = """
import re, sys, threading
from orgport import memory

def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read())[1]) >> 10

memory.share_between_threads()
blocks = []
thread = threading.Thread(target=lambda: blocks.extend(bytearray(100_000) for _ in range(2000)))
thread.start()
thread.join()
last = bytearray(100_000)  # lies behind them, so that they are not given back of themselves
full = resident()
blocks.clear()
memory.give_back()
print(full - resident())
"""


def test_what_a_thread_took_and_another_let_go_is_given_back(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) > 150


def test_what_lives_as_long_as_the_process_is_not_looked_through_for_garbage() -> None:
    before = gc.get_freeze_count()
    try:
        with memory.what_is_made_stays():
            assert not gc.isenabled()
            made = [[number] for number in range(1000)]
        assert gc.isenabled()
        assert gc.get_freeze_count() >= before + len(made)
    finally:
        gc.unfreeze()


def test_garbage_is_looked_for_again_when_an_import_fails() -> None:
    try:
        with pytest.raises(ModuleNotFoundError), memory.what_is_made_stays():
            importlib.import_module("orgport.no_such_module")
        assert gc.isenabled()
    finally:
        gc.unfreeze()
