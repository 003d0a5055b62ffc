"""Placed scenes to lay out, with evenly spoken words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from worker.lessons.narration import SceneNarration, SpokenSentence, WordTiming
from worker.lessons.storyboard import Bullet, Scene, SceneKind, Sentence, Storyboard
from worker.lessons.timeline import PlacedScene, Timeline

WORD_SECONDS = 0.4
RATE = 24_000

PlaceScene = Callable[..., PlacedScene]


def speak(sentence: Sentence) -> SpokenSentence:
    words = sentence.text.split()
    timings = tuple(
        WordTiming(word, index * WORD_SECONDS, (index + 0.9) * WORD_SECONDS)
        for index, word in enumerate(words)
    )
    pcm = bytes(2 * round(len(words) * WORD_SECONDS * RATE))
    return SpokenSentence(sentence.text, pcm, RATE, timings, "estimated")


@pytest.fixture
def place_scene() -> PlaceScene:
    """Place one scene: each bullet has a sentence of its own, revealed by its third word."""

    def place(
        kind: SceneKind,
        bullets: Sequence[str],
        title: str = "Gravity pulls quietly",
        display: str = "",
        sentences: Sequence[Sentence] | None = None,
    ) -> PlacedScene:
        said = sentences or [Sentence("one two three four five six?")] * max(1, len(bullets))
        scene = Scene(
            scene_id="scene",
            kind=kind,
            title=title,
            sentences=tuple(said),
            bullets=tuple(
                Bullet(text, min(index, len(said) - 1), 2) for index, text in enumerate(bullets)
            ),
            display=display,
        )
        narration = SceneNarration("scene", tuple(map(speak, scene.sentences)))
        board = Storyboard(
            topic_id="topic",
            title="Title",
            subject="physics",
            grade_level=9,
            language="en",
            interest="",
            interest_matched=False,
            objective="",
            scenes=(scene,),
            sources=(),
        )
        return Timeline().then(board.scenes[0], narration).scenes[0]

    return place
