"""The span of one call that its provider sees, in OpenTelemetry's words for models.

Providers are those of the price table. What is said, spoken or drawn is in no attribute.
https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from worker.lessons.costs import UNITS, BillableCall, Charge
from worker.telemetry.spans import Kind, Value, span

VOICES = {"google_voice": "gcp.gen_ai", "hibari": "hibari"}
"""Voices, and their names as providers of models. The bundled one is known by no other name."""

USAGE_NAMES = {
    "tokens_in": "gen_ai.usage.input_tokens",
    "tokens_out": "gen_ai.usage.output_tokens",
}
"""Quantities that the conventions name; the others are ours."""


@dataclass(frozen=True, slots=True)
class _Description:
    """How a call's span begins."""

    name: str
    kind: Kind = Kind.INTERNAL
    attributes: Mapping[str, Value | None] = field(default_factory=dict)


@contextmanager
def call_span(charge: Charge) -> Iterator[None]:
    """Measure one call; what it was told to have used is on its span, if it said so."""
    described = _describe(charge.call)
    with span(described.name, described.kind, described.attributes) as measured:
        try:
            yield
        finally:
            if charge.used is not None:
                used = {unit: getattr(charge.used, unit) for unit in UNITS}
                measured.note(
                    {_usage_name(unit): amount for unit, amount in used.items() if amount}
                )


def _usage_name(unit: str) -> str:
    return USAGE_NAMES.get(unit, f"content_worker.usage.{unit}")


def _describe(call: BillableCall) -> _Description:
    if call.provider == "gemini":
        return _model_s(call)
    if call.provider in VOICES:
        return _voice_s(call)
    kind = Kind.CLIENT if call.provider == "cloud_storage" else Kind.INTERNAL
    return _Description(f"{call.operation} {call.provider}", kind)


def _model_s(call: BillableCall) -> _Description:
    """Describe a call of Gemini's: one that may write no token asks for vectors."""
    operation = "generate_content" if call.estimate.tokens_out else "embeddings"
    attributes: dict[str, Value | None] = {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": "gcp.gen_ai",
        "gen_ai.request.model": call.operation,
        "gen_ai.request.max_tokens": call.estimate.tokens_out or None,
    }
    return _Description(f"{operation} {call.operation}", Kind.CLIENT, attributes)


def _voice_s(call: BillableCall) -> _Description:
    """Describe a spoken sentence; the voice that is bundled is its own model."""
    is_ours = call.provider == "hibari"
    model = call.provider if is_ours else call.operation
    attributes: dict[str, Value | None] = {
        "gen_ai.operation.name": "text_to_speech",
        "gen_ai.provider.name": VOICES[call.provider],
        "gen_ai.request.model": model,
        "gen_ai.output.type": "speech",
    }
    kind = Kind.INTERNAL if is_ours else Kind.CLIENT
    return _Description(f"text_to_speech {model}", kind, attributes)
