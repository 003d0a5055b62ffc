"""What a worker's database connections are for."""

from __future__ import annotations

import asyncio
import gc
from contextlib import AsyncExitStack

import aiohttp

from tests.platform import Platform
from worker.bootstrap import build_consumer, open_resources
from worker.delivery.shutdown import Shutdown
from worker.lessons.claim import Claimed
from worker.settings import load_settings


async def test_a_worker_that_is_moved_again_and_again_holds_two_sessions(
    platform: Platform,
) -> None:
    def sessions() -> set[aiohttp.ClientSession]:
        found = (one for one in gc.get_objects() if type(one) is aiohttp.ClientSession)
        return {one for one in found if not one.closed}

    settings, _ = load_settings(platform.environ)
    before = sessions()
    async with open_resources(settings) as resources:
        for _ in range(5):
            resources.renew_connections()
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            while len(sessions() - before) > 2:  # noqa: ASYNC110  # aiohttp sets no event
                await asyncio.sleep(0.01)
        assert len(sessions() - before) == 2
    assert sessions() <= before


async def test_claims_are_renewed_while_requests_hold_every_connection_of_theirs(
    platform: Platform,
) -> None:
    """Uploads of one lesson wait for its row together; that must not cost all other claims."""
    settings, _ = load_settings(platform.environ | {"WORKER_SLOTS": "1"})
    request_id = await platform.add_request()
    async with open_resources(settings) as resources, AsyncExitStack() as held:
        consumer = build_consumer(resources, Shutdown())
        claimed = await consumer.deliver.store.claim(
            request_id, f"correlation-{request_id.hex[:8]}", 30.0
        )
        assert isinstance(claimed, Claimed)
        for _ in range(2):
            await held.enter_async_context(resources.engine.connect())
        async with asyncio.timeout(10):
            kept = await consumer.keeper.store.renew([claimed.claim], 30.0)
        assert kept == {claimed.claim}
