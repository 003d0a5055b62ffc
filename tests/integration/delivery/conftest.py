"""A consumer on the test's platform, with a pipeline that the test scripts."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from tests.fakes.pipeline import ScriptedPipeline
from tests.platform import PROJECT, Platform
from worker.adapters.database.outbox import PostgresOutbox
from worker.adapters.database.requests import PostgresRequestStore
from worker.adapters.pubsub import PubsubPublisher, PubsubSubscription
from worker.delivery.consumer import Consumer, ConsumerLimits
from worker.delivery.lease import LeaseKeeper
from worker.delivery.outbox_relay import OutboxRelay
from worker.delivery.request_delivery import Addresses, DeliveryLimits, RequestDelivery
from worker.delivery.settlement import RetryPolicy
from worker.delivery.shutdown import Shutdown
from worker.lessons.ending import EventAddress
from worker.telemetry.metrics import Metrics

LEASE_SECONDS = 10.0


@dataclass(slots=True)
class Rig:
    """One consumer and everything around it."""

    platform: Platform
    consumer: Consumer
    pipeline: ScriptedPipeline
    relay: OutboxRelay
    shutdown: Shutdown

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        """Consume within the block, and drain at its end."""
        task = asyncio.create_task(self.consumer.run())
        try:
            yield task
        finally:
            self.shutdown.request("the test is over")
            await asyncio.wait_for(task, 20)

    async def until(self, holds: Callable[[], Awaitable[bool]], seconds: float = 15.0) -> None:
        """Wait until something holds.

        Raises:
            TimeoutError: It did not.
        """
        async with asyncio.timeout(seconds):
            while not await holds():  # noqa: ASYNC110  # a database has no event to wait for
                await asyncio.sleep(0.05)


@pytest.fixture
def rig(platform: Platform) -> Rig:
    """A consumer with two slots, one second of grace and three attempts."""
    return make_rig(platform, "worker-a")


def make_rig(
    platform: Platform,
    worker_id: str,
    *,
    request_seconds: float = 5.0,
    lease_seconds: float = LEASE_SECONDS,
) -> Rig:
    """Build a consumer on the platform."""
    store = PostgresRequestStore(platform.engine, worker_id=worker_id)
    source = PubsubSubscription(
        platform.session,
        project=PROJECT,
        subscription=platform.subscription,
        emulator_host=platform.pubsub_host,
    )
    publisher = PubsubPublisher(
        platform.session, project=PROJECT, emulator_host=platform.pubsub_host
    )
    relay = OutboxRelay(PostgresOutbox(platform.engine, worker_id=worker_id), publisher)
    metrics = Metrics()
    keeper = LeaseKeeper(source, store, lease_seconds, metrics)
    pipeline, shutdown, draw = ScriptedPipeline(store), Shutdown(), random.Random(1)  # noqa: S311  # jitter
    deliver = RequestDelivery(
        source=source,
        store=store,
        pipeline=pipeline,
        keeper=keeper,
        limits=DeliveryLimits(
            retry=RetryPolicy(max_attempts=3, first_delay_seconds=1.0, longest_delay_seconds=1.0),
            max_claims=3,
            lease_seconds=lease_seconds,
            request_seconds=request_seconds,
        ),
        addresses=Addresses(
            platform.topic, f"{platform.name}-dead", EventAddress(f"{platform.name}-events", "dev")
        ),
        draw=draw,
        now=lambda: datetime.now(UTC),
        metrics=metrics,
    )
    limits = ConsumerLimits(slots=2, idle_seconds=None, max_runtime_seconds=None, grace_seconds=1.0)
    consumer = Consumer(
        source, keeper, deliver, limits, shutdown, draw, (relay.run,), metrics=metrics
    )
    return Rig(platform, consumer, pipeline, relay, shutdown)
