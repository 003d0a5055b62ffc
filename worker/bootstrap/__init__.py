"""The composition root: settings in, a running worker out, closed in reverse order."""

from __future__ import annotations

from worker.bootstrap.environment import (
    completed_environment,
    embedded_servers,
    migrate_database,
)
from worker.bootstrap.event_loop import build_consumer
from worker.bootstrap.exported_telemetry import exported_telemetry
from worker.bootstrap.providers import open_embedder
from worker.bootstrap.resources import Resources, name_worker, open_resources

__all__ = [
    "Resources",
    "build_consumer",
    "completed_environment",
    "embedded_servers",
    "exported_telemetry",
    "migrate_database",
    "name_worker",
    "open_embedder",
    "open_resources",
]
