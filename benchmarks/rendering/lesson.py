"""The lesson that all contestants render: six scenes in 60 s, each word with its time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from worker.layout.burned_captions import burn_captions
from worker.layout.scenes import plan_scene
from worker.lessons.lesson_assembly import ChapterMark, LessonAssembly, Narration
from worker.lessons.look import LessonFace
from worker.lessons.narration import SceneNarration, SpokenSentence, WordTiming
from worker.lessons.render_plan import ScenePlan
from worker.lessons.soundtrack import Soundtrack
from worker.lessons.storyboard import Bullet, Scene, SceneKind, Sentence
from worker.lessons.timeline import LEAD_IN_SECONDS, TAIL_SECONDS, Timeline
from worker.lessons.visuals import Direction, Force, ForceDiagram, PartCue, Thing

RATE = 24_000
TITLE = "Newton's third law"
SUBJECT = "physics"
SCENE_SECONDS = 10.0
WORD_SECONDS = 0.36
SCENES_PER_MINUTE = 6

_PUSHES = ForceDiagram(
    (Thing("player", "Player"), Thing("floor", "Floor")),
    (
        Force("up", "push up", "player", Direction.LEFT, 1.0),
        Force("down", "push down", "floor", Direction.RIGHT, 1.0),
    ),
)

_SCENES = (
    Scene(
        "hook",
        SceneKind.HOOK,
        "A push you can feel",
        (
            Sentence("What pushes you up when you jump for a high ball?"),
            Sentence("Guess now, and watch what the floor does to your feet."),
        ),
        display="What pushes you up?",
    ),
    Scene(
        "explanation",
        SceneKind.EXPLANATION,
        "Forces come in pairs",
        (
            Sentence("Every push gets a push back from the other object."),
            Sentence("Both are equal in size, and they point opposite ways."),
        ),
        (
            Bullet("Every push has a partner", 0, 1),
            Bullet("Same size", 1, 2),
            Bullet("Opposite directions", 1, 8),
        ),
    ),
    Scene(
        "example",
        SceneKind.WORKED_EXAMPLE,
        "Look at both forces",
        (
            Sentence("The player stands on the floor and pushes it down."),
            Sentence("The floor answers, and the push up lifts the player."),
        ),
        (Bullet("Player pushes floor", 0, 1), Bullet("Floor pushes player", 1, 1)),
        visual=_PUSHES,
        part_cues=(
            PartCue("player", 0, 1),
            PartCue("floor", 0, 5),
            PartCue("down", 0, 7),
            PartCue("floor", 1, 1),
            PartCue("up", 1, 5),
            PartCue("player", 1, 9),
        ),
    ),
    Scene(
        "misconception",
        SceneKind.MISCONCEPTION,
        "Do they cancel?",
        (
            Sentence("You may think that equal forces cancel each other out."),
            Sentence("They do not, because they act on two different objects."),
        ),
        (Bullet("Equal forces cancel", 0, 4), Bullet("They act on different objects", 1, 6)),
    ),
    Scene(
        "question",
        SceneKind.QUESTION,
        "Your turn",
        (
            Sentence("A wall feels your push; what do your hands feel?"),
            Sentence("They feel the wall push back, just as strongly."),
        ),
        (Bullet("The wall pushes back", 1, 3),),
        display="What do your hands feel?",
    ),
    Scene(
        "takeaways",
        SceneKind.TAKEAWAYS,
        "What to remember",
        (
            Sentence("Forces come in pairs, equal in size and opposite ways."),
            Sentence("The two forces of a pair act on different objects."),
        ),
        (
            Bullet("Forces come in pairs", 0, 0),
            Bullet("Equal and opposite", 0, 4),
            Bullet("On different objects", 1, 7),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class BenchLesson:
    """A lesson as a renderer is given it."""

    timeline: Timeline
    samples: Path

    def plans(self, *, with_captions: bool) -> tuple[ScenePlan, ...]:
        """Every scene's plan."""
        face = LessonFace(TITLE, SUBJECT)
        plans = []
        for number, placed in enumerate(self.timeline.scenes):
            plan = plan_scene(
                placed,
                scene_number=number % SCENES_PER_MINUTE + 1,
                scene_count=SCENES_PER_MINUTE,
                face=face,
            )
            plans.append(burn_captions(plan, placed, face) if with_captions else plan)
        return tuple(plans)

    @property
    def narration(self) -> Narration:
        """The whole narration."""
        return Narration(self.samples, RATE, self.timeline.frame_count)

    def assembly(self, segments: tuple[Path, ...], sound: Path) -> LessonAssembly:
        """What is joined."""
        marks = tuple(
            ChapterMark(placed.scene.title, placed.first_frame, placed.frame_count)
            for placed in self.timeline.scenes
        )
        return LessonAssembly(segments, self.timeline.frame_count, sound, TITLE, "en", marks)


def make_lesson(seconds: int, folder: Path) -> BenchLesson:
    """Make a lesson of so many seconds (a multiple of ten): the scenes, over and over."""
    timeline = Timeline()
    track = Soundtrack(folder / f"narration-{seconds}.pcm")
    for number in range(round(seconds / SCENE_SECONDS)):
        scene = _paced(_SCENES[number % len(_SCENES)])
        scene = replace(scene, scene_id=f"{scene.scene_id}-{number}")
        narration = SceneNarration(scene.scene_id, tuple(_spoken(one) for one in scene.sentences))
        timeline = timeline.then(scene, narration)
        track.lay(timeline.scenes[-1], narration)
    assert timeline.frame_count == seconds * 30, timeline.frame_count
    return BenchLesson(timeline, track.path)


def _paced(scene: Scene) -> Scene:
    """The scene with a last pause that makes it ten seconds long."""
    words = sum(len(sentence.text.split()) for sentence in scene.sentences)
    pauses = sum(sentence.pause_after for sentence in scene.sentences[:-1])
    rest = SCENE_SECONDS - LEAD_IN_SECONDS - TAIL_SECONDS - words * WORD_SECONDS - pauses
    assert rest >= 0, scene.scene_id
    return replace(
        scene, sentences=(*scene.sentences[:-1], replace(scene.sentences[-1], pause_after=rest))
    )


@lru_cache(maxsize=64)
def _spoken(sentence: Sentence) -> SpokenSentence:
    words = sentence.text.split()
    timings = tuple(
        WordTiming(word, index * WORD_SECONDS, (index + 1) * WORD_SECONDS - 0.06)
        for index, word in enumerate(words)
    )
    samples = (2500 * _syllables(len(words))).astype("<i2")
    return SpokenSentence(sentence.text, samples.tobytes(), RATE, timings, "estimated")


def _syllables(words: int) -> NDArray[np.float64]:
    """Noise in syllables: peaks far above its loudness, as speech has them."""
    times = np.arange(round(words * WORD_SECONDS * RATE)) / RATE
    noise = np.random.default_rng(words).standard_normal(len(times))
    smooth = np.convolve(noise, np.ones(12) / 3.5, mode="same")
    return np.asarray(smooth * np.exp(-6 * (times % WORD_SECONDS)), dtype=np.float64)
