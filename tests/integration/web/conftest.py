"""The page on the test's platform, and visitors who reach it over a real socket."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import aiohttp
import pytest

from tests.platform import Platform
from worker.commands.serve import page_ports
from worker.settings import load_settings
from worker.upkeep import open_upkeep
from worker.web.site import PageRules, PageServer, build_site

TOKEN = "a-token-of-a-test"  # noqa: S105  # of a test

STORYBOARD = {
    "title": "Forces",
    "subject": "Physics",
    "objective": "You can push.",
    "scenes": [
        {"kind": "hook", "title": "A start", "sentences": [{"text": "Push the wall."}]},
        {"kind": "sources", "title": "The credits", "sentences": []},
    ],
    "sources": [{"source_id": "book", "title": "Book", "chapter": "One", "licence": "CC BY"}],
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser without scripts: it keeps cookies, and fills in forms that it was shown."""

    session: aiohttp.ClientSession

    async def get(self, path: str, **options: Any) -> tuple[aiohttp.ClientResponse, str]:
        """Return an answer and its text; redirections are not followed."""
        async with self.session.get(path, allow_redirects=False, **options) as answer:
            return answer, await answer.text()

    async def post(
        self, path: str, fields: dict[str, str], *, form_on: str | None = "/"
    ) -> tuple[aiohttp.ClientResponse, str]:
        """Send a form, with the token that it has on a page."""
        if form_on is not None:
            fields = {**fields, "form_token": await self.form_token(form_on)}
        async with self.session.post(path, data=fields, allow_redirects=False) as answer:
            return answer, await answer.text()

    async def form_token(self, path: str) -> str:
        """Return the token that the forms of a page bring."""
        _, html = await self.get(path)
        found = re.search(r'name="form_token" value="(\w+)"', html)
        assert found is not None
        return found[1]


Opening = Callable[..., AbstractAsyncContextManager[str]]


@pytest.fixture
def open_page(platform: Platform) -> Opening:
    """Open the page under other rules, and yield its address."""

    @asynccontextmanager
    async def opening(token: str | None = None, orders: int = 1000) -> AsyncIterator[str]:
        settings, _ = load_settings(platform.environ)
        async with open_upkeep(settings) as upkeep:
            app = build_site(await page_ports(upkeep), PageRules(token, orders))
            server = PageServer(app, host="127.0.0.1", port=0)
            try:
                yield f"http://127.0.0.1:{await server.start()}"
            finally:
                await server.stop()

    return opening


@asynccontextmanager
async def visiting(address: str) -> AsyncIterator[Visitor]:
    """Visit the page with cookies of one's own."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(address, cookie_jar=jar) as session:
        yield Visitor(session)


@pytest.fixture
async def visitor(open_page: Opening) -> AsyncIterator[Visitor]:
    """A visitor of the page that needs no token."""
    async with open_page() as address, visiting(address) as visitor:
        yield visitor


async def add_lesson(platform: Platform, files: dict[str, bytes]) -> UUID:
    """Insert a request that ended with a lesson, and store its files."""
    contents = {"storyboard.json": json.dumps(STORYBOARD).encode(), **files}
    request_id = await platform.add_request(status="completed", progress_percentage=100)
    names = {name: f"lessons/{request_id}/1/{name}" for name in contents}
    storage = platform.storage()
    for name, content in contents.items():
        await storage.upload(platform.bucket, names[name], content)
    await platform.rows(
        "UPDATE content_requests SET objects = cast(:objects AS jsonb), completed_at = now() "
        "WHERE id = :id",
        objects=json.dumps(names),
        id=request_id,
    )
    return request_id
