"""What a drain finishes, keeps, and gives back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest
import structlog

from tests.fakes.pipeline import hang
from tests.integration.delivery.conftest import Rig, make_rig
from tests.platform import Platform
from worker.lessons.claim import ClaimAnswer, Claimed


async def test_a_drain_gives_unfinished_work_back_at_once(rig: Rig, platform: Platform) -> None:
    rig.pipeline.step = hang
    request_id = await platform.add_request()
    await platform.publish(platform.message(request_id))
    async with rig.running():
        await rig.pipeline.started.wait()
    row = await platform.row(request_id)
    assert (row.status, row.claimed_by, row.failed_attempts) == ("pending", None, 0)
    second = make_rig(platform, "worker-b")
    async with second.running():
        await second.until(lambda: _is_completed(platform, request_id))


async def test_a_drain_lets_finish_what_can_finish_in_its_grace(rig: Rig) -> None:
    async def half_a_second(_: Claimed) -> None:
        await asyncio.sleep(0.5)

    rig.pipeline.step = half_a_second
    request_id = await rig.platform.add_request()
    await rig.platform.publish(rig.platform.message(request_id))
    async with rig.running():
        await rig.pipeline.started.wait()
    assert await _is_completed(rig.platform, request_id)


async def test_leases_outlive_the_drain(platform: Platform) -> None:
    """Work that ends 13 s after the drain began, on leases of 10 s, is nobody else's meanwhile."""
    rig, rival = (make_rig(platform, name, request_seconds=60.0) for name in ("one", "two"))
    rig.consumer.limits = replace(rig.consumer.limits, grace_seconds=19.0)

    async def outlast_the_lease(_: Claimed) -> None:
        await asyncio.sleep(13)

    rig.pipeline.step = rival.pipeline.step = outlast_the_lease
    request_id = await platform.add_request()
    await platform.publish(platform.message(request_id))
    async with rig.running() as task:
        await rig.pipeline.started.wait()
        rig.shutdown.request("a drain")
        async with rival.running():
            await task
            row = await platform.row(request_id)
    assert (row.status, row.claim_fence) == ("completed", 1)
    assert (rig.pipeline.runs, rival.pipeline.runs) == (1, 0)


async def test_a_drain_is_told_while_work_is_still_in_flight(rig: Rig) -> None:
    in_flight: list[int] = []
    release = asyncio.Event()

    async def until_released(_: Claimed) -> None:
        await release.wait()

    def note() -> None:
        in_flight.append(rig.pipeline.runs - rig.consumer.handled)
        release.set()

    rig.pipeline.step = until_released
    rig.consumer.on_drain = note
    request_id = await rig.platform.add_request()
    await rig.platform.publish(rig.platform.message(request_id))
    async with rig.running():
        await rig.pipeline.started.wait()
    assert in_flight == [1]
    assert await _is_completed(rig.platform, request_id)


async def _is_completed(platform: Platform, request_id: UUID) -> bool:
    return bool((await platform.row(request_id)).status == "completed")


async def test_a_drain_that_has_claimed_nothing_nacks_and_says_so(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Event()

    async def claim(*_: object) -> ClaimAnswer:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(rig.store, "claim", claim)
    await rig.platform.publish(rig.platform.message(await rig.platform.add_request()))
    with structlog.testing.capture_logs() as lines:
        async with rig.running():
            await asked.wait()
        (settled,) = [one for one in lines if one["event"] == "delivery_settled"]
    assert (settled["settlement"], settled["why"]) == ("retry", "drained")
    assert await rig.platform.backlog() == 1
