"""Suspension: real signals to this very process, within one block."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from worker.delivery.suspension import Suspension


async def send(number: signal.Signals, suspension: Suspension) -> None:
    changed = asyncio.create_task(suspension.changed())
    await asyncio.sleep(0)
    os.kill(os.getpid(), number)
    async with asyncio.timeout(5):
        await changed


async def test_sigtstp_pauses_and_sigcont_renews_and_goes_on() -> None:
    renewed: list[str] = []
    suspension = Suspension([lambda: renewed.append("database"), lambda: renewed.append("http")])
    with suspension.on_signals():
        await send(signal.SIGTSTP, suspension)
        assert suspension.is_paused
        assert renewed == []
        await send(signal.SIGCONT, suspension)
    assert renewed == ["database", "http"]
    assert not suspension.is_paused


async def test_sigcont_alone_renews_too() -> None:
    """Whoever was stopped with SIGSTOP heard nothing before it."""
    renewed: list[str] = []
    suspension = Suspension([lambda: renewed.append("database")])
    with suspension.on_signals():
        await send(signal.SIGCONT, suspension)
    assert renewed == ["database"]


async def test_a_change_wakes_those_who_wait_for_it_and_no_later_ones() -> None:
    suspension = Suspension()
    suspension.pause()
    later = asyncio.create_task(suspension.changed())
    await asyncio.sleep(0.01)
    assert not later.done()
    suspension.resume()
    await later


async def test_the_block_lets_go_of_the_signals_when_it_fails() -> None:
    loop = asyncio.get_running_loop()
    with pytest.raises(RuntimeError, match="broken"), Suspension().on_signals():
        raise RuntimeError("broken")
    assert not any(loop.remove_signal_handler(one) for one in (signal.SIGTSTP, signal.SIGCONT))
