"""What pages show, and what browsers may do with them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import uuid4

import aiohttp
import pytest
import structlog
from multidict import CIMultiDictProxy

from tests.integration.commands.conftest import Terminal, terminal
from tests.integration.web.conftest import Opening, Visitor, add_lesson, visiting
from tests.platform import Platform
from tests.unit.lessons.judged_lesson import good_board
from worker.commands.exit_codes import ExitCode
from worker.lessons.quality.evidence import Evidence
from worker.lessons.quality.gate import measure
from worker.lessons.quality.report import (
    Failure,
    Measurement,
    QualityReport,
    Verdict,
    write_report,
)
from worker.telemetry.logs import configure_logging
from worker.web.site import STATIC

__all__ = ["terminal"]

VIDEO = bytes(range(256)) * 40
HOSTILE = "<script>alert(1)</script> \"'&"
LARGEST_PAGE = 100_000


async def test_what_a_student_wrote_is_shown_as_text(visitor: Visitor, platform: Platform) -> None:
    request_id = await platform.add_request(query=HOSTILE, interest=HOSTILE)
    _, html = await visitor.get(f"/requests/{request_id}")
    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2


async def test_no_page_is_heavy_and_all_carry_the_policy(
    visitor: Visitor, platform: Platform
) -> None:
    report = write_report(measure(Evidence(good_board()))).encode()
    lesson = await add_lesson(platform, {"quality_report.json": report})
    for _ in range(60):
        await platform.add_request()
    static = sum(file.stat().st_size for file in STATIC.iterdir())
    font = await visitor.session.get("/static/inter.woff")
    static += len(await font.read())
    shown = f"/requests/{lesson}"
    for path in ("/", "/requests", shown, f"{shown}/quality", "/dead-letters", "/no-such-page"):
        answer, html = await visitor.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "style=" not in html
        assert len(html.encode()) + static < LARGEST_PAGE


async def test_without_a_token_no_other_name_leads_to_the_page(visitor: Visitor) -> None:
    answer, _ = await visitor.get("/", headers={"Host": "rebound.example:8000"})
    assert answer.status == 421


async def test_the_list_is_narrowed_as_its_address_says(
    visitor: Visitor, platform: Platform
) -> None:
    failed = await platform.add_request(status="failed", error_class="RenderCrashedError")
    waiting = await platform.add_request()
    _, html = await visitor.get("/requests")
    assert str(failed) in html
    assert str(waiting) in html
    _, html = await visitor.get("/requests?show=failed&since=1d&organization=school-1")
    assert "RenderCrashedError" in html
    assert str(waiting) not in html
    assert (await visitor.get("/requests?show=nonsense"))[0].status == 404


async def test_a_player_gets_the_part_that_it_asks_for(
    visitor: Visitor, platform: Platform
) -> None:
    lesson = await add_lesson(platform, {"lesson.mp4": VIDEO})
    path = f"/requests/{lesson}/files/lesson.mp4"

    async def fetch(**headers: str) -> tuple[int, bytes, CIMultiDictProxy[str]]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with visitor.session.get(path, headers=named) as answer:
            return answer.status, await answer.read(), answer.headers

    status, content, headers = await fetch()
    assert (status, content, headers["Accept-Ranges"]) == (200, VIDEO, "bytes")
    assert headers["Content-Type"] == "video/mp4"
    etag = headers["ETag"]
    status, content, headers = await fetch(Range="bytes=100-199", If_Range=etag)
    assert (status, content) == (206, VIDEO[100:200])
    assert headers["Content-Range"] == f"bytes 100-199/{len(VIDEO)}"
    assert (await fetch(Range="bytes=-5"))[:2] == (206, VIDEO[-5:])
    assert (await fetch(Range="bytes=0-4", If_Range='"another"'))[:2] == (200, VIDEO)
    status, _, headers = await fetch(Range=f"bytes={len(VIDEO)}-")
    assert (status, headers["Content-Range"]) == (416, f"bytes */{len(VIDEO)}")
    assert (await fetch(If_None_Match=etag))[:2] == (304, b"")
    async with visitor.session.head(path, headers={"Range": "bytes=0-9"}) as answer:
        assert (answer.status, answer.headers["Content-Length"]) == (206, "10")


async def test_a_card_without_words_has_no_heading_in_the_transcript(
    visitor: Visitor, platform: Platform
) -> None:
    _, html = await visitor.get(f"/requests/{await add_lesson(platform, {})}")
    assert "<h3>A start</h3>" in html
    assert "<h3>The credits</h3>" not in html


async def test_a_lesson_s_own_page_is_shown_without_any_origin(
    visitor: Visitor, platform: Platform
) -> None:
    """Its style and pictures are inside it; nothing in it could reach the page that serves it."""
    files = {"lesson.html": b"<!DOCTYPE html><p>Hi", "picture-1.svg": b"<svg/>"}
    lesson = await add_lesson(platform, files)
    page, html = await visitor.get(f"/requests/{lesson}/files/lesson.html")
    assert html.encode() == files["lesson.html"]
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = page.headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert {"default-src 'none'", "sandbox allow-popups"} <= set(policy.split("; "))
    picture, _ = await visitor.get(f"/requests/{lesson}/files/picture-1.svg")
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert "script-src 'self'" in picture.headers["Content-Security-Policy"]


async def test_the_quality_report_is_read_on_the_page(visitor: Visitor, platform: Platform) -> None:
    """A failed check stands on the lesson's page, too, and leads to its second in the video."""
    late = Failure("<b>a bullet", 12.5)
    rows = (
        Measurement("bullet-cues", 0.7, "0.3 s or less", "s", Verdict.FAILED, failures=(late,)),
        Measurement("length", 0.05, "within 15%", "share off", Verdict.PASSED),
    )
    report = write_report(QualityReport(rows)).encode()
    lesson = await add_lesson(platform, {"lesson.mp4": VIDEO, "quality_report.json": report})
    _, html = await visitor.get(f"/requests/{lesson}")
    assert "<strong>1 failed</strong>" in html
    _, html = await visitor.get(f"/requests/{lesson}/quality")
    assert "✗ failed" in html
    assert "0.7 seconds" in html
    assert f'<a href="/requests/{lesson}#t=12.5">0:12</a> &lt;b&gt;a bullet' in html
    assert "5% off" in html
    without = await add_lesson(platform, {})
    assert (await visitor.get(f"/requests/{without}/quality"))[0].status == 404


async def test_only_files_of_the_lesson_are_served(visitor: Visitor, platform: Platform) -> None:
    lesson = await add_lesson(platform, {"notes.js": b"<script>"})
    for path in (
        f"/requests/{lesson}/files/other.mp4",
        f"/requests/{lesson}/files/notes.js",
        f"/requests/{lesson}/files/..%2fmanifest.json",
        f"/requests/{uuid4()}/files/lesson.mp4",
        f"/requests/{uuid4()}",
    ):
        assert (await visitor.get(path))[0].status == 404


async def test_progress_is_sent_when_it_changes_and_ends_with_the_request(
    visitor: Visitor, platform: Platform
) -> None:
    done = await platform.add_request(status="completed")
    await platform.rows("UPDATE content_requests SET completed_at = now() WHERE id = :id", id=done)
    await platform.rows(
        "INSERT INTO request_stages (request_id, stage, status, fence, input_digest, started_at, "
        "finished_at) "
        "VALUES (:id, 'render', 'done', 1, 'x', now() - interval '60 s', now())",
        id=done,
    )
    request_id = await platform.add_request()
    events: list[tuple[str, dict[str, object]]] = []
    async with visitor.session.get(f"/requests/{request_id}/progress") as answer:
        assert answer.content_type == "text/event-stream"
        async for block in _blocks(answer.content):
            name, _, body = block.partition("\n")
            events.append((name.removeprefix("event: "), json.loads(body.removeprefix("data: "))))
            if len(events) == 1:
                await platform.rows(
                    "UPDATE content_requests SET status = 'failed', progress_percentage = 40, "
                    "completed_at = now() WHERE id = :id",
                    id=request_id,
                )
    assert events[0][0] == "progress"
    assert (events[0][1]["percentage"], events[0][1]["remaining_seconds"]) == (0, 60)
    assert (events[-1][0], events[-1][1]["words"]) == ("end", "Failed")


async def _blocks(content: aiohttp.StreamReader) -> AsyncIterator[str]:
    """Yield the events of a stream as they come."""
    while block := await content.readuntil(b"\n\n"):
        yield block.decode().strip()


async def test_a_stream_ends_with_the_page(open_page: Opening, platform: Platform) -> None:
    request_id = await platform.add_request()
    async with AsyncExitStack() as page:
        address = await page.enter_async_context(open_page())
        async with visiting(address) as visitor:
            answer = await visitor.session.get(f"/requests/{request_id}/progress")
            await answer.content.readuntil(b"\n\n")
            rest = asyncio.create_task(answer.content.read())
            await page.aclose()
            assert b"event: end" not in await rest


async def test_a_fault_is_logged_by_its_class_and_place_without_what_anyone_wrote(
    visitor: Visitor, platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = await add_lesson(platform, {"storyboard.json": HOSTILE.encode()})
    configure_logging("info", "json")
    try:
        answer, html = await visitor.get(f"/requests/{lesson}")
    finally:
        structlog.reset_defaults()
    assert (answer.status, "The page has a fault" in html) == (500, True)
    said = "".join(capsys.readouterr())
    assert '"error_class": "UnreadableLessonError"' in said
    assert "alert" not in said


async def test_the_page_is_not_opened_to_others_without_a_token(terminal: Terminal) -> None:
    environ = {**terminal.platform.environ, "WORKER_WEB_HOST": "0.0.0.0"}  # noqa: S104  # refused
    said = await terminal.run("serve", environ=environ)
    assert said.code == ExitCode.PREFLIGHT_FINDINGS
    assert "WORKER_WEB_TOKEN" in said.err


async def test_a_port_that_is_taken_is_named(terminal: Terminal, open_page: Opening) -> None:
    async with open_page() as address:
        port = address.rpartition(":")[2]
        environ = {**terminal.platform.environ, "WORKER_WEB_PORT": port}
        said = await terminal.run("serve", environ=environ)
    assert said.code == ExitCode.PREFLIGHT_FINDINGS
    assert "WORKER_WEB_PORT" in said.err
