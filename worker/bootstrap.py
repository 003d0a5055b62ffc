"""The composition root: settings in, a running worker out, closed in reverse order."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from sqlalchemy.ext.asyncio import AsyncEngine

from worker.adapters.cloud_storage import CloudStorage
from worker.adapters.curriculum_tutor import CurriculumTutor
from worker.adapters.database.engine import open_engine, renewal_of, translated_errors
from worker.adapters.database.outbox import PostgresOutbox
from worker.adapters.database.requests import PostgresRequestStore
from worker.adapters.hibari_voice import HibariVoice
from worker.adapters.pubsub import PubsubPublisher, PubsubSubscription
from worker.adapters.render_limits import RenderLimits
from worker.adapters.render_pool import RenderPool
from worker.adapters.workspace import open_workspace
from worker.curriculum.reader import load_curriculum
from worker.delivery.breaker import BreakerPolicy, Breakers, Dependency
from worker.delivery.consumer import Consumer, ConsumerLimits
from worker.delivery.guarded_ports import (
    Guard,
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
from worker.delivery.request_delivery import Addresses, DeliveryLimits, RequestDelivery
from worker.delivery.settlement import RetryPolicy
from worker.delivery.shutdown import Shutdown
from worker.delivery.suspension import Suspension
from worker.embedded.endpoints import EmbeddedEndpoints, read_endpoints
from worker.embedded.resources import EmbeddedResources, EmbeddedSubscription
from worker.embedded.stack import EmbeddedStack
from worker.embedded.state_lock import is_locked
from worker.lessons.ending import EventAddress
from worker.migrations import migrate
from worker.pipeline.run_stages import LessonPipeline
from worker.pipeline.stage_limits import StageLimits
from worker.pipeline.tools import Permits, Tools
from worker.settings import EMBEDDED_DEFAULTS, Settings
from worker.telemetry.loop_lag import watch_loop_lag
from worker.telemetry.metrics import Metrics

CONNECTIONS_PER_SLOT = 2
"""Database connections for each message in flight, beside two for leases and the outbox."""


@dataclass(frozen=True, slots=True)
class Resources:
    """Everything that the worker holds open.

    Attributes:
        renew_connections: Has every connection replaced; what is under way goes on.
    """

    settings: Settings
    worker_id: str
    engine: AsyncEngine
    subscription: PubsubSubscription
    publisher: PubsubPublisher
    objects: CloudStorage
    tutor: CurriculumTutor
    voice: HibariVoice
    renderer: RenderPool
    workspace: Path
    metrics: Metrics
    renew_connections: Callable[[], None]


@asynccontextmanager
async def open_resources(
    settings: Settings, metrics: Metrics | None = None, worker_id: str | None = None
) -> AsyncIterator[Resources]:
    """Build every adapter; what needs the network connects at first use.

    Args:
        settings: What the environment says.
        metrics: Where it is counted; its own if None.
        worker_id: The name of this process; made up if None.

    Raises:
        CurriculumError: The bundled curriculum is faulty.
    """
    async with AsyncExitStack() as stack:
        worker_id = worker_id or name_worker(os.environ)
        engine = open_engine(
            settings.database_url.get_secret_value(),
            pool_size=settings.slots * CONNECTIONS_PER_SLOT + 2,
            application_name=f"content-worker {worker_id}"[:63],
        )
        stack.push_async_callback(engine.dispose)
        renew_database = renewal_of(engine)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        voice = HibariVoice()
        stack.push_async_callback(voice.close)
        metrics = metrics or Metrics()
        replaced = metrics.render_children_replaced
        renderer = RenderPool(
            settings.renders,
            RenderLimits(settings.render_seconds, settings.renders_per_child),
            lambda reason: replaced.labels(reason).inc(),
        )
        stack.push_async_callback(renderer.close)
        workspace = stack.enter_context(open_workspace())
        subscription = PubsubSubscription(
            session,
            project=settings.project,
            subscription=settings.subscription,
            emulator_host=settings.pubsub_emulator,
        )
        publisher = PubsubPublisher(
            session, project=settings.project, emulator_host=settings.pubsub_emulator
        )
        objects = CloudStorage(session, emulator_url=settings.storage_emulator)

        def renew_connections() -> None:
            # The old session stays open until the end: calls on it may still be answered.
            fresh = aiohttp.ClientSession()
            stack.push_async_callback(fresh.close)
            for client in (subscription, publisher, objects):
                client.renew(fresh)
            renew_database()

        yield Resources(
            settings=settings,
            worker_id=worker_id,
            engine=engine,
            subscription=subscription,
            publisher=publisher,
            objects=objects,
            tutor=CurriculumTutor(await asyncio.to_thread(load_curriculum)),
            voice=voice,
            renderer=renderer,
            workspace=workspace,
            metrics=metrics,
            renew_connections=renew_connections,
        )


def name_worker(environ: Mapping[str, str]) -> str:
    """Return a name for this process that no other has: host, Cloud Run's index, pid, a draw."""
    index = environ.get("CLOUD_RUN_TASK_INDEX")
    parts = [socket.gethostname(), f"task{index}" if index else "", str(os.getpid())]
    return "-".join([part for part in parts if part] + [secrets.token_hex(3)])


@dataclass(frozen=True, slots=True)
class _Guarded:
    """The ports of a worker, each behind its breaker."""

    breakers: Breakers
    source: GuardedSource
    publisher: GuardedPublisher
    requests: GuardedRequests
    outbox: GuardedOutbox
    objects: GuardedObjects
    voice: GuardedVoice
    tutor: GuardedTutor


def _guard(resources: Resources, draw: random.Random) -> _Guarded:
    settings, worker_id = resources.settings, resources.worker_id
    policy = BreakerPolicy(settings.breaker_failures, settings.breaker_seconds)
    breakers = Breakers.one_each(policy, time.monotonic, draw.random, resources.metrics)
    database = Guard(breakers[Dependency.DATABASE], settings.database_call_seconds)
    broker = Guard(breakers[Dependency.BROKER], settings.broker_call_seconds)
    store = Guard(breakers[Dependency.OBJECT_STORE], settings.storage_call_seconds)
    voice = Guard(breakers[Dependency.VOICE], settings.voice_call_seconds)
    writer = Guard(breakers[Dependency.WRITER], settings.writer_call_seconds)
    return _Guarded(
        breakers=breakers,
        source=GuardedSource(resources.subscription, broker),
        publisher=GuardedPublisher(resources.publisher, broker),
        requests=GuardedRequests(
            PostgresRequestStore(resources.engine, worker_id=worker_id), database
        ),
        outbox=GuardedOutbox(PostgresOutbox(resources.engine, worker_id=worker_id), database),
        objects=GuardedObjects(resources.objects, store),
        voice=GuardedVoice(resources.voice, voice),
        tutor=GuardedTutor(resources.tutor, writer),
    )


def build_consumer(
    resources: Resources,
    shutdown: Shutdown,
    suspension: Suspension | None = None,
    *,
    forever: bool = False,
) -> tuple[Consumer, OutboxRelay]:
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
    keeper = LeaseKeeper(guarded.source, guarded.requests, settings.lease_seconds, metrics)
    suspension = suspension or Suspension()
    suspension.renewals += [resources.renew_connections, keeper.beat_at_once]
    consumer = Consumer(
        source=guarded.source,
        keeper=keeper,
        deliver=_deliver(resources, guarded, keeper, draw),
        limits=ConsumerLimits(
            slots=settings.slots,
            idle_seconds=None if forever else settings.idle_seconds,
            max_runtime_seconds=None if forever else settings.max_runtime_seconds,
            grace_seconds=settings.shutdown_grace_seconds,
        ),
        shutdown=shutdown,
        draw=draw,
        side_tasks=(
            relay.run,
            OutboxWatch(guarded.outbox, metrics).run,
            lambda: watch_loop_lag(metrics),
        ),
        breakers=guarded.breakers,
        suspension=suspension,
        metrics=metrics,
    )
    return consumer, relay


def _deliver(
    resources: Resources, guarded: _Guarded, keeper: LeaseKeeper, draw: random.Random
) -> RequestDelivery:
    settings = resources.settings
    events = EventAddress(settings.events_topic, settings.environment)
    return RequestDelivery(
        source=guarded.source,
        store=guarded.requests,
        pipeline=LessonPipeline(_tools(resources, guarded, events)),
        keeper=keeper,
        limits=DeliveryLimits(
            retry=RetryPolicy(settings.max_attempts, settings.retry_seconds),
            max_claims=settings.max_claims,
            lease_seconds=settings.lease_seconds,
            request_seconds=settings.request_seconds,
        ),
        addresses=Addresses(settings.topic, settings.dead_letter_topic, events),
        draw=draw,
        now=_now,
        metrics=resources.metrics,
    )


def _tools(resources: Resources, guarded: _Guarded, events: EventAddress) -> Tools:
    settings = resources.settings
    return Tools(
        store=guarded.requests,
        tutor=guarded.tutor,
        voice=guarded.voice,
        renderer=resources.renderer,
        objects=guarded.objects,
        permits=Permits(
            writer_calls=asyncio.Semaphore(settings.writer_calls),
            voice_calls=asyncio.Semaphore(settings.voice_calls),
            transfers=asyncio.Semaphore(settings.uploads),
        ),
        limits=StageLimits(settings.stage_seconds),
        bucket=settings.generated_bucket,
        events=events,
        workspace=resources.workspace,
        now=_now,
    )


def _now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def completed_environment(environ: Mapping[str, str]) -> AsyncIterator[Mapping[str, str]]:
    """Yield the environment; in the embedded profile, with the servers that it lacks started.

    Raises:
        EmbeddedServerError: A server cannot be had.
    """
    if environ.get("WORKER_PROFILE") != "embedded":
        yield environ
        return
    state_dir = environ.get("WORKER_STATE_DIR")
    async with embedded_servers(environ, Path(state_dir) if state_dir else None) as completed:
        yield completed


@asynccontextmanager
async def embedded_servers(
    environ: Mapping[str, str], state_dir: Path | None
) -> AsyncIterator[Mapping[str, str]]:
    """Start what the environment does not name, and yield the environment with its addresses.

    A stack that already runs on the state folder is used instead. The embedded database is
    migrated: it is nobody else's.

    Args:
        environ: The environment, with `WORKER_PROFILE=embedded`.
        state_dir: Where the servers keep their state; a temporary folder if None.

    Raises:
        EmbeddedServerError: A server cannot be had.
    """
    async with AsyncExitStack() as exits:
        if state_dir is not None and is_locked(state_dir):
            yield _with_endpoints(environ, read_endpoints(state_dir))
            return
        keep = state_dir is not None
        folder = state_dir or Path(
            exits.enter_context(tempfile.TemporaryDirectory(prefix="content-worker-state-"))
        )
        names = {**EMBEDDED_DEFAULTS, **environ}
        stack = EmbeddedStack(_embedded_resources(names), fsync=keep)
        await exits.enter_async_context(stack)
        endpoints = await stack.start(
            folder,
            postgres=not environ.get("DATABASE_URL"),
            pubsub=not environ.get("PUBSUB_EMULATOR_HOST"),
            object_store=not environ.get("STORAGE_EMULATOR_HOST"),
        )
        if endpoints.database_url is not None:
            await migrate_database(endpoints.database_url)
        yield _with_endpoints(environ, endpoints)


async def migrate_database(database_url: str, revision: str = "head") -> None:
    """Bring a database up to a revision.

    Raises:
        DependencyUnavailableError: The database does not answer.
    """
    engine = open_engine(database_url, pool_size=1, application_name="content-worker migrate")
    try:
        with translated_errors():
            async with engine.begin() as connection:
                await connection.run_sync(migrate, revision)
    finally:
        await engine.dispose()


def _embedded_resources(names: Mapping[str, str]) -> EmbeddedResources:
    dead_letters = names["PUBSUB_DEAD_LETTER_TOPIC"]
    return EmbeddedResources(
        project=names["GCP_PROJECT_ID"],
        topics=(names["PUBSUB_TOPIC"], dead_letters, names["PUBSUB_EVENTS_TOPIC"]),
        subscriptions=(
            EmbeddedSubscription(
                names["PUBSUB_SUBSCRIPTION"],
                names["PUBSUB_TOPIC"],
                ack_deadline_seconds=60,
                dead_letter_topic=dead_letters,
                max_delivery_attempts=20,
            ),
            EmbeddedSubscription(names["PUBSUB_DEAD_LETTER_SUBSCRIPTION"], dead_letters),
        ),
        buckets=(
            names["GCS_GENERATED_CONTENT_BUCKET"],
            names["GCS_OER_CONTENT_BUCKET"],
            names["GCS_TEMP_FILES_BUCKET"],
        ),
    )


def _with_endpoints(environ: Mapping[str, str], endpoints: EmbeddedEndpoints) -> Mapping[str, str]:
    found = {
        "DATABASE_URL": endpoints.database_url,
        "PUBSUB_EMULATOR_HOST": endpoints.pubsub_host,
        "STORAGE_EMULATOR_HOST": endpoints.storage_url,
    }
    return dict(environ) | {name: value for name, value in found.items() if value is not None}
