"""SIGTSTP and SIGCONT: the platform holds the process still, moves it, and lets it go on.

Cloud Run sends SIGTSTP 10 s before it migrates a job's task and SIGCONT after it; connections
through a VPC are broken in between. What is held stays held, and work goes on: only the pull
stops, so that no message is handed to a connection that is about to break.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog


@dataclass(slots=True)
class Suspension:
    """Whether the pull is paused, and what is renewed when the process goes on.

    Attributes:
        renewals: Called on SIGCONT, also without a SIGTSTP before it: whoever was held still
            must not trust a connection.
        is_paused: Between SIGTSTP and SIGCONT.
    """

    renewals: list[Callable[[], None]] = field(default_factory=list)
    is_paused: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def pause(self) -> None:
        """Stop the pull; everything else goes on."""
        structlog.get_logger().info("pull_paused")
        self.is_paused = True
        self._tell()

    def resume(self) -> None:
        """Renew what may be broken, and pull again."""
        for renew in self.renewals:
            renew()
        structlog.get_logger().info("pull_resumed", was_paused=self.is_paused)
        self.is_paused = False
        self._tell()

    async def changed(self) -> None:
        """Wait for the next pause or resumption."""
        await self._changed.wait()

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Listen for SIGTSTP and SIGCONT within the block."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTSTP, self.pause)
        loop.add_signal_handler(signal.SIGCONT, self.resume)
        try:
            yield
        finally:
            for number in (signal.SIGTSTP, signal.SIGCONT):
                loop.remove_signal_handler(number)

    def _tell(self) -> None:
        """Wake whoever waits now; who waits later, waits for the next change."""
        told, self._changed = self._changed, asyncio.Event()
        told.set()
