"""Small storyboards and narrations, made of as little as a test needs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from hypothesis import strategies as st

from worker.lessons.narration import SceneNarration, SpokenSentence, WordTiming
from worker.lessons.storyboard import Scene, SceneKind, Sentence, Source, Storyboard
from worker.lessons.timeline import Timeline

RATE = 24_000

SOURCES = (
    Source("physics", "Physics", "Forces", "CC BY 4.0"),
    Source("primer", "A Primer", "", "CC BY-SA 4.0"),
)


def spoken(
    *words: tuple[str, float], rate: int = RATE, sample: bytes = b"\x01\x00"
) -> SpokenSentence:
    """Return a sentence whose words sound for so many seconds, one straight after the other."""
    ends = list(accumulate(seconds for _, seconds in words))
    starts = [0.0, *ends][: len(words)]
    return SpokenSentence(
        text=" ".join(text for text, _ in words),
        pcm=sample * round((ends[-1] if ends else 0.0) * rate),
        sample_rate=rate,
        words=tuple(
            WordTiming(text, start, end)
            for (text, _), start, end in zip(words, starts, ends, strict=True)
        ),
        timing="voice",
    )


def scene(number: int, *sentences: Sentence, title: str = "") -> Scene:
    """Return a scene that says these sentences."""
    return Scene(
        f"scene-{number}", SceneKind.EXPLANATION, title or f"Scene {number}", tuple(sentences)
    )


def storyboard(*scenes: Scene) -> Storyboard:
    """Return a storyboard of these scenes."""
    return Storyboard(
        topic_id="forces",
        title="Forces & motion",
        subject="Physics",
        grade_level=8,
        language="en",
        interest="basketball",
        interest_matched=True,
        objective="Say what a force does.",
        scenes=scenes,
        sources=SOURCES,
    )


def place_scenes(story: Storyboard, narrations: Sequence[SceneNarration]) -> Timeline:
    """Place all scenes of a storyboard by the length of their narrations."""
    timeline = Timeline()
    for one, narration in zip(story.scenes, narrations, strict=True):
        timeline = timeline.then(one, narration)
    return timeline


def lesson(
    scenes: Sequence[Sequence[tuple[SpokenSentence, float]]],
) -> tuple[Storyboard, tuple[SceneNarration, ...]]:
    """Return a storyboard and its narration, from spoken sentences and the pauses after them."""
    written = [
        scene(
            number,
            *(Sentence(said.text, pause_after=pause) for said, pause in sentences),
        )
        for number, sentences in enumerate(scenes, start=1)
    ]
    narrations = tuple(
        SceneNarration(f"scene-{number}", tuple(said for said, _ in sentences))
        for number, sentences in enumerate(scenes, start=1)
    )
    return storyboard(*written), narrations


_TEXTS = ("a", "is", "so,", "force", "<b>", "R&D", "object;", "acceleration", "x" * 21, "y" * 50)


def lessons(rate: int = 1000) -> st.SearchStrategy[list[list[tuple[SpokenSentence, float]]]]:
    """Draw lessons of one or two scenes, of short and long words, spoken fast and slowly."""
    # 5 ms is far shorter than a phoneme, 9 s longer than any cue may be; whole samples, so that
    # a sentence ends with its last word.
    seconds = st.sampled_from([5, 40, 80, 150, 300, 700, 2000, 9000]).map(lambda ms: ms / 1000)
    word = st.tuples(st.sampled_from(_TEXTS), seconds)
    sentence = st.builds(
        lambda words: spoken(*words, rate=rate), st.lists(word, min_size=1, max_size=24)
    )
    pause = st.floats(0.0, 4.0)
    said = st.lists(st.tuples(sentence, pause), min_size=1, max_size=2)
    return st.lists(said, min_size=1, max_size=2)
