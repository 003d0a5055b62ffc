"""What is kept of messages that are rejected, and what leaves for the dead-letter topic."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
import structlog

from tests.fakes.deliveries import make_delivery
from tests.fakes.pipeline import raising
from tests.integration.delivery.conftest import Rig
from worker.adapters.database.dead_letters import PostgresDeadLetters
from worker.lessons.dead_letter import Outcome
from worker.lessons.ending import EventAddress
from worker.lessons.errors import LessonInvalidError, NarrationError


async def test_a_message_that_comes_again_after_its_replay_and_fails_again_ends_once_more(
    rig: Rig,
) -> None:
    """The ack of a rejection can get lost: the same message then meets the replayed request."""
    platform, request_id = rig.platform, await rig.platform.add_request()
    rig.pipeline.step = raising(NarrationError("no word to speak"))
    delivery = make_delivery(json.dumps(platform.message(request_id)).encode())
    await rig.consumer.deliver(delivery)
    (letter,) = await platform.rows("SELECT id, created_at FROM dead_letters")
    desk = PostgresDeadLetters(
        platform.engine, requests=EventAddress(platform.topic, "dev"), new_id=uuid4
    )
    assert (await desk.replay(letter.id)).outcome is Outcome.DONE
    rig.pipeline.step = raising(LessonInvalidError("too short"))
    await rig.consumer.deliver(delivery)
    row = await platform.row(request_id)
    assert (row.status, row.error_class) == ("failed", "LessonInvalidError")
    (again,) = await platform.rows("SELECT * FROM dead_letters")
    assert (again.id, again.error_class, again.reason) == (
        letter.id,
        "LessonInvalidError",
        "too short",
    )
    assert (again.replayed_at, again.created_at > letter.created_at) == (None, True)
    sent = await platform.rows("SELECT topic FROM outbox WHERE topic <> :own", own=platform.topic)
    topics = [f"{platform.name}-dead", f"{platform.name}-events"]
    assert sorted(one.topic for one in sent) == sorted(topics * 2)


@pytest.mark.parametrize(
    "carried", [{}, {"traceparent": f"00-{'ab' * 16}-{'1' * 16}-01"}], ids=["own", "carried"]
)
async def test_a_dead_letter_and_its_log_line_name_one_trace(
    rig: Rig, carried: dict[str, str]
) -> None:
    """The message's trace where it carries one, else one that is made for the delivery."""
    with structlog.testing.capture_logs() as lines:
        await rig.consumer.deliver(make_delivery(b"no JSON", carried))
        request_id = await rig.platform.add_request()
        rig.pipeline.step = raising(NarrationError("no word to speak"))
        body = json.dumps(rig.platform.message(request_id)).encode()
        await rig.consumer.deliver(make_delivery(body, carried))
    logged = [one["trace_id"] for one in lines if one["event"] == "delivery_settled"]
    letters = await rig.platform.rows(
        "SELECT attributes FROM outbox WHERE topic = :dead ORDER BY created_at",
        dead=f"{rig.platform.name}-dead",
    )
    assert [one.attributes["dead_letter_trace_id"] for one in letters] == logged
    assert [len(one) for one in logged] == [32, 32]
    assert (set(logged) == {"ab" * 16}) is bool(carried)
    assert {one.attributes["dead_letter_stage"] for one in letters} == {"", "render"}
