"""A model that knows the curriculum: it reads our prompts, and answers as a good model would.

What it answers is the bundled curriculum's, written as the schema wants it, so that lessons made
through the cloud adapters can be held to the same lessons made without them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from tests.protocols.gemini_server import Call
from worker.adapters.curriculum_writer import CurriculumWriter
from worker.adapters.lesson_lines import ANSWER_PAUSE, GUESS_PAUSE
from worker.curriculum.match import (
    AmbiguousQuery,
    MatchOutcome,
    OutOfScope,
    TopicMatch,
    match_topic,
)
from worker.curriculum.models import Curriculum, Topic
from worker.lessons.storyboard import Scene, Storyboard
from worker.lessons.visuals import Visual

_VISUAL: TypeAdapter[Visual] = TypeAdapter(Visual)


@dataclass(frozen=True, slots=True)
class CurriculumModel:
    """Answers the first turn of a conversation; a repair gets the same answer again."""

    curriculum: Curriculum

    def __call__(self, call: Call) -> str:
        """Answer what the blocks of the first turn ask for."""
        blocks = blocks_in(call.texts[0])
        if not blocks:
            answer: dict[str, Any] = {"ready": True}  # the trial of the preflight
        elif "topics" in blocks:
            answer = self._understanding(blocks["student"])
        else:
            answer = self._storyboard(blocks["task"])
        return json.dumps(answer)

    def _understanding(self, student: dict[str, Any]) -> dict[str, Any]:
        outcome, topics = _sorted(
            match_topic(self.curriculum, student["question"], student["grade"])
        )
        choices = [{"topic_id": one.id, "question": one.request} for one in topics]
        return {"outcome": outcome, "choices": choices}

    def _storyboard(self, task: dict[str, Any]) -> dict[str, Any]:
        topic = next(one for one in self.curriculum.topics if one.title == task["topic"])
        board = CurriculumWriter(self.curriculum).write(
            topic.id, task["grade"], task["interest"], task["seconds"]
        )
        return as_answer(board)


def _sorted(found: MatchOutcome) -> tuple[str, tuple[Topic, ...]]:
    match found:
        case TopicMatch(topic):
            return "topic", (topic,)
        case AmbiguousQuery(topics):
            return "ambiguous", topics
        case OutOfScope():
            return "out_of_scope", found.nearby


def blocks_in(text: str) -> dict[str, Any]:
    """Read the blocks of data in a prompt."""
    found = re.findall(r"^<(\w+)>\n(.*?)\n</\1>$", text, re.DOTALL | re.MULTILINE)
    return {name: json.loads(content) for name, content in found}


def as_answer(board: Storyboard) -> dict[str, Any]:
    """Write a storyboard as the schema wants it."""
    return {"scenes": [_scene(scene) for scene in board.taught]}


def _scene(scene: Scene) -> dict[str, Any]:
    pauses = {GUESS_PAUSE: "guess", ANSWER_PAUSE: "answer"}
    words = [sentence.text.split() for sentence in scene.sentences]
    return {
        "kind": scene.kind.value,
        "title": scene.title,
        "sentences": [
            {
                "text": sentence.text,
                "source_ids": list(sentence.source_ids),
                "pause": pauses.get(sentence.pause_after, "none"),
            }
            for sentence in scene.sentences
        ],
        "bullets": [
            {
                "text": bullet.text,
                "sentence": bullet.sentence_index,
                "cue": words[bullet.sentence_index][bullet.cue_word_index],
            }
            for bullet in scene.bullets
        ],
        "display": scene.display,
        "display_sentence": scene.display_sentence_index,
        "visual": None if scene.visual is None else _VISUAL.dump_python(scene.visual, mode="json"),
        "part_cues": [
            {
                "part_id": cue.part_id,
                "sentence": cue.sentence_index,
                "word": words[cue.sentence_index][cue.word_index],
            }
            for cue in scene.part_cues
        ],
    }
