"""Logs: structured, without anything that a student wrote, one canonical line a delivery."""

from __future__ import annotations

import logging
import sys
import traceback
from functools import partial
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor

from worker.telemetry.spans import current_trace
from worker.telemetry.terminal import for_a_person, terminal_renderer

_SEVERITIES = {
    "debug": "DEBUG",
    "info": "INFO",
    "warning": "WARNING",
    "error": "ERROR",
    "critical": "CRITICAL",
}


def configure_logging(
    level: str,
    style: Literal["auto", "json", "console"],
    stream: TextIO | None = None,
    *,
    project: str | None = None,
) -> None:
    """Set up structlog and the standard library's logging; called once, by the entry point.

    Args:
        level: The lowest level shown: debug, info, warning or error.
        style: JSON in Cloud Logging's shape, colours for a person, or whichever the stream is.
        stream: Where lines go; standard error by default.
        project: Google Cloud's, where traces of lines are found; None for none.
    """
    stream = stream or sys.stderr
    as_console = style == "console" or (style == "auto" and stream.isatty())
    last: Any = (
        terminal_renderer(colors=stream.isatty())
        if as_console
        else structlog.processors.JSONRenderer()
    )
    in_trace = partial(_in_trace, project=project)
    shape: list[Processor] = [for_a_person] if as_console else [in_trace, _cloud_shape]
    stamped: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _without_text,
        *shape,
    ]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *stamped, last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    # Libraries log through the standard library; only what warns is of interest to an operator.
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *stamped],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def _without_text(_: object, __: str, event: EventDict) -> EventDict:
    """Show a logged exception by its class and its place."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exception()
    elif isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["error_class"] = type(error).__name__
        event["frames"] = where_raised(error)
    return event


def _in_trace(_: object, __: str, event: EventDict, *, project: str | None) -> EventDict:
    """Name the span that a line belongs to, as Cloud Logging reads it."""
    found = current_trace()
    if found is not None:
        event.setdefault("trace_id", found.trace_id)
        event["logging.googleapis.com/spanId"] = found.span_id
        event["logging.googleapis.com/trace_sampled"] = found.is_sampled
        if project is not None:
            event["logging.googleapis.com/trace"] = f"projects/{project}/traces/{found.trace_id}"
    return event


def _cloud_shape(_: object, __: str, event: EventDict) -> EventDict:
    """Name the fields as Cloud Logging reads them."""
    event["severity"] = _SEVERITIES.get(event.pop("level"), "DEFAULT")
    event["message"] = event.pop("event")
    return event


def where_raised(error: BaseException) -> list[str]:
    """Return an error's frames as "file:line function"; never its text, which may quote data."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
