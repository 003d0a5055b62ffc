"""Billable attempts: each is charged, and one that was turned away costs nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from worker.adapters.call_retries import NotNowError
from worker.charges import charged
from worker.lessons.costs import BillableCall, Charge


@asynccontextmanager
async def charged_attempt(call: BillableCall) -> AsyncIterator[Charge]:
    """Charge one attempt.

    A service that answers "not now" did nothing, so that nothing is billed; one that does not
    answer may have done its work.

    Raises:
        What `worker.charges.charged` raises.
    """
    async with charged(call) as charge:
        try:
            yield charge
        except NotNowError as error:
            if error.was_refused:
                charge.void()
            raise
