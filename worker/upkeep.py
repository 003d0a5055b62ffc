"""The composition root of the commands that look after requests: no voice, no renderer."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import aiohttp
from sqlalchemy.ext.asyncio import AsyncEngine

from worker.adapters.cloud_storage import CloudStorage
from worker.adapters.database.dead_letters import PostgresDeadLetters
from worker.adapters.database.engine import open_engine
from worker.adapters.pubsub import PubsubPublisher
from worker.bootstrap import name_worker
from worker.lessons.ending import EventAddress
from worker.settings import Settings

CONNECTIONS = 4
"""Database connections of one command."""


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
        requests = EventAddress(self.settings.topic, self.settings.environment)
        return PostgresDeadLetters(self.engine, requests=requests, new_id=uuid4)


@asynccontextmanager
async def open_upkeep(settings: Settings) -> AsyncIterator[UpkeepResources]:
    """Build the adapters, and close them in reverse order."""
    async with AsyncExitStack() as stack:
        worker_id = name_worker(os.environ)
        engine = open_engine(
            settings.database_url.get_secret_value(),
            pool_size=CONNECTIONS,
            application_name=f"content-upkeep {worker_id}"[:63],
        )
        stack.push_async_callback(engine.dispose)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield UpkeepResources(
            settings=settings,
            worker_id=worker_id,
            engine=engine,
            session=session,
            publisher=PubsubPublisher(
                session, project=settings.project, emulator_host=settings.pubsub_emulator
            ),
            objects=CloudStorage(session, emulator_url=settings.storage_emulator),
        )
