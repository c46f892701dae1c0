"""Properties are searched without a deadline, for machines that do other things beside."""

from __future__ import annotations

from hypothesis import settings
from searching import PROFILE, examples

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("anew", deadline=None, max_examples=examples(100))
settings.load_profile(PROFILE)
