"""The lesson in a real browser: it plays, seeks to the frame, and shows its captions.

Chromium comes from Debian's packages (`.ci/run` installs it); where there is none, these tests
are skipped.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, async_playwright

from tests.integration.rendering.conftest import PlannedLesson
from tests.integration.rendering.test_lesson_video import assembly_of, make_segments
from worker.adapters.render_pool import RenderPool
from worker.lessons.captions import caption_cues, write_vtt
from worker.lessons.chapters import write_chapters
from worker.lessons.descriptions import write_descriptions

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
FRAME = 1 / 30

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium here: apt-get install chromium-headless-shell"
    ),
]

PAGE = """<!doctype html><video src="lesson.mp4" muted preload="auto" width="640">
<track kind="captions" src="captions.vtt" srclang="en" default>
<track kind="chapters" src="chapters.vtt" srclang="en">
<track kind="descriptions" src="descriptions.vtt" srclang="en"></video>"""

SEEK = """async seconds => {
    const video = document.querySelector("video");
    video.pause();
    const shown = new Promise(resolve =>
        video.requestVideoFrameCallback((_, frame) => resolve(frame.mediaTime)));
    video.currentTime = seconds;
    return await shown;
}"""

CUES = """async kind => {
    const element = [...document.querySelectorAll("track")].find(t => t.kind === kind);
    if (element.track.mode === "disabled") element.track.mode = "hidden";
    while (element.readyState !== HTMLTrackElement.LOADED)
        await new Promise(done => setTimeout(done, 20));
    return [...element.track.cues].map(cue => [cue.startTime, cue.text]);
}"""

ACTIVE = "() => [...document.querySelector('video').textTracks[0].activeCues].map(cue => cue.text)"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(
    pool: RenderPool, lesson: PlannedLesson, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Page]:
    """A page with the lesson, from a server that serves ranges."""
    folder = tmp_path_factory.mktemp("played")
    segments = await make_segments(pool, lesson.plans, folder)
    await pool.encode_narration(lesson.narration, folder / "narration.m4a")
    poster = folder / "poster.png"
    await pool.draw_poster(lesson.plans[0], 0, poster)
    assembly = assembly_of(lesson, segments, folder / "narration.m4a", poster)
    await pool.assemble(assembly, folder / "lesson.mp4")
    _write(folder, lesson)
    app = web.Application()
    app.router.add_static("/", folder)
    async with TestServer(app) as server, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page()
        await page.goto(str(server.make_url("/page.html")))
        await page.wait_for_function("document.querySelector('video').readyState >= 3")
        yield page
        await browser.close()


def _write(folder: Path, lesson: PlannedLesson) -> None:
    (folder / "page.html").write_text(PAGE)
    (folder / "captions.vtt").write_text(write_vtt(caption_cues(lesson.timeline)))
    (folder / "chapters.vtt").write_text(write_chapters(lesson.timeline))
    (folder / "descriptions.vtt").write_text(write_descriptions(lesson.timeline))


async def test_the_lesson_plays(page: Page, lesson: PlannedLesson) -> None:
    await page.evaluate("document.querySelector('video').play()")
    await page.wait_for_function("document.querySelector('video').currentTime > 0.5")
    seconds = await page.evaluate("document.querySelector('video').duration")
    assert seconds == pytest.approx(lesson.timeline.seconds, abs=FRAME)
    assert await page.evaluate("document.querySelector('video').error") is None


async def test_seeking_to_a_chapter_shows_its_first_frame(
    page: Page, lesson: PlannedLesson
) -> None:
    starts = [scene.start for scene in lesson.timeline.scenes]
    chapters = await page.evaluate(CUES, "chapters")
    assert [start for start, _ in chapters] == pytest.approx(starts, abs=0.001)
    for start, _ in reversed(chapters):
        assert await page.evaluate(SEEK, start + 0.001) == pytest.approx(start, abs=FRAME)


async def test_a_caption_shows_while_it_is_spoken(page: Page, lesson: PlannedLesson) -> None:
    for cue in caption_cues(lesson.timeline):
        await page.evaluate(SEEK, (cue.start + cue.end) / 2)
        await page.wait_for_function(f"({ACTIVE})().length > 0")
        assert await page.evaluate(ACTIVE) == ["\n".join(cue.lines)]


async def test_the_browser_reads_the_descriptions(page: Page, lesson: PlannedLesson) -> None:
    told = await page.evaluate(CUES, "descriptions")
    titles = [scene.scene.title for scene in lesson.timeline.scenes]
    assert all(any(title in text for _, text in told) for title in titles)
