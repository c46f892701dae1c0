"""How properties are searched: without a deadline, for machines that do other things beside."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("orgport", deadline=None)
settings.load_profile("orgport")
