"""What a teacher does with the page, in a real browser and with the real worker beside it.

Screenshots go to the folder of PAGE_SCREENSHOTS, or to pytest's own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal
from uuid import UUID

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from tests.platform import Platform
from worker.commands.serve import page_ports
from worker.settings import load_settings
from worker.upkeep import open_upkeep
from worker.web.site import PageRules, PageServer, build_site

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
WINDOWS = {"phone": (390, 844), "desktop": (1280, 900)}
LOOKS: Sequence[tuple[Literal["light", "dark"], str]] = (("light", "phone"), ("dark", "desktop"))
"""Colours do not depend on the width: two of the four show all."""

SECONDS = 1000

pytestmark = pytest.mark.timeout(600)

QUESTION = {
    "scene_id": "hook",
    "ask": "Which force is larger?",
    "choices": ["The truck's", "The fly's", "Neither"],
    "right_choice": 2,
    "explanation": "The two forces are the same size.",
}


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the pages are kept."""
    wanted = os.environ.get("PAGE_SCREENSHOTS")
    folder = Path(wanted) if wanted else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def made() -> dict[str, str]:
    """The addresses of pages that tests before have led to."""
    return {}


async def test_a_teacher_asks_follows_watches_and_answers(page: Page, made: dict[str, str]) -> None:
    await page.goto("/")
    await page.fill("#question", "Explain Newton's third law")
    await page.fill("#interest", "basketball")
    await page.select_option("#grade", "10")
    await page.select_option("#length", "60")
    await page.click("summary >> text=Options")
    await page.get_by_label("dark", exact=True).check()
    await page.click("text=Make the lesson")
    await page.wait_for_url("**/requests/*")
    made["lesson"] = page.url
    await _until(page, "() => document.querySelector('progress').value >= 8")
    assert await page.inner_text("#elapsed") != ""
    await page.wait_for_selector("video", timeout=240 * SECONDS)
    await _plays_with_captions(page)
    await _goes_to_a_chapter_and_a_sentence(page)
    await page.click("text=Show the answer")
    assert await page.is_visible(".quiz details p")


async def _plays_with_captions(page: Page) -> None:
    await page.evaluate("document.querySelector('video').muted = true")
    await page.evaluate("document.querySelector('video').play()")
    await _until(
        page,
        """() => {
            const video = document.querySelector("video");
            const captions = [...video.textTracks].find(track => track.kind === "captions");
            return video.currentTime > 0.8 && captions.mode === "showing"
                && captions.activeCues.length > 0;
        }""",
    )


async def _goes_to_a_chapter_and_a_sentence(page: Page) -> None:
    chapters = ".chapters li:nth-child(3) button"
    for place, chapter in (
        (page.locator(chapters), chapters),
        (page.locator(".transcript .said").nth(3), ".transcript .said[aria-current]"),
    ):
        start = float(await place.get_attribute("data-start") or "nan")
        await place.click()
        await _until(
            page,
            "([start, chapter]) =>"
            " Math.abs(document.querySelector('video').currentTime - start) < 2"
            " && document.querySelector(chapter).ariaCurrent === 'true'",
            [start, chapter],
        )


async def _until(page: Page, predicate: str, given: object = None) -> None:
    """Wait in the page itself: its policy lets nobody evaluate text, Playwright's own waits too."""
    waiting = f"""async given => {{
        const holds = {predicate};
        const deadline = Date.now() + 180000;
        while (!holds(given)) {{
            if (Date.now() > deadline) throw new Error("it never came true");
            await new Promise(done => setTimeout(done, 50));
        }}
    }}"""
    await page.evaluate(waiting, given)


async def test_a_choice_is_judged_and_explained(
    page: Page, platform: Platform, made: dict[str, str]
) -> None:
    source = UUID(made["lesson"].rpartition("/")[2])
    row = await platform.row(source)
    name = row.objects["storyboard.json"].replace("storyboard", "quiz")
    quiz = json.dumps({"topic_id": "x", "questions": [QUESTION]}).encode()
    await platform.storage().upload(platform.bucket, name, quiz)
    await platform.rows(
        "UPDATE content_requests SET objects = objects || cast(:more AS jsonb) WHERE id = :id",
        more=json.dumps({"quiz.json": name}),
        id=source,
    )
    await page.goto(made["lesson"])
    await page.check(".quiz >> text=The fly's")
    await page.click(".quiz button")
    assert "Not quite" in await page.inner_text(".verdict")
    await page.check(".quiz >> text=Neither")
    await page.press(".quiz button", "Enter")
    assert "That is right" in await page.inner_text(".verdict")
    assert await page.is_visible("text=The two forces are the same size.")


async def test_a_failure_says_what_to_do_and_can_be_tried_again(
    page: Page, platform: Platform
) -> None:
    request_id = await platform.add_request()
    await platform.publish(platform.message(request_id, grade_level=99))
    await page.goto(f"/requests/{request_id}")
    await page.wait_for_selector("text=What to do", timeout=180 * SECONDS)
    await _judge(page)
    await page.click("text=Try it again")
    await page.wait_for_selector("text=Transcript", timeout=240 * SECONDS)
    assert (await platform.row(request_id)).status == "completed"


async def test_a_question_that_is_asked_back_is_one_click_away(
    page: Page, made: dict[str, str]
) -> None:
    await page.goto("/")
    await page.fill("#question", "Who won the football game yesterday?")
    await page.check("input[value=text]", force=True)
    await page.click("text=Make the lesson")
    await page.wait_for_selector(".chips.tall button", timeout=180 * SECONDS)
    made["asked back"] = before = page.url
    await page.locator(".chips.tall button").first.click()
    await page.wait_for_url(lambda url: url != before)
    await page.wait_for_selector("text=Transcript", timeout=240 * SECONDS)
    made["page to read"] = f"{page.url}/files/lesson.html"


async def test_every_page_is_accessible_on_a_phone_and_in_the_dark(
    page: Page, platform: Platform, made: dict[str, str], screenshots: Path
) -> None:
    await _fail_a_check(platform, made["lesson"])
    waiting = await platform.add_request()  # without a message nobody ever works on it
    pages = {
        "ask": "/?captions=burned_in",
        "progress": f"/requests/{waiting}",
        "asked back": made["asked back"],
        "lesson": made["lesson"],
        "quality": f"{made['lesson']}/quality",
        "requests": "/requests",
        "letters": "/dead-letters",
    }
    for name, address in pages.items():
        await page.goto(address)
        await _look_at(page, name, screenshots)


async def _fail_a_check(platform: Platform, lesson: str) -> None:
    """Put a check that fails into the report of a lesson: real ones pass them all."""
    row = await platform.row(UUID(lesson.rpartition("/")[2]))
    name = row.objects["quality_report.json"]
    report = json.loads(await platform.storage().download(platform.bucket, name))
    report["rows"][0] |= {"verdict": "failed", "failures": [{"what": "two titles", "second": 1.5}]}
    await platform.storage().upload(platform.bucket, name, json.dumps(report).encode())


async def test_the_page_to_read_is_accessible(
    page: Page, made: dict[str, str], screenshots: Path
) -> None:
    """Shown from its text: served, it is in a sandbox that lets no script in to judge it."""
    answer = await page.request.get(made["page to read"])
    await page.set_content(await answer.text())
    await _look_at(page, "page to read", screenshots)


async def test_the_log_in_is_accessible(page: Page, platform: Platform, screenshots: Path) -> None:
    settings, _ = load_settings(platform.environ)
    async with open_upkeep(settings) as upkeep:
        site = build_site(await page_ports(upkeep), PageRules("a token of a test", 60))
        server = PageServer(site, host="127.0.0.1", port=0)
        try:
            await page.goto(f"http://127.0.0.1:{await server.start()}/requests")
            await page.wait_for_selector("text=Whoever runs this page has a token")
            await _look_at(page, "log-in", screenshots)
        finally:
            await server.stop()


async def _look_at(page: Page, name: str, screenshots: Path) -> None:
    """Keep pictures of a page, narrow and wide, and hold each to axe-core's rules."""
    for scheme, window in LOOKS:
        await page.emulate_media(color_scheme=scheme)
        width, height = WINDOWS[window]
        await page.set_viewport_size({"width": width, "height": height})
        await page.evaluate("document.fonts.ready")
        file = screenshots / f"{name.replace(' ', '-')}-{window}-{scheme}.png"
        await page.screenshot(path=file, full_page=True)
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} scrolls sideways on a {window}"
        await _judge(page)


async def _judge(page: Page) -> None:
    """Hold the page to axe-core's rules."""
    found = await Axe().run(page, options=WCAG)
    assert found.violations_count == 0, found.generate_report()
