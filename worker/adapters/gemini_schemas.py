"""What a model is asked to answer with: pydantic models, and their JSON schema as Gemini takes it.

Visuals are the domain's own types. A kind that joins the union `worker.lessons.visuals.Visual`
is offered to the model with its docstring, and checked by its own rules when it comes back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from worker.lessons.storyboard import SceneKind
from worker.lessons.visuals import Visual

_UNSAID = frozenset({"title", "default", "discriminator", "pattern"})
"""Keywords of pydantic's schemas that Gemini has no use for, or refuses."""


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Outcome(StrEnum):
    """What a question was understood to be."""

    TOPIC = "topic"
    AMBIGUOUS = "ambiguous"
    OUT_OF_SCOPE = "out_of_scope"
    SELF_HARM = "self_harm"
    UNSAFE = "unsafe"


class TopicChoice(_Answer):
    """A topic, and a question about it that a student can tap."""

    topic_id: str
    question: str


class UnderstandingAnswer(_Answer):
    """What a student's question asks for."""

    outcome: Outcome
    choices: tuple[TopicChoice, ...]


class PauseAfter(StrEnum):
    """Why the voice is silent after a sentence."""

    NONE = "none"
    GUESS = "guess"
    ANSWER = "answer"


class SentenceAnswer(_Answer):
    """One spoken sentence."""

    text: str
    source_ids: tuple[str, ...]
    pause: PauseAfter = PauseAfter.NONE


class BulletAnswer(_Answer):
    """A line on screen, the sentence that it belongs to, and the word that reveals it."""

    text: str
    sentence: int
    cue: str


class PartCueAnswer(_Answer):
    """A word that names a part of the scene's visual."""

    part_id: str
    sentence: int
    word: str


WrittenKind = Literal[
    SceneKind.HOOK,
    SceneKind.TERMS,
    SceneKind.EXPLANATION,
    SceneKind.ANALOGY,
    SceneKind.WORKED_EXAMPLE,
    SceneKind.MISCONCEPTION,
    SceneKind.QUESTION,
    SceneKind.TAKEAWAYS,
]
"""What a model writes; the sources card is made from what its sentences name."""


class SceneAnswer(_Answer):
    """One scene."""

    kind: WrittenKind
    title: str
    sentences: Annotated[tuple[SentenceAnswer, ...], Field(min_length=1)]
    bullets: tuple[BulletAnswer, ...]
    display: str = ""
    display_sentence: int = 0
    visual: Annotated[Visual, Field(discriminator="kind")] | None = None
    part_cues: tuple[PartCueAnswer, ...] = ()


class StoryboardAnswer(_Answer):
    """The scenes of a lesson, in their order."""

    scenes: tuple[SceneAnswer, ...]


def gemini_schema(answer: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of an answer in the words that Gemini knows.

    Constants become enums of one value, exclusive alternatives plain ones, and every field is
    required: a model fills what it must, and leaves out what it may.
    """
    return _plain_object(answer.model_json_schema())


def _plain(node: Any) -> Any:
    if isinstance(node, Mapping):
        return _plain_object(node)
    if isinstance(node, Sequence) and not isinstance(node, str):
        return [_plain(one) for one in node]
    return node


def _plain_object(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Translate one schema; the names of `properties` and `$defs` are no keywords."""
    plain: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in {"properties", "$defs"}:
            plain[keyword] = {name: _plain(one) for name, one in value.items()}
        elif keyword == "oneOf":
            plain["anyOf"] = _plain(value)
        elif keyword == "const":
            plain["enum"] = [value]
        elif keyword not in _UNSAID:
            plain[keyword] = _plain(value)
    if "properties" in plain:
        plain["required"] = list(plain["properties"])
    return plain
