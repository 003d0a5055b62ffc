"""What the broker dead-lettered by itself, as a sweep takes it in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
from gcloud.aio.pubsub import PublisherClient, PubsubMessage

from tests.integration.commands.conftest import (
    Terminal,
    add_failed,
    age_request,
    counts_of,
)
from tests.platform import PROJECT, STUDENT, Platform


@pytest.fixture
def reconciling(terminal: Terminal) -> Terminal:
    """A terminal whose sweeps read the subscription on the dead letters."""
    subscription = f"{terminal.platform.name}-dead-seen"
    terminal.environ["PUBSUB_DEAD_LETTER_SUBSCRIPTION"] = subscription
    return terminal


async def _lose(platform: Platform, **columns: Any) -> None:
    """Insert a request whose message never came."""
    request_id = await platform.add_request(**columns)
    await age_request(platform, request_id, created_at="2 hours")


async def _publish_dead(
    platform: Platform, data: Mapping[str, Any] | bytes, attributes: dict[str, str]
) -> None:

    body = data if isinstance(data, bytes) else json.dumps(dict(data)).encode()
    options: dict[str, Any] = {"session": platform.session}
    client = PublisherClient(
        api_root=f"http://{platform.pubsub_host}/v1", api_is_dev=True, **options
    )
    message = PubsubMessage(body)
    message.attributes = attributes
    await client.publish(f"projects/{PROJECT}/topics/{platform.name}-dead", [message])


def _by_broker(platform: Platform) -> dict[str, str]:
    return {
        "CloudPubSubDeadLetterSourceSubscription": platform.subscription,
        "CloudPubSubDeadLetterSourceDeliveryCount": "20",
        "environment": "dev",
    }


async def test_what_the_broker_gave_up_is_kept_once_with_its_reason_and_its_student(
    reconciling: Terminal, platform: Platform
) -> None:
    request_id = await platform.add_request()
    body = platform.message(request_id)
    del body["student_id"]
    await _publish_dead(platform, body, _by_broker(platform))
    said = await reconciling.run("sweep", "--json")
    assert counts_of(said)["broker's dead letters"] == {"taken in": 1}
    (letter,) = await platform.rows("SELECT * FROM dead_letters")
    assert (letter.request_id, letter.error_class) == (request_id, "DeliveriesExhaustedError")
    assert ("20 deliveries" in letter.reason, letter.student_id) == (True, STUDENT)
    again = await reconciling.run("sweep", "--json")
    assert counts_of(again)["broker's dead letters"] == {}


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"status": "completed"},
        {"status": "narrating", "claimed_by": "worker-a", "claim_fence": 1},
        {"status": "pending", "claimed_by": "worker-a", "claim_fence": 1},
    ],
    ids=["waiting", "completed", "at work", "just claimed"],
)
async def test_what_the_broker_gave_up_leaves_its_request_as_it_is(
    reconciling: Terminal, platform: Platform, columns: dict[str, Any]
) -> None:
    request_id = await platform.add_request(**columns)
    if "claimed_by" in columns:
        await age_request(platform, request_id, claim_expires_at="-60 seconds")
    before = await platform.row(request_id)
    await _publish_dead(platform, platform.message(request_id), _by_broker(platform))
    await reconciling.run("sweep")
    assert await platform.row(request_id) == before
    assert len(await platform.rows("SELECT 1 FROM dead_letters")) == 1
    assert await platform.rows("SELECT 1 FROM outbox") == []


async def test_a_request_whose_last_message_the_broker_gave_up_is_enqueued_again(
    reconciling: Terminal, platform: Platform
) -> None:
    request_id = await platform.add_request()
    await age_request(platform, request_id, created_at="2 hours", last_published_at="1 hour")
    await _publish_dead(platform, platform.message(request_id), _by_broker(platform))
    counts = counts_of(await reconciling.run("sweep", "--json"))
    assert (counts["broker's dead letters"], counts["lost messages"]) == (
        {"taken in": 1},
        {"republished": 1},
    )
    assert (await platform.row(request_id)).status == "pending"


async def test_our_own_letters_are_acked_and_those_from_elsewhere_are_left(
    reconciling: Terminal, platform: Platform
) -> None:
    await _publish_dead(platform, b"ours", {"dead_letter_message_id": "message-1"})
    await _publish_dead(platform, b"theirs", {})
    other = _by_broker(platform) | {"CloudPubSubDeadLetterSourceSubscription": "another"}
    await _publish_dead(platform, b"another's", other)
    said = await reconciling.run("sweep", "--json")
    assert counts_of(said)["broker's dead letters"] == {
        "rejected by the worker, acked": 1,
        "from elsewhere, left": 2,
    }
    assert await platform.rows("SELECT 1 FROM dead_letters") == []


async def test_a_letter_of_ours_that_was_sent_again_and_given_up_is_kept(
    reconciling: Terminal, platform: Platform
) -> None:
    attributes = _by_broker(platform) | {"dead_letter_message_id": "message-1"}
    await _publish_dead(platform, platform.message(uuid4()), attributes)
    counts = counts_of(await reconciling.run("sweep", "--json"))
    assert counts["broker's dead letters"] == {"taken in": 1}
    assert len(await platform.rows("SELECT 1 FROM dead_letters")) == 1


async def test_without_a_subscription_on_the_dead_letters_that_step_is_left_out(
    terminal: Terminal,
) -> None:
    said = await terminal.run("sweep", "--json")
    assert (said.code, "broker's dead letters" in counts_of(said)) == (0, False)


async def test_a_sweep_prints_nothing_that_a_student_wrote(
    reconciling: Terminal, platform: Platform
) -> None:
    reconciling.environ["WORKER_LOG_LEVEL"] = "debug"
    await _lose(platform, query="my own secret words")
    await _publish_dead(platform, b'{"student_query": "my own secret words"}', _by_broker(platform))
    said = await reconciling.run("sweep")
    assert "taken in" in said.out
    assert "secret words" not in said.out + said.err


async def test_a_broker_that_is_away_leaves_the_message_in_the_outbox(
    reconciling: Terminal, platform: Platform
) -> None:
    await _lose(platform)
    name = f"lessons/{await add_failed(platform)}/1/a"
    await platform.storage().upload(platform.bucket, name, b"x", force_resumable_upload=False)
    reconciling.environ["PUBSUB_EMULATOR_HOST"] = "127.0.0.1:1"
    said = await reconciling.run("sweep", "--json")
    assert (said.code, "broker's dead letters" in said.err) == (4, True)
    counts = counts_of(said)
    assert counts["outbox"] == {"published": 0, "postponed": 1, "waiting": 1}
    assert counts["orphan objects"] == {"deleted": 1}
