"""Turns signals into two events: drain, and drain faster."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

DRAIN_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(slots=True)
class Shutdown:
    """What was asked of the worker from outside.

    Attributes:
        drain: Stop pulling, finish what can be finished within the grace.
        hurry: Finish nothing more, release at once.
    """

    drain: asyncio.Event = field(default_factory=asyncio.Event)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)

    def request(self, reason: str) -> None:
        """Ask for a drain; a second asking hurries it."""
        structlog.get_logger().info("drain_requested", reason=reason)
        if self.drain.is_set():
            self.hurry.set()
        self.drain.set()

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Listen for SIGTERM and SIGINT within the block."""
        loop = asyncio.get_running_loop()
        for number in DRAIN_SIGNALS:
            loop.add_signal_handler(number, self.request, number.name)
        try:
            yield
        finally:
            for number in DRAIN_SIGNALS:
                loop.remove_signal_handler(number)
