"""Topics, subscriptions, snapshots and refusals, through gcloud-aio-pubsub's own clients."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from gcloud.aio.pubsub import PublisherClient, PubsubMessage, SubscriberClient

PROJECT = "projects/p"
TOPIC = "projects/p/topics/requests"
SUBSCRIPTION = "projects/p/subscriptions/worker"
SNAPSHOT = "projects/p/snapshots/before"


async def test_topics_are_created_shown_listed_and_deleted(publisher: PublisherClient) -> None:
    await publisher.create_topic(TOPIC, {"labels": {"team": "lessons"}})
    await publisher.create_topic("projects/p/topics/events")
    await publisher.create_topic("projects/other/topics/events")
    listed = await publisher.list_topics(PROJECT)
    assert listed == {
        "topics": [
            {"name": "projects/p/topics/events"},
            {"name": TOPIC, "labels": {"team": "lessons"}},
        ]
    }
    await publisher.delete_topic(TOPIC)
    assert len((await publisher.list_topics(PROJECT))["topics"]) == 1


async def test_a_list_comes_in_pages(
    publisher: PublisherClient, subscriber: SubscriberClient
) -> None:
    await publisher.create_topic(TOPIC)
    names = [f"projects/p/subscriptions/sub-{number}" for number in range(5)]
    for name in names:
        await subscriber.create_subscription(name, TOPIC)
    page = await publisher.list_topics(PROJECT, {"pageSize": "1"})
    assert "nextPageToken" not in page
    listed = await subscriber.list_subscriptions(PROJECT, {"pageSize": "2"})
    assert [found["name"] for found in listed["subscriptions"]] == names


async def test_empty_lists_are_lists(
    publisher: PublisherClient, subscriber: SubscriberClient
) -> None:
    assert await publisher.list_topics(PROJECT) == {"topics": []}
    assert await subscriber.list_subscriptions(PROJECT) == {"subscriptions": []}
    assert await subscriber.list_snapshots(PROJECT) == {"snapshots": []}


async def test_a_subscription_is_created_shown_changed_and_deleted(
    publisher: PublisherClient, subscriber: SubscriberClient
) -> None:
    await publisher.create_topic(TOPIC)
    created = await subscriber.create_subscription(SUBSCRIPTION, TOPIC, {"ackDeadlineSeconds": 30})
    assert created["ackDeadlineSeconds"] == 30
    assert await subscriber.get_subscription(SUBSCRIPTION) == created
    patch = {"subscription": {"ackDeadlineSeconds": 60}, "updateMask": "ackDeadlineSeconds"}
    changed = await subscriber.patch_subscription(SUBSCRIPTION, patch)
    assert changed == {**created, "ackDeadlineSeconds": 60}
    await subscriber.delete_subscription(SUBSCRIPTION)
    assert await subscriber.list_subscriptions(PROJECT) == {"subscriptions": []}


async def test_a_snapshot_is_created_shown_sought_and_deleted(
    publisher: PublisherClient, subscriber: SubscriberClient
) -> None:
    await publisher.create_topic(TOPIC)
    await subscriber.create_subscription(SUBSCRIPTION, TOPIC)
    await publisher.publish(TOPIC, [PubsubMessage("a")])
    created = await subscriber.create_snapshot(SNAPSHOT, SUBSCRIPTION)
    assert (created["name"], created["topic"]) == (SNAPSHOT, TOPIC)
    assert await subscriber.get_snapshot(SNAPSHOT) == created
    assert await subscriber.list_snapshots(PROJECT) == {"snapshots": [created]}
    (message,) = await subscriber.pull(SUBSCRIPTION, 1)
    await subscriber.acknowledge(SUBSCRIPTION, [message.ack_id])
    await subscriber.seek(SUBSCRIPTION, {"snapshot": SNAPSHOT})
    (again,) = await subscriber.pull(SUBSCRIPTION, 1)
    assert again.message_id == message.message_id
    await subscriber.seek(SUBSCRIPTION, {"time": "2100-01-01T00:00:00Z"})
    await publisher.publish(TOPIC, [PubsubMessage("b")])
    assert [found.data for found in await subscriber.pull(SUBSCRIPTION, 10)] == [b"b"]
    await subscriber.delete_snapshot(SNAPSHOT)
    assert await subscriber.list_snapshots(PROJECT) == {"snapshots": []}


async def test_every_permission_asked_about_is_granted(
    publisher: PublisherClient, subscriber: SubscriberClient, api_root: str
) -> None:
    await publisher.create_topic(TOPIC)
    await subscriber.create_subscription(SUBSCRIPTION, TOPIC)
    body = {"permissions": ["pubsub.topics.publish", "pubsub.subscriptions.consume"]}
    async with aiohttp.ClientSession() as session:
        for name in (TOPIC, SUBSCRIPTION):
            url = f"{api_root}/{name}:testIamPermissions"
            async with session.post(url, json=body) as response:
                assert await response.json() == body


Call = Callable[[PublisherClient, SubscriberClient], Awaitable[object]]


@pytest.mark.parametrize(
    ("call", "code", "status"),
    [
        (lambda p, _: p.publish("projects/p/topics/none", [PubsubMessage("a")]), 404, "NOT_FOUND"),
        (lambda p, _: p.delete_topic("projects/p/topics/none"), 404, "NOT_FOUND"),
        (lambda p, _: p.create_topic(TOPIC), 409, "ALREADY_EXISTS"),
        (lambda p, _: p.create_topic("projects/p/topics/1"), 400, "INVALID_ARGUMENT"),
        (lambda p, _: p.create_topic("projects/p/topics/google"), 400, "INVALID_ARGUMENT"),
        (
            lambda p, _: p.create_topic("projects/p/topics/a-b", {"kmsKeyName": "k"}),
            501,
            "UNIMPLEMENTED",
        ),
        (lambda p, _: p.publish(TOPIC, [PubsubMessage("")]), 400, "INVALID_ARGUMENT"),
        (lambda _, s: s.create_subscription(SUBSCRIPTION, TOPIC), 409, "ALREADY_EXISTS"),
        (
            lambda _, s: s.create_subscription(
                "projects/p/subscriptions/new", "projects/p/topics/none"
            ),
            404,
            "NOT_FOUND",
        ),
        (
            lambda _, s: s.create_subscription(
                "projects/p/subscriptions/new",
                TOPIC,
                {"deadLetterPolicy": {"deadLetterTopic": "projects/p/topics/none"}},
            ),
            404,
            "NOT_FOUND",
        ),
        (
            lambda _, s: s.create_subscription(
                "projects/p/subscriptions/new", TOPIC, {"ackDeadlineSeconds": 5}
            ),
            400,
            "INVALID_ARGUMENT",
        ),
        (
            lambda _, s: s.create_subscription(
                "projects/p/subscriptions/new", TOPIC, {"filter": "attributes.a ~ b"}
            ),
            400,
            "INVALID_ARGUMENT",
        ),
        (lambda _, s: s.get_subscription("projects/p/subscriptions/none"), 404, "NOT_FOUND"),
        (lambda _, s: s.pull("projects/p/subscriptions/none", 1), 404, "NOT_FOUND"),
        (lambda _, s: s.pull(SUBSCRIPTION, 0), 400, "INVALID_ARGUMENT"),
        (lambda _, s: s.acknowledge(SUBSCRIPTION, []), 400, "INVALID_ARGUMENT"),
        (lambda _, s: s.acknowledge(SUBSCRIPTION, [""]), 400, "INVALID_ARGUMENT"),
        (lambda _, s: s.acknowledge(SUBSCRIPTION, ["garbage"]), 400, "INVALID_ARGUMENT"),
        (lambda _, s: s.modify_ack_deadline(SUBSCRIPTION, ["garbage"], 0), 400, "INVALID_ARGUMENT"),
        (lambda _, s: s.get_snapshot(SNAPSHOT), 404, "NOT_FOUND"),
        (lambda _, s: s.seek(SUBSCRIPTION, {"snapshot": SNAPSHOT}), 404, "NOT_FOUND"),
        (lambda _, s: s.seek(SUBSCRIPTION, {}), 400, "INVALID_ARGUMENT"),
    ],
)
async def test_a_refusal_bears_googles_code_and_status(
    publisher: PublisherClient, subscriber: SubscriberClient, call: Call, code: int, status: str
) -> None:
    await publisher.create_topic(TOPIC)
    await subscriber.create_subscription(SUBSCRIPTION, TOPIC)
    with pytest.raises(aiohttp.ClientResponseError) as failure:
        await call(publisher, subscriber)
    assert failure.value.status == code
    body = json.loads(failure.value.message.partition(": ")[2])
    assert (body["error"]["code"], body["error"]["status"]) == (code, status)
    assert body["error"]["message"]


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
@pytest.mark.parametrize("size", [10_000_001, 16_000_000])
async def test_a_message_of_more_than_ten_megabytes_is_refused(
    publisher: PublisherClient, size: int
) -> None:
    await publisher.create_topic(TOPIC)
    with pytest.raises(aiohttp.ClientResponseError, match="INVALID_ARGUMENT") as failure:
        await publisher.publish(TOPIC, [PubsubMessage(b"a" * size)])
    assert failure.value.status == 400


async def test_a_refused_subscription_does_not_exist_afterwards(
    publisher: PublisherClient, subscriber: SubscriberClient
) -> None:
    await publisher.create_topic(TOPIC)
    with pytest.raises(aiohttp.ClientResponseError, match="filter"):
        await subscriber.create_subscription(SUBSCRIPTION, TOPIC, {"filter": "nonsense"})
    assert await subscriber.list_subscriptions(PROJECT) == {"subscriptions": []}


@pytest.mark.parametrize(
    ("call", "body", "refusal"),
    [
        (f"POST {TOPIC}:publish", b"not json", (400, "INVALID_ARGUMENT")),
        (f"POST {TOPIC}:publish", b"[]", (400, "INVALID_ARGUMENT")),
        (f"POST {TOPIC}:explode", b"{}", (404, "NOT_FOUND")),
        ("GET projects/p/schemas", b"", (404, "NOT_FOUND")),
        (f"GET {PROJECT}/topics?pageToken=x", b"", (400, "INVALID_ARGUMENT")),
    ],
)
async def test_a_call_that_no_client_makes_is_refused_in_the_same_shape(
    api_root: str, call: str, body: bytes, refusal: tuple[int, str]
) -> None:
    method, path = call.split()
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{api_root}/{path}", data=body) as response,
    ):
        error = (await response.json())["error"]
    assert (response.status, error["status"]) == refusal
    assert error["code"] == response.status
