"""Shutdown: real signals to this very process, within one block."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from worker.delivery.shutdown import DRAIN_SIGNALS, Shutdown


@pytest.fixture(autouse=True)
def the_process_survives() -> Iterator[None]:
    """Put the signals' own dispositions back, whatever a test leaves behind."""
    before = {number: signal.getsignal(number) for number in DRAIN_SIGNALS}
    yield
    for number, disposition in before.items():
        signal.signal(number, disposition)


async def send(number: signal.Signals, *, until: asyncio.Event) -> None:
    os.kill(os.getpid(), number)
    async with asyncio.timeout(5):
        await until.wait()


@pytest.mark.parametrize("number", DRAIN_SIGNALS)
async def test_a_signal_asks_for_a_drain(number: signal.Signals) -> None:
    shutdown = Shutdown()
    with shutdown.on_signals():
        await send(number, until=shutdown.drain)
    assert not shutdown.hurry.is_set()


@pytest.mark.parametrize("second", DRAIN_SIGNALS)
async def test_a_second_signal_hurries_the_drain(second: signal.Signals) -> None:
    shutdown = Shutdown()
    with shutdown.on_signals():
        await send(signal.SIGTERM, until=shutdown.drain)
        await send(second, until=shutdown.hurry)
    assert shutdown.drain.is_set()


async def test_outside_the_block_a_signal_is_not_the_worker_s() -> None:
    shutdown = Shutdown()
    heard = asyncio.Event()
    loop = asyncio.get_running_loop()
    with shutdown.on_signals():
        pass
    loop.add_signal_handler(signal.SIGTERM, heard.set)
    try:
        await send(signal.SIGTERM, until=heard)
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
    assert not shutdown.drain.is_set()


async def test_the_block_lets_go_of_the_signals_when_it_fails() -> None:
    loop = asyncio.get_running_loop()
    with pytest.raises(RuntimeError, match="broken"), Shutdown().on_signals():
        raise RuntimeError("broken")
    assert not any(loop.remove_signal_handler(number) for number in DRAIN_SIGNALS)


async def test_nothing_is_asked_of_a_worker_that_just_started() -> None:
    shutdown = Shutdown()
    assert not shutdown.drain.is_set()
    assert not shutdown.hurry.is_set()
