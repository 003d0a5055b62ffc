"""The environment, completed by embedded servers where it lacks something."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from worker.adapters.database.engine import open_engine, translated_errors
from worker.embedded.endpoints import EmbeddedEndpoints, read_endpoints
from worker.embedded.resources import EmbeddedResources, EmbeddedSubscription
from worker.embedded.stack import EmbeddedStack
from worker.embedded.state_lock import is_locked
from worker.migrations import migrate
from worker.settings import EMBEDDED_DEFAULTS


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
