"""What tracing costs a message: without a collector, and with one.

    python -m benchmarks.bench_tracing [--messages 300]

A message is the spans of one lesson to read, begun and ended by the worker's own code around
nothing at all: a delivery, six stages, two transactions, and twelve calls. What is measured is
processor time, exporting threads included, so that other programs disturb it little; the modes
take turns. The collector is another process. The last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from statistics import median

from tests.fakes.deliveries import make_delivery
from worker.bootstrap import exported_telemetry
from worker.call_spans import call_span
from worker.delivery.course import received_attributes
from worker.lessons.costs import BillableCall, Charge, Usage
from worker.lessons.stage import Stage
from worker.settings import Settings, load_settings
from worker.telemetry.metrics import Metrics
from worker.telemetry.spans import Kind, received, span

ROUNDS = 5
CALLS_OF_A_STAGE = 2
UPLOAD = BillableCall("cloud_storage", "upload", Usage(bytes_stored=1000))


class _Taker(BaseHTTPRequestHandler):
    """Takes whatever comes."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _collect(told: Connection) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Taker)
    told.send(server.server_address[1])
    server.serve_forever()


@contextmanager
def collector() -> Iterator[str]:
    """Run a collector within the block, and yield its address."""
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=_collect, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.kill()
        process.join()


def settings_of(endpoint: str | None) -> Settings:
    """Return settings with a collector, or none."""
    given = {"WORKER_PROFILE": "embedded", "DATABASE_URL": "postgresql://user@localhost/name"}
    named = {} if endpoint is None else {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
    return load_settings(given | named)[0]


def trace_a_message() -> None:
    """Begin and end the spans of one lesson to read."""
    delivery = make_delivery(b"{}")
    with received({}, "process requests", received_attributes(delivery, "requests", "worker")):
        with span("claim content_requests", Kind.CLIENT, {"db.system.name": "postgresql"}):
            pass
        for stage in Stage:
            with span(f"stage {stage.value}", attributes={"content_worker.stage": stage.value}):
                for _ in range(CALLS_OF_A_STAGE):
                    charge = Charge(UPLOAD)
                    with call_span(charge):
                        charge.settle(UPLOAD.estimate)
        with span("end content_requests", Kind.CLIENT, {"db.system.name": "postgresql"}):
            pass


def do_nothing_else() -> None:
    """Do what a message of this benchmark does beside its spans."""
    make_delivery(b"{}")
    for _ in Stage:
        for _ in range(CALLS_OF_A_STAGE):
            with nullcontext():
                Charge(UPLOAD).settle(UPLOAD.estimate)


async def microseconds(work: Callable[[], None], messages: int, endpoint: str | None) -> float:
    """Return the processor time of one message, the last export included."""
    began = time.process_time()
    async with exported_telemetry(settings_of(endpoint), Metrics(), "bench", lambda: False):
        for _ in range(messages):
            work()
            await asyncio.sleep(0)
    return (time.process_time() - began) / messages * 1e6


async def main() -> None:
    """Measure, and print what it came to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--messages", type=int, default=300, help="in each round (300)")
    messages = parser.parse_args().messages
    found: dict[str, list[float]] = {"none": [], "without": [], "with": []}
    with collector() as endpoint:
        os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint  # the SDK reads it there
        await microseconds(trace_a_message, 1, endpoint)  # imports what exports
        for _ in range(ROUNDS):
            found["none"].append(await microseconds(do_nothing_else, messages, None))
            found["without"].append(await microseconds(trace_a_message, messages, None))
            found["with"].append(await microseconds(trace_a_message, messages, endpoint))
    base = median(found["none"])
    without, with_one = (median(found[mode]) - base for mode in ("without", "with"))
    print(f"tracing a message: {without:.0f} µs without a collector, {with_one:.0f} µs with one")
    report = {
        "spans": 3 + len(Stage) * (1 + CALLS_OF_A_STAGE),
        "microseconds_without_collector": round(without),
        "microseconds_with_collector": round(with_one),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    asyncio.run(main())
