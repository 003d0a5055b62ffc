"""The composition root of the commands that look after requests: no voice, no renderer."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

import aiohttp
from sqlalchemy.ext.asyncio import AsyncEngine

from worker.adapters.cloud_storage import CloudStorage
from worker.adapters.database.dead_letters import PostgresDeadLetters
from worker.adapters.database.engine import open_engine
from worker.adapters.database.outbox import PostgresOutbox
from worker.adapters.database.upkeep import PostgresUpkeep
from worker.adapters.pubsub import PubsubPublisher, PubsubSubscription, PullWaits
from worker.bootstrap import name_worker
from worker.delivery.broker_letters import BrokerLetters
from worker.delivery.object_sweep import ObjectSweep
from worker.delivery.outbox_relay import OutboxRelay
from worker.delivery.row_sweep import RowSweep
from worker.delivery.sweep import SweepStep
from worker.lessons.ending import EventAddress
from worker.lessons.upkeep import CACHE, KeptRows, LostMessageRule
from worker.settings import Settings

CONNECTIONS = 4
"""Database connections of one command."""

BROKER_LETTERS_SECONDS = 5.0
"""How long a sweep waits for one more letter before it takes the subscription for empty."""

ERASED_DAYS = 32.0
"""Pub/Sub keeps a message for 31 days at most: later none can name an erased request."""


@dataclass(frozen=True, slots=True)
class UpkeepResources:
    """What these commands hold open; each connects at first use."""

    settings: Settings
    worker_id: str
    engine: AsyncEngine
    session: aiohttp.ClientSession
    publisher: PubsubPublisher
    objects: CloudStorage

    @property
    def dead_letters(self) -> PostgresDeadLetters:
        """The desk of the dead letters."""
        return PostgresDeadLetters(self.engine, requests=self._requests, new_id=uuid4)

    @property
    def rows(self) -> PostgresUpkeep:
        """The rows of requests, as a sweep sees them."""
        return PostgresUpkeep(self.engine, requests=self._requests, new_id=uuid4)

    @property
    def _requests(self) -> EventAddress:
        return EventAddress(self.settings.topic, self.settings.environment)


def sweep_steps(upkeep: UpkeepResources, *, dry_run: bool) -> list[SweepStep]:
    """Wire the steps of a sweep, in an order that lets each see what those before it did."""
    rows = RowSweep(upkeep.rows, dry_run=dry_run)
    return [
        *_broker_step(upkeep, dry_run=dry_run),
        *_message_steps(upkeep, rows),
        *_expiry_steps(upkeep.settings, rows),
        *_object_steps(upkeep, dry_run=dry_run),
    ]


def _broker_step(upkeep: UpkeepResources, *, dry_run: bool) -> list[SweepStep]:
    """Without a subscription there is nothing to read; a dry run may not even look at one."""
    settings = upkeep.settings
    if settings.dead_letter_subscription is None or dry_run:
        return []
    letters = BrokerLetters(
        letters=PubsubSubscription(
            upkeep.session,
            project=settings.project,
            subscription=settings.dead_letter_subscription,
            emulator_host=settings.pubsub_emulator,
            waits=PullWaits(answer=BROKER_LETTERS_SECONDS, call=settings.broker_call_seconds),
        ),
        shelf=upkeep.dead_letters,
        subscription=settings.subscription,
        environment=settings.environment,
    )
    return [SweepStep("broker's dead letters", letters.reconcile)]


def _message_steps(upkeep: UpkeepResources, rows: RowSweep) -> list[SweepStep]:
    rule = LostMessageRule(upkeep.settings.republish_seconds)
    outbox = PostgresOutbox(upkeep.engine, worker_id=upkeep.worker_id)
    relay = OutboxRelay(outbox, upkeep.publisher)
    return [
        SweepStep("lost messages", partial(rows.republish, rule)),
        SweepStep("outbox", partial(rows.relay, relay, outbox)),
    ]


def _expiry_steps(settings: Settings, rows: RowSweep) -> list[SweepStep]:
    days_of = {
        KeptRows.REQUESTS: settings.keep_lessons_days,
        KeptRows.EVENTS: settings.keep_events_days,
        KeptRows.DEAD_LETTERS: settings.keep_dead_letters_days,
        KeptRows.OUTBOX: settings.keep_outbox_days,
        KeptRows.ERASED: ERASED_DAYS,
        KeptRows.DAILY_COSTS: settings.keep_costs_days,
    }
    return [
        SweepStep(f"old rows: {kind.value}", partial(rows.expire, kind, days))
        for kind, days in days_of.items()
        if days
    ]


def _object_steps(upkeep: UpkeepResources, *, dry_run: bool) -> list[SweepStep]:
    """A temporary bucket that is also another bucket is left alone: not all in it is temporary."""
    settings = upkeep.settings
    objects = ObjectSweep(upkeep.objects, upkeep.rows, settings.orphan_seconds, _now, dry_run)
    lessons, temporary = settings.generated_bucket, settings.temp_bucket
    steps = [SweepStep("orphan objects", partial(objects.delete_orphans, lessons))]
    if settings.keep_cache_days:
        cached = partial(objects.delete_older, lessons, CACHE, settings.keep_cache_days)
        steps.append(SweepStep("old objects: cache", cached))
    if settings.keep_temp_days and temporary not in {lessons, settings.oer_bucket}:
        leftovers = partial(objects.delete_older, temporary, "", settings.keep_temp_days)
        steps.append(SweepStep("old objects: temporary", leftovers))
    return steps


def _now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def open_upkeep(settings: Settings) -> AsyncIterator[UpkeepResources]:
    """Build the adapters, and close them in reverse order."""
    async with AsyncExitStack() as stack:
        worker_id = name_worker(os.environ)
        engine = open_engine(
            settings.database_url.get_secret_value(),
            pool_size=CONNECTIONS,
            application_name=f"content-upkeep {worker_id}"[:63],
            command_seconds=settings.database_call_seconds,
        )
        stack.push_async_callback(engine.dispose)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield UpkeepResources(
            settings=settings,
            worker_id=worker_id,
            engine=engine,
            session=session,
            publisher=PubsubPublisher(
                session,
                project=settings.project,
                emulator_host=settings.pubsub_emulator,
                call_seconds=settings.broker_call_seconds,
            ),
            objects=CloudStorage(
                session,
                emulator_url=settings.storage_emulator,
                call_seconds=settings.storage_call_seconds,
            ),
        )
