"""The places for deliveries in flight, taken many at a time."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

GATHER_SECONDS = 0.05
"""What a pull that had to wait for a slot waits for more of them, at most."""

GATHER_SHARE = 0.5
"""So large a part of all slots is enough to stop waiting for more."""


@dataclass(slots=True)
class Slots:
    """No more deliveries are in flight than there are slots.

    Where none was free, whoever takes waits a moment for more than the first: one pull then
    brings several messages, which costs both sides less than a pull for each.

    Attributes:
        count: How many there are.
    """

    count: int
    _free: asyncio.BoundedSemaphore = field(init=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        """Begin with all of them free."""
        self._free = asyncio.BoundedSemaphore(self.count)

    async def take(self) -> int:
        """Wait for a slot and for those that become free soon after it; take all that are free."""
        async with self._turn:  # two that gather at once would each get half
            were_taken = self._free.locked()
            await self._free.acquire()
            taken = 1
            if were_taken:
                with suppress(TimeoutError):
                    async with asyncio.timeout(GATHER_SECONDS):
                        while taken < self.count * GATHER_SHARE:
                            await self._free.acquire()
                            taken += 1
            while not self._free.locked():
                await self._free.acquire()
                taken += 1
            return taken

    def give_back(self, count: int = 1) -> None:
        """Have slots free again."""
        for _ in range(count):
            self._free.release()
