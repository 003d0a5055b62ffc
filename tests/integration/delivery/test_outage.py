"""What a consumer does while something is out of reach, and when it is back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes.memory_broker import MemorySubscription
from tests.fakes.pipeline import hang, raising
from tests.integration.delivery.conftest import RETRY, Rig, make_rig
from tests.metrics import value_of
from tests.platform import Platform
from worker.delivery import consumer
from worker.delivery.breaker import Breaker, Dependency, Mode
from worker.lessons.claim import Claimed
from worker.lessons.errors import CircuitOpenError, DependencyUnavailableError
from worker.lessons.stage import Stage
from worker.ports import Delivery


def opened(breaker: Breaker) -> None:
    while breaker.mode is not Mode.OPEN:
        breaker.failed(breaker.admit(urgent=True))


async def test_while_the_database_is_away_nothing_is_leased_and_nothing_fails(
    rig: Rig, platform: Platform
) -> None:
    requests = [await platform.add_request() for _ in range(5)]
    rig.store.is_away = True
    opened(rig.breakers[Dependency.DATABASE])
    async with rig.running():
        for request_id in requests:
            await platform.publish(platform.message(request_id))
        await rig.until(lambda: _calls_while_away(rig, 2))
        assert rig.store.calls_while_away <= rig.consumer.handled + 1, "one probe at a time"
        rig.store.is_away = False
        await rig.until(lambda: _all_completed(platform), seconds=60)
    rows = await platform.rows("SELECT failed_attempts FROM content_requests")
    assert {row.failed_attempts for row in rows} == {0}


async def _calls_while_away(rig: Rig, count: int) -> bool:
    return rig.store.calls_while_away >= count


async def _all_completed(platform: Platform) -> bool:
    rows = await platform.rows("SELECT status FROM content_requests")
    return {row.status for row in rows} == {"completed"}


async def test_an_open_breaker_leaves_messages_on_the_broker(rig: Rig, platform: Platform) -> None:
    opened(rig.breakers[Dependency.OBJECT_STORE])
    rig.consumer.breakers[Dependency.OBJECT_STORE].clock = lambda: 0.0
    await platform.publish(platform.message(await platform.add_request()))
    async with rig.running():
        await asyncio.sleep(1)
        assert await platform.backlog() == 1
    assert rig.consumer.handled == 0
    assert value_of(rig.consumer.metrics, "pulls_total") == 0


async def test_a_consumer_that_may_not_pull_is_not_idle(platform: Platform) -> None:
    rig = make_rig(platform, "worker-a")
    rig.consumer.limits = replace(rig.consumer.limits, idle_seconds=0.3)
    rig.store.is_away = True
    opened(rig.breakers[Dependency.DATABASE])
    async with rig.running() as task:
        await asyncio.sleep(0.7)
        assert not task.done()


async def test_a_consumer_that_cannot_reach_its_broker_is_not_idle(platform: Platform) -> None:
    """It would end with exit code 0, as if there were no more work."""

    class Away(MemorySubscription):
        async def pull(self, limit: int) -> Sequence[Delivery]:
            raise DependencyUnavailableError(f"no answer for {limit} deliveries")

    rig = make_rig(platform, "worker-a")
    rig.consumer.source = Away()
    rig.consumer.limits = replace(rig.consumer.limits, idle_seconds=0.3)
    async with rig.running() as task:
        await asyncio.sleep(2.5)
        assert not task.done()


async def test_a_probe_that_asks_for_nothing_that_is_probed_does_not_hold_up_the_others(
    rig: Rig, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lesson that goes on from its checkpoints never calls the writer, and renders for long."""
    monkeypatch.setattr(consumer, "PROBE_PATIENCE_SECONDS", 0.3)
    rig.pipeline.step = hang
    opened(rig.breakers[Dependency.WRITER])
    for _ in range(2):
        await platform.publish(platform.message(await platform.add_request()))
    async with rig.running():
        await rig.until(lambda: _runs(rig, 2))
        assert rig.breakers[Dependency.WRITER].mode is Mode.HALF_OPEN
        assert rig.consumer.is_held_off, "and /readyz says so"
        writer = rig.breakers[Dependency.WRITER]
        writer.succeeded(writer.admit())
        assert not rig.consumer.is_held_off


async def test_a_checkpoint_is_kept_although_the_database_s_breaker_is_open(
    rig: Rig, platform: Platform
) -> None:
    """What is done would be done again, although the database may well answer."""

    async def finish_while_open(claimed: Claimed) -> None:
        opened(rig.breakers[Dependency.DATABASE])
        await rig.pipeline.store.finish_stage(claimed.claim, Stage.RENDER, b"{}")

    rig.pipeline.step = finish_while_open
    await platform.publish(platform.message(await platform.add_request()))
    async with rig.running():
        await rig.until(lambda: _all_completed(platform))
    assert rig.pipeline.runs == 1
    (stage,) = await platform.rows("SELECT status, checkpoint FROM request_stages")
    assert (stage.status, stage.checkpoint) == ("done", {})


async def test_a_refused_call_brings_the_request_back_without_counting_anything(
    rig: Rig, platform: Platform
) -> None:
    """The request comes back with a fresh message when the breaker lets calls through."""

    async def refuse_once(_: Claimed) -> None:
        if rig.pipeline.runs == 1:
            raise CircuitOpenError("voice", 1.0)

    rig.pipeline.step = refuse_once
    request_id = await platform.add_request(failed_attempts=2)
    await platform.publish(platform.message(request_id))
    async with rig.running():
        await rig.until(lambda: _all_completed(platform), seconds=40)
    row = await platform.row(request_id)
    assert (row.failed_attempts, rig.pipeline.runs) == (2, 2)
    assert value_of(rig.consumer.metrics, "deliveries_total", settlement="handback") == 1
    assert await platform.backlog() == 0


async def test_a_lone_request_outlives_an_outage_that_its_own_probes_meet(
    rig: Rig, platform: Platform
) -> None:
    """It would have failed for good at its third missing answer; and it says what it waits for."""
    is_back = asyncio.Event()

    async def call_what_does_not_answer(_: Claimed) -> None:
        if not is_back.is_set():
            raise DependencyUnavailableError("storage answered 503")

    rig.pipeline.step = call_what_does_not_answer
    request_id = await platform.add_request()
    await platform.publish(platform.message(request_id))
    async with rig.running():
        await rig.until(lambda: _runs(rig, 5), seconds=40)
        row = await platform.row(request_id)
        assert (row.error_class, row.error_stage) == ("DependencyUnavailableError", "render")
        is_back.set()
        await rig.until(lambda: _all_completed(platform), seconds=40)
    row = await platform.row(request_id)
    assert (row.failed_attempts, row.error_class) == (0, None)


async def test_an_outage_that_outlasts_a_request_s_patience_ends_it(
    rig: Rig, platform: Platform
) -> None:
    rig.pipeline.step = raising(DependencyUnavailableError("storage answered 503"))
    started_at = datetime.now(UTC) - timedelta(seconds=RETRY.outage_seconds)
    request_id = await platform.add_request(failed_attempts=2, started_at=started_at)
    await platform.publish(platform.message(request_id))
    async with rig.running():
        await rig.until(lambda: _in_status(platform, "failed"))
    assert (await platform.row(request_id)).error_class == "DependencyUnavailableError"


async def _in_status(platform: Platform, status: str) -> bool:
    rows = await platform.rows("SELECT status FROM content_requests")
    return {row.status for row in rows} == {status}


async def test_paused_it_pulls_nothing_and_keeps_what_it_holds(
    rig: Rig, platform: Platform
) -> None:
    rig.pipeline.step = hang
    held = await platform.add_request()
    await platform.publish(platform.message(held))
    async with rig.running():
        await rig.pipeline.started.wait()
        rig.consumer.suspension.pause()
        await asyncio.sleep(0.2)
        await platform.publish(platform.message(await platform.add_request()))
        await asyncio.sleep(0.8)
        assert rig.pipeline.runs == 1
        assert await platform.backlog() == 1
        rig.consumer.suspension.resume()
        await rig.until(lambda: _runs(rig, 2))


async def _runs(rig: Rig, count: int) -> bool:
    return rig.pipeline.runs >= count


async def test_a_drain_hands_back_a_claim_whose_answer_comes_too_late(
    rig: Rig, platform: Platform
) -> None:
    """The grace is a second; the claim has committed, and its answer takes longer."""
    rig.store.late_seconds = 1.8
    request_id = await platform.add_request()
    await platform.publish(platform.message(request_id))
    async with rig.running():
        await rig.store.claimed.wait()
    row = await platform.row(request_id)
    assert (row.claim_fence, row.claimed_by, row.claims_without_progress) == (1, None, 0)
    assert rig.pipeline.runs == 0


async def test_a_drain_does_not_wait_for_a_database_that_hangs(
    rig: Rig, platform: Platform
) -> None:
    """The claim runs out by itself then, and the delivery is nacked."""
    rig.pipeline.step = hang
    rig.store.release_seconds = 3600.0
    request_id = await platform.add_request()
    await platform.publish(platform.message(request_id))
    async with rig.running():
        await rig.pipeline.started.wait()
    assert (await platform.row(request_id)).claimed_by == "worker-a"
    assert await platform.backlog() == 1
