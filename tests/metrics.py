"""Reading one sample off the metrics."""

from __future__ import annotations

from worker.telemetry.metrics import Metrics


def value_of(metrics: Metrics, name: str, **labels: str) -> float:
    """Return one sample's value; 0 for a series that nobody has counted yet."""
    return metrics.registry.get_sample_value(f"content_worker_{name}", labels) or 0.0
