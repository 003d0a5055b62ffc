"""Captions: cues from the words of a timeline, and as a WebVTT track.

Thresholds are those of Netflix's timed text style guide: 42 characters a line, two lines,
0.83-7 s a cue. The gap rule keeps two cues from touching.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from worker.lessons.narration import WordTiming
from worker.lessons.timeline import FRAMES_PER_SECOND, PlacedScene, Timeline

MAX_LINE_CHARACTERS = 42
MAX_LINES = 2
MIN_CUE_SECONDS = 0.83
MAX_CUE_SECONDS = 7.0
CHARACTERS_PER_SECOND = 13.0
"""What the youngest can read; the guide's limit for grown-ups is 17."""

CUE_PLACE = "position:50% size:90% align:center"
"""Centred, within the safe area for titles (SMPTE ST 2046-1: 90% of the width)."""

MIN_GAP_SECONDS = 2 / 30
"""Two frames between cues, so that the eye sees that the text changed."""


@dataclass(frozen=True, slots=True)
class CaptionCue:
    """One caption: its lines and when they show, in seconds.

    Attributes:
        words: The same words as spoken, one for each part of a line between spaces.
    """

    start: float
    end: float
    lines: tuple[str, ...]
    words: tuple[WordTiming, ...]


def caption_cues(timeline: Timeline) -> tuple[CaptionCue, ...]:
    """Cut the spoken words into cues: each within one sentence, each of two lines at most.

    Times are from the start of the lesson.
    """
    drafts = [draft for scene in timeline.scenes for draft in _drafts(scene, scene.start)]
    return tuple(_settle_times(drafts, timeline.seconds))


def scene_cues(placed: PlacedScene) -> tuple[CaptionCue, ...]:
    """The cues of one scene alone, with times from its start; none outlasts the scene."""
    return tuple(_settle_times(_drafts(placed, 0.0), placed.frame_count / FRAMES_PER_SECOND))


def _drafts(placed: PlacedScene, start: float) -> list[list[WordTiming]]:
    return [
        draft
        for sentence in placed.sentences
        for draft in _cut([_shift(word, start) for word in sentence.words])
    ]


def write_vtt(cues: Sequence[CaptionCue]) -> str:
    """Return the cues as a WebVTT file."""
    blocks = ["WEBVTT"]
    for number, cue in enumerate(cues, start=1):
        text = "\n".join(escape(line) for line in cue.lines)
        times = f"{timestamp(cue.start)} --> {timestamp(cue.end)}"
        # Counted in lines from below, so that players can keep cues off their controls.
        place = f"line:-{len(cue.lines)} {CUE_PLACE}"
        blocks.append(f"{number}\n{times} {place}\n{text}")
    return "\n\n".join(blocks) + "\n"


def timestamp(seconds: float) -> str:
    """Return seconds as WebVTT writes them: hours, minutes, seconds, milliseconds."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"


def escape(line: str) -> str:
    """Return a line as the text of a WebVTT cue, where `<` and `&` begin markup."""
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _shift(word: WordTiming, start: float) -> WordTiming:
    return WordTiming(word.text, start + word.start, start + word.end)


def _cut(words: Sequence[WordTiming]) -> list[list[WordTiming]]:
    """Cut one sentence into the fewest cues that fit, as even as they can be."""
    for parts in range(1, len(words) + 1):
        cut = _cut_evenly(words, parts)
        if all(_fits(part) for part in cut):
            return cut
    return _cut_greedily(words)


def _cut_greedily(words: Sequence[WordTiming]) -> list[list[WordTiming]]:
    """Fill one cue after the other: a single word that does not fit stands alone."""
    cut: list[list[WordTiming]] = []
    for word in words:
        if cut and _fits([*cut[-1], word]):
            cut[-1].append(word)
        else:
            cut.append([word])
    return cut


def _cut_evenly(words: Sequence[WordTiming], parts: int) -> list[list[WordTiming]]:
    """Split the words into `parts` runs of nearly equal length, preferring clause ends."""
    total = sum(len(word.text) + 1 for word in words)
    cut: list[list[WordTiming]] = [[]]
    used = 0
    for word in words:
        goal = total * len(cut) / parts
        past_goal = used + len(word.text) / 2 > goal
        clause_ended = bool(cut[-1]) and cut[-1][-1].text.endswith((",", ";", ":"))
        near_goal = used > goal - total / parts * 0.3
        if cut[-1] and len(cut) < parts and (past_goal or (clause_ended and near_goal)):
            cut.append([])
        cut[-1].append(word)
        used += len(word.text) + 1
    return cut


def _fits(words: Sequence[WordTiming]) -> bool:
    lines = _lines(words)
    short = all(len(line) <= MAX_LINE_CHARACTERS for line in lines) and len(lines) <= MAX_LINES
    return short and words[-1].end - words[0].start <= MAX_CUE_SECONDS


def _lines(words: Sequence[WordTiming]) -> tuple[str, ...]:
    """One line where it fits, else the two most even ones."""
    texts = [word.text for word in words]
    whole = " ".join(texts)
    if len(whole) <= MAX_LINE_CHARACTERS:
        return (whole,)
    breaks = range(1, len(texts))
    if not breaks:
        return (whole,)
    best = min(breaks, key=lambda at: max(len(" ".join(texts[:at])), len(" ".join(texts[at:]))))
    return " ".join(texts[:best]), " ".join(texts[best:])


def _settle_times(drafts: Sequence[Sequence[WordTiming]], end: float) -> Iterator[CaptionCue]:
    """Give every cue time to be read where the next one leaves room; never let two overlap."""
    for index, words in enumerate(drafts):
        start, lines = words[0].start, _lines(words)
        following = drafts[index + 1][0].start if index + 1 < len(drafts) else end
        # Where two cues begin within two gaps of each other, half of the time is the cue's.
        latest = following - min(MIN_GAP_SECONDS, (following - start) / 2)
        reading = max(MIN_CUE_SECONDS, sum(map(len, lines)) / CHARACTERS_PER_SECOND)
        wanted = max(words[-1].end, start + reading)
        cue_end = min(wanted, start + MAX_CUE_SECONDS, latest)
        yield CaptionCue(start, cue_end, lines, tuple(words))
