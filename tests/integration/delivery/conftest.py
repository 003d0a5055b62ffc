"""A consumer on the test's platform, with a pipeline that the test scripts."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.fakes.pipeline import ScriptedPipeline
from tests.platform import PROJECT, Platform
from worker.adapters.database.outbox import PostgresOutbox
from worker.adapters.database.requests import PostgresRequestStore
from worker.adapters.pubsub import PubsubPublisher, PubsubSubscription
from worker.delivery.breaker import BreakerPolicy, Breakers, Dependency
from worker.delivery.consumer import Consumer, ConsumerLimits
from worker.delivery.guarded_ports import Guard, GuardedRequests, GuardedSource
from worker.delivery.lease import LeaseKeeper
from worker.delivery.outbox_relay import OutboxRelay
from worker.delivery.request_delivery import Addresses, DeliveryLimits, RequestDelivery
from worker.delivery.settlement import RetryPolicy
from worker.delivery.shutdown import Shutdown
from worker.lessons.claim import Claim, ClaimAnswer
from worker.lessons.ending import EventAddress, Failure, OutgoingMessage
from worker.lessons.errors import DependencyUnavailableError
from worker.telemetry.metrics import Metrics

LEASE_SECONDS = 10.0
RETRY = RetryPolicy(max_attempts=3, first_delay_seconds=1.0, longest_delay_seconds=1.0)
POLICY = BreakerPolicy(failures=2, first_seconds=1.0, longest_seconds=1.0)


class SwitchedRequests(PostgresRequestStore):
    """The real store, which a test can take out of the reach of claims.

    Attributes:
        is_away: Nothing answers.
        calls_while_away: How often it was asked nevertheless.
        late_seconds: How long the answer to a claim takes after its commit.
        release_seconds: How long a release hangs before it begins.
        claimed: Set when a claim has committed.
    """

    is_away = False
    calls_while_away = 0
    late_seconds = 0.0
    release_seconds = 0.0

    def __init__(self, engine: AsyncEngine, *, worker_id: str) -> None:
        super().__init__(engine, worker_id=worker_id)
        self.claimed = asyncio.Event()

    async def claim(
        self, request_id: UUID, correlation_id: str, lease_seconds: float
    ) -> ClaimAnswer:
        """Claim, and answer late; or not at all."""
        if self.is_away:
            self.calls_while_away += 1
            raise DependencyUnavailableError("PostgreSQL did not answer")
        answer = await super().claim(request_id, correlation_id, lease_seconds)
        self.claimed.set()
        await asyncio.sleep(self.late_seconds)
        return answer

    async def release(
        self, claim: Claim, failure: Failure | None, again: OutgoingMessage | None = None
    ) -> None:
        """Hang, then release."""
        await asyncio.sleep(self.release_seconds)
        await super().release(claim, failure, again)


@dataclass(slots=True)
class Rig:
    """One consumer and everything around it."""

    platform: Platform
    consumer: Consumer
    pipeline: ScriptedPipeline
    relay: OutboxRelay
    shutdown: Shutdown
    store: SwitchedRequests
    breakers: Breakers

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
    metrics = Metrics()
    breakers = Breakers.one_each(POLICY, time.monotonic, lambda: 1.0, metrics)
    switched = SwitchedRequests(platform.engine, worker_id=worker_id)
    store = GuardedRequests(switched, Guard(breakers[Dependency.DATABASE], 30.0))
    source = GuardedSource(_subscription(platform), Guard(breakers[Dependency.BROKER], 20.0))
    publisher = PubsubPublisher(
        platform.session, project=PROJECT, emulator_host=platform.pubsub_host
    )
    relay = OutboxRelay(PostgresOutbox(platform.engine, worker_id=worker_id), publisher)
    keeper = LeaseKeeper(source, store, lease_seconds, metrics)
    pipeline, shutdown, draw = ScriptedPipeline(store), Shutdown(), random.Random(1)  # noqa: S311  # jitter
    deliver = RequestDelivery(
        source=source,
        store=store,
        pipeline=pipeline,
        keeper=keeper,
        limits=DeliveryLimits(RETRY, 3, lease_seconds, request_seconds),
        addresses=Addresses(
            platform.topic,
            platform.subscription,
            f"{platform.name}-dead",
            EventAddress(f"{platform.name}-events", "dev"),
        ),
        draw=draw,
        now=lambda: datetime.now(UTC),
        metrics=metrics,
    )
    limits = ConsumerLimits(slots=2, idle_seconds=None, max_runtime_seconds=None, grace_seconds=1.0)
    consumer = Consumer(
        source,
        keeper,
        deliver,
        limits,
        shutdown,
        draw,
        (relay.run,),
        breakers=breakers,
        metrics=metrics,
    )
    return Rig(platform, consumer, pipeline, relay, shutdown, switched, breakers)


def _subscription(platform: Platform) -> PubsubSubscription:
    return PubsubSubscription(
        platform.session,
        project=PROJECT,
        subscription=platform.subscription,
        emulator_host=platform.pubsub_host,
    )
