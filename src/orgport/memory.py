"""What is done with memory: by the C library, and by Python, which looks for what nobody uses any more."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# What libraries read in the environment when they are loaded.
OF_LIBRARIES = {
    # No matrix is multiplied: the threads that numpy's library has for that would only wait, and busily.
    "OPENBLAS_NUM_THREADS": "1",
    # Polars would take memory from four places for each processor, and from each ask for fresh pages.
    "_RJEM_MALLOC_CONF": f"narenas:{os.cpu_count() or 1}",
}
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


@contextmanager
def without_garbage() -> Iterator[None]:
    """Make what lives long, as imports do, without Python looking for garbage again and again meanwhile."""
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looked:
            gc.enable()


def _of_glibc(name: str) -> Any:
    """A function that glibc has, and other C libraries have not."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
