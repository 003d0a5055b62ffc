"""What a model answered, and how its answer ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from google.genai import types

from worker.lessons.costs import Usage


class AnswerEnd(StrEnum):
    """How an answer ended."""

    WHOLE = "whole"
    TRUNCATED = "truncated"
    BLOCKED = "blocked"
    RECITED = "recited"
    EMPTY = "empty"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a model, put together from its parts.

    Attributes:
        text: It may quote a student: it enters no log.
        usage: What was billed; None where the service did not say.
    """

    end: AnswerEnd
    text: str = field(repr=False)
    usage: Usage | None


_REASONS = types.FinishReason
_ENDS = {
    _REASONS.STOP: AnswerEnd.WHOLE,
    _REASONS.MAX_TOKENS: AnswerEnd.TRUNCATED,
    _REASONS.CONTINUATION: AnswerEnd.TRUNCATED,
    _REASONS.RECITATION: AnswerEnd.RECITED,
    _REASONS.SAFETY: AnswerEnd.BLOCKED,
    _REASONS.BLOCKLIST: AnswerEnd.BLOCKED,
    _REASONS.PROHIBITED_CONTENT: AnswerEnd.BLOCKED,
    _REASONS.SPII: AnswerEnd.BLOCKED,
    _REASONS.MODEL_ARMOR: AnswerEnd.BLOCKED,
    _REASONS.ESCALATION: AnswerEnd.BLOCKED,
}
"""Every other reason leaves nothing to use, and no word on why."""


def read_answer(responses: Sequence[types.GenerateContentResponse]) -> Answer:
    """Put an answer together from the one response, or from all that a stream sent.

    A stream that ends before it says why it ended was cut.
    """
    text = "".join(_texts(responses))
    usage = next((_usage(one) for one in reversed(responses) if one.usage_metadata), None)
    if any(one.prompt_feedback and one.prompt_feedback.block_reason for one in responses):
        return Answer(AnswerEnd.BLOCKED, "", usage)
    reasons = [
        candidate.finish_reason
        for one in responses
        for candidate in (one.candidates or [])[:1]
        if candidate.finish_reason
    ]
    if not reasons:
        return Answer(AnswerEnd.CUT if text else AnswerEnd.EMPTY, text, usage)
    end = _ENDS.get(reasons[-1], AnswerEnd.EMPTY)
    if end is AnswerEnd.WHOLE and not text.strip():
        end = AnswerEnd.EMPTY
    return Answer(end, text, usage)


def _texts(responses: Sequence[types.GenerateContentResponse]) -> Iterable[str]:
    """Yield what the first candidate says, without its thoughts."""
    for response in responses:
        for candidate in (response.candidates or [])[:1]:
            parts = (candidate.content.parts if candidate.content else None) or []
            yield from (part.text for part in parts if part.text and not part.thought)


def _usage(response: types.GenerateContentResponse) -> Usage:
    said = response.usage_metadata
    if said is None:
        return Usage()
    written = (said.candidates_token_count or 0) + (said.thoughts_token_count or 0)
    return Usage(tokens_in=said.prompt_token_count or 0, tokens_out=written)
