"""A model's storyboard: what makes it unusable, and how it becomes the domain's.

Thresholds are those of the bundled curriculum's lessons and of the lesson rules, so that both
writers are held to one measure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from worker.adapters.gemini_schemas import (
    PauseAfter,
    SceneAnswer,
    SentenceAnswer,
    StoryboardAnswer,
)
from worker.adapters.lesson_composition import (
    MOST_BULLETS,
    MOST_BULLETS_BESIDE_A_VISUAL,
    MOST_SCENES,
)
from worker.adapters.lesson_length import estimate_scene_seconds
from worker.adapters.lesson_lines import ANSWER_PAUSE, GUESS_PAUSE
from worker.curriculum.models import bare_word
from worker.lessons.pace import SENTENCE_PAUSE, pace_at, words_per_minute
from worker.lessons.storyboard import Bullet, Scene, SceneKind, Sentence
from worker.lessons.support import is_supported
from worker.lessons.visuals import PartCue

FEWEST_SCENES = 3
SHORTEST_SCENE_SECONDS = 8.0
LONGEST_SCENE_SECONDS = 75.0
LENGTH_TOLERANCE = 0.15
MOST_BULLET_WORDS = 8
"""The lesson rules."""

MOST_SENTENCE_WORDS = 40
"""A voice runs out of breath, and a caption of room. (ours)"""

LONGEST_TITLE = 60
LONGEST_DISPLAY = 60
"""Characters that a scene has room for, in one line and in two. (ours)"""

_LEAKED = re.compile(
    r"[*_#`\\\[\]{}<>|~^]|https?:|www\.|\(\s*(?:pause|music|sfx|narrator)", re.IGNORECASE
)
"""Markdown, markup, addresses and stage directions: nothing of it can be spoken."""

_MARKUP = re.compile(r"\*\*|__|`|^\s*[#*-] |\]\(|</?[a-z]|https?:|www\.")
"""What is no text for the screen, where signs such as ``>`` may stand."""

_FROM_THE_INTEREST = frozenset({SceneKind.HOOK, SceneKind.ANALOGY})
"""Scenes that speak of what a student likes, in words that no passage has."""

_PAUSES = {
    PauseAfter.NONE: SENTENCE_PAUSE,
    PauseAfter.GUESS: GUESS_PAUSE,
    PauseAfter.ANSWER: ANSWER_PAUSE,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a storyboard must be.

    Attributes:
        grade_level: Of the student; it decides how fast the voice speaks.
        texts: What the passages of own sources say, by their source ids.
    """

    source_ids: frozenset[str]
    duration_seconds: int
    grade_level: int
    texts: Mapping[str, str] = field(default_factory=dict)


def storyboard_faults(answer: StoryboardAnswer, wanted: Wanted) -> list[str]:
    """Return a sentence for everything that makes a storyboard unusable."""
    faults = list(_faults_of_order(answer.scenes))
    for number, scene in enumerate(answer.scenes, start=1):
        where = f"Scene {number} ({scene.kind.value})"
        faults += [f"{where}: {fault}" for fault in _faults_of_scene(scene, wanted)]
    if not faults:
        # Lengths mean something only for scenes that are sound otherwise.
        faults += _faults_of_length(answer.scenes, wanted)
    return faults


def _faults_of_order(scenes: Sequence[SceneAnswer]) -> Iterator[str]:
    if not FEWEST_SCENES <= len(scenes) <= MOST_SCENES:
        yield f"There are {len(scenes)} scenes: give {FEWEST_SCENES} to {MOST_SCENES}."
        return
    for kind, count in Counter(scene.kind for scene in scenes).items():
        if count > 1:
            yield f"There are {count} scenes of the kind {kind.value}: give one at most."
    if scenes[0].kind is not SceneKind.HOOK:
        yield "The first scene is no hook."
    if scenes[-1].kind is not SceneKind.TAKEAWAYS:
        yield "The last scene is no takeaways."
    pauses = {sentence.pause for scene in scenes for sentence in scene.sentences}
    if PauseAfter.GUESS not in pauses:
        yield "No sentence asks for a guess: give one the pause guess."
    asked = next((scene for scene in scenes if scene.kind is SceneKind.QUESTION), None)
    if asked is None or all(one.pause is not PauseAfter.ANSWER for one in asked.sentences):
        yield "There is no scene of the kind question whose question has the pause answer."


def _faults_of_scene(scene: SceneAnswer, wanted: Wanted) -> Iterator[str]:
    if not 1 <= len(scene.title) <= LONGEST_TITLE:
        yield f"the title has {len(scene.title)} characters, 1 to {LONGEST_TITLE} fit."
    for number, sentence in enumerate(scene.sentences):
        for fault in _faults_of_sentence(scene.kind, sentence, wanted):
            yield f"sentence {number} {fault}"
    yield from _faults_of_screen(scene)
    yield from _faults_of_visual(scene)


def _faults_of_sentence(kind: SceneKind, sentence: SentenceAnswer, wanted: Wanted) -> Iterator[str]:
    words = sentence.text.split()
    if not any(character.isalnum() for character in sentence.text):
        yield "says nothing."
    if len(words) > MOST_SENTENCE_WORDS:
        yield f"has {len(words)} words: split it."
    leaked = _LEAKED.search(sentence.text)
    if leaked:
        yield f"holds {leaked[0]!r}, which cannot be spoken."
    unknown = sorted(set(sentence.source_ids) - wanted.source_ids)
    if unknown:
        yield f"names sources that were not given: {', '.join(unknown)}."
    is_statement = not sentence.text.rstrip().endswith("?")
    if is_statement and not sentence.source_ids and kind is not SceneKind.HOOK:
        yield "is a statement without a source."
    if is_statement and kind not in _FROM_THE_INTEREST and not _is_supported(sentence, wanted):
        yield "says what the passages that it names do not speak of."


def _is_supported(sentence: SentenceAnswer, wanted: Wanted) -> bool:
    """Hold a sentence to the own passages that it names; the curriculum's texts are many."""
    named = [wanted.texts[one] for one in sentence.source_ids if one in wanted.texts]
    rests_on_them_alone = len(named) == len(sentence.source_ids)
    return not named or not rests_on_them_alone or is_supported(sentence.text, named)


def _faults_of_screen(scene: SceneAnswer) -> Iterator[str]:
    room = MOST_BULLETS if scene.visual is None else MOST_BULLETS_BESIDE_A_VISUAL
    if len(scene.bullets) > room:
        yield f"{len(scene.bullets)} bullets, {room} fit."
    for number, bullet in enumerate(scene.bullets, start=1):
        if not 1 <= len(bullet.text.split()) <= MOST_BULLET_WORDS:
            count = len(bullet.text.split())
            yield f"bullet {number} has {count} words, 1 to {MOST_BULLET_WORDS} are allowed."
        if _MARKUP.search(bullet.text):
            yield f"bullet {number} holds markup."
        if word_index(scene, bullet.sentence, bullet.cue) is None:
            yield f"bullet {number}: {bullet.cue!r} is no word of sentence {bullet.sentence}."
    if _MARKUP.search(scene.title) or _MARKUP.search(scene.display):
        yield "the title or the display holds markup."
    if len(scene.display) > LONGEST_DISPLAY:
        yield f"the display has {len(scene.display)} characters, {LONGEST_DISPLAY} fit."
    if scene.display and not 0 <= scene.display_sentence < len(scene.sentences):
        yield f"the display is revealed by sentence {scene.display_sentence}, which is not there."


def _faults_of_visual(scene: SceneAnswer) -> Iterator[str]:
    parts = scene.visual.part_ids if scene.visual is not None else ()
    named = {cue.part_id for cue in scene.part_cues}
    yield from (f"no word names the part {one!r}." for one in parts if one not in named)
    for cue in scene.part_cues:
        if cue.part_id not in parts:
            yield f"a cue names {cue.part_id!r}, which is no part of the visual."
        if word_index(scene, cue.sentence, cue.word) is None:
            yield f"{cue.word!r} is no word of sentence {cue.sentence}."


def _faults_of_length(scenes: Sequence[SceneAnswer], wanted: Wanted) -> Iterator[str]:
    pace = pace_at(wanted.grade_level)
    for number, scene in enumerate(scenes, start=1):
        seconds = estimate_scene_seconds(_sentences(scene), pace)
        if not SHORTEST_SCENE_SECONDS <= seconds <= LONGEST_SCENE_SECONDS:
            yield (
                f"Scene {number} ({scene.kind.value}) lasts about {seconds:.0f} s: "
                f"{SHORTEST_SCENE_SECONDS:.0f} to {LONGEST_SCENE_SECONDS:.0f} are allowed."
            )
    total = sum(estimate_scene_seconds(_sentences(scene), pace) for scene in scenes)
    off = total - wanted.duration_seconds
    if abs(off) > LENGTH_TOLERANCE * wanted.duration_seconds:
        words = round(abs(off) * words_per_minute(wanted.grade_level) / 60)
        change = "Leave out" if off > 0 else "Add"
        yield (
            f"The lesson lasts about {total:.0f} s, {wanted.duration_seconds} are wanted. "
            f"{change} about {words} words."
        )


def word_index(scene: SceneAnswer, sentence: int, word: str) -> int | None:
    """Return the index of a word in a sentence of a scene; None where it is not there."""
    if not 0 <= sentence < len(scene.sentences):
        return None
    words = [bare_word(one) for one in scene.sentences[sentence].text.split()]
    bare = bare_word(word)
    return words.index(bare) if bare in words else None


def to_scenes(answer: StoryboardAnswer) -> tuple[Scene, ...]:
    """Return the scenes of an answer that has no faults."""
    return tuple(_to_scene(scene) for scene in answer.scenes)


def _to_scene(scene: SceneAnswer) -> Scene:
    return Scene(
        scene_id=scene.kind.value,
        kind=scene.kind,
        title=scene.title,
        sentences=_sentences(scene),
        bullets=tuple(
            Bullet(one.text, one.sentence, word_index(scene, one.sentence, one.cue) or 0)
            for one in sorted(scene.bullets, key=lambda one: one.sentence)
        ),
        display=scene.display,
        display_sentence_index=scene.display_sentence if scene.display else 0,
        visual=scene.visual,
        part_cues=_part_cues(scene),
    )


def _part_cues(scene: SceneAnswer) -> tuple[PartCue, ...]:
    cues = [
        PartCue(one.part_id, one.sentence, word_index(scene, one.sentence, one.word) or 0)
        for one in scene.part_cues
    ]
    return tuple(sorted(cues, key=lambda cue: (cue.sentence_index, cue.word_index)))


def _sentences(scene: SceneAnswer) -> tuple[Sentence, ...]:
    """Return a scene's sentences; an ordinary pause after the last one is the scene's tail."""
    last = len(scene.sentences) - 1
    return tuple(
        Sentence(
            " ".join(one.text.split()),
            one.source_ids,
            0.0 if number == last and one.pause is PauseAfter.NONE else _PAUSES[one.pause],
        )
        for number, one in enumerate(scene.sentences)
    )
