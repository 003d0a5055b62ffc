"""The outbox as the metrics show it, and the relay that waits for the broker."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from sqlalchemy import text

from tests.fakes.memory_broker import MemoryBroker
from tests.metrics import value_of
from tests.platform import Platform
from worker.adapters.database.outbox import PostgresOutbox
from worker.delivery.outbox_relay import OutboxRelay, Relayed
from worker.delivery.outbox_watch import OutboxWatch
from worker.telemetry.metrics import Metrics


async def _add(platform: Platform, age_seconds: int) -> None:
    async with platform.engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO outbox (id, topic, payload, available_at) "
                "VALUES (:id, 'events', 'x', now() - make_interval(secs => :age))"
            ),
            {"id": uuid4(), "age": age_seconds},
        )


async def test_what_waits_and_for_how_long_is_shown(platform: Platform) -> None:
    await _add(platform, 40)
    await _add(platform, 5)
    metrics = Metrics()
    watch = OutboxWatch(PostgresOutbox(platform.engine, worker_id="tests"), metrics)
    watching = asyncio.create_task(watch.run())
    async with asyncio.timeout(10):
        while value_of(metrics, "outbox_backlog") == 0:  # noqa: ASYNC110  # a gauge has no event
            await asyncio.sleep(0.02)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    assert value_of(metrics, "outbox_backlog") == 2
    assert 40 <= value_of(metrics, "outbox_oldest_seconds") < 60


async def test_nothing_is_leased_while_the_broker_is_out_of_reach(platform: Platform) -> None:
    """A row that is leased in vain counts an attempt, and waits longer after each."""
    await _add(platform, 0)
    seconds = [3.0]
    outbox = PostgresOutbox(platform.engine, worker_id="tests")
    relay = OutboxRelay(outbox, MemoryBroker(), lambda: seconds[0])
    assert await relay.relay() == Relayed()
    seconds[0] = 0.0
    assert await relay.relay() == Relayed(1, 1)
    (row,) = await platform.rows("SELECT attempts FROM outbox")
    assert row.attempts == 1
