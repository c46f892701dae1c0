"""When somebody who fails to sign in has to wait: counted by account and address, and by each alone.

An office shares an address, and an account must not be locked by anybody who knows its name: so one of
the two alone takes more failures. What is counted, and for how long, is django-axes' part.
"""

from __future__ import annotations

from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from django.db.models import Sum

# In the order of AXES_LOCKOUT_PARAMETERS: account and address together, address alone, account alone.
FAILURES_FOR_ONE = (1, 5, 10)


class ThreeCounts(AxesDatabaseHandler):  # type: ignore[misc]  # axes has no types
    """Counts failures three ways; the one that is nearest to its limit decides."""

    def get_failures(self, request: Any, credentials: dict[str, Any] | None = None) -> int:
        """How many failures this attempt has behind it, in those that count in full."""
        attempts = self.get_user_attempts(request, credentials)
        sums = [one.aggregate(n=Sum("failures_since_start"))["n"] or 0 for one in attempts]
        return max(n // for_one for n, for_one in zip(sums, FAILURES_FOR_ONE, strict=True))
