"""The plainest google-cloud-pubsub program: streaming pull, threads, SQLAlchemy and psycopg."""

from __future__ import annotations

import json
import os
import uuid
from concurrent.futures import ThreadPoolExecutor

from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient
from google.cloud.pubsub_v1.subscriber.message import Message
from google.cloud.pubsub_v1.subscriber.scheduler import ThreadScheduler
from google.cloud.pubsub_v1.types import FlowControl
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from benchmarks.delivery.contest import (
    CLAIM,
    END,
    EVENT,
    OUTBOX,
    PUBLISHED,
    read_task,
    wait_for_the_end,
    wait_for_the_start,
)


def main() -> None:
    """Consume until standard input closes."""
    task = read_task()
    os.environ["PUBSUB_EMULATOR_HOST"] = task.broker_host
    url = make_url(task.database_url).set(drivername="postgresql+psycopg")
    engine = create_engine(url, pool_size=task.slots)
    publisher, subscriber = PublisherClient(), SubscriberClient()
    events = publisher.topic_path(task.project, task.events_topic)

    def handle(message: Message) -> None:
        request_id = json.loads(message.data)["request_id"]
        own = {"id": request_id, "worker": "streaming pull"}
        with engine.begin() as connection:
            fence = connection.execute(text(CLAIM), own).scalar_one_or_none()
            if fence is None:
                message.ack()
                return
            event = own | {"kind": "claimed", "fence": fence}
            connection.execute(text(EVENT), event)
        payload = json.dumps({"request_id": request_id, "status": "completed"}).encode()
        ended = own | {
            "fence": fence,
            "kind": "completed",
            "manifest": f"lessons/{request_id}/1/manifest.json",
            "event_id": uuid.uuid4(),
            "topic": task.events_topic,
            "payload": payload,
        }
        with engine.begin() as connection:
            for statement in (END, EVENT, OUTBOX):
                connection.execute(text(statement), ended)
        message_id = publisher.publish(events, payload).result()
        with engine.begin() as connection:
            sent = {"event_id": ended["event_id"], "message_id": message_id}
            connection.execute(text(PUBLISHED), sent)
        message.ack()

    wait_for_the_start()
    consuming = subscriber.subscribe(
        subscriber.subscription_path(task.project, task.subscription),
        callback=handle,
        flow_control=FlowControl(max_messages=task.slots),
        scheduler=ThreadScheduler(ThreadPoolExecutor(task.slots)),
    )
    wait_for_the_end()
    consuming.cancel()
    consuming.result()
    subscriber.close()
    engine.dispose()


if __name__ == "__main__":
    main()
