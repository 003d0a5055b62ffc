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
from prometheus_client.metrics import MetricWrapperBase

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


@pytest.mark.parametrize(
    "name", ["content_worker_deliveries", "content_worker_cost", "content_worker_breaker_openings"]
)
def test_a_log_metric_reads_fields_that_the_worker_logs(name: str, lines: StringIO) -> None:
    metric = LOG_METRICS[name]
    logged = _logged(lines)
    (message,) = re.findall(r'jsonPayload\.message="(\w+)"', metric["filter"])
    labels = {label["key"] for label in metric["metricDescriptor"].get("labels", ())}
    extracted = dict(metric.get("labelExtractors", {}))
    assert labels == extracted.keys()
    value = [metric["valueExtractor"]] if "valueExtractor" in metric else []
    for field in [*extracted.values(), *value]:
        assert re.fullmatch(r"EXTRACT\(jsonPayload\.(\w+)\)", field)[1] in logged[message]  # type: ignore[index]  # it matches


def test_every_message_that_is_counted_is_one_that_the_worker_logs() -> None:
    source = "".join(path.read_text("utf-8") for path in (ROOT / "worker").rglob("*.py"))
    for metric in LOG_METRICS.values():
        for message in re.findall(r'jsonPayload\.message="(\w+)"', metric["filter"]):
            assert f'"{message}"' in source


def _charts() -> Iterator[tuple[str, str]]:
    """Yield title and query of every line on the dashboard."""
    board = json.loads((MONITORING / "dashboard.json").read_text(encoding="utf-8"))
    for tile in board["mosaicLayout"]["tiles"]:
        for line in tile["widget"].get("xyChart", {}).get("dataSets", ()):
            yield tile["widget"]["title"], line["timeSeriesQuery"]["prometheusQuery"]


def _conditions() -> Iterator[tuple[str, dict[str, Any]]]:
    for alert in ALERTS.values():
        for condition in alert["conditions"]:
            yield condition["displayName"], condition


def _log_samples() -> dict[str, set[str]]:
    """Name what PromQL knows the log metrics by, with their labels."""
    known = {}
    for name, metric in LOG_METRICS.items():
        labels = {one["key"] for one in metric["metricDescriptor"].get("labels", ())}
        is_spread = metric["metricDescriptor"]["valueType"] == "DISTRIBUTION"
        for suffix in ("_sum", "_count", "_bucket") if is_spread else ("",):
            own = {"le"} if suffix == "_bucket" else set()
            known[f"logging_googleapis_com:user_{name}{suffix}"] = (
                labels | own | {"monitored_resource"}
            )
    return known


def _declared_samples() -> dict[str, set[str]]:
    """Name the samples of the declared metrics, with their labels."""
    known = {}
    for metric in vars(Metrics()).values():
        if isinstance(metric, MetricWrapperBase):
            suffixes = {"counter": ["_total"], "gauge": [""]}.get(
                str(metric._type), ["_bucket", "_sum", "_count"]
            )
            for suffix in suffixes:
                own = {"le"} if suffix == "_bucket" else set()
                known[metric._name + suffix] = {*metric._labelnames} | own
    return known


PLATFORM_S = {
    f"pubsub_googleapis_com:subscription_{name}": {"subscription_id"}
    for name in ("oldest_unacked_message_age", "num_undelivered_messages")
}
"""Google's own: https://docs.cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-pubsub"""

SAMPLES = _log_samples() | _declared_samples() | PLATFORM_S
QUERIES = [
    *_charts(),
    *(
        (name, condition["conditionPrometheusQueryLanguage"]["query"])
        for name, condition in _conditions()
        if "conditionPrometheusQueryLanguage" in condition
    ),
]


@pytest.mark.parametrize(("title", "query"), QUERIES)
def test_a_query_names_metrics_that_there_are_by_labels_that_they_have(
    title: str, query: str
) -> None:
    selected = re.findall(r"([a-z_:]+)\{([^{}$]*)\}", query)
    assert selected, f"{title} asks for nothing"
    assert set(re.findall(r"\w*content_worker_\w+", query)) <= {
        name.rpartition(":")[2] for name, _ in selected
    }, "every metric has its braces, so that it is looked at here"
    grouped = {
        label.strip() for by in re.findall(r"by \(([^)]*)\)", query) for label in by.split(",")
    }
    for name, matchers in selected:
        used = set(re.findall(r"(\w+)(?:=~|!~|!=|=)", matchers))
        assert used | grouped <= SAMPLES[name]


def test_what_a_query_may_name_is_not_everything() -> None:
    """The test above would be worth nothing if it knew no names."""
    assert "content_worker_deliveries_total" in SAMPLES
    assert SAMPLES["content_worker_stage_seconds_bucket"] == {"stage", "le"}
    assert "logging_googleapis_com:user_content_worker_cost" not in SAMPLES


@pytest.mark.parametrize(
    ("name", "condition"), [one for one in _conditions() if "conditionThreshold" in one[1]]
)
def test_a_threshold_watches_a_metric_by_its_labels(name: str, condition: dict[str, Any]) -> None:
    threshold = condition["conditionThreshold"]
    counted = re.findall(r"logging\.googleapis\.com/user/(\w+)", threshold["filter"])
    assert counted or "pubsub.googleapis.com/" in threshold["filter"], name
    for metric in counted:
        declared = LOG_METRICS[metric]["metricDescriptor"].get("labels", ())
        used = re.findall(r"metric\.labels\.(\w+)", json.dumps(threshold))
        assert set(used) <= {label["key"] for label in declared}


@pytest.mark.parametrize("alert", ALERTS.values(), ids=ALERTS)
def test_an_alert_on_the_worker_s_log_hears_jobs_and_worker_pools(alert: dict[str, Any]) -> None:
    if "/user/" in (text := json.dumps(alert)) or ":user_" in text:
        for resource in ("cloud_run_job", "cloud_run_worker_pool"):
            assert f'"{resource}\\"' in text


def test_what_wakes_somebody_is_all_there() -> None:
    assert {name.removeprefix("Content worker - ") for name in ALERTS} == {
        "requests fail",
        "students wait",
        "dead letters",
        "a dependency is out of reach",
        "the preflight fails",
        "lessons cost much",
        "lessons take long",
    }


@pytest.mark.parametrize("alert", ALERTS.values(), ids=ALERTS)
def test_an_alert_links_to_its_runbook(alert: dict[str, Any]) -> None:
    operating = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    runbooks = operating.partition("## Runbooks")[2]
    anchors = {_anchor(heading) for heading in re.findall(r"^### (.*)$", runbooks, re.MULTILINE)}
    page, _, anchor = alert["documentation"]["content"].removeprefix("Runbook: ").partition("#")
    assert page == "docs/operating.md"
    assert anchor in anchors


def _anchor(heading: str) -> str:
    """Return the name by which a heading is linked to."""
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
