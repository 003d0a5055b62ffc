"""Pub/Sub through gcloud-aio-pubsub's clients, never its `subscribe()`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
from gcloud.aio.pubsub import PublisherClient, PubsubMessage, SubscriberClient

from worker.adapters.google_http import translated_http_errors
from worker.adapters.google_token import GoogleToken
from worker.ports import Delivery

GOOGLE = "pubsub.googleapis.com"
CALL_SECONDS = 20.0
NUL, REPLACEMENT = "\0", "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class PullWaits:
    """How long calls on a subscription wait, in seconds.

    Attributes:
        answer: A pull, for a message; the server may answer earlier with nothing.
        connection: For a connection; it ends before `answer`, so that a broker out of reach is
            told from one that has nothing to say.
        call: Every other call, for its answer.
    """

    answer: float = 30.0
    connection: float = 10.0
    call: float = CALL_SECONDS


def _client_options(session: aiohttp.ClientSession, emulator_host: str | None) -> dict[str, Any]:
    if emulator_host is None:
        return {"session": session}
    return {"session": session, "api_root": f"http://{emulator_host}/v1", "api_is_dev": True}


class PubsubSubscription:
    """Implements `worker.ports.MessageSource` on one subscription."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        project: str,
        subscription: str,
        emulator_host: str | None,
        waits: PullWaits = PullWaits(),
    ) -> None:
        self._timeout: Any = aiohttp.ClientTimeout(total=waits.answer, connect=waits.connection)
        self._call: Any = aiohttp.ClientTimeout(total=waits.call)
        self._emulator_host = emulator_host
        self.renew(session)
        self._path = SubscriberClient.subscription_path(project, subscription)
        self._where = emulator_host or GOOGLE
        self._root = f"http://{emulator_host}/v1" if emulator_host else f"https://{GOOGLE}/v1"

    def renew(self, session: aiohttp.ClientSession) -> None:
        """Make the calls that follow on another session's connections."""
        options = _client_options(session, self._emulator_host)
        self._session, self._token = session, None
        if self._emulator_host is None:
            self._token = GoogleToken(session)
            options["token"] = self._token.inner
        self._client = SubscriberClient(**options)

    async def pull(self, limit: int) -> Sequence[Delivery]:
        """Wait for up to `limit` deliveries; an idle wait ends with none."""
        with translated_http_errors(f"pull from {self._path}", self._where):
            try:
                received = await self._client.pull(self._path, limit, timeout=self._timeout)
            except aiohttp.ConnectionTimeoutError:
                raise
            except TimeoutError:
                # The long poll outlasted its time: what was on its way is redelivered.
                return []
        return [
            Delivery(
                ack_id=message.ack_id,
                message_id=message.message_id,
                data=message.data or b"",
                attributes=_storable(message.attributes or {}),
                published_at=message.publish_time,
                delivery_attempt=message.delivery_attempt,
            )
            for message in received
        ]

    async def ack(self, ack_ids: Sequence[str]) -> None:
        """Acknowledge deliveries."""
        with translated_http_errors(f"acknowledge on {self._path}", self._where):
            await self._client.acknowledge(self._path, list(ack_ids), timeout=self._call)

    async def extend(self, ack_ids: Sequence[str], seconds: int) -> None:
        """Set the ack deadline of deliveries to `seconds` from now; 0 gives them back."""
        with translated_http_errors(f"extend deadlines on {self._path}", self._where):
            await self._client.modify_ack_deadline(
                self._path, list(ack_ids), seconds, timeout=self._call
            )

    async def describe(self) -> Mapping[str, Any]:
        """Return the subscription as the service describes it; the preflight reads it.

        Raises:
            AccessError: It does not exist, or may not be seen.
            DependencyUnavailableError: No answer.
        """
        with translated_http_errors(f"read {self._path}", self._where):
            described: dict[str, Any] = await self._client.get_subscription(
                self._path, timeout=self._call
            )
            return described

    async def granted(self, permissions: Sequence[str]) -> frozenset[str]:
        """Return which of these permissions this account has on the subscription.

        Raises:
            AccessError: It does not exist, or an emulator does not know the call.
            DependencyUnavailableError: No answer.
        """
        with translated_http_errors(f"ask for permissions on {self._path}", self._where):
            headers = {} if self._token is None else await self._token.headers()
            async with self._session.post(
                f"{self._root}/{self._path}:testIamPermissions",
                json={"permissions": list(permissions)},
                headers=headers,
                timeout=self._call,
            ) as answer:
                answer.raise_for_status()
                told = await answer.json()
        return frozenset(map(str, told.get("permissions", [])))


def _storable(attributes: Mapping[str, str]) -> dict[str, str]:
    """Replace NUL: PostgreSQL cannot keep it, so that a dead letter with it would never end."""
    return {
        name.replace(NUL, REPLACEMENT): value.replace(NUL, REPLACEMENT)
        for name, value in attributes.items()
    }


class PubsubPublisher:
    """Implements `worker.ports.Publisher`."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        project: str,
        emulator_host: str | None,
        call_seconds: float = CALL_SECONDS,
    ) -> None:
        self._call: Any = aiohttp.ClientTimeout(total=call_seconds)
        self._emulator_host = emulator_host
        self.renew(session)
        self._project = project
        self._where = emulator_host or GOOGLE

    def renew(self, session: aiohttp.ClientSession) -> None:
        """Make the calls that follow on another session's connections."""
        self._client = PublisherClient(**_client_options(session, self._emulator_host))

    async def publish(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> str:
        """Publish one message to a topic of the project and return its id."""
        (message_id,) = await self.publish_batch(topic, [(data, attributes)])
        return message_id

    async def publish_batch(
        self, topic: str, contents: Sequence[tuple[bytes, Mapping[str, str]]]
    ) -> Sequence[str]:
        """Publish several messages in one call and return their ids."""
        path = PublisherClient.topic_path(self._project, topic)
        messages = []
        for data, attributes in contents:
            message = PubsubMessage(data)
            # Not as keywords: an attribute may be named "data", or "ordering_key".
            message.attributes = dict(attributes)
            messages.append(message)
        with translated_http_errors(f"publish to {path}", self._where):
            answer = await self._client.publish(path, messages, timeout=self._call)
            return [str(one) for one in answer["messageIds"]]

    async def list_topics(self) -> frozenset[str]:
        """Return the names of the project's topics; the preflight reads them.

        Raises:
            AccessError: The project may not be listed.
            DependencyUnavailableError: No answer.
        """
        path = PublisherClient.project_path(self._project)
        names: set[str] = set()
        query: dict[str, str] = {}
        while True:
            with translated_http_errors(f"list the topics of {path}", self._where):
                page = await self._client.list_topics(path, query, timeout=self._call)
            paths = [str(topic["name"]) for topic in page.get("topics", [])]
            names |= {one.rsplit("/", maxsplit=1)[-1] for one in paths}
            if not page.get("nextPageToken"):
                return frozenset(names)
            query = {"pageToken": str(page["nextPageToken"])}
