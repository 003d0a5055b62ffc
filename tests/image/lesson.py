"""A lesson that a container makes, against servers outside it."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import aiohttp
from sqlalchemy.ext.asyncio import create_async_engine

from tests.image.container import Containers
from tests.platform import Platform, on_asyncpg
from worker.embedded.stack import EmbeddedStack

WANTED = {"lesson.mp4", "captions.vtt", "chapters.vtt", "transcript.md", "poster.png"}
SHORTEST = 45
"""Seconds of the shortest lesson."""

PASSED_ON = ("GCP_", "PUBSUB_", "GCS_", "STORAGE_", "WORKER_")


@dataclass(frozen=True, slots=True)
class MadeLesson:
    """What became of the request.

    Attributes:
        seconds: From the container's making to its end.
    """

    status: str
    files: tuple[str, ...]
    seconds: float

    @property
    def is_whole(self) -> bool:
        """Whether the lesson is published with all its files."""
        return self.status == "completed" and set(self.files) >= WANTED


async def make_lesson(containers: Containers) -> MadeLesson:
    """Migrate, ask for a lesson, and let a container make it.

    Raises:
        ImageError: The container failed.
    """
    async with _platform() as platform:
        environ = _passed_on(platform)
        await asyncio.to_thread(containers.worker, ("migrate",), environ)
        await platform.prepare()
        request_id = await platform.add_request(
            requested_modalities=["video"], requested_duration_seconds=SHORTEST
        )
        await platform.publish(platform.message(request_id, requested_modalities=["video"]))
        began = time.monotonic()
        await asyncio.to_thread(containers.worker, (), environ | {"WORKER_IDLE_SECONDS": "3"})
        seconds = round(time.monotonic() - began, 1)
        return MadeLesson(*await _published(platform, request_id), seconds)


async def _published(platform: Platform, request_id: UUID) -> tuple[str, tuple[str, ...]]:
    row = await platform.row(request_id)
    names = await platform.object_names(f"lessons/{request_id}/")
    return str(row.status), tuple(sorted(name.rsplit("/", 1)[1] for name in names))


def _passed_on(platform: Platform) -> dict[str, str]:
    """Return the settings of a worker on the platform, and nothing else of this environment."""
    settings = {
        name: value for name, value in platform.environ.items() if name.startswith(PASSED_ON)
    }
    return settings | {"DATABASE_URL": platform.url, "ENVIRONMENT": "dev", "HEALTH_CHECK_PORT": "0"}


@asynccontextmanager
async def _platform() -> AsyncIterator[Platform]:
    """Start the embedded servers, and yield a platform on their empty database."""
    with tempfile.TemporaryDirectory() as folder:
        await asyncio.to_thread(_let_others_enter, Path(folder))
        async with (
            EmbeddedStack(fsync=False) as stack,
            aiohttp.ClientSession() as session,
        ):
            state = Path(folder) / "state"
            found = await stack.start(state, postgres=True, pubsub=True, object_store=True)
            url, pubsub, storage = found.database_url, found.pubsub_host, found.storage_url
            assert url is not None
            assert pubsub is not None
            assert storage is not None
            engine = create_async_engine(on_asyncpg(url))
            try:
                yield Platform(url, pubsub, storage, "image", engine, session)
            finally:
                await engine.dispose()


def _let_others_enter(folder: Path) -> None:
    """PostgreSQL runs as another user where this one is root."""
    folder.chmod(0o711)
