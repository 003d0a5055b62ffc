"""Rows about time: lengths, speed, and silence to think in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from worker.lessons.pace import DELIBERATE_SECONDS, fastest_rate
from worker.lessons.quality.evidence import Spoken
from worker.lessons.quality.report import Failure, Reading, Row, counted, worst_above, worst_below
from worker.lessons.quality.text_rows import definition
from worker.lessons.storyboard import SceneKind
from worker.lessons.timeline import PlacedScene

LENGTH_TOLERANCE = 0.15
SHORTEST_LESSON, LONGEST_LESSON = 45.0, 345.0
SHORTEST_SCENE, LONGEST_SCENE = 8.0, 75.0
TERMS_SHARE = 0.20
ANSWER_SECONDS = 3.0
GUESS_SECONDS = 1.0
"""Silence that makes a prompt one to guess at. (ours)"""

_GUESS = re.compile(
    r"\b(?:guess|predict|what do you think|do you think|your bet|would happen)\b|\?", re.IGNORECASE
)


def _length(spoken: Spoken) -> Reading:
    """What is asked for is a time to teach in; the sources card comes on top."""
    seconds, asked = spoken.timeline.taught_seconds, spoken.asked_seconds
    if asked is None:
        return Reading(None)
    off = seconds / asked - 1.0
    what = f"{seconds:.1f} s, {asked} s were asked for"
    failures = (Failure(what, seconds),) if abs(off) > LENGTH_TOLERANCE else ()
    return Reading(off, failures)


def _bounds(spoken: Spoken) -> Reading:
    seconds = spoken.timeline.seconds
    fits = SHORTEST_LESSON <= seconds <= LONGEST_LESSON
    return Reading(seconds, () if fits else (Failure(f"it lasts {seconds:.1f} s", seconds),))


def _scene_seconds(spoken: Spoken) -> Reading:
    """The value is the scene that is furthest from the middle of what is allowed."""
    taught = [scene for scene in spoken.timeline.scenes if scene.scene.teaches]
    lengths = [(scene.end - scene.start, scene) for scene in taught]
    failures = tuple(
        Failure(f"scene {scene.scene.scene_id} lasts {seconds:.1f} s", scene.start)
        for seconds, scene in lengths
        if not SHORTEST_SCENE <= seconds <= LONGEST_SCENE
    )
    middle = (SHORTEST_SCENE + LONGEST_SCENE) / 2
    worst = max(
        (seconds for seconds, _ in lengths), key=lambda one: abs(one - middle), default=None
    )
    return Reading(worst, failures)


def _speech_rate(spoken: Spoken) -> Reading:
    limit = fastest_rate(spoken.storyboard.grade_level)
    found = []
    for scene in spoken.timeline.scenes:
        count, seconds = _speech(scene)
        rate = 60.0 * count / seconds if seconds else 0.0
        what = f"scene {scene.scene.scene_id}: {rate:.0f} words a minute, {limit:.0f} are allowed"
        found.append((rate - limit, Failure(what, scene.start)))
    return worst_above(found, 0.0)


def _speech(scene: PlacedScene) -> tuple[int, float]:
    """Words, and the seconds of a scene without the silences to think in."""
    words = [word for sentence in scene.sentences for word in sentence.words]
    if not words:
        return 0, 0.0
    seconds = scene.end - scene.start
    silences = [after.start - before.end for before, after in pairwise(words)]
    silences.append(seconds - words[-1].end)
    return len(words), seconds - sum(one for one in silences if one >= DELIBERATE_SECONDS)


def _terms_early(spoken: Spoken) -> Reading:
    found = []
    for term in spoken.storyboard.key_terms:
        place = definition(spoken.storyboard, term)
        if place is None:
            found.append((1.0, Failure(f"no sentence says what {term!r} is", None)))
            continue
        scene = spoken.timeline.scenes[place[0]]
        second = scene.start + scene.sentences[place[1]].start
        share = second / spoken.timeline.seconds
        found.append((share, Failure(f"{term!r} is defined at {share:.0%} of the lesson", second)))
    return worst_above(found, TERMS_SHARE)


def _silences(spoken: Spoken) -> Iterator[tuple[PlacedScene, int, float, float]]:
    """After each sentence of a scene: its number, when the silence starts, how long it is."""
    scenes = spoken.timeline.scenes
    for number, scene in enumerate(scenes):
        for index, sentence in enumerate(scene.sentences):
            end = scene.start + (sentence.words[-1].end if sentence.words else sentence.end)
            if index + 1 < len(scene.sentences):
                following = scene.sentences[index + 1]
                start = scene.start + (
                    following.words[0].start if following.words else following.start
                )
            else:
                start = _first_word(scenes[number + 1]) if number + 1 < len(scenes) else scene.end
            yield scene, index, end, start - end


def _first_word(scene: PlacedScene) -> float:
    words = [word for sentence in scene.sentences for word in sentence.words]
    return scene.start + (words[0].start if words else 0.0)


def _prediction(spoken: Spoken) -> Reading:
    """The longest silence after a prompt that stands before the explanation."""
    longest, explained = 0.0, spoken.timeline.seconds
    for scene in spoken.timeline.scenes:
        if scene.scene.kind is SceneKind.EXPLANATION:
            explained = scene.start
            break
    for scene, index, end, seconds in _silences(spoken):
        if end < explained and _GUESS.search(scene.sentences[index].text):
            longest = max(longest, seconds)
    what = "no prompt to guess, with time for it, before the explanation"
    return worst_below([(longest, Failure(what, explained))], GUESS_SECONDS)


def answer_pause(spoken: Spoken) -> tuple[float, float] | None:
    """Where the longest silence after a question to answer begins, and its seconds."""
    found = [
        (end, seconds)
        for scene, index, end, seconds in _silences(spoken)
        if scene.sentences[index].text.rstrip().endswith("?")
        and index + 1 < len(scene.sentences)
        and scene.scene.kind is not SceneKind.HOOK
    ]
    return max(found, key=lambda one: one[1], default=None)


def _retrieval(spoken: Spoken) -> Reading:
    pause = answer_pause(spoken)
    seconds = 0.0 if pause is None else pause[1]
    at = None if pause is None else pause[0]
    what = f"{seconds:.2f} s between question and answer" if pause else "no question to answer"
    return worst_below([(seconds, Failure(what, at))], ANSWER_SECONDS)


def _word_times(spoken: Spoken) -> Reading:
    """Words in order, none before the one before it or outside its scene."""
    failures = []
    for scene in spoken.timeline.scenes:
        clock = 0.0
        for word in (word for sentence in scene.sentences for word in sentence.words):
            if word.start < clock - 1e-6 or scene.start + word.end > scene.end + 1e-6:
                failures.append(Failure(f"the word {word.text!r} is out of order", scene.start))
            clock = word.start
    return counted(failures)


PACE_ROWS: tuple[Row[Spoken], ...] = (
    Row("length", "within 15% of what was asked for", "share off", _length),
    Row("length-bounds", "45-345", "s", _bounds),
    Row("scene-seconds", "8-75", "s", _scene_seconds),
    Row("speech-rate", "130 (grades 1-5), 140 (6-8), 160 (9-12)", "wpm above", _speech_rate),
    Row("terms-early", "defined in the first 20%", "share", _terms_early),
    Row("prediction", "1 s or more after a prompt before the explanation", "s", _prediction),
    Row("retrieval-practice", "3 s or more between question and answer", "s", _retrieval),
    Row("word-times", "in order, within their scene", "words", _word_times),
)
"""What needs the times of the words."""
