"""Rows about the sound, measured from the encoded file."""

from __future__ import annotations

from worker.lessons.quality.evidence import LEVELS_PER_SECOND, Heard
from worker.lessons.quality.pace_rows import ANSWER_SECONDS, answer_pause
from worker.lessons.quality.report import Failure, Reading, Row, worst_above, worst_below
from worker.lessons.timeline import PlacedScene

TARGET_LUFS, LUFS_TOLERANCE = -16.0, 1.0
HIGHEST_PEAK = -1.0
AUDIBLE_DB = -42.0
"""From here on something is heard: 26 dB under the loudness that speech is brought to. (ours)"""

SYNC_SECONDS = 0.2
"""How far the first sound of a scene may be from its first word. A word may begin with a breath
or a soft consonant, and the voice's own times are of its phonemes: 0.16 s were measured where
nothing was late. (ours)"""

_BREATH_SECONDS = 0.3
"""Before a first word: its breath is no music. (ours)"""

_AROUND_SECONDS = 0.4


def _loudness(heard: Heard) -> Reading:
    lufs = heard.sound.lufs
    fits = abs(lufs - TARGET_LUFS) <= LUFS_TOLERANCE
    return Reading(lufs, () if fits else (Failure(f"{lufs:.1f} LUFS", None),))


def _true_peak(heard: Heard) -> Reading:
    peak = heard.sound.true_peak
    return worst_above([(peak, Failure(f"{peak:.2f} dBTP", None))], HIGHEST_PEAK)


def _answer_silence(heard: Heard) -> Reading:
    """The longest stretch between question and answer in which nothing is heard."""
    pause = answer_pause(heard.spoken)
    if pause is None:
        return Reading(0.0, (Failure("no question to answer", None),))
    start, seconds = pause
    longest = _longest_silence(heard.sound.between(start, start + seconds + _AROUND_SECONDS))
    return worst_below([(longest, Failure(f"{longest:.2f} s of silence", start))], ANSWER_SECONDS)


def _longest_silence(levels: tuple[float, ...]) -> float:
    longest = run = 0
    for level in levels:
        run = 0 if level > AUDIBLE_DB else run + 1
        longest = max(longest, run)
    return longest / LEVELS_PER_SECOND


def _under_speech(heard: Heard) -> Reading:
    """What is heard before the first word of a scene, where nobody speaks: no music."""
    found = []
    for scene in heard.spoken.timeline.scenes:
        first = _first_word(scene)
        until = scene.end if first is None else scene.start + first - _BREATH_SECONDS
        levels = heard.sound.between(scene.start, until)
        level = max(levels, default=-100.0)
        found.append((level, Failure(f"{level:.0f} dB where nobody speaks", scene.start)))
    return worst_above(found, AUDIBLE_DB)


def _sync(heard: Heard) -> Reading:
    """At each scene's start: the first sound against the first word of the timeline."""
    found = []
    for scene in heard.spoken.timeline.scenes:
        first = _first_word(scene)
        if first is None:
            continue
        word = scene.start + first
        start = max(scene.start, word - _AROUND_SECONDS)
        levels = heard.sound.between(start, word + _AROUND_SECONDS)
        onset = next((i for i, level in enumerate(levels) if level > AUDIBLE_DB), None)
        off = _AROUND_SECONDS if onset is None else abs(start + onset / LEVELS_PER_SECOND - word)
        found.append((off, Failure(f"{off:.2f} s from its first word", scene.start)))
    return worst_above(found, SYNC_SECONDS)


def _first_word(scene: PlacedScene) -> float | None:
    return next((word.start for one in scene.sentences for word in one.words), None)


SOUND_ROWS: tuple[Row[Heard], ...] = (
    Row("loudness", "-16 LUFS within 1", "LUFS", _loudness),
    Row("true-peak", "-1 dBTP or less", "dBTP", _true_peak),
    Row("answer-silence", "3 s or more without a sound", "s", _answer_silence),
    Row("no-music", f"{AUDIBLE_DB:.0f} dB or less where nobody speaks", "dB", _under_speech),
    Row("drift", f"{SYNC_SECONDS} s or less at every scene's start", "s", _sync),
)
"""What needs the encoded sound."""
