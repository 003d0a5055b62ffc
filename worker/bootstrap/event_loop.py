"""The event loop of a worker: every port behind its breaker, wired to whoever needs it."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from worker.adapters.database.cost_ledger import PostgresCostLedger
from worker.adapters.database.outbox import PostgresOutbox
from worker.adapters.database.passage_search import PostgresPassageIndex
from worker.adapters.database.requests import PostgresRequestStore
from worker.adapters.price_file import BUNDLED, load_prices
from worker.bootstrap.resources import Resources
from worker.delivery.background_acks import BackgroundAcks
from worker.delivery.breaker import BreakerPolicy, Breakers, Dependency
from worker.delivery.consumer import Consumer, ConsumerLimits
from worker.delivery.guarded_library import GuardedEmbedder, GuardedIndex
from worker.delivery.guarded_ports import (
    Guard,
    GuardedLedger,
    GuardedObjects,
    GuardedOutbox,
    GuardedPublisher,
    GuardedRequests,
    GuardedSource,
    GuardedTutor,
    GuardedVoice,
)
from worker.delivery.lease import LeaseKeeper
from worker.delivery.outbox_relay import OutboxRelay
from worker.delivery.outbox_watch import OutboxWatch
from worker.delivery.request_delivery import (
    LAST_CALLS_SECONDS,
    Addresses,
    DeliveryLimits,
    RequestDelivery,
)
from worker.delivery.settlement import RetryPolicy
from worker.delivery.shutdown import Shutdown
from worker.delivery.suspension import Suspension
from worker.lessons.costs import Budgets, PriceTable
from worker.lessons.ending import EventAddress
from worker.lessons.look import Appearance, Look, Shape
from worker.pipeline.find_passages import Library
from worker.pipeline.run_stages import LessonPipeline
from worker.pipeline.stage_limits import StageLimits
from worker.pipeline.tools import Permits, Tools
from worker.telemetry.loop_lag import watch_loop_lag


@dataclass(frozen=True, slots=True)
class _Guarded:
    """The ports of a worker, each behind its breaker, and what their calls cost."""

    breakers: Breakers
    prices: PriceTable
    source: GuardedSource
    publisher: GuardedPublisher
    requests: GuardedRequests
    leases: GuardedRequests
    outbox: GuardedOutbox
    ledger: GuardedLedger
    objects: GuardedObjects
    voice: GuardedVoice
    tutor: GuardedTutor
    index: GuardedIndex
    embedder: GuardedEmbedder | None


def _guard(resources: Resources, draw: random.Random) -> _Guarded:
    settings, worker_id = resources.settings, resources.worker_id
    policy = BreakerPolicy(settings.breaker_failures, settings.breaker_seconds)
    breakers = Breakers.one_each(policy, time.monotonic, draw.random, resources.metrics)
    database = Guard(breakers[Dependency.DATABASE], settings.database_call_seconds)
    broker = Guard(breakers[Dependency.BROKER], settings.broker_call_seconds)
    store = Guard(breakers[Dependency.OBJECT_STORE], settings.storage_call_seconds)
    voice = Guard(breakers[Dependency.VOICE], settings.voice_call_seconds)
    writer = Guard(breakers[Dependency.WRITER], settings.writer_call_seconds)
    prices = load_prices(settings.prices or BUNDLED)
    return _Guarded(
        breakers=breakers,
        prices=prices,
        source=GuardedSource(resources.subscription, broker),
        publisher=GuardedPublisher(resources.publisher, broker),
        requests=GuardedRequests(
            PostgresRequestStore(resources.engine, worker_id=worker_id), database
        ),
        leases=GuardedRequests(
            PostgresRequestStore(resources.side_engine, worker_id=worker_id), database
        ),
        outbox=GuardedOutbox(PostgresOutbox(resources.side_engine, worker_id=worker_id), database),
        ledger=GuardedLedger(_ledger(resources, prices), database),
        objects=GuardedObjects(resources.objects, store),
        voice=GuardedVoice(resources.voice, voice),
        tutor=GuardedTutor(resources.tutor, writer),
        index=GuardedIndex(PostgresPassageIndex(resources.engine), database),
        embedder=GuardedEmbedder(resources.embedder, writer) if resources.embedder else None,
    )


def _ledger(resources: Resources, prices: PriceTable) -> PostgresCostLedger:
    settings = resources.settings
    return PostgresCostLedger(
        resources.engine,
        prices=prices,
        budgets=Budgets.of(
            settings.budget_request, settings.budget_organization, settings.budget_day
        ),
        new_id=uuid4,
        today=lambda: _now().date(),
    )


def build_consumer(
    resources: Resources,
    shutdown: Shutdown,
    suspension: Suspension | None = None,
    *,
    forever: bool = False,
) -> Consumer:
    """Wire the event loop.

    Args:
        resources: What it works with.
        shutdown: Where the signals to end arrive.
        suspension: Where the signals to hold still and to go on arrive.
        forever: Whether it goes on when idle, and past WORKER_MAX_RUNTIME.
    """
    settings, metrics = resources.settings, resources.metrics
    draw = random.Random()  # noqa: S311  # jitter, not a secret
    guarded = _guard(resources, draw)
    broker = guarded.breakers[Dependency.BROKER]
    relay = OutboxRelay(guarded.outbox, guarded.publisher, lambda: broker.seconds_closed_to_calls)
    keeper = LeaseKeeper(guarded.source, guarded.leases, settings.lease_seconds, metrics)
    acks = BackgroundAcks(guarded.source)
    suspension = suspension or Suspension()
    suspension.renewals += [resources.renew_connections, keeper.beat_at_once]
    return Consumer(
        source=guarded.source,
        keeper=keeper,
        deliver=_deliver(resources, guarded, (acks, keeper), draw),
        limits=ConsumerLimits(
            slots=settings.slots,
            idle_seconds=None if forever else settings.idle_seconds,
            max_runtime_seconds=None if forever else settings.max_runtime_seconds,
            grace_seconds=max(0.0, settings.shutdown_grace_seconds - LAST_CALLS_SECONDS),
        ),
        shutdown=shutdown,
        draw=draw,
        side_tasks=(
            acks.run,
            relay.run,
            OutboxWatch(guarded.outbox, metrics).run,
            lambda: watch_loop_lag(metrics),
        ),
        breakers=guarded.breakers,
        suspension=suspension,
        metrics=metrics,
        on_cut_off=resources.renderer.replace_no_more,
        after_drain=lambda: _last_words(acks, relay),
    )


async def _last_words(acks: BackgroundAcks, relay: OutboxRelay) -> None:
    """Let acks and outbox leave, beside each other: neither needs the other."""
    async with asyncio.TaskGroup() as group:
        group.create_task(acks.flush())
        group.create_task(relay.finish())


def _deliver(
    resources: Resources,
    guarded: _Guarded,
    holding: tuple[BackgroundAcks, LeaseKeeper],
    draw: random.Random,
) -> RequestDelivery:
    settings = resources.settings
    acks, keeper = holding
    events = EventAddress(settings.events_topic, settings.environment)
    return RequestDelivery(
        source=acks,
        store=guarded.requests,
        pipeline=LessonPipeline(_tools(resources, guarded, events)),
        keeper=keeper,
        limits=DeliveryLimits(
            retry=RetryPolicy(
                settings.max_attempts,
                settings.retry_seconds,
                outage_seconds=settings.outage_seconds,
            ),
            max_claims=settings.max_claims,
            lease_seconds=settings.lease_seconds,
            request_seconds=settings.request_seconds,
        ),
        addresses=Addresses(
            settings.topic, settings.subscription, settings.dead_letter_topic, events
        ),
        draw=draw,
        now=_now,
        metrics=resources.metrics,
    )


def _tools(resources: Resources, guarded: _Guarded, events: EventAddress) -> Tools:
    settings = resources.settings
    writer_calls = asyncio.Semaphore(settings.writer_calls)
    return Tools(
        store=guarded.requests,
        ledger=guarded.ledger,
        prices=guarded.prices,
        tutor=guarded.tutor,
        voice=guarded.voice,
        renderer=resources.renderer,
        objects=guarded.objects,
        permits=Permits(
            writer_calls=writer_calls,
            voice_calls=asyncio.Semaphore(settings.voice_calls),
            transfers=asyncio.Semaphore(settings.uploads),
        ),
        limits=StageLimits(settings.stage_seconds),
        bucket=settings.generated_bucket,
        events=events,
        workspace=resources.workspace,
        now=_now,
        look=Look(Shape(settings.shape), Appearance(settings.appearance)),
        withholds=settings.quality_gate == "withhold",
        library=_library(resources, guarded, writer_calls),
    )


def _library(
    resources: Resources, guarded: _Guarded, writer_calls: asyncio.Semaphore
) -> Library | None:
    """Open the own sources to a writer that reads them; the bundled one has its own texts."""
    if resources.settings.writer == "curriculum":
        return None
    return Library(guarded.index, guarded.embedder, writer_calls)


def _now() -> datetime:
    return datetime.now(UTC)
