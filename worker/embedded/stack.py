"""All embedded servers together: started at once, stopped in reverse, one folder of state."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Never, Self

from worker.embedded.endpoints import EmbeddedEndpoints, remove_endpoints, write_endpoints
from worker.embedded.errors import EmbeddedServerError
from worker.embedded.object_store import EmbeddedObjectStore
from worker.embedded.postgres import EmbeddedPostgres
from worker.embedded.pubsub.errors import AlreadyExistsError, PubsubError
from worker.embedded.pubsub.model import (
    DeadLetterPolicy,
    RetryPolicy,
    SubscriptionSettings,
    Topic,
)
from worker.embedded.pubsub.registry import Registry
from worker.embedded.pubsub_server import PubsubServer
from worker.embedded.resources import EmbeddedResources, EmbeddedSubscription
from worker.embedded.state_lock import StateLock

_WATCH_SECONDS = 0.25


class EmbeddedStack:
    """The embedded servers of one state folder.

    Start it from the main thread. As an async context manager it stops at the end::

        async with EmbeddedStack(resources) as stack:
            endpoints = await stack.start(folder, postgres=True, pubsub=True, object_store=True)
    """

    def __init__(self, resources: EmbeddedResources | None = None, *, fsync: bool = True) -> None:
        """Prepare a stack.

        Args:
            resources: What to create where it is absent; nothing if None.
            fsync: False for state that is thrown away: faster, and lost at a power cut.
        """
        self._resources = resources or EmbeddedResources()
        self._lock = StateLock()
        self._state_dir: Path | None = None
        self._postgres = EmbeddedPostgres(fsync=fsync)
        self._pubsub = PubsubServer()
        self._object_store = EmbeddedObjectStore()

    async def __aenter__(self) -> Self:
        """Return itself, not started yet."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop what runs."""
        await self.stop()

    async def start(
        self, state_dir: Path, *, postgres: bool, pubsub: bool, object_store: bool
    ) -> EmbeddedEndpoints:
        """Start the servers asked for, at the same time, and write the endpoints file.

        State that `state_dir` holds from an earlier stack is taken up.

        Raises:
            EmbeddedServerError: The folder is in use, or a server cannot be had; then none runs.
        """
        if self._state_dir is not None:
            raise EmbeddedServerError("is running already", str(self._state_dir), "stop it first")
        await asyncio.to_thread(_make_folder, state_dir)
        self._lock.acquire(state_dir)
        self._state_dir = state_dir
        try:
            with _first_typed_failure():
                async with asyncio.TaskGroup() as starting:
                    found = (
                        starting.create_task(self._start_postgres(state_dir, wanted=postgres)),
                        starting.create_task(self._start_pubsub(state_dir, wanted=pubsub)),
                        starting.create_task(self._start_store(state_dir, wanted=object_store)),
                    )
            endpoints = EmbeddedEndpoints(*(task.result() for task in found))
            write_endpoints(state_dir, endpoints)
        except BaseException:
            await self.stop()
            raise
        return endpoints

    async def stop(self) -> None:
        """Stop every server, also when one fails to; a stack that does not run is fine."""
        state_dir, self._state_dir = self._state_dir, None
        if state_dir is None:
            return
        # Runs all of them, the last one first, also when one raises or this call is cancelled.
        async with contextlib.AsyncExitStack() as stopping:
            stopping.callback(self._lock.release)
            stopping.push_async_callback(self._postgres.stop)
            stopping.push_async_callback(self._object_store.stop)
            stopping.push_async_callback(self._pubsub.stop)
            stopping.callback(remove_endpoints, state_dir)

    async def watch(self) -> Never:
        """Wait until a server ends by itself.

        Raises:
            EmbeddedServerError: One did; it names which.
        """
        while True:
            for child in (self._postgres.child, self._object_store.child):
                if child is not None and child.exit_code is not None:
                    raise child.ended_error()
            _check_time_passing(self._pubsub.time_passing)
            await asyncio.sleep(_WATCH_SECONDS)

    async def _start_postgres(self, state_dir: Path, *, wanted: bool) -> str | None:
        return await self._postgres.start(state_dir / "postgres") if wanted else None

    async def _start_store(self, state_dir: Path, *, wanted: bool) -> str | None:
        if not wanted:
            return None
        return await self._object_store.start(state_dir / "objects", self._resources.buckets)

    async def _start_pubsub(self, state_dir: Path, *, wanted: bool) -> str | None:
        if not wanted:
            return None
        host = await self._pubsub.start(state_file=state_dir / "pubsub.sqlite3")
        try:
            _create_absent(self._pubsub.broker.registry, self._resources)
        except PubsubError as error:
            raise EmbeddedServerError(
                error.message, "Pub/Sub server", "mend the resources that the stack is given"
            ) from error
        return host


def _make_folder(state_dir: Path) -> None:
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedServerError(
            f"cannot be made: {error}", str(state_dir), "choose another state folder"
        ) from error


@contextlib.contextmanager
def _first_typed_failure() -> Iterator[None]:
    """Turn a group of EmbeddedServerErrors into its first; the others become notes on it."""
    try:
        yield
    except ExceptionGroup as failures:
        first, *others = failures.exceptions
        if not all(isinstance(failure, EmbeddedServerError) for failure in failures.exceptions):
            raise
        for other in others:
            first.add_note(f"and {other}")
        raise first from failures


def _create_absent(registry: Registry, resources: EmbeddedResources) -> None:
    topics = f"projects/{resources.project}/topics"
    for name in resources.topics:
        if not registry.has_topic(f"{topics}/{name}"):
            registry.create_topic(Topic(f"{topics}/{name}", labels={}))
    for subscription in resources.subscriptions:
        settings = _subscription_settings(resources.project, subscription)
        with contextlib.suppress(AlreadyExistsError):
            registry.create_subscription(settings)


def _subscription_settings(project: str, wanted: EmbeddedSubscription) -> SubscriptionSettings:
    dead_letters = None
    if wanted.dead_letter_topic is not None:
        dead_letters = DeadLetterPolicy(
            f"projects/{project}/topics/{wanted.dead_letter_topic}", wanted.max_delivery_attempts
        )
    return SubscriptionSettings(
        name=f"projects/{project}/subscriptions/{wanted.name}",
        topic=f"projects/{project}/topics/{wanted.topic}",
        ack_deadline_seconds=wanted.ack_deadline_seconds,
        retry_policy=RetryPolicy(wanted.minimum_backoff_seconds, wanted.maximum_backoff_seconds),
        dead_letter_policy=dead_letters,
        ordered=wanted.ordered,
    )


def _check_time_passing(task: asyncio.Task[None] | None) -> None:
    if task is not None and task.done():
        cause = None if task.cancelled() else task.exception()
        raise EmbeddedServerError(
            f"stopped letting time pass: {cause!r}", "Pub/Sub server", "start the stack again"
        ) from cause
