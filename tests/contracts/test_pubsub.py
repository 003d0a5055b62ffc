"""What Pub/Sub's adapters keep when the service fails, refuses, or cannot be reached."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from tests.contracts.conftest import ScriptedServer
from worker.adapters.google_http import AccessError
from worker.adapters.pubsub import PubsubPublisher, PubsubSubscription, PullWaits
from worker.lessons.errors import DependencyUnavailableError

SECRET = b"what a student wrote"


@dataclass(frozen=True, slots=True)
class Adapters:
    """Both ends, on one server."""

    subscription: PubsubSubscription
    publisher: PubsubPublisher


def adapters(session: aiohttp.ClientSession, host: str, waits: PullWaits | None = None) -> Adapters:
    return Adapters(
        PubsubSubscription(
            session,
            project="tests",
            subscription="worker",
            emulator_host=host,
            waits=waits or PullWaits(),
        ),
        PubsubPublisher(
            session,
            project="tests",
            emulator_host=host,
            call_seconds=(waits or PullWaits()).call,
        ),
    )


async def pull(both: Adapters) -> None:
    await both.subscription.pull(1)


async def ack(both: Adapters) -> None:
    await both.subscription.ack(["id"])


async def extend(both: Adapters) -> None:
    await both.subscription.extend(["id"], 10)


async def publish(both: Adapters) -> None:
    await both.publisher.publish("events", SECRET, {})


Call = Callable[[Adapters], Awaitable[None]]
CALLS: list[Call] = [pull, ack, extend, publish]


@pytest.mark.parametrize("call", CALLS)
async def test_a_broker_that_nobody_runs_is_unavailable(
    session: aiohttp.ClientSession, nobody: str, call: Call
) -> None:
    with pytest.raises(DependencyUnavailableError, match=f"no answer from {nobody}"):
        await call(adapters(session, nobody))


@pytest.mark.parametrize("status", [401, 408, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("call", CALLS)
async def test_a_broker_that_says_not_now_is_unavailable(
    session: aiohttp.ClientSession, scripted: ScriptedServer, call: Call, status: int
) -> None:
    scripted.says(status, "quota exceeded")
    with pytest.raises(DependencyUnavailableError, match=f"answered {status}") as caught:
        await call(adapters(session, scripted.host))
    assert "tests" in str(caught.value)


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("call", CALLS)
async def test_a_broker_that_says_no_is_a_fault_of_the_deployment(
    session: aiohttp.ClientSession, scripted: ScriptedServer, call: Call, status: int
) -> None:
    scripted.says(status, "Resource not found or not authorised")
    with pytest.raises(
        AccessError, match=rf"answered {status} \((Forbidden|Not Found)\)$"
    ) as caught:
        await call(adapters(session, scripted.host))
    assert caught.value.status == status
    assert "service account" in caught.value.hint


@pytest.mark.parametrize("content_type", ["text/html", "application/json"])
@pytest.mark.parametrize("call", [pull, publish])
async def test_an_answer_of_something_else_than_the_broker_is_no_answer(
    session: aiohttp.ClientSession, scripted: ScriptedServer, call: Call, content_type: str
) -> None:
    """A proxy answers 200 with a page of its own, too."""

    async def page(_: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>Sorry</html>", content_type=content_type)

    scripted.script[:] = [page]
    with pytest.raises(DependencyUnavailableError, match="no answer of its API"):
        await call(adapters(session, scripted.host))


@pytest.mark.parametrize("received", [{}, {"ackId": "lease", "message": {"data": "x"}}])
async def test_a_delivery_that_lacks_what_each_has_is_no_answer(
    session: aiohttp.ClientSession, scripted: ScriptedServer, received: dict[str, object]
) -> None:
    scripted.says(200, json.dumps({"receivedMessages": [received]}))
    with pytest.raises(DependencyUnavailableError, match="no answer of its API"):
        await pull(adapters(session, scripted.host))


@pytest.mark.parametrize("status", [403, 503])
async def test_no_error_quotes_a_message(
    session: aiohttp.ClientSession, scripted: ScriptedServer, status: int
) -> None:
    scripted.says(status)
    with pytest.raises((AccessError, DependencyUnavailableError)) as caught:
        await publish(adapters(session, scripted.host))
    assert SECRET.decode() not in repr(caught.value)


async def test_a_pull_that_outlasts_its_time_ends_with_nothing(
    session: aiohttp.ClientSession, scripted: ScriptedServer
) -> None:
    async def never(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        return web.Response()

    scripted.script[:] = [never]
    both = adapters(session, scripted.host, PullWaits(answer=0.05))
    assert list(await both.subscription.pull(1)) == []


@pytest.mark.parametrize("call", [ack, extend, publish])
async def test_a_call_waits_for_its_answer_as_long_as_it_was_told(
    session: aiohttp.ClientSession, scripted: ScriptedServer, call: Call
) -> None:
    """The client's own ten seconds would make a longer setting say nothing."""

    async def never(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        return web.Response()

    scripted.script[:] = [never]
    async with asyncio.timeout(5):
        with pytest.raises(DependencyUnavailableError, match="no answer"):
            await call(adapters(session, scripted.host, PullWaits(call=0.05)))


class LostResolver(AbstractResolver):
    """Never finds out where a host is."""

    async def resolve(
        self,
        host: str,  # noqa: ARG002  # the signature is aiohttp's
        port: int = 0,  # noqa: ARG002  # as above
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002  # as above
    ) -> list[ResolveResult]:
        """Wait for ever."""
        await asyncio.Event().wait()
        return []

    async def close(self) -> None:
        """Hold nothing."""


@pytest.fixture
async def lost() -> AsyncIterator[aiohttp.ClientSession]:
    """A session in a network that swallows everything."""
    connector = aiohttp.TCPConnector(resolver=LostResolver())
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


async def test_a_broker_out_of_reach_is_told_from_one_that_has_nothing_to_say(
    lost: aiohttp.ClientSession,
) -> None:
    both = adapters(lost, "pubsub.example", PullWaits(answer=5, connection=0.05))
    with pytest.raises(DependencyUnavailableError, match=r"no answer from pubsub\.example"):
        await both.subscription.pull(1)


async def test_a_delivery_as_the_service_writes_it_is_read_in_full(
    session: aiohttp.ClientSession, scripted: ScriptedServer
) -> None:
    message = {
        "data": "eA==",
        "attributes": {"environment": "dev"},
        "messageId": "17",
        "publishTime": "2026-03-01T12:30:00.123456789Z",
    }
    received = {"ackId": "lease", "message": message, "deliveryAttempt": 3}
    scripted.says(200, json.dumps({"receivedMessages": [received]}))
    (delivery,) = await adapters(session, scripted.host).subscription.pull(1)
    assert (delivery.ack_id, delivery.message_id, delivery.data) == ("lease", "17", b"x")
    assert delivery.attributes == {"environment": "dev"}
    assert delivery.delivery_attempt == 3
    assert delivery.published_at == datetime(2026, 3, 1, 12, 30, 0, 123456, tzinfo=UTC)


async def test_a_delivery_of_next_to_nothing_is_read(
    session: aiohttp.ClientSession, scripted: ScriptedServer
) -> None:
    message = {"messageId": "17", "publishTime": "2026-03-01T12:30:00Z"}
    scripted.says(200, json.dumps({"receivedMessages": [{"ackId": "lease", "message": message}]}))
    (delivery,) = await adapters(session, scripted.host).subscription.pull(1)
    assert (delivery.data, delivery.attributes, delivery.delivery_attempt) == (b"", {}, None)


async def test_an_attribute_that_postgresql_cannot_keep_is_made_one_that_it_can(
    session: aiohttp.ClientSession, scripted: ScriptedServer
) -> None:
    message = {
        "attributes": {"a\0b": "c\0d"},
        "messageId": "17",
        "publishTime": "2026-03-01T12:30:00Z",
    }
    scripted.says(200, json.dumps({"receivedMessages": [{"ackId": "lease", "message": message}]}))
    (delivery,) = await adapters(session, scripted.host).subscription.pull(1)
    assert delivery.attributes == {"a\N{REPLACEMENT CHARACTER}b": "c\N{REPLACEMENT CHARACTER}d"}


async def test_a_delivery_shows_neither_its_data_nor_its_lease(
    session: aiohttp.ClientSession, scripted: ScriptedServer
) -> None:
    message = {"data": "c2VjcmV0", "messageId": "17", "publishTime": "2026-03-01T12:30:00Z"}
    scripted.says(200, json.dumps({"receivedMessages": [{"ackId": "lease", "message": message}]}))
    (delivery,) = await adapters(session, scripted.host).subscription.pull(1)
    assert delivery.data == b"secret"
    assert "secret" not in repr(delivery)
    assert "lease" not in repr(delivery)
