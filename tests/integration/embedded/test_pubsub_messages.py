"""The Pub/Sub server as gcloud-aio-pubsub's own clients meet it."""

from __future__ import annotations

import asyncio
import json
import socket
from datetime import UTC, datetime

import aiohttp
import pytest
from gcloud.aio.pubsub import PublisherClient, PubsubMessage, SubscriberClient

from tests.integration.embedded.turned_clock import TurnedClock
from worker.embedded.pubsub_server import PubsubServer

TOPIC = "projects/p/topics/requests"
DEAD_TOPIC = "projects/p/topics/dead-letters"
SUBSCRIPTION = "projects/p/subscriptions/worker"
DEAD_SUBSCRIPTION = "projects/p/subscriptions/dead-letters"


@pytest.fixture(autouse=True)
async def topics(publisher: PublisherClient) -> None:
    for topic in (TOPIC, DEAD_TOPIC):
        await publisher.create_topic(topic)


async def publish(
    publisher: PublisherClient, *texts: str, key: str = "", **attributes: str
) -> None:
    messages = [PubsubMessage(text, key, **attributes) for text in texts]
    await publisher.publish(TOPIC, messages)


async def test_a_message_arrives_whole_and_an_ack_ends_it(
    publisher: PublisherClient, subscriber: SubscriberClient, clock: TurnedClock
) -> None:
    await subscriber.create_subscription(SUBSCRIPTION, TOPIC)
    answer = await publisher.publish(
        TOPIC, [PubsubMessage(b"\x00\xff\xfe data", colour="red", size="10")]
    )
    (message,) = await subscriber.pull(SUBSCRIPTION, 10)
    assert [message.message_id] == answer["messageIds"]
    assert message.data == b"\x00\xff\xfe data"
    assert message.attributes == {"colour": "red", "size": "10"}
    assert message.delivery_attempt is None
    assert abs((datetime.now(UTC) - message.publish_time).total_seconds()) < 60
    await subscriber.acknowledge(SUBSCRIPTION, [message.ack_id])
    clock.turn(700)
    await publish(publisher, "next")
    assert [found.data for found in await subscriber.pull(SUBSCRIPTION, 10)] == [b"next"]


async def test_a_waiting_pull_is_answered_when_a_message_comes(
    publisher: PublisherClient, subscriber: SubscriberClient
) -> None:
    await subscriber.create_subscription(SUBSCRIPTION, TOPIC)
    pull = asyncio.create_task(subscriber.pull(SUBSCRIPTION, 1))
    await asyncio.sleep(0.05)
    assert not pull.done()
    await publish(publisher, "a")
    assert [found.data for found in await pull] == [b"a"]


async def test_a_pull_that_asks_for_an_immediate_answer_does_not_wait(
    subscriber: SubscriberClient, api_root: str
) -> None:
    await subscriber.create_subscription(SUBSCRIPTION, TOPIC)
    waiting = asyncio.create_task(subscriber.pull(SUBSCRIPTION, 1))
    body = {"maxMessages": 1, "returnImmediately": True}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{api_root}/{SUBSCRIPTION}:pull", json=body) as response,
    ):
        assert await response.json() == {}
    assert not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_a_pull_without_a_message_ends_empty_after_the_long_poll(
    subscriber: SubscriberClient, clock: TurnedClock
) -> None:
    await subscriber.create_subscription(SUBSCRIPTION, TOPIC)
    pull = asyncio.create_task(subscriber.pull(SUBSCRIPTION, 1))
    await asyncio.sleep(0.05)
    clock.turn(5)
    await subscriber.modify_ack_deadline(SUBSCRIPTION, [await an_old_ack_id(subscriber)], 10)
    assert await pull == []


async def an_old_ack_id(subscriber: SubscriberClient) -> str:
    """An ack id of another subscription, already acknowledged: settling it changes nothing."""
    other = "projects/p/subscriptions/other"
    await subscriber.create_subscription(other, DEAD_TOPIC)
    async with PublisherClient(api_root=subscriber._api_root, api_is_dev=True) as publisher:
        await publisher.publish(DEAD_TOPIC, [PubsubMessage("a")])
    (message,) = await subscriber.pull(other, 1)
    await subscriber.acknowledge(other, [message.ack_id])
    ack_id: str = message.ack_id
    return ack_id


async def test_a_lease_ends_by_itself_while_another_pull_waits(
    publisher: PublisherClient, subscriber: SubscriberClient
) -> None:
    await subscriber.create_subscription(SUBSCRIPTION, TOPIC)
    await publish(publisher, "a")
    (message,) = await subscriber.pull(SUBSCRIPTION, 1)
    await subscriber.modify_ack_deadline(SUBSCRIPTION, [message.ack_id], 1)
    (again,) = await subscriber.pull(SUBSCRIPTION, 1)
    assert again.message_id == message.message_id
    assert again.ack_id != message.ack_id


async def test_a_rest_ends_by_itself_while_a_pull_waits(
    publisher: PublisherClient, subscriber: SubscriberClient
) -> None:
    body = {"retryPolicy": {"minimumBackoff": "0.3s", "maximumBackoff": "600s"}}
    await subscriber.create_subscription(SUBSCRIPTION, TOPIC, body)
    await publish(publisher, "a")
    (message,) = await subscriber.pull(SUBSCRIPTION, 1)
    pull = asyncio.create_task(subscriber.pull(SUBSCRIPTION, 1))
    await subscriber.modify_ack_deadline(SUBSCRIPTION, [message.ack_id], 0)
    assert [found.message_id for found in await pull] == [message.message_id]


async def test_a_nack_wakes_a_waiting_pull(
    publisher: PublisherClient, subscriber: SubscriberClient
) -> None:
    await subscriber.create_subscription(SUBSCRIPTION, TOPIC)
    await publish(publisher, "a")
    (message,) = await subscriber.pull(SUBSCRIPTION, 1)
    pull = asyncio.create_task(subscriber.pull(SUBSCRIPTION, 1))
    await asyncio.sleep(0.05)
    await subscriber.modify_ack_deadline(SUBSCRIPTION, [message.ack_id], 0)
    assert [found.message_id for found in await pull] == [message.message_id]


async def test_the_fifth_missed_deadline_dead_letters_without_a_pull(
    publisher: PublisherClient, subscriber: SubscriberClient
) -> None:
    policy = {"deadLetterTopic": DEAD_TOPIC, "maxDeliveryAttempts": 5}
    await subscriber.create_subscription(SUBSCRIPTION, TOPIC, {"deadLetterPolicy": policy})
    await subscriber.create_subscription(DEAD_SUBSCRIPTION, DEAD_TOPIC)
    await publish(publisher, "poison", colour="red")
    for attempt in range(1, 6):
        (message,) = await subscriber.pull(SUBSCRIPTION, 1)
        assert message.delivery_attempt == attempt
        await subscriber.modify_ack_deadline(SUBSCRIPTION, [message.ack_id], attempt // 5)
    (dead,) = await subscriber.pull(DEAD_SUBSCRIPTION, 1)
    assert dead.data == b"poison"
    assert dead.attributes is not None
    assert dead.attributes["colour"] == "red"
    assert dead.attributes["CloudPubSubDeadLetterSourceDeliveryCount"] == "5"
    assert dead.attributes["CloudPubSubDeadLetterSourceSubscription"] == "worker"


async def test_an_ack_lets_the_next_of_an_ordering_key_reach_a_waiting_pull(
    publisher: PublisherClient, subscriber: SubscriberClient
) -> None:
    await subscriber.create_subscription(SUBSCRIPTION, TOPIC, {"enableMessageOrdering": True})
    await publish(publisher, "a1", "a2", key="a")
    (first,) = await subscriber.pull(SUBSCRIPTION, 10)
    pull = asyncio.create_task(subscriber.pull(SUBSCRIPTION, 10))
    await asyncio.sleep(0.05)
    assert not pull.done()
    await subscriber.acknowledge(SUBSCRIPTION, [first.ack_id])
    assert [found.data for found in await pull] == [b"a2"]


async def test_a_filter_keeps_other_messages_away(
    publisher: PublisherClient, subscriber: SubscriberClient
) -> None:
    await subscriber.create_subscription(
        SUBSCRIPTION, TOPIC, {"filter": 'attributes.environment = "dev"'}
    )
    await publish(publisher, "foreign", environment="prod")
    await publish(publisher, "ours", environment="dev")
    assert [found.data for found in await subscriber.pull(SUBSCRIPTION, 10)] == [b"ours"]


async def test_waiting_pulls_share_messages_without_two_getting_the_same(
    publisher: PublisherClient, subscriber: SubscriberClient
) -> None:
    await subscriber.create_subscription(SUBSCRIPTION, TOPIC)
    texts = {str(number) for number in range(60)}
    seen: list[str] = []

    async def pull_until_all_are_seen() -> None:
        while len(seen) < len(texts):
            for message in await subscriber.pull(SUBSCRIPTION, 3):
                seen.append((message.data or b"").decode())
                await subscriber.acknowledge(SUBSCRIPTION, [message.ack_id])

    pulls = [asyncio.create_task(pull_until_all_are_seen()) for _ in range(5)]
    for text in texts:
        await publish(publisher, text)
    await asyncio.wait(pulls, return_when=asyncio.FIRST_COMPLETED)
    for pull in pulls:
        pull.cancel()
    await asyncio.gather(*pulls, return_exceptions=True)
    assert sorted(seen) == sorted(texts)


async def test_a_pull_whose_client_hung_up_takes_no_message(
    publisher: PublisherClient, subscriber: SubscriberClient
) -> None:
    policy = {"deadLetterTopic": DEAD_TOPIC, "maxDeliveryAttempts": 5}
    await subscriber.create_subscription(SUBSCRIPTION, TOPIC, {"deadLetterPolicy": policy})
    for number in range(20):
        abandoned = asyncio.create_task(subscriber.pull(SUBSCRIPTION, 10))
        await asyncio.sleep(0.01)
        abandoned.cancel()
        await asyncio.gather(abandoned, return_exceptions=True)
        await publish(publisher, str(number))
        (message,) = await subscriber.pull(SUBSCRIPTION, 10)
        assert (message.data, message.delivery_attempt) == (str(number).encode(), 1)
        await subscriber.acknowledge(SUBSCRIPTION, [message.ack_id])


def send(address: str, path: str, body: dict[str, object]) -> socket.socket:
    """Send a call and leave the answer unread: the client that hangs up."""
    host, _, port = address.partition(":")
    connection = socket.create_connection((host, int(port)))
    content = json.dumps(body)
    head = f"POST /v1/{path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {len(content)}\r\n\r\n"
    connection.sendall(f"{head}{content}".encode())
    return connection


async def test_messages_that_a_client_stops_reading_halfway_are_given_to_the_next(
    server: PubsubServer, publisher: PublisherClient, subscriber: SubscriberClient
) -> None:
    policy = {"deadLetterTopic": DEAD_TOPIC, "maxDeliveryAttempts": 5}
    await subscriber.create_subscription(SUBSCRIPTION, TOPIC, {"deadLetterPolicy": policy})
    for _ in range(12):
        await publish(publisher, "a" * 700_000)
    reading = send(server.host, f"{SUBSCRIPTION}:pull", {"maxMessages": 12})
    await asyncio.sleep(0.2)
    assert server.broker.registry.subscription(SUBSCRIPTION).backlog.pull(1, 0.0) == []
    reading.close()
    messages = await subscriber.pull(SUBSCRIPTION, 12)
    assert [found.delivery_attempt for found in messages] == [1] * 12


async def test_stopping_the_server_answers_the_waiting_pulls(
    server: PubsubServer, subscriber: SubscriberClient
) -> None:
    await subscriber.create_subscription(SUBSCRIPTION, TOPIC)
    pulls = [asyncio.create_task(subscriber.pull(SUBSCRIPTION, 1)) for _ in range(3)]
    await asyncio.sleep(0.05)
    await server.stop()
    assert await asyncio.gather(*pulls) == [[], [], []]
