"""Slots are taken many at a time, and never more of them than there are."""

from __future__ import annotations

import asyncio

import pytest

from worker.delivery import slots as module
from worker.delivery.slots import Slots


async def test_all_that_are_free_are_taken_at_once() -> None:
    assert await Slots(8).take() == 8


async def test_who_had_to_wait_waits_until_half_of_them_are_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "GATHER_SECONDS", 3600)
    slots = Slots(8)
    await slots.take()
    taking = asyncio.create_task(slots.take())
    for _ in range(4):
        await asyncio.sleep(0)
        assert not taking.done()
        slots.give_back()
    async with asyncio.timeout(60):
        assert await taking == 4


async def test_who_had_to_wait_takes_one_where_no_more_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "GATHER_SECONDS", 0.01)
    slots = Slots(8)
    await slots.take()
    taking = asyncio.create_task(slots.take())
    await asyncio.sleep(0)
    slots.give_back()
    async with asyncio.timeout(60):
        assert await taking == 1


async def test_a_lone_slot_is_not_waited_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GATHER_SECONDS", 3600)
    slots = Slots(1)
    await slots.take()
    taking = asyncio.create_task(slots.take())
    await asyncio.sleep(0)
    slots.give_back()
    async with asyncio.timeout(60):
        assert await taking == 1


async def test_two_that_take_do_not_share_what_becomes_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each would wait out the time with half of it, and bring half as many messages."""
    monkeypatch.setattr(module, "GATHER_SECONDS", 3600)
    slots = Slots(8)
    await slots.take()
    both = [asyncio.create_task(slots.take()) for _ in range(2)]
    await asyncio.sleep(0)
    slots.give_back(4)
    async with asyncio.timeout(60):
        done, waiting = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    assert [one.result() for one in done] == [4]
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_more_than_there_are_cannot_be_given_back() -> None:
    slots = Slots(2)
    assert await slots.take() == 2
    with pytest.raises(ValueError, match="released too many times"):
        slots.give_back(3)
