"""Log lines for a person at a terminal: the same events, without what only machines look for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import structlog
from structlog.typing import EventDict

ONE_WORKER_S = ("worker_id", "task_index", "task_count")
"""Who wrote a line; a terminal shows one worker, which says so in its first line."""

FIRST = "starting"
EVENT_WIDTH = 18

FOR_MACHINES = ("correlation_id", "message_id", "delivery_attempt")
"""What other systems look for; the request's id leads a person to all of them."""


def terminal_renderer(*, colors: bool) -> structlog.dev.ConsoleRenderer:
    """Return what writes a line: time, level, event, then values in the order that they came."""
    return structlog.dev.ConsoleRenderer(
        colors=colors, sort_keys=False, timestamp_key="time", pad_event_to=EVENT_WIDTH
    )


def for_a_person(_: object, __: str, event: EventDict) -> EventDict:
    """Leave out what says nothing, and write times and mappings as a person would."""
    event["time"] = datetime.fromisoformat(event["time"]).astimezone().strftime("%H:%M:%S")
    left_out = FOR_MACHINES if event["event"] == FIRST else (*ONE_WORKER_S, *FOR_MACHINES)
    for name in left_out:
        event.pop(name, None)
    if event.get("why") in (event.get("status"), event.get("error_class")):
        event.pop("why", None)
    shown = {name: _spoken(value) for name, value in event.items()}
    return {name: value for name, value in shown.items() if _says_something(value)}


def _spoken(value: object) -> object:
    """Write a mapping as "render 17.2, publish 0.4"; what is nought or empty is left out."""
    if not isinstance(value, Mapping):
        return value
    parts = {name: _spoken(part) for name, part in value.items()}
    return ", ".join(
        f"{name} ({part})" if isinstance(value[name], Mapping) else f"{name} {part}"
        for name, part in parts.items()
        if part and _says_something(part)
    )


def _says_something(value: object) -> bool:
    return value is not None and value not in ("", [], ())
