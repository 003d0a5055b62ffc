"""`sweep` as a scheduler runs it, on real servers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from tests.fakes.pipeline import hang
from tests.integration.commands.conftest import (
    Terminal,
    add_failed,
    add_letter,
    age_request,
    counts_of,
)
from tests.integration.delivery.conftest import make_rig
from tests.platform import PROJECT, Platform
from worker.lessons.request import parse_message

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)

TOTALS = "old rows: daily_costs"


@pytest.fixture
def sweeping(terminal: Terminal) -> Terminal:
    """A terminal whose sweeps take nothing for young."""
    terminal.environ |= {
        "WORKER_REPUBLISH_SECONDS": "60",
        "WORKER_ORPHAN_SECONDS": "0.001",
    }
    return terminal


async def _lost(platform: Platform, **columns: Any) -> UUID:
    request_id = await platform.add_request(**columns)
    await age_request(platform, request_id, created_at="2 hours")
    return request_id


async def _upload(platform: Platform, *names: str) -> None:
    storage = platform.storage()
    for name in names:
        await storage.upload(platform.bucket, name, b"bytes", force_resumable_upload=False)


async def test_a_request_whose_message_was_never_published_is_republished_and_done(
    sweeping: Terminal, platform: Platform
) -> None:
    request_id = await _lost(platform, interest="bäsketball \N{SNOWMAN}")
    said = await sweeping.run("sweep", "--json")
    counts = counts_of(said)
    assert (said.code, counts["lost messages"], counts["outbox"]["published"]) == (
        0,
        {"republished": 1},
        1,
    )
    row = await platform.row(request_id)
    assert (row.status, row.republications, row.last_published_at is None) == ("pending", 1, False)
    (message,) = await platform.rows("SELECT payload, attributes, request_id FROM outbox")
    parsed = parse_message(message.payload, message.attributes, "dev")
    assert (parsed.request_id, parsed.student_query) == (request_id, row.query)
    assert (parsed.interest, parsed.grade_level) == ("bäsketball \N{SNOWMAN}", 10)
    rig = make_rig(platform, "worker-a")
    async with rig.running():
        await rig.until(lambda: _has_status(platform, request_id, "completed"))


async def _has_status(platform: Platform, request_id: UUID, status: str) -> bool:
    return bool((await platform.row(request_id)).status == status)


@pytest.mark.parametrize(
    ("columns", "ages"),
    [
        ({}, {"created_at": "30 seconds"}),
        ({}, {"created_at": "2 hours", "last_published_at": "30 seconds"}),
        ({"republications": 3}, {"created_at": "2 hours", "last_published_at": "7 minutes"}),
        ({"status": "completed"}, {"created_at": "2 hours"}),
        ({"status": "cancelled"}, {"created_at": "2 hours"}),
        (
            {"status": "narrating", "claimed_by": "w"},
            {"created_at": "2 hours", "claim_expires_at": "-20 seconds"},
        ),
        (
            {"status": "narrating", "claimed_by": "w"},
            {"created_at": "2 hours", "claim_expires_at": "20 seconds"},
        ),
    ],
    ids=["young", "just sent", "backed off", "completed", "cancelled", "claimed", "just expired"],
)
async def test_a_request_whose_message_may_still_come_is_left_alone(
    sweeping: Terminal, platform: Platform, columns: dict[str, Any], ages: dict[str, str]
) -> None:
    request_id = await platform.add_request(**columns)
    await age_request(platform, request_id, **ages)
    before = await platform.row(request_id)
    await sweeping.run("sweep")
    assert await platform.row(request_id) == before
    assert await platform.rows("SELECT 1 FROM outbox") == []


@pytest.mark.parametrize(
    ("columns", "ages"),
    [
        ({"republications": 3}, {"created_at": "2 hours", "last_published_at": "9 minutes"}),
        (
            {"status": "narrating", "claimed_by": "w", "claim_fence": 4},
            {"created_at": "2 hours", "claim_expires_at": "2 minutes"},
        ),
        ({"republications": 500}, {"created_at": "5 days", "last_published_at": "25 hours"}),
    ],
    ids=["backoff over", "claim long expired", "longest backoff over"],
)
async def test_a_request_that_nobody_has_touched_for_long_is_republished(
    sweeping: Terminal, platform: Platform, columns: dict[str, Any], ages: dict[str, str]
) -> None:
    request_id = await platform.add_request(**columns)
    await age_request(platform, request_id, **ages)
    before = await platform.row(request_id)
    assert counts_of(await sweeping.run("sweep", "--json"))["lost messages"] == {"republished": 1}
    after = await platform.row(request_id)
    assert (after.status, after.claim_fence) == (before.status, before.claim_fence)
    assert after.republications == before.republications + 1


@pytest.mark.parametrize(
    ("columns", "lost"),
    [
        ({"published_at": None}, 0),
        ({"published_at": LONG_AGO}, 1),
        ({"published_at": None, "topic": "events"}, 1),
    ],
    ids=["waits in the outbox", "has left", "only an event waits"],
)
async def test_a_request_whose_message_is_still_in_the_outbox_is_not_lost(
    sweeping: Terminal, platform: Platform, columns: dict[str, Any], lost: int
) -> None:
    """The broker may have been away for longer than a message takes to count as lost."""
    request_id = await _lost(platform)
    values = {"id": request_id, "topic": platform.topic} | columns
    await platform.rows(
        "INSERT INTO outbox (topic, payload, request_id, published_at, available_at) "
        "VALUES (:topic, 'x', :id, :published_at, now() + interval '1 hour')",
        **values,
    )
    counts = counts_of(await sweeping.run("sweep", "--dry-run", "--json"))
    assert counts["lost messages"] == {"republished": lost}
    await sweeping.run("sweep")
    assert (await platform.row(request_id)).republications == lost


async def test_sweeps_at_once_republish_every_request_once(
    sweeping: Terminal, platform: Platform
) -> None:
    for _ in range(30):
        await _lost(platform)
    await asyncio.gather(*(sweeping.run("sweep") for _ in range(4)))
    sent = await platform.rows(
        "SELECT request_id, count(*) AS times FROM outbox GROUP BY request_id"
    )
    assert [row.times for row in sent] == [1] * 30
    rows = await platform.rows("SELECT DISTINCT republications FROM content_requests")
    assert [row.republications for row in rows] == [1]
    assert await platform.backlog() == 30


async def test_a_row_that_somebody_holds_is_passed_over_and_not_waited_for(
    sweeping: Terminal, platform: Platform
) -> None:
    held, free = await _lost(platform), await _lost(platform)
    async with platform.engine.begin() as holder:
        await holder.execute(
            text("SELECT 1 FROM content_requests WHERE id = :id FOR UPDATE"), {"id": held}
        )
        said = await sweeping.run("sweep", "--json")
    assert counts_of(said)["lost messages"] == {"republished": 1}
    assert (await platform.row(held)).republications == 0
    assert (await platform.row(free)).republications == 1


async def test_a_sweep_beside_a_live_claim_touches_nothing_of_it(
    sweeping: Terminal, platform: Platform
) -> None:
    rig = make_rig(platform, "worker-a", request_seconds=60.0)
    rig.pipeline.step = hang
    request_id = await _lost(platform)
    await platform.publish(platform.message(request_id))
    async with rig.running():
        await rig.pipeline.started.wait()
        await _upload(platform, f"lessons/{request_id}/1/lesson.mp4")
        said = await sweeping.run("sweep", "--json")
        row = await platform.row(request_id)
        assert (row.claimed_by, row.claim_fence, row.status) == ("worker-a", 1, "generating_video")
        assert (row.republications, row.last_published_at) == (0, None)
        assert await platform.object_names() == [f"lessons/{request_id}/1/lesson.mp4"]
        assert counts_of(said)["lost messages"] == {}


async def test_orphans_are_deleted_and_what_counts_is_kept(
    sweeping: Terminal, platform: Platform
) -> None:
    done = await platform.add_request(status="completed", claim_fence=3)
    await platform.rows(
        "UPDATE content_requests SET manifest_object = :name, completed_at = now() WHERE id = :id",
        name=f"lessons/{done}/3/manifest.json",
        id=done,
    )
    failed, live, gone = await add_failed(platform), await platform.add_request(), uuid4()
    await platform.rows("UPDATE content_requests SET claim_fence = 2 WHERE id = :id", id=live)
    kept = [f"lessons/{done}/3/lesson.mp4", f"lessons/{live}/2/a", "lessons/readme", "other/x"]
    orphans = [f"lessons/{done}/2/a", f"lessons/{failed}/7/a", f"lessons/{live}/1/a"]
    await _upload(platform, *kept, *orphans, f"lessons/{gone}/1/a")
    said = await sweeping.run("sweep", "--json")
    assert await platform.object_names() == sorted(kept)
    assert counts_of(said)["orphan objects"] == {"deleted": 4, "not ours, left": 1}


async def test_what_a_worker_may_still_write_is_no_orphan_before_its_time(
    sweeping: Terminal, platform: Platform
) -> None:
    """A database that knows nothing of the lessons may be the wrong one."""
    sweeping.environ["WORKER_ORPHAN_SECONDS"] = "3600"
    live, unknown = await platform.add_request(), uuid4()
    await platform.rows("UPDATE content_requests SET claim_fence = 2 WHERE id = :id", id=live)
    names = sorted([f"lessons/{live}/1/a", f"lessons/{unknown}/1/a"])
    await _upload(platform, *names)
    await sweeping.run("sweep")
    assert await platform.object_names() == names


async def test_what_is_older_than_its_time_is_removed_with_its_objects(
    sweeping: Terminal, platform: Platform
) -> None:
    old, young = [await platform.add_request(status="completed", claim_fence=1) for _ in range(2)]
    await age_request(platform, old, created_at="400 days", completed_at="399 days")
    await age_request(platform, young, created_at="400 days", completed_at="10 days")
    for one in (old, young):
        await platform.rows(
            "UPDATE content_requests SET manifest_object = :name WHERE id = :id",
            name=f"lessons/{one}/1/manifest.json",
            id=one,
        )
        await platform.rows(
            "INSERT INTO request_events (request_id, kind, fence, occurred_at) VALUES "
            "(:id, 'claimed', 1, now() - interval '91 days'), (:id, 'completed', 1, now())",
            id=one,
        )
    await _upload(platform, f"lessons/{old}/1/manifest.json", f"lessons/{young}/1/manifest.json")
    letter = await add_letter(platform)
    await platform.rows("UPDATE dead_letters SET created_at = now() - interval '31 days'")
    kept_letter = await add_letter(platform)
    await platform.rows(
        "INSERT INTO outbox (topic, payload, published_at, created_at) VALUES "
        "('t', 'x', now() - interval '8 days', now() - interval '9 days'), ('t', 'x', now(), now())"
    )
    said = await sweeping.run("sweep", "--json")
    assert said.code == 0
    rows = await platform.rows("SELECT id FROM content_requests")
    assert [row.id for row in rows] == [young]
    events = await platform.rows("SELECT request_id, kind FROM request_events")
    assert list(events) == [(young, "completed")]
    letters = await platform.rows("SELECT id FROM dead_letters")
    assert ([row.id for row in letters], letter in letters) == ([kept_letter], False)
    assert len(await platform.rows("SELECT 1 FROM outbox")) == 1
    assert await platform.object_names() == [f"lessons/{young}/1/manifest.json"]


async def test_totals_of_days_go_when_they_are_old_and_today_s_stay_whatever_is_set(
    sweeping: Terminal, platform: Platform
) -> None:
    await platform.rows(
        "INSERT INTO daily_costs (day, payer, micros) SELECT today - ago, payer, 7 "
        "FROM (SELECT (now() AT TIME ZONE 'UTC')::date AS today) AS clock, "
        "unnest(ARRAY[0, 399, 402]) AS ago, unnest(ARRAY['', 'school-1']) AS payer"
    )
    assert counts_of(await sweeping.run("sweep", "--dry-run", "--json"))[TOTALS] == {"removed": 2}
    assert counts_of(await sweeping.run("sweep", "--json"))[TOTALS] == {"removed": 2}
    sweeping.environ["WORKER_KEEP_COSTS_DAYS"] = "0.0000001"
    assert counts_of(await sweeping.run("sweep", "--json"))[TOTALS] == {"removed": 2}
    left = await platform.rows("SELECT payer FROM daily_costs ORDER BY payer")
    assert [row.payer for row in left] == ["", "school-1"]


async def test_an_ended_request_whose_event_has_not_left_is_kept(
    sweeping: Terminal, platform: Platform
) -> None:
    request_id = await platform.add_request(status="completed")
    await age_request(platform, request_id, created_at="400 days", completed_at="399 days")
    await platform.rows(
        "INSERT INTO outbox (topic, payload, request_id, available_at) "
        "VALUES ('t', 'x', :id, now() + interval '1 hour')",
        id=request_id,
    )
    await sweeping.run("sweep")
    assert (await platform.row(request_id)).status == "completed"


async def test_zero_days_keep_for_ever(sweeping: Terminal, platform: Platform) -> None:
    sweeping.environ["WORKER_KEEP_LESSONS_DAYS"] = "0"
    request_id = await platform.add_request(status="completed")
    await age_request(platform, request_id, created_at="4000 days", completed_at="4000 days")
    await sweeping.run("sweep")
    assert (await platform.row(request_id)).status == "completed"


async def test_a_cache_object_goes_when_it_is_old_and_a_shared_temporary_bucket_is_left_alone(
    sweeping: Terminal, platform: Platform
) -> None:
    await _upload(platform, "cache/narration/a", "somebody/else")
    sweeping.environ |= {"WORKER_KEEP_CACHE_DAYS": "0.0000001", "WORKER_KEEP_TEMP_DAYS": "1e-7"}
    said = await sweeping.run("sweep", "--json")
    assert counts_of(said)["old objects: cache"] == {"deleted": 1}
    assert "old objects: temporary" not in counts_of(said)
    assert await platform.object_names() == ["somebody/else"]


async def test_leftovers_in_the_temporary_bucket_are_deleted(
    sweeping: Terminal, platform: Platform
) -> None:
    await _upload(platform, "request-1/segment", "lessons-of-nobody")
    sweeping.environ |= {
        "GCS_GENERATED_CONTENT_BUCKET": f"{platform.name}-other",
        "GCS_OER_CONTENT_BUCKET": f"{platform.name}-other",
        "WORKER_KEEP_TEMP_DAYS": "1e-7",
    }
    url = f"{platform.storage_url}/storage/v1/b?project={PROJECT}"
    async with platform.session.post(url, json={"name": f"{platform.name}-other"}) as answer:
        answer.raise_for_status()
    said = await sweeping.run("sweep", "--json")
    assert counts_of(said)["old objects: temporary"] == {"deleted": 2}
    assert await platform.object_names() == []


async def test_a_dry_run_counts_and_changes_nothing(sweeping: Terminal, platform: Platform) -> None:
    request_id = await _lost(platform)
    before = await platform.row(request_id)
    failed = await add_failed(platform)
    await age_request(platform, failed, created_at="400 days", completed_at="399 days")
    await _upload(platform, f"lessons/{failed}/1/a")
    said = await sweeping.run("sweep", "--dry-run", "--json")
    counts = counts_of(said)
    assert counts["lost messages"] == {"republished": 1}
    assert counts["old rows: requests"] == {"removed": 1}
    assert counts["orphan objects"] == {"deleted": 1}
    assert await platform.row(request_id) == before
    assert (await platform.row(failed)).status == "failed"
    assert await platform.object_names() == [f"lessons/{failed}/1/a"]
    assert await platform.rows("SELECT 1 FROM outbox") == []


async def test_what_cannot_be_reached_is_named_and_the_rest_is_done(
    sweeping: Terminal, platform: Platform
) -> None:
    request_id = await _lost(platform)
    sweeping.environ["STORAGE_EMULATOR_HOST"] = "http://127.0.0.1:1"
    said = await sweeping.run("sweep", "--json")
    assert (said.code, "orphan objects: could not list" in said.err) == (4, True)
    assert (await platform.row(request_id)).republications == 1
    assert counts_of(said)["outbox"]["published"] == 1


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
async def test_a_database_that_was_not_migrated_ends_the_sweep_and_says_what_to_do(
    sweeping: Terminal, platform: Platform, empty_database: str, options: list[str]
) -> None:
    await _upload(platform, f"lessons/{uuid4()}/1/a")
    sweeping.environ["DATABASE_URL"] = empty_database
    said = await sweeping.run("sweep", *options)
    assert (said.code, said.out) == (3, "")
    assert "run: python -m worker migrate" in said.err
    assert len(await platform.object_names()) == 1
