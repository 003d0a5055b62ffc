"""A model that reads the passages that it is given, and teaches from nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from tests.protocols.curriculum_model import blocks_in
from tests.protocols.gemini_server import Call

SHORT = ("hook", "explanation", "question", "takeaways")
MIDDLE = ("terms", "worked_example", "misconception")
LONG_SECONDS = 180

GUESS = {"text": "What do you think will happen to you there?", "pause": "guess"}
ASKED = {"text": "What is the most important thing about it?", "pause": "answer"}
CLOSING = {"text": "Can you now tell a friend all that you heard?", "pause": "none"}


@dataclass(frozen=True, slots=True)
class PassageModel:
    """Takes the first section that it is offered, and speaks the passages' own sentences."""

    def __call__(self, call: Call) -> str:
        """Answer what the blocks of the first turn ask for."""
        blocks = blocks_in(call.texts[0])
        if "topics" in blocks:
            return json.dumps(_understanding(blocks["topics"]))
        return json.dumps(_storyboard(blocks["task"], blocks["sources"]["passages"]))


def _understanding(topics: list[dict[str, str]]) -> dict[str, Any]:
    sections = [one for one in topics if "begins" in one]
    choices = [{"topic_id": one["id"], "question": f"Explain {one['title']}"} for one in sections]
    return {"outcome": "topic" if choices else "out_of_scope", "choices": choices[:1]}


def _storyboard(task: dict[str, Any], passages: list[dict[str, Any]]) -> dict[str, Any]:
    """Spread so many of the passages' sentences over the scenes that the length is right."""
    said = list(_sentences(passages))
    # Pauses take a larger share of a short lesson.
    words = 1.17 * task["words"] - 36
    taken: list[dict[str, Any]] = []
    for sentence in cycle(said):
        if sum(len(one["text"].split()) for one in taken) >= words:
            break
        taken.append(sentence)
    kinds = SHORT if task["seconds"] < LONG_SECONDS else (*SHORT[:1], *MIDDLE, *SHORT[1:])
    each, rest = divmod(len(taken), len(kinds))
    lines = iter(taken)
    scenes = {
        kind: list(islice(lines, each + (number < rest))) for number, kind in enumerate(kinds)
    }
    scenes["hook"].insert(0, GUESS)
    scenes["question"].insert(0, ASKED)
    scenes["takeaways"].append(CLOSING)
    return {"scenes": [_scene(kind, said) for kind, said in scenes.items()]}


def _sentences(passages: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for passage in passages:
        for text in re.split(r"(?<=[.!?])\s+", passage["text"]):
            yield {"text": text, "source_ids": passage["source_ids"], "pause": "none"}


def _scene(kind: str, sentences: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "kind": kind,
        "title": kind.title(),
        "sentences": [{"source_ids": [], **one} for one in sentences],
        "bullets": [],
        "visual": None,
        "part_cues": [],
    }
