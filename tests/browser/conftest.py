"""`python -m worker serve --embedded` as a teacher starts it, and a real Chromium before it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser, Page, async_playwright
from sqlalchemy.ext.asyncio import create_async_engine

from tests.platform import PROJECT, Platform, on_asyncpg
from worker.embedded.endpoints import read_endpoints

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
NAME = "page"
PATIENCE = 180_000
"""Milliseconds for a click or a page: how fast the machine is decides no test."""


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The Chromium of the machine; tests are skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium-headless-shell")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
async def product(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[str, Platform]]:
    """The address of the running product, and the platform under it."""
    assert browser.is_connected()
    state = tmp_path_factory.mktemp("product")
    for parent in (state, *state.parents):
        if parent.stat().st_mode & 0o001 == 0:
            parent.chmod(parent.stat().st_mode | 0o011)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker", "serve", "--embedded"),
        env=_environ(state),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    address = (await process.stdout.readline()).decode().strip().rstrip("/")
    draining = asyncio.create_task(process.stdout.read())
    try:
        async with _platform(state) as platform:
            yield address, platform
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.gather(draining, process.wait())
    assert process.returncode == 0


def _environ(state: Path) -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("WORKER_")
    }
    return inherited | {
        "WORKER_STATE_DIR": str(state),
        "WORKER_WEB_PORT": "0",
        "WORKER_LOG_LEVEL": "error",
        "GCP_PROJECT_ID": PROJECT,
        "PUBSUB_TOPIC": f"{NAME}-requests",
        "GCS_GENERATED_CONTENT_BUCKET": f"{NAME}-generated",
    }


@asynccontextmanager
async def _platform(state: Path) -> AsyncIterator[Platform]:
    """The platform's side of the product: rows and messages, as others write them."""
    endpoints = read_endpoints(state)
    assert endpoints.database_url is not None
    assert endpoints.pubsub_host is not None
    assert endpoints.storage_url is not None
    engine = create_async_engine(on_asyncpg(endpoints.database_url))
    async with aiohttp.ClientSession() as session:
        yield Platform(
            url=endpoints.database_url,
            pubsub_host=endpoints.pubsub_host,
            storage_url=endpoints.storage_url,
            name=NAME,
            engine=engine,
            session=session,
        )
    await engine.dispose()


@pytest.fixture
async def page(browser: Browser, product: tuple[str, Platform]) -> AsyncIterator[Page]:
    """A window on the product whose scripts and policy may not complain."""
    address, _ = product
    context = await browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    await context.close()
    assert complaints == []


@pytest.fixture
def platform(product: tuple[str, Platform]) -> Platform:
    """The platform under the product."""
    return product[1]
