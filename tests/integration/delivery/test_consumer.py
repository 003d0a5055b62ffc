"""From a published message to the row, the dead letters and the events."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from tests.fakes.pipeline import hang, raising
from tests.integration.delivery.conftest import Rig, make_rig
from tests.platform import Platform
from worker.lessons.claim import Claimed
from worker.lessons.errors import (
    DependencyUnavailableError,
    LessonInvalidError,
    RenderCrashedError,
)


async def _status(platform: Platform, request_id: UUID) -> str:
    return str((await platform.row(request_id)).status)


def _ended(rig: Rig, request_id: UUID, status: str = "completed") -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        return await _status(rig.platform, request_id) == status

    return holds


async def test_a_good_message_is_processed_and_acked(rig: Rig) -> None:
    request_id = await rig.platform.add_request()
    await rig.platform.publish(rig.platform.message(request_id))
    async with rig.running():
        await rig.until(_ended(rig, request_id))
    assert await rig.platform.backlog() == 0
    assert rig.pipeline.runs == 1


async def test_a_duplicate_of_an_ended_request_is_acked_and_does_nothing(rig: Rig) -> None:
    request_id = await rig.platform.add_request(status="completed", progress_percentage=100)
    before = await rig.platform.row(request_id)
    await rig.platform.publish(rig.platform.message(request_id))
    async with rig.running():
        await rig.until(lambda: _handled(rig, 1))
    assert await rig.platform.row(request_id) == before
    assert rig.pipeline.runs == 0
    assert await rig.platform.backlog() == 0


async def _settled_by(*rigs: Rig) -> bool:
    return sum(rig.consumer.handled for rig in rigs) >= 1


async def _handled(rig: Rig, count: int) -> bool:
    return rig.consumer.handled >= count


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"Explain gravity", "not JSON"),
        (b"[]", "not an object"),
        (b"{}", "request_id: Field required"),
    ],
)
async def test_a_malformed_message_is_dead_lettered_once_with_its_reason(
    rig: Rig, body: bytes, reason: str
) -> None:
    message_id = await rig.platform.publish(body)
    async with rig.running():
        ((payload, attributes),) = await rig.platform.seen("dead")
    assert payload == body
    assert reason in attributes["dead_letter_reason"]
    assert attributes["dead_letter_message_id"] == message_id
    (letter,) = await rig.platform.rows("SELECT * FROM dead_letters")
    assert (letter.message_id, letter.error_class) == (message_id, "MalformedMessageError")
    assert await rig.platform.backlog() == 0


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"grade_level": 13}, "grade_level"),
        ({"student_query": "a"}, "student_query"),
        ({"student_query": "a" * 501}, "student_query"),
        ({"environment": "prod"}, "environment"),
    ],
)
async def test_a_message_with_a_bad_field_fails_the_row_that_it_names(
    rig: Rig, fields: dict[str, object], word: str
) -> None:
    request_id = await rig.platform.add_request()
    await rig.platform.publish(rig.platform.message(request_id, **fields))
    async with rig.running():
        await rig.until(_ended(rig, request_id, "failed"))
    row = await rig.platform.row(request_id)
    assert row.error_class == "MalformedMessageError"
    assert word in row.error_message
    assert await rig.platform.backlog() == 0


async def test_a_request_id_that_is_no_uuid_is_rejected_at_once(rig: Rig) -> None:
    await rig.platform.publish(rig.platform.message("request-17"))
    async with rig.running():
        ((_, attributes),) = await rig.platform.seen("dead")
    assert "request_id" in attributes["dead_letter_reason"]
    assert rig.consumer.handled == 1


async def test_a_message_for_an_unknown_request_is_tried_a_bounded_number_of_times(
    rig: Rig,
) -> None:
    await rig.platform.publish(rig.platform.message(uuid4()))
    async with rig.running():
        ((_, attributes),) = await rig.platform.seen("dead", within=30)
    assert attributes["dead_letter_error_class"] == "UnknownRequestError"
    assert rig.consumer.handled == 3
    assert await rig.platform.backlog() == 0


async def test_a_row_that_is_committed_after_its_message_is_found_by_the_retry(rig: Rig) -> None:
    request_id = uuid4()
    await rig.platform.publish(rig.platform.message(request_id))
    async with rig.running():
        await rig.until(lambda: _handled(rig, 1))
        correlation_id = f"correlation-{request_id.hex[:8]}"
        await rig.platform.add_request(id=request_id, correlation_id=correlation_id)
        await rig.until(_ended(rig, request_id))


async def test_a_correlation_id_under_a_second_request_id_is_rejected(rig: Rig) -> None:
    request_id = await rig.platform.add_request()
    message = rig.platform.message(request_id) | {"request_id": str(uuid4())}
    await rig.platform.publish(message)
    async with rig.running():
        ((_, attributes),) = await rig.platform.seen("dead")
    assert attributes["dead_letter_error_class"] == "RequestConflictError"
    assert await _status(rig.platform, request_id) == "pending"


async def test_a_retryable_failure_is_tried_again_and_may_succeed(rig: Rig) -> None:
    async def fail_once(claimed: Claimed) -> None:
        if claimed.failed_attempts == 0:
            raise RenderCrashedError("a child died")

    rig.pipeline.step = fail_once
    request_id = await rig.platform.add_request()
    await rig.platform.publish(rig.platform.message(request_id))
    async with rig.running():
        await rig.until(_ended(rig, request_id))
    row = await rig.platform.row(request_id)
    assert row.failed_attempts == 1
    assert row.error_class is None, "a completed request shows no error"


async def test_a_failure_that_stays_is_given_up_with_stage_class_and_hint(rig: Rig) -> None:
    rig.pipeline.step = raising(RenderCrashedError("a child died", "look at the memory"))
    request_id = await rig.platform.add_request()
    await rig.platform.publish(rig.platform.message(request_id))
    async with rig.running():
        await rig.until(_ended(rig, request_id, "failed"), seconds=30)
        ((_, dead),) = await rig.platform.seen("dead")
        ((_, event),) = await rig.platform.seen("events")
    row = await rig.platform.row(request_id)
    assert (row.error_stage, row.error_class) == ("render", "RenderCrashedError")
    assert row.error_hint == "look at the memory"
    assert rig.pipeline.runs == 3
    assert dead["dead_letter_stage"] == "render"
    assert event["event_type"] == "content_request.failed"


async def test_a_permanent_failure_is_not_tried_again(rig: Rig) -> None:
    rig.pipeline.step = raising(LessonInvalidError("no source"))
    request_id = await rig.platform.add_request()
    await rig.platform.publish(rig.platform.message(request_id))
    async with rig.running():
        await rig.until(_ended(rig, request_id, "failed"))
    assert rig.pipeline.runs == 1
    assert await rig.platform.backlog() == 0


async def test_a_fault_of_ours_never_shows_its_text(rig: Rig) -> None:
    rig.pipeline.step = raising(KeyError("the student wrote this"))
    request_id = await rig.platform.add_request()
    await rig.platform.publish(rig.platform.message(request_id))
    async with rig.running():
        await rig.until(_ended(rig, request_id, "failed"), seconds=30)
    row = await rig.platform.row(request_id)
    assert row.error_class == "UnexpectedError"
    assert "KeyError" in row.error_message
    assert "student wrote" not in row.error_message


async def test_a_request_that_outlasts_its_time_is_a_failure(rig: Rig) -> None:
    rig.pipeline.step = hang
    request_id = await rig.platform.add_request(failed_attempts=2)
    await rig.platform.publish(rig.platform.message(request_id))
    async with rig.running():
        await rig.until(_ended(rig, request_id, "failed"))
    assert (await rig.platform.row(request_id)).error_class == "StageTimeoutError"


async def test_claims_without_progress_end_as_poison(rig: Rig) -> None:
    request_id = await rig.platform.add_request(claims_without_progress=3)
    await rig.platform.publish(rig.platform.message(request_id))
    async with rig.running():
        await rig.until(_ended(rig, request_id, "failed"))
    assert (await rig.platform.row(request_id)).error_class == "PoisonRequestError"
    assert rig.pipeline.runs == 0


@pytest.mark.parametrize("lease_seconds", [10.0, 36.0])
async def test_work_is_leased_past_the_ack_deadline(
    platform: Platform, lease_seconds: float
) -> None:
    """Work of 12 s on a deadline of 10 s is delivered once, also before the first beat."""
    rig = make_rig(platform, "worker-a", request_seconds=30.0, lease_seconds=lease_seconds)

    async def take_longer_than_the_deadline(_: Claimed) -> None:
        await asyncio.sleep(12)

    rig.pipeline.step = take_longer_than_the_deadline
    request_id = await platform.add_request()
    await platform.publish(platform.message(request_id))
    async with rig.running():
        await rig.until(_ended(rig, request_id), seconds=30)
    assert (rig.pipeline.runs, rig.consumer.handled) == (1, 1)


async def test_a_lost_claim_stops_the_work_and_writes_nothing(rig: Rig) -> None:
    rig.pipeline.step = hang
    request_id = await rig.platform.add_request()
    await rig.platform.publish(rig.platform.message(request_id))
    async with rig.running():
        await rig.pipeline.started.wait()
        await rig.platform.rows(
            "UPDATE content_requests SET claim_fence = claim_fence + 1, claimed_by = 'worker-b'"
        )
        await rig.consumer.keeper.beat()
        await rig.until(lambda: _handled(rig, 1))
    row = await rig.platform.row(request_id)
    assert (row.claimed_by, row.failed_attempts) == ("worker-b", 0)


async def test_a_redelivery_during_a_live_claim_is_parked(rig: Rig, platform: Platform) -> None:
    request_id = await platform.add_request()
    rival = make_rig(platform, "worker-b")
    rival.pipeline.step = hang
    await platform.publish(platform.message(request_id))
    async with rival.running():
        await rival.pipeline.started.wait()
        await platform.publish(platform.message(request_id))
        async with rig.running():
            # Either of the two may have pulled it; the one that works has a slot left.
            await rig.until(lambda: _settled_by(rig, rival))
            assert (rig.pipeline.runs, rival.pipeline.runs) == (0, 1)
            assert await platform.backlog() == 0, "parked, not given back"


async def test_no_more_is_taken_than_slots_are_free(rig: Rig, platform: Platform) -> None:
    rig.pipeline.step = hang
    for _ in range(4):
        await platform.publish(platform.message(await platform.add_request()))
    async with rig.running():
        await rig.until(lambda: _runs(rig, 2))
        await asyncio.sleep(0.3)
        assert rig.pipeline.runs == 2
        assert await platform.backlog() == 2


async def _runs(rig: Rig, count: int) -> bool:
    return rig.pipeline.runs >= count


async def test_a_side_task_that_dies_ends_the_worker(rig: Rig) -> None:
    async def die() -> None:
        raise RuntimeError("the leases are gone")

    rig.consumer.side_tasks = (die,)
    with pytest.raises(RuntimeError, match="the leases are gone"):
        await asyncio.wait_for(rig.consumer.run(), 10)


async def test_a_side_task_that_dies_takes_the_work_back_at_once(rig: Rig) -> None:
    async def die_while_working() -> None:
        await rig.pipeline.started.wait()
        raise RuntimeError("the leases are gone")

    rig.pipeline.step = hang
    rig.consumer.side_tasks = (die_while_working,)
    request_id = await rig.platform.add_request()
    await rig.platform.publish(rig.platform.message(request_id))
    with pytest.raises(RuntimeError, match="the leases are gone"):
        await asyncio.wait_for(rig.consumer.run(), 4)
    row = await rig.platform.row(request_id)
    assert (row.status, row.claimed_by) == ("pending", None)


async def test_a_job_with_one_slot_does_not_end_between_two_deliveries(rig: Rig) -> None:
    async def longer_than_the_idle_limit(_: Claimed) -> None:
        await asyncio.sleep(0.6)

    rig.pipeline.step = longer_than_the_idle_limit
    rig.consumer.limits = replace(rig.consumer.limits, slots=1, idle_seconds=0.5)
    for _ in range(3):
        await rig.platform.publish(rig.platform.message(await rig.platform.add_request()))
    await asyncio.wait_for(rig.consumer.run(), 20)
    assert rig.consumer.handled == 3


async def test_a_row_that_a_bad_message_fails_is_told_to_the_platform(rig: Rig) -> None:
    request_id = await rig.platform.add_request()
    await rig.platform.publish(rig.platform.message(request_id, grade_level=13))
    async with rig.running():
        ((_, event),) = await rig.platform.seen("events")
    assert event["event_type"] == "content_request.failed"


async def test_a_broker_that_is_away_for_a_while_is_waited_for(rig: Rig) -> None:
    class Flaky:
        def __init__(self) -> None:
            self.left = 2

        async def pull(self, limit: int) -> object:
            if self.left:
                self.left -= 1
                raise DependencyUnavailableError("503")
            return await real.pull(limit)

    real = rig.consumer.source
    rig.consumer.source = Flaky()  # type: ignore[assignment]  # pull is all that the loop calls
    request_id = await rig.platform.add_request()
    await rig.platform.publish(rig.platform.message(request_id))
    async with rig.running():
        await rig.until(_ended(rig, request_id))
