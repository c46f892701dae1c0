"""Memory: what was freed goes back to the system, and garbage is not looked for all the time."""

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


def test_garbage_is_not_looked_for_while_modules_are_imported_and_is_afterwards() -> None:
    with memory.without_garbage():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ModuleNotFoundError), memory.without_garbage():
        importlib.import_module("orgport.no_such_module")
    assert gc.isenabled()


def test_who_looks_for_no_garbage_goes_on_so() -> None:
    gc.disable()
    try:
        with memory.without_garbage():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
