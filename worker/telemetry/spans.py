"""Spans: what took how long, for which message, and how it ended.

A tracer is part of the context that asyncio hands on from task to task (`traced_by`); where none
is, a span costs one look at that context. Only ids, names, classes and counts enter a span:
never what a student wrote, never the text of an exception.

The trace itself is there in any case. A message without one begins its own (`received`), so that
log lines, dead letters and events bear one id, whether spans are exported or not.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from opentelemetry import context, trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

Value: TypeAlias = str | int | float | bool

_TRACER: ContextVar[trace.Tracer | None] = ContextVar("tracer", default=None)
_W3C = TraceContextTextMapPropagator()
_IS_MADE_UP = context.create_key("made-up-trace")


class Kind(Enum):
    """What a span is to the world around it, in OpenTelemetry's words."""

    INTERNAL = trace.SpanKind.INTERNAL
    CLIENT = trace.SpanKind.CLIENT
    CONSUMER = trace.SpanKind.CONSUMER


@dataclass(frozen=True, slots=True)
class TraceIds:
    """Where in which trace something happens, as W3C writes it.

    Attributes:
        trace_id: 32 hexadecimal digits.
        span_id: 16 hexadecimal digits.
        is_sampled: Whether its spans are kept.
    """

    trace_id: str
    span_id: str
    is_sampled: bool


class Span:
    """What is being measured; nothing is written down where nobody listens."""

    __slots__ = ("_inner",)

    def __init__(self, inner: trace.Span) -> None:
        self._inner = inner

    def note(self, attributes: Mapping[str, Value | None]) -> None:
        """Add attributes; those that are None are left out."""
        for name, value in attributes.items():
            if value is not None:
                self._inner.set_attribute(name, value)

    def fail(self, error: BaseException) -> None:
        """Say that it failed, by the class of the error alone; a cancellation is no failure."""
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        name = type(error).__name__
        self._inner.set_attribute("error.type", name)
        if not isinstance(error, asyncio.CancelledError):
            self._inner.set_status(trace.StatusCode.ERROR, name)


_UNSEEN = Span(trace.INVALID_SPAN)


@contextmanager
def traced_by(tracer: trace.Tracer | None) -> Iterator[None]:
    """Give the spans within the block, and of the tasks begun in it, to a tracer."""
    token = _TRACER.set(tracer)
    try:
        yield
    finally:
        _TRACER.reset(token)


@contextmanager
def span(
    name: str,
    kind: Kind = Kind.INTERNAL,
    attributes: Mapping[str, Value | None] | None = None,
    linked: Iterable[Mapping[str, str]] = (),
) -> Iterator[Span]:
    """Measure the block as a part of what is being measured; an error that leaves it is noted.

    Args:
        name: Of few: ids and numbers belong into attributes.
        kind: What it is to the world around it.
        attributes: What is known of it from the beginning; see `Span.note`.
        linked: Attributes of messages that belong to other traces, and that this is about.
    """
    tracer = _TRACER.get()
    if tracer is None:
        yield _UNSEEN
        return
    links = [trace.Link(one) for one in map(_named_by, linked) if one.is_valid]
    known = {key: value for key, value in (attributes or {}).items() if value is not None}
    with tracer.start_as_current_span(
        name,
        kind=kind.value,
        attributes=known,
        links=links,
        record_exception=False,
        set_status_on_exception=False,
    ) as inner:
        measured = Span(inner)
        try:
            yield measured
        except BaseException as error:
            measured.fail(error)
            raise


def note(attributes: Mapping[str, Value]) -> None:
    """Add attributes to the span that is under way, whoever began it."""
    if _TRACER.get() is not None:
        Span(trace.get_current_span()).note(attributes)


@contextmanager
def received(
    carried: Mapping[str, str], name: str, attributes: Mapping[str, Value | None]
) -> Iterator[Span]:
    """Measure what a message leads to, in the trace that the message carries.

    Without one it begins a trace: the tracer's, or one that is made up where there is none.

    Args:
        carried: The message's sound `traceparent`, and its `tracestate` if it has one.
        name: Of the span.
        attributes: Of the span.
    """
    parent = _W3C.extract(carried, context=context.Context())
    if _TRACER.get() is None and not trace.get_current_span(parent).get_span_context().is_valid:
        parent = _made_up()
    token = context.attach(parent)
    try:
        with span(name, Kind.CONSUMER, attributes) as measured:
            yield measured
    finally:
        context.detach(token)


def _named_by(carried: Mapping[str, str]) -> trace.SpanContext:
    found = _W3C.extract(carried, context=context.Context())
    return trace.get_current_span(found).get_span_context()


def _made_up() -> context.Context:
    """Return a trace that only log lines and dead letters name."""
    ids = trace.SpanContext(secrets.randbits(128) or 1, secrets.randbits(64) or 1, is_remote=False)
    parent = trace.set_span_in_context(trace.NonRecordingSpan(ids), context.Context())
    return context.set_value(_IS_MADE_UP, value=True, context=parent)


def current_trace() -> TraceIds | None:
    """Return where in which trace this happens; None outside any."""
    found = trace.get_current_span().get_span_context()
    if not found.is_valid:
        return None
    return TraceIds(
        trace.format_trace_id(found.trace_id),
        trace.format_span_id(found.span_id),
        found.trace_flags.sampled,
    )


def carried_on() -> tuple[tuple[str, str], ...]:
    """Return the attributes by which a message carries this trace on; none outside any.

    One that is made up stays here: it says "not sampled", which would silence its receivers.
    """
    carrier: dict[str, str] = {}
    if not context.get_value(_IS_MADE_UP):
        _W3C.inject(carrier)
    return tuple(sorted(carrier.items()))
