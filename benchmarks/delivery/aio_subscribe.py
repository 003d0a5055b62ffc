"""gcloud-aio-pubsub's own `subscribe()`, with an event loop, SQLAlchemy and asyncpg."""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass
from typing import Any

import aiohttp
from gcloud.aio.pubsub import PublisherClient, PubsubMessage, SubscriberClient, SubscriberMessage
from gcloud.aio.pubsub.subscriber import subscribe
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from benchmarks.delivery.contest import (
    CLAIM,
    END,
    EVENT,
    OUTBOX,
    PUBLISHED,
    Task,
    read_task,
    wait_for_the_end,
    wait_for_the_start,
)


@dataclass(frozen=True, slots=True)
class Settling:
    """Settles one message: claim, end, event, mark."""

    engine: AsyncEngine
    publisher: PublisherClient
    task: Task

    async def __call__(self, message: SubscriberMessage) -> None:
        """Write what every contestant writes."""
        request_id = json.loads(message.data or b"")["request_id"]
        own = {"id": request_id, "worker": "subscribe"}
        fence = await self._claim(own)
        if fence is None:
            return
        payload = json.dumps({"request_id": request_id, "status": "completed"}).encode()
        ended = own | {
            "fence": fence,
            "kind": "completed",
            "manifest": f"lessons/{request_id}/1/manifest.json",
            "event_id": uuid.uuid4(),
            "topic": self.task.events_topic,
            "payload": payload,
        }
        async with self.engine.begin() as connection:
            for statement in (END, EVENT, OUTBOX):
                await connection.execute(text(statement), ended)
        events = PublisherClient.topic_path(self.task.project, self.task.events_topic)
        answer = await self.publisher.publish(events, [PubsubMessage(payload)])
        sent = {"event_id": ended["event_id"], "message_id": answer["messageIds"][0]}
        async with self.engine.begin() as connection:
            await connection.execute(text(PUBLISHED), sent)

    async def _claim(self, own: dict[str, Any]) -> int | None:
        async with self.engine.begin() as connection:
            fence: int | None = (await connection.execute(text(CLAIM), own)).scalar_one_or_none()
            if fence is not None:
                event = own | {"kind": "claimed", "fence": fence}
                await connection.execute(text(EVENT), event)
            return fence


async def main() -> None:
    """Consume until standard input closes."""
    task = read_task()
    url = make_url(task.database_url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, pool_size=task.slots)
    async with aiohttp.ClientSession() as session:
        root = f"http://{task.broker_host}/v1"
        options: Any = {"session": session, "api_root": root, "api_is_dev": True}
        settle = Settling(engine, PublisherClient(**options), task)
        await asyncio.to_thread(wait_for_the_start)
        consuming = asyncio.create_task(
            subscribe(
                SubscriberClient.subscription_path(task.project, task.subscription),
                settle,
                SubscriberClient(**options),
                num_producers=1,
                max_messages_per_producer=task.slots,
                num_tasks_per_consumer=task.slots,
                ack_window=0.1,
            )
        )
        await asyncio.to_thread(wait_for_the_end)
        consuming.cancel()
        await asyncio.gather(consuming, return_exceptions=True)
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
