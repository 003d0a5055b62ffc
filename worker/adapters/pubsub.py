"""Pub/Sub through gcloud-aio-pubsub's clients, never its `subscribe()`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import aiohttp
from gcloud.aio.pubsub import PublisherClient, PubsubMessage, SubscriberClient

from worker.adapters.google_token import GoogleToken, translated_calls
from worker.ports import Delivery

GOOGLE = "https://pubsub.googleapis.com"
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


@dataclass(frozen=True, slots=True)
class _Address:
    """Where Pub/Sub is.

    Attributes:
        host: As errors name it.
        is_emulator: It wants no token.
    """

    host: str
    root: str
    is_emulator: bool

    @classmethod
    def of(cls, emulator_host: str | None) -> _Address:
        """Return an emulator's address, or Google's."""
        if emulator_host is None:
            return cls(GOOGLE.removeprefix("https://"), f"{GOOGLE}/v1", is_emulator=False)
        return cls(emulator_host, f"http://{emulator_host}/v1", is_emulator=True)

    def token(self, session: aiohttp.ClientSession) -> GoogleToken | None:
        """Return what calls there bear."""
        return None if self.is_emulator else GoogleToken(session)

    def options(self, session: aiohttp.ClientSession, token: GoogleToken | None) -> dict[str, Any]:
        """Return what a client of gcloud-aio-pubsub is opened with."""
        options = {"session": session, "api_root": self.root, "api_is_dev": self.is_emulator}
        return options if token is None else {**options, "token": token.inner}


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
        self._address = _Address.of(emulator_host)
        self._path = SubscriberClient.subscription_path(project, subscription)
        self.renew(session)

    def renew(self, session: aiohttp.ClientSession) -> None:
        """Make the calls that follow on another session's connections."""
        self._session, self._token = session, self._address.token(session)
        self._client = SubscriberClient(**self._address.options(session, self._token))

    def _translated(self, what: str) -> AbstractContextManager[None]:
        return translated_calls(self._token, what, self._address.host)

    async def pull(self, limit: int) -> Sequence[Delivery]:
        """Wait for up to `limit` deliveries; an idle wait ends with none."""
        with self._translated(f"pull from {self._path}"):
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
        with self._translated(f"acknowledge on {self._path}"):
            await self._client.acknowledge(self._path, list(ack_ids), timeout=self._call)

    async def extend(self, ack_ids: Sequence[str], seconds: int) -> None:
        """Set the ack deadline of deliveries to `seconds` from now; 0 gives them back."""
        with self._translated(f"extend deadlines on {self._path}"):
            await self._client.modify_ack_deadline(
                self._path, list(ack_ids), seconds, timeout=self._call
            )

    async def describe(self) -> Mapping[str, Any]:
        """Return the subscription as the service describes it; the preflight reads it.

        Raises:
            AccessError: It does not exist, or may not be seen.
            DependencyUnavailableError: No answer.
        """
        with self._translated(f"read {self._path}"):
            return dict(await self._client.get_subscription(self._path, timeout=self._call))

    async def granted(self, permissions: Sequence[str]) -> frozenset[str]:
        """Return which of these permissions this account has on the subscription.

        Raises:
            AccessError: It does not exist, or an emulator does not know the call.
            DependencyUnavailableError: No answer.
        """
        with self._translated(f"ask for permissions on {self._path}"):
            headers = {} if self._token is None else await self._token.headers()
            async with self._session.post(
                f"{self._address.root}/{self._path}:testIamPermissions",
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
        self._address = _Address.of(emulator_host)
        self._project = project
        self.renew(session)

    def renew(self, session: aiohttp.ClientSession) -> None:
        """Make the calls that follow on another session's connections."""
        self._token = self._address.token(session)
        self._client = PublisherClient(**self._address.options(session, self._token))

    def _translated(self, what: str) -> AbstractContextManager[None]:
        return translated_calls(self._token, what, self._address.host)

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
        with self._translated(f"publish to {path}"):
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
            with self._translated(f"list the topics of {path}"):
                page = await self._client.list_topics(path, query, timeout=self._call)
                paths = [str(topic["name"]) for topic in page.get("topics", [])]
            names |= {one.rsplit("/", maxsplit=1)[-1] for one in paths}
            if not page.get("nextPageToken"):
                return frozenset(names)
            query = {"pageToken": str(page["nextPageToken"])}
