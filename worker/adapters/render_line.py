"""Who waits for a free render child, and who is next."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import deque
from typing import Generic, TypeVar

Child = TypeVar("Child")


class RenderLine(Generic[Child]):
    """Hands free children to whoever waits: the longest work first, but nobody waits for ever.

    Work is placed as if it had come earlier by its own head start. Longer work so overtakes
    shorter work, but only what came at most that head start before it.
    """

    def __init__(self) -> None:
        self._free: deque[Child] = deque()
        self._waiting: list[tuple[float, int, asyncio.Future[Child | None]]] = []
        self._serial = itertools.count()
        self._is_closed = False

    def put(self, child: Child) -> None:
        """Give a free child to the first who waits, or keep it."""
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(child)
                return
        self._free.append(child)

    async def get(self, head_start_seconds: float) -> Child | None:
        """Wait for a free child; None when the line is closed."""
        if self._is_closed:
            return None
        if self._free:
            return self._free.popleft()
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Child | None] = loop.create_future()
        place = loop.time() - head_start_seconds
        heapq.heappush(self._waiting, (place, next(self._serial), turn))
        try:
            return await turn
        except asyncio.CancelledError:
            # It may have been handed a child in the very moment of its cancellation.
            child = turn.result() if turn.done() and not turn.cancelled() else None
            if child is not None:
                self.put(child)
            raise

    def close(self) -> None:
        """Send everybody home, now and from now on."""
        self._is_closed = True
        for _, _, turn in self._waiting:
            if not turn.done():
                turn.set_result(None)
        self._waiting.clear()
