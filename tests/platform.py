"""What stands around the worker in a test: a database, topics and buckets of its own."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import aiohttp
from gcloud.aio.pubsub import PublisherClient, PubsubMessage, SubscriberClient
from gcloud.aio.storage import Storage
from sqlalchemy import URL, Row, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine

PROJECT = "tests"

STUDENT = "student-1"
ORGANIZATION = "school-1"


@dataclass(frozen=True, slots=True)
class Platform:
    """The platform of one test, on the session's servers.

    Attributes:
        url: Of a migrated database of its own.
        name: What its topics, subscriptions and buckets are named after.
    """

    url: str = field(repr=False)
    pubsub_host: str
    storage_url: str
    name: str
    engine: AsyncEngine = field(repr=False)
    session: aiohttp.ClientSession = field(repr=False)

    @property
    def topic(self) -> str:
        """The topic that requests are published to."""
        return f"{self.name}-requests"

    @property
    def subscription(self) -> str:
        """The worker's subscription."""
        return f"{self.name}-worker"

    @property
    def subscription_path(self) -> str:
        """The full name of the worker's subscription."""
        return self._path(self.subscription)

    @property
    def bucket(self) -> str:
        """The bucket of finished lessons."""
        return f"{self.name}-generated"

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a worker on this platform, as a cloud deployment names things."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("WORKER_", "GCS_", "PUBSUB_", "COVERAGE_"))
            # A worker that may not keep its bytecode takes seconds longer to start.
            and name != "PYTHONDONTWRITEBYTECODE"
        }
        return inherited | {
            "DATABASE_URL": self.url,
            "GCP_PROJECT_ID": PROJECT,
            "ENVIRONMENT": "dev",
            "PUBSUB_SUBSCRIPTION": self.subscription,
            "PUBSUB_TOPIC": self.topic,
            "PUBSUB_DEAD_LETTER_TOPIC": f"{self.name}-dead",
            "PUBSUB_EVENTS_TOPIC": f"{self.name}-events",
            "GCS_GENERATED_CONTENT_BUCKET": self.bucket,
            "GCS_OER_CONTENT_BUCKET": self.bucket,
            "GCS_TEMP_FILES_BUCKET": self.bucket,
            "PUBSUB_EMULATOR_HOST": self.pubsub_host,
            "STORAGE_EMULATOR_HOST": self.storage_url,
            "HEALTH_CHECK_PORT": "0",
            "WORKER_LOG_FORMAT": "json",
        }

    def renamed(self, name: str) -> Platform:
        """Return a platform on the same servers whose topics and buckets bear another name."""
        return replace(self, name=name)

    async def prepare(self) -> None:
        """Create the topics, the subscriptions and the bucket."""
        publisher, subscriber = self._publisher(), self._subscriber()
        for suffix in ("requests", "dead", "events", "tick"):
            await publisher.create_topic(f"projects/{PROJECT}/topics/{self.name}-{suffix}")
        for suffix in ("dead", "events"):
            await subscriber.create_subscription(
                self._path(f"{self.name}-{suffix}-seen"),
                f"projects/{PROJECT}/topics/{self.name}-{suffix}",
            )
        await subscriber.create_subscription(
            self._path(self.subscription),
            f"projects/{PROJECT}/topics/{self.topic}",
            {
                "ackDeadlineSeconds": 10,
                "deadLetterPolicy": {
                    "deadLetterTopic": f"projects/{PROJECT}/topics/{self.name}-dead",
                    "maxDeliveryAttempts": 20,
                },
            },
        )
        url = f"{self.storage_url}/storage/v1/b?project={PROJECT}"
        async with self.session.post(url, json={"name": self.bucket}) as answer:
            answer.raise_for_status()

    async def add_request(self, query: str = "Explain Newton's third law", **columns: Any) -> UUID:
        """Insert a row as the platform's API does, with its student and school."""
        request_id = uuid4()
        values = {
            "id": request_id,
            "correlation_id": f"correlation-{request_id.hex[:8]}",
            "student_id": STUDENT,
            "organization_id": ORGANIZATION,
            "query": query,
            "grade_level": 10,
            "interest": "basketball",
            "requested_modalities": ["text"],
        } | columns
        async with self.engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO organizations (organization_id, name) VALUES (:id, 'A School') "
                    "ON CONFLICT DO NOTHING"
                ),
                {"id": ORGANIZATION},
            )
            await connection.execute(
                text(
                    "INSERT INTO users (user_id, organization_id) VALUES (:id, :organization) "
                    "ON CONFLICT DO NOTHING"
                ),
                {"id": STUDENT, "organization": ORGANIZATION},
            )
            names = ", ".join(values)
            slots = ", ".join(f":{name}" for name in values)
            await connection.execute(
                text(f"INSERT INTO content_requests ({names}) VALUES ({slots})"),  # noqa: S608  # our own names
                values,
            )
        return request_id

    def message(self, request_id: UUID | str, **fields: Any) -> dict[str, Any]:
        """Return the JSON data of a message that names a request."""
        hexadecimal = request_id.hex[:8] if isinstance(request_id, UUID) else "unknown"
        return {
            "request_id": str(request_id),
            "correlation_id": f"correlation-{hexadecimal}",
            "student_id": STUDENT,
            "student_query": "Explain Newton's third law",
            "grade_level": 10,
            "interest": "basketball",
            "requested_modalities": ["text"],
        } | fields

    async def publish(
        self, body: Mapping[str, Any] | bytes, attributes: Mapping[str, str] | None = None
    ) -> str:
        """Publish one message to the requests' topic, and return its id."""
        data = body if isinstance(body, bytes) else json.dumps(dict(body)).encode()
        message = PubsubMessage(data, **(attributes or {}))
        answer = await self._publisher().publish(
            f"projects/{PROJECT}/topics/{self.topic}", [message]
        )
        return str(answer["messageIds"][0])

    async def publish_to(self, suffix: str, data: bytes) -> None:
        """Publish one message to another topic of the platform."""
        topic = f"projects/{PROJECT}/topics/{self.name}-{suffix}"
        await self._publisher().publish(topic, [PubsubMessage(data)])

    async def seen(self, suffix: str, *, within: float = 5.0) -> list[tuple[bytes, dict[str, Any]]]:
        """Return what arrived on the "dead" or the "events" topic since the last look."""
        arrived: list[tuple[bytes, dict[str, Any]]] = []
        deadline = asyncio.get_running_loop().time() + within
        subscriber, path = self._subscriber(), self._path(f"{self.name}-{suffix}-seen")
        while not arrived and asyncio.get_running_loop().time() < deadline:
            url = f"http://{self.pubsub_host}/v1/{path}:pull"
            body = {"maxMessages": 100, "returnImmediately": True}
            async with self.session.post(url, json=body) as answer:
                page = await answer.json()
            if not page.get("receivedMessages"):
                await asyncio.sleep(0.1)
                continue
            for received in page["receivedMessages"]:
                message = received["message"]
                arrived.append((_decode(message.get("data", "")), message.get("attributes", {})))
            await subscriber.acknowledge(path, [one["ackId"] for one in page["receivedMessages"]])
        return arrived

    async def backlog(self) -> int:
        """Return how many requests wait on the worker's subscription, and give them back."""
        url = f"http://{self.pubsub_host}/v1/{self._path(self.subscription)}:pull"
        async with self.session.post(
            url, json={"maxMessages": 100, "returnImmediately": True}
        ) as answer:
            received = (await answer.json()).get("receivedMessages", [])
        if received:
            await self._subscriber().modify_ack_deadline(
                self._path(self.subscription), [one["ackId"] for one in received], 0
            )
        return len(received)

    async def row(self, request_id: UUID) -> Row[Any]:
        """Return the request's row."""
        rows = await self.rows("SELECT * FROM content_requests WHERE id = :id", id=request_id)
        return rows[0]

    async def rows(self, statement: str, **values: Any) -> Sequence[Row[Any]]:
        """Return what a query finds."""
        async with self.engine.begin() as connection:
            found = await connection.execute(text(statement), values)
            return found.fetchall() if found.returns_rows else []

    async def object_names(self, prefix: str = "") -> list[str]:
        """Return the names of the objects in the bucket of lessons."""
        storage = self.storage()
        listed = await storage.list_objects(self.bucket, params={"prefix": prefix})
        return sorted(item["name"] for item in listed.get("items", []))

    def storage(self) -> Storage:
        """Return a client of the object store."""
        options: dict[str, Any] = {"session": self.session}
        return Storage(api_root=self.storage_url, api_is_dev=True, **options)

    def _path(self, subscription: str) -> str:
        return f"projects/{PROJECT}/subscriptions/{subscription}"

    def _publisher(self) -> PublisherClient:
        return PublisherClient(**self._options())

    def _subscriber(self) -> SubscriberClient:
        return SubscriberClient(**self._options())

    def _options(self) -> dict[str, Any]:
        root = f"http://{self.pubsub_host}/v1"
        return {"session": self.session, "api_root": root, "api_is_dev": True}


def _decode(data: str) -> bytes:
    return base64.b64decode(data)


def on_asyncpg(url: str) -> URL:
    """Return a database URL for SQLAlchemy's asyncpg dialect."""
    return make_url(url).set(drivername="postgresql+asyncpg")
