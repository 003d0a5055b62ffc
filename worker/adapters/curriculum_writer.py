"""Composes a storyboard from the bundled curriculum: the same request, the same lesson.

A lesson starts from the sentences that every length needs and grows by the next ones in a fixed
order until it comes closest to the length asked for. Which scenes the sentences form follows from
what was chosen: a part too short for a scene of its own joins a neighbour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum

from worker.curriculum.interests import match_interests
from worker.curriculum.models import Analogy, Curriculum, LevelText, Statement, Topic
from worker.lessons.storyboard import Bullet, Scene, SceneKind, Sentence, Source, Storyboard
from worker.lessons.timeline import LEAD_IN_SECONDS, TAIL_SECONDS

SHORTEST_SCENE_SECONDS = 8.0
MOST_SCENES = 7
MOST_BULLETS = 5
"""Lines that one scene can show large enough to read. (ours)"""

TERMS_SHARE = 0.20
"""Key terms are defined within this share of the lesson."""

INTEREST_SHARE = 0.20
"""The hook and the analogy take at most this share of the words."""

OVERSHOOT = 1.05
"""How far above the length asked for a sentence may take the lesson, as a factor. (ours)"""

SENTENCE_PAUSE = 0.35
GUESS_PAUSE = 1.5
"""Silence after the prediction prompt, to make a guess in. (ours)"""

ANSWER_PAUSE = 3.2
"""Silence after the question: 3 s by the lesson rules, and room for the frame grid."""

LANGUAGE = "en"


class _Part(StrEnum):
    HOOK = "hook"
    TERMS = "terms"
    PREDICTION = "prediction"
    EXPLANATION = "explanation"
    MAPPING = "mapping"
    EXAMPLE = "example"
    MISCONCEPTION = "misconception"
    QUESTION = "question"
    TAKEAWAYS = "takeaways"
    CLOSING = "closing"


_Move = tuple[_Part, int]

_OPTIONAL_PARTS = frozenset({_Part.EXAMPLE, _Part.MISCONCEPTION})
"""Parts whose priority 0 is not in the shortest lesson either."""

_BEFORE_FIRST: tuple[_Move, ...] = (
    (_Part.TERMS, 1),
    (_Part.EXPLANATION, 1),
    (_Part.QUESTION, 1),
    (_Part.MAPPING, 1),
)
_BEFORE_SECOND: tuple[_Move, ...] = ((_Part.TAKEAWAYS, 1), (_Part.EXPLANATION, 2))
_AFTER: tuple[_Move, ...] = (
    (_Part.TERMS, 2),
    (_Part.EXPLANATION, 3),
    (_Part.MAPPING, 2),
    (_Part.EXPLANATION, 4),
    (_Part.TAKEAWAYS, 2),
    (_Part.MISCONCEPTION, 1),
    (_Part.EXPLANATION, 5),
    (_Part.EXAMPLE, 1),
    (_Part.QUESTION, 2),
    (_Part.EXPLANATION, 6),
    (_Part.QUESTION, 3),
    (_Part.EXPLANATION, 7),
    (_Part.EXPLANATION, 8),
    (_Part.EXPLANATION, 9),
)
"""The order in which a lesson grows; the worked example and the misconception stand before and
after the second of these, in the topic's order."""

_TITLES = {
    SceneKind.HOOK: "A question to start",
    SceneKind.TERMS: "Words you need",
    SceneKind.MISCONCEPTION: "A common mix-up",
    SceneKind.QUESTION: "Check yourself",
    SceneKind.TAKEAWAYS: "What to remember",
}


@dataclass(frozen=True, slots=True)
class _Line:
    """One sentence that a lesson may hold, and what it puts on the screen."""

    part: _Part
    priority: int
    sentence: Sentence
    bullet: str = ""
    cue_index: int = 0
    display: str = ""


def words_per_minute(grade_level: int) -> float:
    """Return the speaking rate planned for a grade, below the limit of the lesson rules.

    The limits are 130 (grades 1-5), 140 (6-8) and 160 (9-12) words per minute.
    """
    rates = ((5, 125.0), (8, 140.0), (12, 155.0))
    return next((rate for last_grade, rate in rates if grade_level <= last_grade), rates[-1][1])


def estimate_seconds(storyboard: Storyboard, rate: float) -> float:
    """Estimate a lesson's length before anything is spoken.

    Args:
        storyboard: The lesson.
        rate: The voice's words per minute, without the pauses that the storyboard sets.

    Returns:
        Seconds: speech, the storyboard's pauses, and each scene's lead-in and tail.
    """
    return sum(estimate_scene_seconds(scene.sentences, rate) for scene in storyboard.scenes)


def estimate_scene_seconds(sentences: Sequence[Sentence], rate: float) -> float:
    """Estimate the length of one scene in seconds, from its sentences and the voice's rate."""
    spoken = sum(_speech_seconds(sentence, rate) for sentence in sentences)
    return LEAD_IN_SECONDS + spoken + TAIL_SECONDS


class CurriculumWriter:
    """Writes storyboards from the bundled curriculum."""

    def __init__(
        self, curriculum: Curriculum, rate: Callable[[int], float] = words_per_minute
    ) -> None:
        self._curriculum = curriculum
        self._rate = rate

    def write(
        self, topic_id: str, grade_level: int, interest: str | None, duration_seconds: int
    ) -> Storyboard:
        """Compose a lesson.

        Its length comes as close to `duration_seconds` as the topic's material allows;
        `estimate_seconds` says how close. `interest_matched` is False where no interest was
        named, or none that this topic has an analogy for.

        Args:
            topic_id: A topic of the curriculum.
            grade_level: 1-12; it chooses the reading level and the speaking rate.
            interest: What the student likes, in the student's words.
            duration_seconds: The length to aim at.

        Raises:
            UnknownTopicError: The curriculum has no such topic.
        """
        topic = self._curriculum.topic(topic_id)
        analogy = self._analogy(topic, interest)
        matched = analogy is not topic.everyday
        setting = (
            self._curriculum.interest(analogy.interest).setting if matched else "in everyday life"
        )
        level = topic.at_grade(grade_level)
        composition = _Composition(
            lines=tuple(_lines(level, analogy)),
            example_first=topic.example_first,
            titles=_TITLES
            | {
                SceneKind.EXPLANATION: level.explanation_title,
                SceneKind.ANALOGY: f"{topic.title} {setting}",
                SceneKind.WORKED_EXAMPLE: level.example.title,
            },
            rate=self._rate(grade_level),
            target_seconds=duration_seconds,
        )
        return Storyboard(
            topic_id=topic.id,
            title=topic.title,
            subject=topic.subject,
            grade_level=grade_level,
            language=LANGUAGE,
            interest=(
                self._curriculum.interest(analogy.interest).label if matched else "everyday life"
            ),
            interest_matched=matched,
            objective=topic.objective,
            scenes=composition.scenes(),
            sources=tuple(Source(s.id, s.title, s.chapter, s.licence) for s in topic.sources),
        )

    def _analogy(self, topic: Topic, interest: str | None) -> Analogy:
        """Take the first interest named that the topic has an analogy for."""
        named = match_interests(self._curriculum, interest)
        fitting = (topic.analogy(one.id) for one in named)
        return next((analogy for analogy in fitting if analogy is not None), topic.everyday)


_RECALL = _Line(
    _Part.MAPPING, 0, Sentence("Can you answer the first question now?", pause_after=GUESS_PAUSE)
)
"""Leads from the explanation back to the hook's question."""

_OTHER_SCENES = 5
"""Scenes of a lesson beside the analogy, the misconception and the worked example."""


@dataclass(frozen=True, slots=True)
class _Composition:
    """Chooses sentences for one lesson and arranges them into scenes."""

    lines: tuple[_Line, ...]
    example_first: bool
    titles: Mapping[SceneKind, str]
    rate: float
    target_seconds: float

    def scenes(self) -> tuple[Scene, ...]:
        """Grow the lesson; give up analogy sentences while the interest takes too many words."""
        moves = self._moves()
        while True:
            chosen = self._grow(moves)
            extra = [move for move in moves if move[0] is _Part.MAPPING]
            if not extra or _interest_share(chosen) <= INTEREST_SHARE:
                return self._arrange(chosen)
            moves = tuple(move for move in moves if move != extra[-1])

    def _grow(self, moves: Sequence[_Move]) -> tuple[_Line, ...]:
        taken = {
            (line.part, line.priority)
            for line in self.lines
            if line.priority == 0 and line.part not in _OPTIONAL_PARTS
        }
        seconds = self._seconds(_taken(self.lines, taken))
        for move in moves:
            if move[1] > 0 and (move[0], 0) not in taken:
                continue
            grown = _taken(self.lines, taken | {move})
            grown_seconds = self._seconds(grown)
            closer = abs(grown_seconds - self.target_seconds) < abs(seconds - self.target_seconds)
            if (
                closer
                and grown_seconds <= self.target_seconds * OVERSHOOT
                and self._terms_come_early(grown)
            ):
                taken.add(move)
                seconds = grown_seconds
        return _taken(self.lines, taken)

    def _seconds(self, chosen: Sequence[_Line]) -> float:
        return sum(
            estimate_scene_seconds(scene.sentences, self.rate) for scene in self._arrange(chosen)
        )

    def _terms_come_early(self, chosen: Sequence[_Line]) -> bool:
        """Tell whether the definitions fit into their share when they follow the hook at once."""
        terms = _of(chosen, _Part.TERMS)
        before = _of(chosen, _Part.HOOK) + terms
        latest = TERMS_SHARE * self.target_seconds
        return len(terms) == 1 or self._end_of_speech(before) <= latest

    def _end_of_speech(self, lines: Sequence[_Line]) -> float:
        return estimate_scene_seconds(_closed(lines), self.rate) - TAIL_SECONDS

    def _arrange(self, chosen: Sequence[_Line]) -> tuple[Scene, ...]:
        """Cut the chosen sentences into scenes of eight seconds or more, seven at most."""
        hook = _of(chosen, _Part.HOOK)
        terms = _of(chosen, _Part.TERMS)
        guess = _of(chosen, _Part.PREDICTION)
        explanation = _of(chosen, _Part.EXPLANATION)
        inner: list[tuple[SceneKind, list[_Line]]] = []
        for kind, part in ((SceneKind.ANALOGY, _Part.MAPPING), *self._example_and_misconception()):
            lines = _of(chosen, part)
            if self._fills_a_scene(lines):
                recall = [_RECALL] if kind is SceneKind.ANALOGY else []
                inner.append((kind, recall + lines))
            else:
                explanation += lines
        opening = [(SceneKind.HOOK, hook + guess), (SceneKind.TERMS, terms)]
        if len(inner) + _OTHER_SCENES > MOST_SCENES or not self._opens_early(hook + guess, terms):
            opening = [(SceneKind.HOOK, hook + terms + guess)]
        drafts = [
            *opening,
            (SceneKind.EXPLANATION, explanation),
            *inner,
            (SceneKind.QUESTION, _of(chosen, _Part.QUESTION)),
            (SceneKind.TAKEAWAYS, _of(chosen, _Part.TAKEAWAYS) + _of(chosen, _Part.CLOSING)),
        ]
        return tuple(self._scene(kind, lines) for kind, lines in drafts)

    def _example_and_misconception(self) -> tuple[tuple[SceneKind, _Part], ...]:
        example = (SceneKind.WORKED_EXAMPLE, _Part.EXAMPLE)
        misconception = (SceneKind.MISCONCEPTION, _Part.MISCONCEPTION)
        return (example, misconception) if self.example_first else (misconception, example)

    def _moves(self) -> tuple[_Move, ...]:
        """Return the order in which the lesson grows."""
        first, second = ((part, 0) for _, part in self._example_and_misconception())
        return (*_BEFORE_FIRST, first, *_BEFORE_SECOND, second, *_AFTER)

    def _fills_a_scene(self, lines: Sequence[_Line]) -> bool:
        seconds = estimate_scene_seconds(_closed(lines), self.rate)
        return bool(lines) and seconds >= SHORTEST_SCENE_SECONDS

    def _opens_early(self, hook: Sequence[_Line], terms: Sequence[_Line]) -> bool:
        """Tell whether hook and terms can be scenes of their own and still define in time."""
        end = estimate_scene_seconds(_closed(hook), self.rate) + self._end_of_speech(terms)
        early = end <= TERMS_SHARE * self.target_seconds
        return early and self._fills_a_scene(hook) and self._fills_a_scene(terms)

    def _scene(self, kind: SceneKind, lines: Sequence[_Line]) -> Scene:
        revealing = next((number for number, line in enumerate(lines) if line.display), 0)
        return Scene(
            scene_id=kind.value,
            kind=kind,
            title=self.titles[kind],
            sentences=_closed(lines),
            bullets=_bullets(lines),
            display=lines[revealing].display,
            display_sentence_index=revealing,
        )


def _lines(level: LevelText, analogy: Analogy) -> Iterator[_Line]:
    """Yield everything that a lesson may say, each part in speaking order."""
    yield _Line(_Part.HOOK, 0, Sentence(analogy.hook), display=analogy.hook_show)
    for number, term in enumerate(level.terms):
        yield replace(_line(_Part.TERMS, term), priority=number)
    yield _Line(_Part.PREDICTION, 0, Sentence(level.prediction, pause_after=GUESS_PAUSE))
    yield from (_line(_Part.EXPLANATION, one, level.display) for one in level.explanation)
    for number, statement in enumerate(analogy.mapping):
        yield replace(_line(_Part.MAPPING, statement), priority=number)
    yield from (_line(_Part.EXAMPLE, step, level.example.display) for step in level.example.steps)
    yield from (_line(_Part.MISCONCEPTION, one) for one in level.misconception)
    question = level.question
    asked = Sentence(question.ask, pause_after=ANSWER_PAUSE)
    yield _Line(_Part.QUESTION, 0, asked, display=question.show)
    yield from (_line(_Part.QUESTION, one) for one in (question.answer, *question.because))
    yield from (_line(_Part.TAKEAWAYS, one) for one in level.takeaways)
    yield _Line(_Part.CLOSING, 0, Sentence(level.closing))


def _line(part: _Part, statement: Statement, display: str = "") -> _Line:
    return _Line(
        part=part,
        priority=statement.priority,
        sentence=Sentence(statement.say, statement.sources, SENTENCE_PAUSE),
        bullet=statement.show,
        cue_index=statement.cue_index if statement.show else 0,
        display=display if statement.reveal else "",
    )


def _taken(lines: Sequence[_Line], moves: AbstractSet[_Move]) -> tuple[_Line, ...]:
    return tuple(line for line in lines if (line.part, line.priority) in moves)


def _of(chosen: Sequence[_Line], part: _Part) -> list[_Line]:
    return [line for line in chosen if line.part is part]


def _closed(lines: Sequence[_Line]) -> tuple[Sentence, ...]:
    """Return a scene's sentences; an ordinary pause after the last one is the scene's tail."""
    sentences = [line.sentence for line in lines]
    if sentences and sentences[-1].pause_after == SENTENCE_PAUSE:
        sentences[-1] = replace(sentences[-1], pause_after=0.0)
    return tuple(sentences)


def _bullets(lines: Sequence[_Line]) -> tuple[Bullet, ...]:
    """Return the bullets of a scene; where there are too many, the first priorities' ones."""
    showing = [number for number, line in enumerate(lines) if line.bullet]
    kept = sorted(showing, key=lambda number: lines[number].priority)[:MOST_BULLETS]
    return tuple(
        Bullet(lines[number].bullet, number, lines[number].cue_index) for number in sorted(kept)
    )


def _interest_share(chosen: Sequence[_Line]) -> float:
    """Return the share of the words that the hook and the analogy take."""
    counts = {line: len(line.sentence.text.split()) for line in chosen}
    ours = sum(n for line, n in counts.items() if line.part in {_Part.HOOK, _Part.MAPPING})
    return ours / sum(counts.values())


def _speech_seconds(sentence: Sentence, rate: float) -> float:
    return len(sentence.text.split()) / rate * 60.0 + sentence.pause_after
