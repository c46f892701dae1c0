"""How properties are searched: without a deadline, for machines that do other things beside.

`make test` searches the same examples each time, so that what passed passes; `make soak` says
SEARCH=anew and looks at new ones.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("anew", deadline=None)
settings.load_profile(os.environ.get("SEARCH", "same"))
