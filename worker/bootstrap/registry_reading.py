"""The metrics of Prometheus' registry in OpenTelemetry's shape: declared once, counted once.

A family keeps its name: `content_worker_deliveries` is the sum whose sample `/metrics` calls
`content_worker_deliveries_total`, as OpenTelemetry's mapping of Prometheus has it. Everything is
cumulative since the series was begun.
https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import pairwise

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric as Family

SCOPE = InstrumentationScope("content-worker", version("content-worker"))
NANOSECONDS = 1_000_000_000
CUMULATIVE = AggregationTemporality.CUMULATIVE


@dataclass(slots=True)
class _Series:
    """The samples of one set of labels.

    Attributes:
        values: By what a sample's name adds to the family's: `_total`, `_sum`, nothing.
        cumulative: How many observations were not above each bound, in the bounds' order; the
            last bound is infinite.
    """

    labels: dict[str, str]
    values: dict[str, float] = field(default_factory=dict)
    cumulative: list[tuple[float, float]] = field(default_factory=list)

    def began(self, otherwise: int) -> int:
        """Return since when it counts, in nanoseconds."""
        created = self.values.get("_created")
        return otherwise if created is None else int(created * NANOSECONDS)


def read_registry(
    registry: CollectorRegistry, resource: Resource, began: int, now: int
) -> MetricsData:
    """Return every series that has a value.

    Args:
        registry: Where the metrics are.
        resource: Which process this is.
        began: When it began, for series that do not tell their own beginning, in nanoseconds.
        now: The time, in nanoseconds.
    """
    found = [_read(family, began, now) for family in registry.collect() if family.samples]
    return MetricsData([ResourceMetrics(resource, [ScopeMetrics(SCOPE, found, "")], "")])


def _read(family: Family, began: int, now: int) -> Metric:
    """Translate one family.

    Raises:
        TypeError: It is of a type that the declaration has never used.
    """
    series = list(_series(family))
    data: Sum | Gauge | Histogram
    match family.type:
        case "counter":
            totals = [_number(one, "_total", one.began(began), now) for one in series]
            data = Sum(totals, CUMULATIVE, is_monotonic=True)
        case "gauge":
            data = Gauge([_number(one, "", began, now) for one in series])
        case "histogram":
            data = Histogram([_spread(one, one.began(began), now) for one in series], CUMULATIVE)
        case other:
            raise TypeError(f"{family.name} is a {other}, which nothing here translates")
    unit = "s" if family.name.endswith("_seconds") else ""
    return Metric(family.name, family.documentation, unit, data)


def _series(family: Family) -> Iterable[_Series]:
    """Put the samples of each set of labels together."""
    found: dict[tuple[tuple[str, str], ...], _Series] = {}
    for sample in family.samples:
        labels = {name: value for name, value in sample.labels.items() if name != "le"}
        one = found.setdefault(tuple(sorted(labels.items())), _Series(labels))
        what = sample.name.removeprefix(family.name)
        if what == "_bucket":
            one.cumulative.append((float(sample.labels["le"]), sample.value))
        else:
            one.values[what] = sample.value
    return found.values()


def _number(series: _Series, what: str, began: int, now: int) -> NumberDataPoint:
    return NumberDataPoint(series.labels, began, now, series.values[what])


def _spread(series: _Series, began: int, now: int) -> HistogramDataPoint:
    """Translate one distribution: Prometheus' buckets hold those below them, these do not."""
    return HistogramDataPoint(
        attributes=series.labels,
        start_time_unix_nano=began,
        time_unix_nano=now,
        count=int(series.values["_count"]),
        sum=series.values["_sum"],
        bucket_counts=list(_apart(series.cumulative)),
        explicit_bounds=[bound for bound, _ in series.cumulative[:-1]],
        min=None,  # type: ignore[arg-type]  # a registry keeps none, and the wire needs none
        max=None,  # type: ignore[arg-type]  # as min
    )


def _apart(cumulative: list[tuple[float, float]]) -> Iterator[int]:
    counts = [0.0, *(count for _, count in cumulative)]
    return (int(upper - lower) for lower, upper in pairwise(counts))
