"""How often somebody may call: a bucket per caller and kind of call, kept in the memory of the process."""

from __future__ import annotations

import math
import threading
import time
from uuid import UUID

from orgport.errors import TooManyRequests

_Key = tuple[UUID | str, str]
_buckets: dict[_Key, tuple[float, float]] = {}  # tokens left, and when they were counted
_lock = threading.Lock()
_MOST_BUCKETS = 10_000


def count_call(caller: UUID | str, kind: str, *, per_minute: int) -> None:
    """Count a call of an app, an account or an address; 0 is no limit.

    Raises TooManyRequests when the caller has used up its minute.
    """
    if per_minute <= 0:
        return
    now = time.monotonic()
    with _lock:
        left, counted = _buckets.pop((caller, kind), (float(per_minute), now))
        left = min(float(per_minute), left + (now - counted) * per_minute / 60)
        # Put back at the end, so that the first is whoever has not called for longest.
        _buckets[(caller, kind)] = (left - 1 if left >= 1 else left, now)
        if len(_buckets) > _MOST_BUCKETS:
            del _buckets[next(iter(_buckets))]
        if left < 1:
            wait = math.ceil((1 - left) * 60 / per_minute)
            raise TooManyRequests(
                f"More than {per_minute} calls a minute. Wait {wait} s and call again.",
                retry_after_seconds=wait,
            )
