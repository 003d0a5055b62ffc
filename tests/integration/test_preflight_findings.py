"""What the preflight finds on real servers, and on ones that refuse: which setting, which line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from schema_checks import Report
from tests.platform import PROJECT, Platform
from tests.unit.test_settings import CLOUD
from worker.adapters.cloud_storage import CloudStorage
from worker.adapters.pubsub import PubsubPublisher, PubsubSubscription
from worker.boot_checks.buckets import check_buckets
from worker.boot_checks.clock import check_clock
from worker.boot_checks.subscription import check_subscription
from worker.boot_checks.topics import check_topics
from worker.bootstrap import Resources, open_resources
from worker.embedded.endpoints import EmbeddedEndpoints
from worker.settings import load_settings


@pytest.fixture(scope="module")
async def opened(endpoints: EmbeddedEndpoints) -> AsyncIterator[Resources]:
    """What a worker holds open, once for all; each test brings names of its own."""
    assert endpoints.pubsub_host is not None
    assert endpoints.storage_url is not None
    servers = {
        "PUBSUB_EMULATOR_HOST": endpoints.pubsub_host,
        "STORAGE_EMULATOR_HOST": endpoints.storage_url,
    }
    settings, _ = load_settings(CLOUD | servers)
    async with open_resources(settings) as resources:
        yield resources


@pytest.fixture
def resources(opened: Resources, platform: Platform) -> Resources:
    """Those of a worker on the test's own platform."""
    settings, _ = load_settings(platform.environ)
    session, host = platform.session, platform.pubsub_host
    return replace(
        opened,
        settings=settings,
        subscription=subscription_of(platform, platform.subscription),
        publisher=PubsubPublisher(session, project=PROJECT, emulator_host=host),
    )


def subscription_of(platform: Platform, name: str) -> PubsubSubscription:
    return PubsubSubscription(
        platform.session, project=PROJECT, subscription=name, emulator_host=platform.pubsub_host
    )


@asynccontextmanager
async def refusing(resources: Resources, status: int) -> AsyncIterator[Resources]:
    """Put a store in the place of the real one that answers everything with one status."""

    async def refuse(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=status)

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", refuse)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        objects = CloudStorage(session, emulator_url=f"http://{server.host}:{server.port}")
        yield replace(resources, objects=objects)


def codes(report: Report) -> set[tuple[str, str]]:
    return {(one.code, one.subject) for one in report.findings}


async def test_a_platform_as_it_should_be_has_no_findings(resources: Resources) -> None:
    """But one: the tests' subscription has a short deadline, so that its leases end soon."""
    found: set[tuple[str, str]] = set()
    for check in (check_subscription, check_topics, check_buckets, check_clock):
        report = await check(resources)
        assert report.skipped == ()
        found |= codes(report)
    assert found == {("WK207", "PUBSUB_SUBSCRIPTION")}


async def test_the_probes_of_the_buckets_leave_nothing_behind(
    resources: Resources, platform: Platform
) -> None:
    await check_buckets(resources)
    assert await platform.object_names("preflight/") == []
    assert list(resources.workspace.glob("probe-*")) == []


@pytest.mark.parametrize(
    ("status", "code", "line"),
    [
        (403, "WK302", "gcloud storage buckets add-iam-policy-binding gs://"),
        (404, "WK301", "gcloud storage buckets create gs://"),
    ],
)
async def test_buckets_that_may_not_be_used_are_all_named_with_the_line_that_mends_them(
    resources: Resources, status: int, code: str, line: str
) -> None:
    async with refusing(resources, status) as refused:
        report = await check_buckets(refused)
    variables = ("GENERATED_CONTENT", "OER_CONTENT", "TEMP_FILES")
    assert codes(report) == {(code, f"GCS_{one}_BUCKET") for one in variables}
    assert all(line in one.hint for one in report.findings)


async def test_a_subscription_that_is_not_there_says_how_to_make_it(
    resources: Resources, platform: Platform
) -> None:
    gone = subscription_of(platform, f"{platform.subscription}-gone")
    report = await check_subscription(replace(resources, subscription=gone))
    assert codes(report) == {("WK201", "PUBSUB_SUBSCRIPTION")}
    assert "gcloud pubsub subscriptions create" in report.findings[0].hint


async def test_a_dead_letter_topic_that_was_deleted_is_found(
    resources: Resources, platform: Platform
) -> None:
    topic = f"projects/tests/topics/{platform.name}-dead"
    url = f"http://{platform.pubsub_host}/v1/{topic}"
    async with platform.session.delete(url) as answer:
        answer.raise_for_status()
    report = await check_topics(resources)
    assert ("WK209", "PUBSUB_SUBSCRIPTION") in codes(report)
    assert ("WK204", "PUBSUB_DEAD_LETTER_TOPIC") in codes(report)
