"""How far properties are searched: a few examples by `make test`, ten times as many by `make soak`.

`make test` searches the same ones each time, so that what passed passes; `make soak`, which says
SEARCH=anew, looks at new ones.
"""

from __future__ import annotations

import os

PROFILE = os.environ.get("SEARCH", "same")


def examples(count: int) -> int:
    """How many examples of a property to search where `make test` looks at `count`."""
    return count if PROFILE == "same" else 10 * count
