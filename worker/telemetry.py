"""Logs: structured, without anything that a student wrote, one canonical line a delivery."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, Literal, TextIO

import structlog

_SEVERITIES = {
    "debug": "DEBUG",
    "info": "INFO",
    "warning": "WARNING",
    "error": "ERROR",
    "critical": "CRITICAL",
}


def configure_logging(
    level: str, style: Literal["auto", "json", "console"], stream: TextIO | None = None
) -> None:
    """Set up structlog and the standard library's logging; called once, by the entry point.

    Args:
        level: The lowest level shown: debug, info, warning or error.
        style: JSON in Cloud Logging's shape, colours for a person, or whichever the stream is.
        stream: Where lines go; standard error by default.
    """
    stream = stream or sys.stderr
    as_console = style == "console" or (style == "auto" and stream.isatty())
    last: Any = (
        structlog.dev.ConsoleRenderer(colors=stream.isatty())
        if as_console
        else structlog.processors.JSONRenderer()
    )
    shape = [] if as_console else [_cloud_shape]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            *shape,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    # Libraries log through the standard library; only what warns is of interest to an operator.
    logging.basicConfig(level=logging.WARNING, stream=stream, force=True)


def _cloud_shape(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Name the fields as Cloud Logging reads them."""
    event["severity"] = _SEVERITIES[event.pop("level")]
    event["message"] = event.pop("event")
    return event


def where_raised(error: BaseException) -> list[str]:
    """Return an error's frames as "file:line function"; never its text, which may quote data."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
