"""Work of our own in a thread, charged by the processor time that it takes."""

from __future__ import annotations

import time
from asyncio import get_running_loop
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

from worker.charges import charged
from worker.lessons.costs import BillableCall, Usage

T = TypeVar("T")


async def run_charged(call: BillableCall, work: Callable[[], T], executor: Executor | None) -> T:
    """Run work in a thread of an executor, and settle the call by the thread's own time.

    Args:
        call: What it is charged as.
        work: Does all its computing in the thread that it is called in.
        executor: Whose thread; the event loop's own if None.

    Raises:
        What `worker.charges.charged` and the work raise.
    """
    spent = 0.0

    def measured() -> T:
        nonlocal spent
        began = time.thread_time()
        try:
            return work()
        finally:
            spent = time.thread_time() - began

    async with charged(call) as charge:
        try:
            return await get_running_loop().run_in_executor(executor, measured)
        finally:
            charge.settle(Usage(cpu_seconds=spent))
