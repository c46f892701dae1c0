"""What the C library does with memory: what one thread frees, another one shall have."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

_ARENA_MAX = -8  # of glibc's malloc.h


def share_between_threads() -> None:
    """Have all threads take memory from one place.

    A block of a file is read by one thread and let go by another; from places of their own each would ask the
    system for fresh pages all the time, and these are dear: they are cleared first.
    """
    if (mallopt := _of_glibc("mallopt")) is not None:
        mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """Return to the system what was freed: the C library keeps it, and what comes next needs other sizes."""
    if (trim := _of_glibc("malloc_trim")) is not None:
        trim(0)


def _of_glibc(name: str) -> Any:
    """A function that glibc has, and other C libraries have not."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
