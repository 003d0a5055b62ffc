"""Who is next for a render child."""

from __future__ import annotations

import asyncio

import pytest

from worker.adapters.render_line import RenderLine


async def served(line: RenderLine[str], head_starts: list[float]) -> list[float]:
    """Let works come in this order, free children one by one, and return who was served when."""
    order: list[float] = []

    async def wait(head_start: float) -> None:
        await line.get(head_start)
        order.append(head_start)

    tasks = []
    for head_start in head_starts:
        tasks.append(asyncio.create_task(wait(head_start)))
        await asyncio.sleep(0)
    for _ in tasks:
        line.put("child")
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    return order


async def test_a_free_child_is_handed_out_at_once() -> None:
    line: RenderLine[str] = RenderLine()
    line.put("child")
    assert await line.get(0.0) == "child"


async def test_the_longest_of_what_waits_is_next() -> None:
    assert await served(RenderLine(), [5.0, 30.0, 12.0, 600.0]) == [600.0, 30.0, 12.0, 5.0]


async def test_equal_works_keep_the_order_in_which_they_came() -> None:
    line: RenderLine[str] = RenderLine()
    first, second = (asyncio.create_task(line.get(1.0)) for _ in range(2))
    await asyncio.sleep(0)
    line.put("child")
    await asyncio.sleep(0)
    assert (first.done(), second.done()) == (True, False)
    line.put("child")
    await second


async def test_short_work_is_overtaken_by_nothing_that_comes_later_than_its_head_start() -> None:
    line: RenderLine[str] = RenderLine()
    short = asyncio.create_task(line.get(0.0))
    await asyncio.sleep(0.06)
    long = asyncio.create_task(line.get(0.05))
    await asyncio.sleep(0)
    line.put("child")
    await asyncio.sleep(0)
    assert (short.done(), long.done()) == (True, False)
    line.put("child")
    await long


async def test_whoever_stops_waiting_loses_no_child() -> None:
    line: RenderLine[str] = RenderLine()
    gone = asyncio.create_task(line.get(0.0))
    await asyncio.sleep(0)
    line.put("child")
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert await line.get(0.0) == "child"


async def test_a_closed_line_sends_everybody_home() -> None:
    line: RenderLine[str] = RenderLine()
    waiting = asyncio.create_task(line.get(0.0))
    await asyncio.sleep(0)
    line.close()
    assert await waiting is None
    assert await line.get(0.0) is None
