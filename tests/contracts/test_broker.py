"""What every broker keeps: the obligations of `worker.ports.MessageSource` and `Publisher`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import aiohttp
import pytest

from tests.fakes.deliveries import make_delivery
from tests.fakes.memory_broker import MemoryBroker
from worker.adapters.pubsub import PubsubPublisher, PubsubSubscription, PullWaits
from worker.delivery.dead_letters import dead_letter_message
from worker.embedded.endpoints import EmbeddedEndpoints
from worker.lessons.ending import Failure
from worker.ports import Delivery, MessageSource, Publisher, RejectedDelivery

PROJECT = "tests"
SOON_SECONDS = 15
"""Far more than any broker here takes, and more than the shortest ack deadline."""


@dataclass(frozen=True, slots=True)
class Post:
    """A topic, and a subscription that hears it.

    Attributes:
        source: Waits long for a message.
        hasty: The same subscription, through a source that waits only for a moment.
    """

    publisher: Publisher
    topic: str
    source: MessageSource
    hasty: MessageSource

    async def send(self, *texts: str) -> None:
        """Publish one message after the other."""
        for text in texts:
            await self.publisher.publish(self.topic, text.encode(), {})

    async def receive(self, limit: int = 10) -> Sequence[Delivery]:
        """Pull once; the message is on its way, so it must come."""
        async with asyncio.timeout(SOON_SECONDS):
            return await self.source.pull(limit)

    async def receive_one(self) -> Delivery:
        """Pull the only message."""
        (delivery,) = await self.receive()
        return delivery


@pytest.fixture
def memory() -> Post:
    broker = MemoryBroker()
    source = broker.subscribe("topic")
    return Post(broker, "topic", source, source.waiting(0.05))


@pytest.fixture
async def pubsub(endpoints: EmbeddedEndpoints, session: aiohttp.ClientSession) -> Post:
    assert endpoints.pubsub_host is not None
    return await post_on(endpoints.pubsub_host, session)


@pytest.fixture
async def java(java_host: str, session: aiohttp.ClientSession) -> Post:
    return await post_on(java_host, session)


async def post_on(host: str, session: aiohttp.ClientSession) -> Post:
    """Return a topic and a subscription of their own on a server that speaks Pub/Sub's REST."""
    topic, subscription = (f"{kind}-{uuid4().hex[:8]}" for kind in ("topic", "subscription"))
    root = f"http://{host}/v1/projects/{PROJECT}"
    body = {
        "topic": f"projects/{PROJECT}/topics/{topic}",
        "ackDeadlineSeconds": 10,
        # Only such a subscription counts the receipts of a message.
        "deadLetterPolicy": {
            "deadLetterTopic": f"projects/{PROJECT}/topics/{topic}",
            "maxDeliveryAttempts": 100,
        },
    }
    for path, content in ((f"topics/{topic}", {}), (f"subscriptions/{subscription}", body)):
        async with session.put(f"{root}/{path}", json=content) as answer:
            answer.raise_for_status()

    def source(waits: PullWaits) -> PubsubSubscription:
        return PubsubSubscription(
            session, project=PROJECT, subscription=subscription, emulator_host=host, waits=waits
        )

    return Post(
        PubsubPublisher(session, project=PROJECT, emulator_host=host),
        topic,
        source(PullWaits()),
        source(PullWaits(answer=0.05)),
    )


@pytest.fixture(params=["memory", "pubsub", "java"])
def post(request: pytest.FixtureRequest) -> Post:
    found: Post = request.getfixturevalue(request.param)
    return found


def texts(deliveries: Sequence[Delivery]) -> list[str]:
    return [delivery.data.decode() for delivery in deliveries]


async def test_a_message_arrives_as_it_was_published(post: Post) -> None:
    data, attributes = bytes(range(256)), {"environment": "dev", "ü": "日本 🙂", "empty": ""}
    before = datetime.now(UTC)
    message_id = await post.publisher.publish(post.topic, data, attributes)
    delivery = await post.receive_one()
    assert delivery.data == data
    assert dict(delivery.attributes) == attributes
    assert delivery.message_id == message_id
    assert abs(delivery.published_at - before) < timedelta(minutes=1)
    assert delivery.ack_id


@pytest.mark.parametrize("name", ["data", "ordering_key", "self", "message_id", "attributes"])
async def test_an_attribute_may_have_any_name(post: Post, name: str) -> None:
    await post.publisher.publish(post.topic, b"x", {name: "value"})
    assert dict((await post.receive_one()).attributes) == {name: "value"}


async def test_a_message_may_be_all_attributes(post: Post) -> None:
    await post.publisher.publish(post.topic, b"", {"only": "this"})
    assert (await post.receive_one()).data == b""


async def test_a_large_message_arrives_whole(post: Post) -> None:
    await post.publisher.publish(post.topic, b"x" * 500_000, {})
    assert (await post.receive_one()).data == b"x" * 500_000


async def test_every_message_has_an_id_of_its_own(post: Post) -> None:
    ids = {await post.publisher.publish(post.topic, b"same", {}) for _ in range(3)}
    assert len(ids) == 3


async def test_several_messages_are_published_in_one_call(post: Post) -> None:
    contents = [(text.encode(), {"place": text}) for text in "abc"]
    ids = await post.publisher.publish_batch(post.topic, contents)
    deliveries = await receive_all(post, 3)
    arrived = {(one.message_id, one.data, one.attributes["place"]) for one in deliveries}
    assert arrived == {
        (message_id, data, attributes["place"])
        for message_id, (data, attributes) in zip(ids, contents, strict=True)
    }


async def test_a_pull_takes_no_more_than_it_was_asked_for(post: Post) -> None:
    await post.send("a", "b", "c")
    first, second = await post.receive(2), await post.receive(2)
    assert len(first) == 2
    assert sorted(texts([*first, *second])) == ["a", "b", "c"]


async def test_a_pull_waits_for_a_message(post: Post) -> None:
    pulling = asyncio.create_task(post.receive())
    await asyncio.sleep(0)
    await post.send("late")
    assert texts(await pulling) == ["late"]


async def test_a_pull_ends_with_nothing_when_its_wait_ends(post: Post) -> None:
    async with asyncio.timeout(SOON_SECONDS):
        assert list(await post.hasty.pull(10)) == []


async def test_a_message_is_handed_to_one_pull_at_a_time(post: Post) -> None:
    await post.send("a", "b", "c", "d")
    pulled = await asyncio.gather(*(post.receive(1) for _ in range(4)))
    assert sorted(texts([delivery for one in pulled for delivery in one])) == ["a", "b", "c", "d"]


async def test_a_pull_that_is_cancelled_loses_no_message(post: Post) -> None:
    pulling = asyncio.create_task(post.source.pull(10))
    done, _ = await asyncio.wait({pulling}, timeout=0.05)
    assert not done
    pulling.cancel()
    await asyncio.gather(pulling, return_exceptions=True)
    await post.send("kept")
    assert texts(await post.receive()) == ["kept"]


async def test_an_acknowledged_delivery_never_comes_again(post: Post) -> None:
    await post.send("done")
    delivery = await post.receive_one()
    await post.source.ack([delivery.ack_id])
    await post.source.extend([delivery.ack_id], 0)
    await post.send("next")
    assert texts(await post.receive()) == ["next"]


async def test_extending_by_nothing_gives_a_delivery_back_at_once(post: Post) -> None:
    await post.send("again")
    first = await post.receive_one()
    await post.source.extend([first.ack_id], 0)
    second = await post.receive_one()
    assert second.message_id == first.message_id
    assert second.ack_id != first.ack_id
    assert (first.delivery_attempt, second.delivery_attempt) == (1, 2)


async def test_a_delivery_comes_again_when_its_deadline_has_passed(post: Post) -> None:
    await post.send("again")
    first = await post.receive_one()
    await post.source.extend([first.ack_id], 1)
    assert (await post.receive_one()).message_id == first.message_id


async def test_an_extended_delivery_stays_away_while_another_comes_again(post: Post) -> None:
    await post.send("held", "let go")
    deliveries = {delivery.data.decode(): delivery for delivery in await receive_all(post, 2)}
    both = [delivery.ack_id for delivery in deliveries.values()]
    await post.source.extend(both, 1)
    await post.source.extend([deliveries["held"].ack_id], 60)
    assert texts(await post.receive()) == ["let go"]


async def test_settling_twice_changes_nothing(post: Post) -> None:
    await post.send("one")
    delivery = await post.receive_one()
    for _ in range(2):
        await post.source.extend([delivery.ack_id], 30)
    for _ in range(2):
        await post.source.ack([delivery.ack_id])
    await post.source.extend([delivery.ack_id], 0)
    await post.send("next")
    assert texts(await post.receive()) == ["next"]


async def test_settling_after_the_deadline_changes_nothing(post: Post) -> None:
    await post.send("one")
    late = await post.receive_one()
    await post.source.extend([late.ack_id], 0)
    current = await post.receive_one()
    await post.source.ack([late.ack_id])
    await post.source.extend([late.ack_id], 0)
    await post.source.extend([current.ack_id], 0)
    assert (await post.receive_one()).message_id == late.message_id


async def test_several_deliveries_are_settled_in_one_call(post: Post) -> None:
    await post.send("a", "b")
    deliveries = await receive_all(post, 2)
    await post.source.extend([delivery.ack_id for delivery in deliveries], 0)
    again = await receive_all(post, 2)
    await post.source.ack([delivery.ack_id for delivery in again])
    await post.send("next")
    assert texts(await post.receive()) == ["next"]


async def receive_all(post: Post, count: int) -> list[Delivery]:
    """Pull until so many deliveries have come: a pull may bring fewer than there are."""
    deliveries: list[Delivery] = []
    while len(deliveries) < count:
        deliveries += await post.receive(count - len(deliveries))
    return deliveries


async def test_the_dead_letter_of_a_message_at_every_limit_is_taken(post: Post) -> None:
    attributes = {f"name-{number:03}": "é" * 512 for number in range(100)}
    delivery = make_delivery(b"x", attributes | {"googclient_schemaencoding": "JSON"})
    failure = Failure(None, "MalformedMessageError", "力" * 1000, "")
    letter = dead_letter_message(
        RejectedDelivery(delivery, failure, None, None), post.topic, "a" * 32
    )
    await post.publisher.publish(letter.topic, letter.payload, dict(letter.attributes))
    assert dict((await post.receive_one()).attributes) == dict(letter.attributes)
