"""The worker as it ships, with stages that do nothing: claim, end, event, ack.

Its wiring is the product's own: guards, breakers, leases, outbox relay and metrics included.
"""

from __future__ import annotations

import asyncio
import gc
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks.delivery.contest import Task, read_task, wait_for_the_end, wait_for_the_start
from worker.adapters.render_pool import RenderPool
from worker.bootstrap import build_consumer, open_resources
from worker.delivery.shutdown import Shutdown
from worker.lessons.claim import Claimed
from worker.lessons.ending import Ending, EventAddress, PublishedLesson, end_event
from worker.lessons.render_plan import Box, Motion, PanelElement, Role, ScenePlan
from worker.lessons.stage import Stage, Status
from worker.lessons.trace import Trace
from worker.ports import RequestStore
from worker.settings import Settings, load_settings
from worker.telemetry.logs import configure_logging

LAG_PROBE_SECONDS = 0.005
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class NoStages:
    """A pipeline that only ends the request, as its last stage does."""

    store: RequestStore
    events: EventAddress

    async def run(self, claimed: Claimed, trace: Trace) -> Ending:
        """End the request as completed."""
        claim, request = claimed.claim, claimed.request
        lesson = PublishedLesson(f"lessons/{claim.request_id}/1/manifest.json", (), None)
        ending = Ending(Status.COMPLETED, lesson=lesson)
        with trace.within(Stage.ANNOUNCE):
            now = datetime.now(UTC)
            event = end_event(self.events, claim, request.correlation_id, ending, now)
            await self.store.end(claim, ending, [event])
        return ending


@dataclass(slots=True)
class Watch:
    """What the deliveries cost the process.

    Attributes:
        lags: How late the event loop woke a task that slept, in seconds.
        resident: The process's memory at the start and at the end, in bytes.
    """

    lags: list[float]
    resident: list[int]

    async def run(self) -> None:
        """Measure for ever."""
        clock = asyncio.get_running_loop().time
        while True:
            due = clock() + LAG_PROBE_SECONDS
            await asyncio.sleep(LAG_PROBE_SECONDS)
            self.lags.append(max(0.0, clock() - due))

    def report(self) -> str:
        """Return the figures as a line of JSON."""
        lags = sorted(self.lags)
        return json.dumps(
            {
                "lag_p99_ms": round(1000 * lags[int(len(lags) * 0.99)], 2) if lags else None,
                "lag_max_ms": round(1000 * lags[-1], 2) if lags else None,
                "rss_mb": [round(one / MIB, 1) for one in self.resident],
            }
        )


def settings_of(task: Task) -> Settings:
    """Return the worker's settings for the task."""
    return load_settings(
        {
            "DATABASE_URL": task.database_url,
            "GCP_PROJECT_ID": task.project,
            "ENVIRONMENT": "dev",
            "PUBSUB_SUBSCRIPTION": task.subscription,
            "PUBSUB_TOPIC": task.topic,
            "PUBSUB_DEAD_LETTER_TOPIC": task.dead_letter_topic,
            "PUBSUB_EVENTS_TOPIC": task.events_topic,
            "GCS_GENERATED_CONTENT_BUCKET": "unused",
            "GCS_OER_CONTENT_BUCKET": "unused",
            "GCS_TEMP_FILES_BUCKET": "unused",
            "PUBSUB_EMULATOR_HOST": task.broker_host,
            "WORKER_SLOTS": str(task.slots),
            "WORKER_RENDERS": str(max(1, task.renders)),
            "WORKER_LOG_LEVEL": "error",
        }
    )[0]


@asynccontextmanager
async def rendering(pool: RenderPool, count: int) -> AsyncIterator[None]:
    """Keep so many renders busy within the block."""
    if not count:
        yield
        return
    await pool.start()
    with tempfile.TemporaryDirectory() as folder:
        renders = [
            asyncio.create_task(
                pool.render_segment(endless_scene(), Path(folder) / f"{number}.mp4", _unheard)
            )
            for number in range(count)
        ]
        try:
            yield
        finally:
            for render in renders:
                render.cancel()
            await asyncio.gather(*renders, return_exceptions=True)


def _unheard(_: int) -> None:
    """Nobody waits for these frames."""


def endless_scene() -> ScenePlan:
    """Return a 1080p scene that changes on every one of very many frames."""
    last = 30_000
    panel = PanelElement(
        "panel",
        Role.DECORATION,
        Box(0, 0, 1920, 1080),
        Motion(0, last, fade_in=last - 1),
        "#ffffff",
    )
    return ScenePlan("endless", 1920, 1080, last + 1, "#000000", (panel,))


async def main() -> None:
    """Consume until standard input closes, then print what it cost."""
    task = read_task()
    settings = settings_of(task)
    configure_logging("error", "json")
    shutdown, process = Shutdown(), psutil.Process()
    watch = Watch([], [])
    async with open_resources(settings) as resources:
        consumer = build_consumer(resources, shutdown, forever=True)
        deliver = consumer.deliver
        events = EventAddress(settings.events_topic, settings.environment)
        consumer.deliver = replace(deliver, pipeline=NoStages(deliver.store, events))
        async with rendering(resources.renderer, task.renders):
            gc.freeze()  # as the command does before it consumes
            await asyncio.to_thread(wait_for_the_start)
            watch.resident.append(process.memory_info().rss)
            watching = asyncio.create_task(watch.run())
            consuming = asyncio.create_task(consumer.run())
            await asyncio.to_thread(wait_for_the_end)
            watching.cancel()
            watch.resident.append(process.memory_info().rss)
            shutdown.request("the contest is over")
            await consuming
    print(watch.report(), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
