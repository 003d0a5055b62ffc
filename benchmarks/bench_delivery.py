"""Messages a second and latency, beside the two clients that people use otherwise.

    python benchmarks/bench_delivery.py [--messages 1000] [--quick]

Three programs settle the same messages against the same broker and the same PostgreSQL, with
eight slots each, in turns:

- the worker as it ships, with stages that do nothing;
- the plainest google-cloud-pubsub streaming-pull program;
- gcloud-aio-pubsub's `subscribe()`.

Each writes the same for a message: a claim with an event, an end with an event and an outbox
row, the outbox row's mark, and publishes the event. The worker also extends leases, keeps
breakers and metrics, and logs. Streaming pull speaks gRPC, which only Google's emulator serves:
without it that program is left out, and its ratio is null. The last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg
from gcloud.aio.pubsub import PublisherClient, PubsubMessage, SubscriberClient

from benchmarks.delivery.brokers import Broker, serving
from benchmarks.delivery.contest import Task
from worker.bootstrap import migrate_database
from worker.embedded.postgres import EmbeddedPostgres

PROJECT = "bench"
SLOTS = 8
WORKER = "worker_itself"
STREAMING_PULL = "streaming_pull"
AIO_SUBSCRIBE = "aio_subscribe"
ROUNDS = 3
RUN_SECONDS = 120.0
SLOWEST_RATE = 20.0  # messages a second, below which a run is given up
LATENCY_MESSAGES = 40
LATENCY_PAUSE_SECONDS = 0.1
BATCH = 500
END_SECONDS = 15.0

ADD_REQUESTS = """
INSERT INTO content_requests (id, correlation_id, student_id, query, grade_level)
SELECT id, id::text, 'student', 'Explain inertia', 9 FROM unnest($1::uuid[]) AS id
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run came to.

    Attributes:
        rate: Messages a second, from the word to begin to the last commit.
        reports: What the contestants printed at their end.
    """

    rate: float
    reports: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Arena:
    """The servers of the contest."""

    database_url: str
    broker: Broker
    session: aiohttp.ClientSession
    database: asyncpg.Connection

    async def prepare(self, count: int) -> tuple[Task, list[UUID]]:
        """Empty the tables, add `count` requests, and make topics and a subscription for them."""
        await self.database.execute("TRUNCATE content_requests, outbox, dead_letters CASCADE")
        requests = [uuid4() for _ in range(count)]
        await self.database.execute(ADD_REQUESTS, requests)
        await self.database.execute("ANALYZE content_requests")
        name = uuid4().hex[:8]
        task = Task(
            database_url=self.database_url,
            broker_host=self.broker.host,
            project=PROJECT,
            subscription=f"worker-{name}",
            topic=f"requests-{name}",
            events_topic=f"events-{name}",
            dead_letter_topic=f"dead-{name}",
            slots=SLOTS,
        )
        publisher, subscriber = self._publisher(), SubscriberClient(**self._options())
        for topic in (task.topic, task.events_topic, task.dead_letter_topic):
            await publisher.create_topic(PublisherClient.topic_path(PROJECT, topic))
        await subscriber.create_subscription(
            SubscriberClient.subscription_path(PROJECT, task.subscription),
            PublisherClient.topic_path(PROJECT, task.topic),
            {"ackDeadlineSeconds": 60},
        )
        return task, requests

    async def publish(self, task: Task, requests: Sequence[UUID]) -> None:
        """Publish one message for each request."""
        path = PublisherClient.topic_path(PROJECT, task.topic)
        for start in range(0, len(requests), BATCH):
            batch = [PubsubMessage(_message(one)) for one in requests[start : start + BATCH]]
            await self._publisher().publish(path, batch)

    async def until_completed(self, count: int) -> None:
        """Wait until so many requests are completed."""
        query = "SELECT count(*) FROM content_requests WHERE status = 'completed'"
        async with asyncio.timeout(max(RUN_SECONDS, count / SLOWEST_RATE)):
            while await self.database.fetchval(query) < count:  # noqa: ASYNC110  # a database has no event to wait for
                await asyncio.sleep(0.1)

    def _publisher(self) -> PublisherClient:
        return PublisherClient(**self._options())

    def _options(self) -> dict[str, Any]:
        root = f"http://{self.broker.host}/v1"
        return {"session": self.session, "api_root": root, "api_is_dev": True}


def _message(request_id: UUID) -> bytes:
    body = {
        "request_id": str(request_id),
        "correlation_id": str(request_id),
        "student_id": "student",
        "student_query": "Explain inertia",
        "grade_level": 9,
    }
    return json.dumps(body).encode()


@asynccontextmanager
async def contestants(
    program: str, task: Task, count: int
) -> AsyncIterator[list[asyncio.subprocess.Process]]:
    """Start so many processes of a program, and wait until each is ready."""
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", f"benchmarks.delivery.{program}"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=Path(__file__).parents[1],
        )
        for _ in range(count)
    ]
    try:
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(task.as_line().encode())
        for process in processes:
            assert process.stdout is not None
            assert (await process.stdout.readline()).strip() == b"READY"
        yield processes
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
                await process.wait()


def _begin(processes: Sequence[asyncio.subprocess.Process]) -> None:
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"go\n")


async def _end(processes: Sequence[asyncio.subprocess.Process]) -> tuple[dict[str, Any], ...]:
    """Let the processes end, and return what they report."""
    reports = []
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
    for process in processes:
        try:
            out, _ = await asyncio.wait_for(process.communicate(), END_SECONDS)
        except TimeoutError:  # gcloud-aio-pubsub's subscribe() does not always end when cancelled
            process.kill()
            continue
        reports += [json.loads(line) for line in out.decode().splitlines() if line[:1] == "{"]
    return tuple(reports)


async def measure_rate(
    arena: Arena, program: str, messages: int, *, processes: int = 1, renders: int = 0
) -> Outcome:
    """Let a program settle a backlog, and time it by the database's clock."""
    task, requests = await arena.prepare(messages)
    task = replace(task, renders=renders)
    await arena.publish(task, requests)
    async with contestants(program, task, processes) as running:
        began = await arena.database.fetchval("SELECT clock_timestamp()")
        _begin(running)
        await arena.until_completed(messages)
        ended = await arena.database.fetchval("SELECT max(completed_at) FROM content_requests")
        reports = await _end(running)
    print(
        f"{program} x{processes}: {messages / (ended - began).total_seconds():.0f}/s",
        file=sys.stderr,
    )
    return Outcome(messages / (ended - began).total_seconds(), reports)


async def measure_latency(arena: Arena, program: str) -> float:
    """Return the median milliseconds from publishing a message to its request's end."""
    task, requests = await arena.prepare(LATENCY_MESSAGES)
    async with contestants(program, task, 1) as running:
        _begin(running)
        await asyncio.sleep(1.0)
        published = {}
        for one in requests:
            published[one] = await arena.database.fetchval("SELECT clock_timestamp()")
            await arena.publish(task, [one])
            await asyncio.sleep(LATENCY_PAUSE_SECONDS)
        await arena.until_completed(len(requests))
        await _end(running)
    rows = await arena.database.fetch("SELECT id, completed_at FROM content_requests")
    seconds: list[float] = [(row[1] - published[row[0]]).total_seconds() for row in rows]
    return 1000 * median(seconds)


async def contest(arena: Arena, messages: int, *, quick: bool) -> dict[str, Any]:
    """Run everything, and return the figures."""
    programs = [WORKER, AIO_SUBSCRIBE, *([STREAMING_PULL] if arena.broker.speaks_grpc else [])]
    rates: dict[str, list[float]] = {program: [] for program in programs}
    for program in programs:
        await measure_rate(arena, program, messages)  # the broker's and the server's caches warm up
    for _ in range(1 if quick else ROUNDS):
        for program in programs:  # in turns, so that a busy machine slows all of them
            rates[program].append((await measure_rate(arena, program, messages)).rate)
    ours = median(rates[WORKER])
    result: dict[str, Any] = {"broker": arena.broker.name, "messages": messages}
    for program in programs:
        result[f"rate_{program}"] = round(median(rates[program]), 1)
        result[f"latency_ms_{program}"] = round(await measure_latency(arena, program), 1)
    for name, program in (("streaming_pull", STREAMING_PULL), ("aio_subscribe", AIO_SUBSCRIBE)):
        known = rates.get(program)
        ratios = [own / other for own, other in zip(rates[WORKER], known or (), strict=bool(known))]
        result[f"ratio_vs_{name}"] = round(median(ratios), 2) if ratios else None
    result["messages_per_s_1"] = round(ours, 1)
    for processes in (2, 4):
        outcome = await measure_rate(arena, WORKER, messages, processes=processes)
        result[f"messages_per_s_{processes}"] = round(outcome.rate, 1)
    lagging = await measure_rate(arena, WORKER, messages, renders=2)
    result["loop_lag_p99_ms"] = lagging.reports[0]["lag_p99_ms"]
    long = await measure_rate(arena, WORKER, messages if quick else 10_000)
    first, last = long.reports[0]["rss_mb"]
    result["rss_growth_mb"] = round(last - first, 1)
    return result


def show(result: dict[str, Any]) -> None:
    """Print a table for a reader, and the JSON as the last line."""
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    print(f"broker: {result['broker']}; {result['messages']} messages, {SLOTS} slots")
    print("| program | messages a second | median latency |")
    print("|---|---:|---:|")
    for program in (WORKER, STREAMING_PULL, AIO_SUBSCRIBE):
        if f"rate_{program}" in result:
            rate, latency = result[f"rate_{program}"], result[f"latency_ms_{program}"]
            print(f"| {program} | {rate} | {latency} ms |")
    print(json.dumps(result))


async def main() -> None:
    """Start the servers and hold the contest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--quick", action="store_true", help="one round, no long run")
    parsed = parser.parse_args()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-delivery-")))
        await asyncio.to_thread(folder.chmod, 0o755)  # PostgreSQL's account must enter it
        server = EmbeddedPostgres(fsync=False)
        url = await server.start(folder / "state")
        stack.push_async_callback(server.stop)
        await migrate_database(url)
        database = await asyncpg.connect(url, ssl=False)
        stack.push_async_callback(database.close)
        await database.execute("INSERT INTO users (user_id) VALUES ('student')")
        broker = await stack.enter_async_context(serving())
        session = await stack.enter_async_context(aiohttp.ClientSession())
        arena = Arena(url, broker, session, database)
        show(await contest(arena, parsed.messages, quick=parsed.quick))


if __name__ == "__main__":
    asyncio.run(main())
