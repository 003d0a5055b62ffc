"""Calls to a service that may fail for a moment: made again, and never past their deadline.

Waits double from half a second and are drawn from their upper half, as Google asks of its
clients (truncated exponential backoff with jitter); a service that names a wait is given it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from worker.lessons.errors import DependencyUnavailableError

T = TypeVar("T")

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 16.0

MOST_ATTEMPTS = 6
"""A service that failed so often in a row is left alone; the breaker decides when to come back."""

ATTEMPT_SHARE = 0.5
"""An attempt takes at most this share of the whole time, so that one that hangs leaves room for
another. (ours)"""


class NotNowError(DependencyUnavailableError):
    """A service did not answer, or asked to be called later; the same call may succeed soon.

    Attributes:
        wait_seconds: How long it asked to wait; None where it did not say.
        was_refused: The service answered that it did nothing, so that nothing is billed.
    """

    def __init__(
        self,
        message: str,
        hint: str = "",
        wait_seconds: float | None = None,
        *,
        was_refused: bool = False,
    ) -> None:
        super().__init__(message, hint)
        self.args = (message, hint, wait_seconds)
        self.wait_seconds = wait_seconds
        self.was_refused = was_refused


@dataclass(frozen=True, slots=True)
class TimeBudget:
    """The time that one call of a port has, its retries included, by the event loop's clock."""

    seconds: float
    ends_at: float

    @classmethod
    def starting_now(cls, seconds: float) -> TimeBudget:
        """Return a budget that runs from now."""
        return cls(seconds, asyncio.get_running_loop().time() + seconds)

    @property
    def left(self) -> float:
        """Seconds that are left; never below zero."""
        return max(0.0, self.ends_at - asyncio.get_running_loop().time())

    @property
    def attempt_seconds(self) -> float:
        """How long an attempt that starts now may take."""
        return min(self.left, self.seconds * ATTEMPT_SHARE)


def wait_before_retry(failed_attempts: int, asked: float | None, draw: float) -> float:
    """Return how long to wait before the next attempt, in seconds.

    Args:
        failed_attempts: So far, from 1.
        asked: The wait that the service named; it is never cut short.
        draw: From 0 to 1.
    """
    ours = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** (failed_attempts - 1))
    return max(asked or 0.0, ours * (0.5 + 0.5 * draw))


@dataclass(frozen=True, slots=True)
class Retries:
    """Makes calls until they are answered.

    Attributes:
        draw: A number from 0 to 1, anew each time.
        sleep: Waits for some seconds.
    """

    draw: Callable[[], float] = random.random
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep

    async def call(self, attempt: Callable[[float], Awaitable[T]], budget: TimeBudget) -> T:
        """Make a call until it is answered, as long as its budget lasts.

        Args:
            attempt: Makes the call once; it is told how many seconds it has, and is ended then.
            budget: The time for all attempts and the waits between them.

        Raises:
            NotNowError: No attempt was answered, or the wait that is due outlasts the budget.
        """
        failed = 0
        while True:
            try:
                return await _limited(attempt, budget.attempt_seconds)
            except NotNowError as error:
                failed += 1
                wait = wait_before_retry(failed, error.wait_seconds, self.draw())
                if failed >= MOST_ATTEMPTS or wait >= budget.left:
                    raise
            await self.sleep(wait)


RETRIES = Retries()
"""Real waits, drawn anew."""


async def _limited(attempt: Callable[[float], Awaitable[T]], seconds: float) -> T:
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            return await attempt(seconds)
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise NotNowError(f"no answer within {seconds:.3g} s") from error
