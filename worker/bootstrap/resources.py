"""Everything that a worker holds open."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

import aiohttp
from sqlalchemy.ext.asyncio import AsyncEngine

from worker.adapters.cloud_storage import CloudStorage
from worker.adapters.database.engine import open_engine, renewal_of
from worker.adapters.pubsub import PubsubPublisher, PubsubSubscription, PullWaits
from worker.adapters.render_limits import RenderLimits
from worker.adapters.render_pool import RenderPool
from worker.adapters.workspace import open_workspace
from worker.bootstrap.providers import (
    OpenedVoice,
    open_voice,
    open_writer,
    renewals_on_sessions,
)
from worker.ports import Embedder, Tutor
from worker.settings import Settings
from worker.telemetry.metrics import Metrics

CONNECTIONS_PER_SLOT = 2
"""Database connections for each message in flight: for its stages, and for what it reports."""

SIDE_CONNECTIONS = 3
"""Connections in a pool of their own, for leases, the outbox and its gauges: requests that wait
for each other's rows hold all of theirs, and must not cost the claims."""


@dataclass(frozen=True, slots=True)
class Resources:
    """Everything that the worker holds open.

    Attributes:
        engine: For the requests in flight.
        side_engine: For leases and outbox.
        embedder: None for a writer that brings none.
        renew_connections: Has every connection replaced; what is under way goes on.
    """

    settings: Settings
    worker_id: str
    engine: AsyncEngine
    side_engine: AsyncEngine
    subscription: PubsubSubscription
    publisher: PubsubPublisher
    objects: CloudStorage
    tutor: Tutor
    embedder: Embedder | None
    voice: OpenedVoice
    renderer: RenderPool
    workspace: Path
    metrics: Metrics
    renew_connections: Callable[[], None]


@asynccontextmanager
async def open_resources(
    settings: Settings,
    metrics: Metrics | None = None,
    worker_id: str | None = None,
    *,
    begins_rendering: bool = False,
) -> AsyncIterator[Resources]:
    """Build every adapter; what needs the network connects at first use.

    Args:
        settings: What the environment says.
        metrics: Where it is counted; its own if None.
        worker_id: The name of this process; made up if None.
        begins_rendering: Start the render children at once: they import for a second or more,
            as long as the curriculum is being read here.

    Raises:
        CurriculumError: The bundled curriculum is faulty.
    """
    worker_id, metrics = worker_id or name_worker(os.environ), metrics or Metrics()
    async with AsyncExitStack() as stack:
        engine = _engine(settings, worker_id, settings.slots * CONNECTIONS_PER_SLOT)
        side_engine = _engine(settings, worker_id, SIDE_CONNECTIONS)
        stack.push_async_callback(lambda: asyncio.gather(engine.dispose(), side_engine.dispose()))
        renewals = [renewal_of(engine), renewal_of(side_engine)]
        sessions = await stack.enter_async_context(_Sessions())
        session = sessions.renew()
        subscription, publisher, objects = _clients(settings, session)
        voice, renderer = open_voice(settings), _render_pool(settings, metrics)
        stack.push_async_callback(lambda: _close_together(voice, renderer))
        if begins_rendering:
            renderer.begin()
        tutor, embedder = await asyncio.to_thread(open_writer, settings, session)
        on_sessions = renewals_on_sessions(subscription, publisher, objects, tutor, embedder)
        yield Resources(
            settings=settings,
            worker_id=worker_id,
            engine=engine,
            side_engine=side_engine,
            subscription=subscription,
            publisher=publisher,
            objects=objects,
            tutor=tutor,
            embedder=embedder,
            voice=voice,
            renderer=renderer,
            workspace=stack.enter_context(open_workspace()),
            metrics=metrics,
            renew_connections=partial(_renew, sessions, on_sessions, renewals),
        )


def _renew(
    sessions: _Sessions,
    on_sessions: Sequence[Callable[[aiohttp.ClientSession], None]],
    renewals: Sequence[Callable[[], None]],
) -> None:
    """Let every call from now on go over connections that are new."""
    fresh = sessions.renew()
    for renew_client in on_sessions:
        renew_client(fresh)
    for renew in renewals:
        renew()


def _engine(settings: Settings, worker_id: str, pool_size: int) -> AsyncEngine:
    return open_engine(
        settings.database_url.get_secret_value(),
        pool_size=pool_size,
        application_name=f"content-worker {worker_id}"[:63],
        command_seconds=settings.database_call_seconds,
    )


class _Sessions:
    """The HTTP session that calls are made on, and the one before.

    Calls on the one before may still be answered; what is older is closed, so that a process
    that is moved many times holds no more than two.
    """

    def __init__(self) -> None:
        self._open: deque[aiohttp.ClientSession] = deque()
        self._closing: set[asyncio.Task[None]] = set()

    def renew(self) -> aiohttp.ClientSession:
        """Open the session that calls are made on from now."""
        self._open.append(aiohttp.ClientSession())
        if len(self._open) > 2:  # noqa: PLR2004  # this one and the one before
            closing = asyncio.create_task(self._open.popleft().close(), name="close-session")
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
        return self._open[-1]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*self._closing, *(session.close() for session in self._open))


async def _close_together(voice: OpenedVoice, renderer: RenderPool) -> None:
    """End threads and processes beside each other: the platform kills soon."""
    async with asyncio.TaskGroup() as group:
        group.create_task(voice.close())
        group.create_task(renderer.close())


def _clients(
    settings: Settings, session: aiohttp.ClientSession
) -> tuple[PubsubSubscription, PubsubPublisher, CloudStorage]:
    project, emulator = settings.project, settings.pubsub_emulator
    return (
        PubsubSubscription(
            session,
            project=project,
            subscription=settings.subscription,
            emulator_host=emulator,
            waits=PullWaits(call=settings.broker_call_seconds),
        ),
        PubsubPublisher(
            session,
            project=project,
            emulator_host=emulator,
            call_seconds=settings.broker_call_seconds,
        ),
        CloudStorage(
            session,
            emulator_url=settings.storage_emulator,
            call_seconds=settings.storage_call_seconds,
        ),
    )


def _render_pool(settings: Settings, metrics: Metrics) -> RenderPool:
    replaced = metrics.render_children_replaced
    return RenderPool(
        settings.renders,
        RenderLimits(settings.render_seconds, settings.renders_per_child),
        lambda reason: replaced.labels(reason).inc(),
    )


def name_worker(environ: Mapping[str, str]) -> str:
    """Return a name for this process that no other has: host, Cloud Run's index, pid, a draw."""
    index = environ.get("CLOUD_RUN_TASK_INDEX")
    parts = [socket.gethostname(), f"task{index}" if index else "", str(os.getpid())]
    return "-".join([part for part in parts if part] + [secrets.token_hex(3)])
