"""Claims, fences, checkpoints and endings, on a real PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from tests.fakes.deliveries import make_delivery
from tests.platform import Platform
from worker.adapters.database.requests import PostgresRequestStore
from worker.lessons.claim import (
    AlreadyEnded,
    Claim,
    Claimed,
    ClaimHeld,
    Conflict,
    NoSuchRequest,
)
from worker.lessons.ending import Ending, Failure, OutgoingMessage, PublishedLesson
from worker.lessons.errors import ClaimLostError
from worker.lessons.stage import Stage, Status
from worker.ports import RejectedDelivery

LEASE = 30.0
FAILURE = Failure(Stage.RENDER, "RenderCrashedError", "a child died", "look at the memory")


@pytest.fixture
def store(platform: Platform) -> PostgresRequestStore:
    return PostgresRequestStore(platform.engine, worker_id="worker-a")


@pytest.fixture
def rival(platform: Platform) -> PostgresRequestStore:
    return PostgresRequestStore(platform.engine, worker_id="worker-b")


def _letter() -> tuple[OutgoingMessage, Callable[[Claim], OutgoingMessage]]:
    return _message("dead"), lambda _: _message("events")


async def _claim(store: PostgresRequestStore, request_id: UUID, lease: float = LEASE) -> Claimed:
    answer = await store.claim(request_id, f"correlation-{request_id.hex[:8]}", lease)
    assert isinstance(answer, Claimed)
    return answer


def _message(topic: str = "events") -> OutgoingMessage:
    return OutgoingMessage(uuid4(), topic, b"{}", (("a", "b"),))


def _lesson() -> PublishedLesson:
    return PublishedLesson("lessons/x/1/manifest.json", (("lesson.mp4", "lessons/x/1/l"),), 61.5)


async def test_a_claim_reads_the_row_and_raises_the_fence(
    platform: Platform, store: PostgresRequestStore
) -> None:
    request_id = await platform.add_request(requested_duration_seconds=120)
    claimed = await _claim(store, request_id)
    assert claimed.claim == Claim(request_id, 1)
    assert claimed.claims_without_progress == 1
    assert claimed.request.query == "Explain Newton's third law"
    assert claimed.request.duration_seconds == 120
    row = await platform.row(request_id)
    assert row.claimed_by == "worker-a"
    assert row.started_at is not None


async def test_a_live_claim_keeps_others_out_and_says_for_how_long(
    platform: Platform, store: PostgresRequestStore, rival: PostgresRequestStore
) -> None:
    request_id = await platform.add_request()
    await _claim(store, request_id)
    answer = await rival.claim(request_id, f"correlation-{request_id.hex[:8]}", LEASE)
    assert isinstance(answer, ClaimHeld)
    assert LEASE - 5 < answer.seconds_left <= LEASE


async def test_an_expired_claim_is_taken_over_and_the_first_owner_can_write_nothing(
    platform: Platform, store: PostgresRequestStore, rival: PostgresRequestStore
) -> None:
    request_id = await platform.add_request()
    first = (await _claim(store, request_id, lease=-1.0)).claim
    second = (await _claim(rival, request_id)).claim
    assert second.fence == first.fence + 1
    late_writes = [
        store.begin_stage(first, Stage.VALIDATE, "digest"),
        store.finish_stage(first, Stage.VALIDATE, b"{}"),
        store.report_progress(first, 50),
        store.name_topic(first, "topic", "objective"),
        store.release(first, None),
        store.release(first, FAILURE),
        store.end(first, Ending(Status.COMPLETED, _lesson()), [_message()]),
    ]
    for write in late_writes:
        with pytest.raises(ClaimLostError):
            await write
    row = await platform.row(request_id)
    assert (row.status, row.claimed_by, row.manifest_object) == ("pending", "worker-b", None)
    assert await platform.rows("SELECT 1 FROM outbox") == []
    assert await store.renew([first, second], LEASE) == frozenset()
    assert await rival.renew([first, second], LEASE) == {second}


async def test_a_request_that_ended_is_not_claimed_again(
    platform: Platform, store: PostgresRequestStore
) -> None:
    request_id = await platform.add_request(status="completed")
    answer = await store.claim(request_id, f"correlation-{request_id.hex[:8]}", LEASE)
    assert answer == AlreadyEnded(Status.COMPLETED)


async def test_an_unknown_request_is_told_from_one_with_another_correlation_id(
    platform: Platform, store: PostgresRequestStore
) -> None:
    request_id = await platform.add_request()
    assert await store.claim(uuid4(), "nobody's", LEASE) == NoSuchRequest()
    foreign = await store.claim(request_id, "another", LEASE)
    assert foreign == Conflict("the message's correlation_id is not the row's")
    twin = await store.claim(uuid4(), f"correlation-{request_id.hex[:8]}", LEASE)
    assert twin == Conflict("the message's correlation_id belongs to another request_id")


async def test_a_stage_writes_status_progress_row_and_event(
    platform: Platform, store: PostgresRequestStore
) -> None:
    request_id = await platform.add_request()
    claim = (await _claim(store, request_id)).claim
    assert await store.begin_stage(claim, Stage.RENDER, "digest") is None
    row = await platform.row(request_id)
    assert (row.status, row.current_stage) == ("generating_video", "render")
    await store.report_progress(claim, 40)
    await store.report_progress(claim, 20)
    await store.finish_stage(claim, Stage.RENDER, None)
    assert (await platform.row(request_id)).progress_percentage == 40
    stages = await platform.rows("SELECT * FROM request_stages")
    assert [(stage.stage, stage.status, stage.fence) for stage in stages] == [("render", "done", 1)]
    assert stages[0].finished_at >= stages[0].started_at
    kinds = [row.kind for row in await platform.rows("SELECT kind FROM request_events ORDER BY id")]
    assert kinds == ["claimed", "stage_began", "stage_done"]


async def test_a_checkpoint_is_handed_back_for_the_same_input_only(
    platform: Platform, store: PostgresRequestStore
) -> None:
    request_id = await platform.add_request()
    claim = (await _claim(store, request_id)).claim
    await store.begin_stage(claim, Stage.GROUND, "digest-1")
    await store.finish_stage(claim, Stage.GROUND, b'{"source_ids": ["a"]}')
    kept = await store.begin_stage(claim, Stage.GROUND, "digest-1")
    assert kept is not None
    assert json.loads(kept) == {"source_ids": ["a"]}
    assert await store.begin_stage(claim, Stage.GROUND, "digest-2") is None


async def test_a_stage_that_was_cut_off_has_no_checkpoint(
    platform: Platform, store: PostgresRequestStore
) -> None:
    request_id = await platform.add_request()
    claim = (await _claim(store, request_id)).claim
    await store.begin_stage(claim, Stage.GROUND, "digest")
    assert await store.begin_stage(claim, Stage.GROUND, "digest") is None


async def test_progress_sets_the_count_of_fruitless_claims_back(
    platform: Platform, store: PostgresRequestStore
) -> None:
    request_id = await platform.add_request()
    claims = [await _claim(store, request_id, lease=-1.0) for _ in range(3)]
    assert [one.claims_without_progress for one in claims] == [1, 2, 3]
    await store.begin_stage(claims[-1].claim, Stage.GROUND, "digest")
    await store.finish_stage(claims[-1].claim, Stage.GROUND, b"{}")
    assert (await _claim(store, request_id)).claims_without_progress == 1


async def test_a_stage_without_checkpoint_is_no_progress(
    platform: Platform, store: PostgresRequestStore
) -> None:
    """A worker that dies in the render each time has narrated each time."""
    request_id = await platform.add_request()
    counts = []
    for _ in range(4):
        claimed = await _claim(store, request_id, lease=-1.0)
        counts.append(claimed.claims_without_progress)
        await store.begin_stage(claimed.claim, Stage.NARRATE, "digest")
        await store.finish_stage(claimed.claim, Stage.NARRATE, None)
        await store.begin_stage(claimed.claim, Stage.RENDER, "digest")
    assert counts == [1, 2, 3, 4]


async def test_a_released_claim_cannot_be_renewed(
    platform: Platform, store: PostgresRequestStore, rival: PostgresRequestStore
) -> None:
    request_id = await platform.add_request()
    claim = (await _claim(store, request_id)).claim
    await store.release(claim, None)
    assert await store.renew([claim], LEASE) == frozenset()
    await _claim(rival, request_id)


async def test_a_claim_whose_request_has_ended_under_it_is_not_lost(
    platform: Platform, store: PostgresRequestStore
) -> None:
    """A beat beside the end would otherwise take a finished lesson for another worker's."""
    claim = (await _claim(store, await platform.add_request())).claim
    await store.end(claim, Ending(Status.OUT_OF_SCOPE), [])
    assert await store.renew([claim], LEASE) == {claim}
    row = await platform.row(claim.request_id)
    assert (row.claimed_by, row.claim_expires_at) == (None, None), "and nothing is claimed anew"


@pytest.mark.parametrize("change", ["claim_fence = claim_fence + 1", "claimed_by = 'worker-b'"])
async def test_a_claim_that_another_has_taken_is_lost(
    platform: Platform, store: PostgresRequestStore, change: str
) -> None:
    claim = (await _claim(store, await platform.add_request())).claim
    await platform.rows(f"UPDATE content_requests SET {change}")  # noqa: S608  # our own words
    assert await store.renew([claim], LEASE) == frozenset()


async def test_a_drain_releases_at_once_and_counts_nothing(
    platform: Platform, store: PostgresRequestStore, rival: PostgresRequestStore
) -> None:
    request_id = await platform.add_request()
    await store.release((await _claim(store, request_id)).claim, None)
    row = await platform.row(request_id)
    assert (row.status, row.claimed_by, row.failed_attempts) == ("pending", None, 0)
    assert (await _claim(rival, request_id)).claims_without_progress == 1


@pytest.mark.parametrize("failure", [None, FAILURE], ids=["drained", "failed"])
@pytest.mark.parametrize("again", [None, "requests"], ids=["comes back", "sent again"])
async def test_whatever_gives_a_request_back_counts_as_its_last_message(
    platform: Platform, store: PostgresRequestStore, failure: Failure | None, again: str | None
) -> None:
    """A retry that waits at the broker is no lost message."""
    request_id = await platform.add_request()
    claim = (await _claim(store, request_id)).claim
    assert (await platform.row(request_id)).last_published_at is None
    await store.release(claim, failure, _message(again) if again else None)
    assert (await platform.row(request_id)).last_published_at is not None


async def test_a_failure_is_counted_and_shown(
    platform: Platform, store: PostgresRequestStore
) -> None:
    request_id = await platform.add_request()
    claim = (await _claim(store, request_id)).claim
    await store.begin_stage(claim, Stage.RENDER, "digest")
    await store.release(claim, FAILURE)
    row = await platform.row(request_id)
    assert (row.status, row.failed_attempts) == ("pending", 1)
    assert (row.error_stage, row.error_class) == ("render", "RenderCrashedError")
    assert (row.error_message, row.error_hint) == ("a child died", "look at the memory")
    assert (await platform.rows("SELECT status FROM request_stages"))[0].status == "failed"
    assert (await _claim(store, request_id)).failed_attempts == 1


async def test_a_request_that_waits_shows_for_what_and_counts_nothing(
    platform: Platform, store: PostgresRequestStore
) -> None:
    request_id = await platform.add_request()
    claim = (await _claim(store, request_id)).claim
    await store.begin_stage(claim, Stage.RENDER, "digest")
    await store.release(claim, FAILURE, _message())
    row = await platform.row(request_id)
    assert (row.status, row.failed_attempts) == ("pending", 0)
    assert (row.error_stage, row.error_class) == ("render", "RenderCrashedError")
    (event,) = await platform.rows("SELECT * FROM request_events WHERE kind = 'waits'")
    assert (event.stage, event.details["message"]) == ("render", "a child died")
    assert (await _claim(store, request_id)).claims_without_progress == 1


async def test_a_request_s_age_counts_from_its_first_claim(
    platform: Platform, store: PostgresRequestStore
) -> None:
    request_id = await platform.add_request()
    first = await _claim(store, request_id)
    await store.release(first.claim, None)
    await platform.rows("UPDATE content_requests SET started_at = now() - interval '90 seconds'")
    assert first.age_seconds == 0.0
    assert 90.0 <= (await _claim(store, request_id)).age_seconds < 150.0


async def test_an_end_commits_row_event_and_outbox_together(
    platform: Platform, store: PostgresRequestStore
) -> None:
    request_id = await platform.add_request()
    claim = (await _claim(store, request_id)).claim
    message = _message()
    await store.begin_stage(claim, Stage.ANNOUNCE, "digest")
    await store.end(claim, Ending(Status.COMPLETED, _lesson()), [message])
    row = await platform.row(request_id)
    assert (row.status, row.progress_percentage, row.claimed_by) == ("completed", 100, None)
    assert row.manifest_object == "lessons/x/1/manifest.json"
    assert row.objects == {"lesson.mp4": "lessons/x/1/l"}
    assert row.lesson_duration_seconds == 61.5
    assert row.completed_at is not None
    outbox = await platform.rows("SELECT * FROM outbox")
    assert [(one.id, one.request_id, one.topic) for one in outbox] == [
        (message.event_id, request_id, "events")
    ]
    assert (await platform.rows("SELECT status FROM request_stages"))[0].status == "done"


async def test_an_end_that_cannot_write_its_outbox_row_ends_nothing(
    platform: Platform, store: PostgresRequestStore
) -> None:
    request_id = await platform.add_request()
    claim = (await _claim(store, request_id)).claim
    twice = _message()
    with pytest.raises(Exception, match="pk_outbox"):
        await store.end(claim, Ending(Status.COMPLETED, _lesson()), [twice, twice])
    assert (await platform.row(request_id)).status == "pending"
    assert await platform.rows("SELECT 1 FROM outbox") == []


ASKED = Ending(Status.CLARIFICATION_NEEDED, questions=("A?", "B?"))
HELPED = Ending(Status.UNSAFE, help_text="Talk to an adult you trust.")


@pytest.mark.parametrize("ending", [ASKED, HELPED])
async def test_what_the_student_reads_is_kept_with_the_answer(
    platform: Platform, store: PostgresRequestStore, ending: Ending
) -> None:
    claim = (await _claim(store, await platform.add_request())).claim
    await store.end(claim, ending, [])
    row = await platform.row(claim.request_id)
    assert (row.status, row.help_text) == (ending.status, ending.help_text)
    assert tuple(row.clarifying_questions or ()) == ending.questions


async def test_a_rejected_delivery_is_kept_once_for_each_message(
    platform: Platform, store: PostgresRequestStore
) -> None:
    rejected = RejectedDelivery(make_delivery(b"not JSON"), FAILURE, None, None)
    await store.reject(rejected, _message("dead"), lambda _: _message())
    await store.reject(rejected, _message("dead"), lambda _: _message())
    letters = await platform.rows("SELECT * FROM dead_letters")
    assert [(one.payload, one.reason) for one in letters] == [(b"not JSON", "a child died")]
    assert len(await platform.rows("SELECT 1 FROM outbox")) == 1


@pytest.mark.parametrize(
    ("columns", "correlation_id", "expected"),
    [
        ({}, None, "failed"),
        ({}, "another", "pending"),
        ({"status": "narrating"}, None, "narrating"),
        ({"status": "completed"}, None, "completed"),
    ],
)
async def test_a_malformed_message_fails_only_the_waiting_row_that_it_truly_names(
    platform: Platform,
    store: PostgresRequestStore,
    columns: dict[str, str],
    correlation_id: str | None,
    expected: str,
) -> None:
    request_id = await platform.add_request(**columns)
    named = correlation_id or f"correlation-{request_id.hex[:8]}"
    await store.reject(
        RejectedDelivery(make_delivery(b"{}"), FAILURE, request_id, named), *_letter()
    )
    assert (await platform.row(request_id)).status == expected
    topics = {row.topic for row in await platform.rows("SELECT topic FROM outbox")}
    assert topics == ({"dead", "events"} if expected == "failed" else {"dead"})


async def test_a_malformed_message_does_not_touch_a_claimed_row(
    platform: Platform, store: PostgresRequestStore
) -> None:
    request_id = await platform.add_request()
    claim = (await _claim(store, request_id)).claim
    named = f"correlation-{request_id.hex[:8]}"
    await store.reject(
        RejectedDelivery(make_delivery(b"{}"), FAILURE, request_id, named), *_letter()
    )
    await store.report_progress(claim, 10)
    assert (await platform.row(request_id)).status == "pending"


async def test_something_kept_within_a_stage_is_progress(
    platform: Platform, store: PostgresRequestStore, rival: PostgresRequestStore
) -> None:
    request_id = await platform.add_request()
    await _claim(store, request_id, lease=-1.0)
    await _claim(store, request_id, lease=-1.0)
    last = await _claim(store, request_id, lease=-1.0)
    assert last.claims_without_progress == 3
    await store.count_claims_anew(last.claim)
    assert (await _claim(rival, request_id)).claims_without_progress == 1
    with pytest.raises(ClaimLostError):
        await store.count_claims_anew(last.claim)
    assert (await platform.row(request_id)).claims_without_progress == 1
