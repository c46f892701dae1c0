"""Memory that was freed: given back to the system when a stage is over."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
