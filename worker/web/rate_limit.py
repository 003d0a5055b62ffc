"""How often one address may ask: a token bucket for each."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

MOST_ADDRESSES = 10_000
"""Buckets held; beyond it the one that was used longest ago is forgotten, and is full anew."""


class RateLimit:
    """Lets every address spend so many calls a minute, and saves up no more than that."""

    def __init__(self, per_minute: int, now: Callable[[], float]) -> None:
        """Prepare the limit.

        Args:
            per_minute: Calls of one address.
            now: A clock in seconds that never goes back.
        """
        self._capacity, self._now = float(per_minute), now
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_for(self, address: str) -> float:
        """Spend one call, and return 0; or return the seconds until there is one to spend."""
        now, rate = self._now(), self._capacity / 60
        left, seen = self._buckets.pop(address, (self._capacity, now))
        left = min(self._capacity, left + (now - seen) * rate)
        wait = 0.0 if left >= 1 else (1 - left) / rate
        self._buckets[address] = (left if wait else left - 1, now)
        if len(self._buckets) > MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        return wait
