"""The metrics as Prometheus reads them."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.metrics import value_of
from worker.telemetry.loop_lag import SLEEP_SECONDS, watch_loop_lag
from worker.telemetry.metrics import Metrics

NAMES = {
    "content_worker_deliveries",
    "content_worker_requests",
    "content_worker_stage_seconds",
    "content_worker_deliveries_in_flight",
    "content_worker_slots",
    "content_worker_pulls",
    "content_worker_pull_failures",
    "content_worker_lease_beats_failed",
    "content_worker_leases_lost",
    "content_worker_breaker_state",
    "content_worker_breaker_openings",
    "content_worker_outbox_backlog",
    "content_worker_outbox_oldest_seconds",
    "content_worker_render_children_replaced",
    "content_worker_loop_lag_seconds",
    "content_worker_info",
}


def test_every_metric_is_served_with_its_help() -> None:
    families = list(text_string_to_metric_families(Metrics().text().decode()))
    names = {family.name for family in families}
    assert names >= NAMES
    assert all(name.startswith("content_worker_") for name in names)
    assert all(family.documentation.endswith(".") for family in families)


def test_what_is_counted_is_served() -> None:
    metrics = Metrics()
    metrics.deliveries.labels("ack").inc()
    metrics.stage_seconds.labels("render").observe(3.0)
    text = metrics.text().decode()
    assert 'content_worker_deliveries_total{settlement="ack"} 1.0' in text
    assert 'content_worker_stage_seconds_bucket{le="5.0",stage="render"} 1.0' in text


def test_two_sets_of_metrics_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.pulls.inc()
    assert (value_of(one, "pulls_total"), value_of(other, "pulls_total")) == (1.0, 0.0)


def test_a_breaker_s_state_is_asked_for_when_it_is_read() -> None:
    metrics, state = Metrics(), ["closed"]
    metrics.watch_breaker("broker", lambda: state[0])
    values = []
    for state[0] in ("closed", "half_open", "open"):
        values.append(value_of(metrics, "breaker_state", dependency="broker"))
    assert values == [0, 1, 2]


async def test_the_lag_of_the_event_loop_is_what_a_task_slept_too_long() -> None:
    metrics = Metrics()
    watching = asyncio.create_task(watch_loop_lag(metrics))
    await asyncio.sleep(0)
    blocked_until = asyncio.get_running_loop().time() + 2 * SLEEP_SECONDS
    while asyncio.get_running_loop().time() < blocked_until:
        pass
    await asyncio.sleep(0.01)
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
    assert value_of(metrics, "loop_lag_seconds_count") == 1
    assert value_of(metrics, "loop_lag_seconds_sum") >= 0.9 * SLEEP_SECONDS
