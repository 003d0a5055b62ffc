"""Monitoring names what the worker logs, and every alert has a runbook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog
import yaml

from worker.delivery.breaker import BreakerPolicy, Breakers, Dependency
from worker.delivery.course import Course
from worker.delivery.settlement import Ack
from worker.ports import Delivery
from worker.telemetry.logs import configure_logging
from worker.telemetry.metrics import Metrics

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "deploy" / "monitoring"


def _documents(name: str) -> list[dict[str, Any]]:
    text = (MONITORING / name).read_text(encoding="utf-8")
    return [one for one in yaml.safe_load_all(text) if one]


LOG_METRICS = {one["name"]: one for one in _documents("log-metrics.yaml")}
ALERTS = {one["displayName"]: one for one in _documents("alerts.yaml")}


@pytest.fixture
def lines() -> Iterator[StringIO]:
    """What the worker logs, as Cloud Logging gets it."""
    stream = StringIO()
    configure_logging("info", "json", stream)
    yield stream
    structlog.reset_defaults()


def _logged(stream: StringIO) -> dict[str, dict[str, Any]]:
    """Let the worker log a settled delivery and an opened breaker."""
    delivery = Delivery("ack-1", "message-1", b"{}", {}, datetime.now(UTC), None)
    Course(delivery).log(Ack("done"), 1.5)
    breakers = Breakers.one_each(BreakerPolicy(1, 5.0, 60.0), lambda: 0.0, lambda: 1.0, Metrics())
    breaker = breakers[Dependency.BROKER]
    breaker.failed(breaker.admit())
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    return {one["message"]: one for one in found}


@pytest.mark.parametrize("name", ["content_worker_deliveries", "content_worker_breaker_openings"])
def test_a_log_metric_reads_fields_that_the_worker_logs(name: str, lines: StringIO) -> None:
    metric = LOG_METRICS[name]
    logged = _logged(lines)
    (message,) = re.findall(r'jsonPayload\.message="(\w+)"', metric["filter"])
    labels = {label["key"] for label in metric["metricDescriptor"]["labels"]}
    extracted = dict(metric["labelExtractors"])
    assert labels == extracted.keys()
    for field in extracted.values():
        assert re.fullmatch(r"EXTRACT\(jsonPayload\.(\w+)\)", field)[1] in logged[message]  # type: ignore[index]  # it matches


def test_every_message_that_is_counted_is_one_that_the_worker_logs() -> None:
    source = "".join(path.read_text("utf-8") for path in (ROOT / "worker").rglob("*.py"))
    for metric in LOG_METRICS.values():
        for message in re.findall(r'jsonPayload\.message="(\w+)"', metric["filter"]):
            assert f'"{message}"' in source


@pytest.mark.parametrize("alert", ALERTS.values(), ids=ALERTS)
def test_an_alert_watches_a_declared_metric_by_its_labels(alert: dict[str, Any]) -> None:
    for condition in alert["conditions"]:
        threshold = condition["conditionThreshold"]
        for name in re.findall(r"logging\.googleapis\.com/user/(\w+)", threshold["filter"]):
            declared = LOG_METRICS[name]["metricDescriptor"].get("labels", ())
            used = re.findall(r"metric\.labels\.(\w+)", json.dumps(threshold))
            assert set(used) <= {label["key"] for label in declared}


@pytest.mark.parametrize("alert", ALERTS.values(), ids=ALERTS)
def test_an_alert_has_a_runbook(alert: dict[str, Any]) -> None:
    operating = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    _, _, heading = alert["documentation"]["content"].partition("Runbooks: ")
    assert f"### {heading}\n" in operating
