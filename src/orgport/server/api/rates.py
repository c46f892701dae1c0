"""How often an app may call: a bucket per app and kind of call, kept in the memory of the process."""

from __future__ import annotations

import math
import threading
import time
from uuid import UUID

from orgport.errors import TooManyRequests

_Key = tuple[UUID, str]
_buckets: dict[_Key, tuple[float, float]] = {}  # tokens left, and when they were counted
_lock = threading.Lock()
_MOST_BUCKETS = 10_000


def count_call(app_id: UUID, kind: str, *, per_minute: int) -> None:
    """Count a call; raises TooManyRequests when the app has used up its minute. 0 is no limit."""
    if per_minute <= 0:
        return
    now = time.monotonic()
    with _lock:
        if len(_buckets) > _MOST_BUCKETS:
            _buckets.clear()
        left, counted = _buckets.get((app_id, kind), (float(per_minute), now))
        left = min(float(per_minute), left + (now - counted) * per_minute / 60)
        if left < 1:
            wait = math.ceil((1 - left) * 60 / per_minute)
            raise TooManyRequests(
                f"More than {per_minute} calls a minute. Wait {wait} s and call again.",
                retry_after_seconds=wait,
            )
        _buckets[(app_id, kind)] = (left - 1, now)
