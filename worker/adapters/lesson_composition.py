"""Chooses the sentences of a lesson and arranges them into scenes.

A lesson starts from the sentences that every length needs and grows by the next ones in a fixed
order until it comes closest to the length asked for. Which scenes the sentences form follows from
what was chosen: a part too short for a scene of its own joins a neighbour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum

from worker.adapters.lesson_length import estimate_scene_seconds
from worker.curriculum.models import Analogy, LevelText, Statement
from worker.lessons.storyboard import Bullet, Scene, SceneKind, Sentence
from worker.lessons.timeline import TAIL_SECONDS
from worker.lessons.visuals import PartCue, Visual

SHORTEST_SCENE_SECONDS = 9.5
"""The lesson rules' 8 s and a margin: the estimate of a short scene was up to 16% off."""

LONGEST_SCENE_SECONDS = 70.0
"""The lesson rules' 75 s, and a little less, for the same reason."""

MOST_SCENES = 7
MOST_BULLETS = 6
MOST_BULLETS_OVER_A_LONG_DISPLAY = 5
MOST_BULLETS_BESIDE_A_VISUAL = 4
LONG_DISPLAY = 30
"""Lines that one scene can show large enough to read; a display of more characters than this
stands below them and takes room, and a visual leaves them half of the width. (ours)"""

TERMS_SHARE = 0.20
"""Key terms are defined within this share of the lesson."""

TERMS_WITHOUT_A_SCENE = 2

INTEREST_SHARE = 0.20
"""The hook and the analogy take at most this share of the words."""

OVERSHOOT = 1.05
"""How far above the length asked for a sentence may take the lesson, as a factor. (ours)"""

DILUTING_OVERSHOOT = 1.14
"""The same while the interest still takes too many of the words. (ours)"""

SENTENCE_PAUSE = 0.35
GUESS_PAUSE = 1.5
"""Silence after the prediction prompt, to make a guess in. (ours)"""

ANSWER_PAUSE = 3.2
"""Silence after the question: 3 s by the lesson rules, and room for the frame grid."""


class _Part(StrEnum):
    HOOK = "hook"
    TERMS = "terms"
    PREDICTION = "prediction"
    EXPLANATION = "explanation"
    RECALL = "recall"
    MAPPING = "mapping"
    EXAMPLE = "example"
    MISCONCEPTION = "misconception"
    QUESTION = "question"
    TAKEAWAYS = "takeaways"
    CLOSING = "closing"


_Move = tuple[_Part, int]

_OPTIONAL_PARTS = frozenset({_Part.RECALL, _Part.EXAMPLE, _Part.MISCONCEPTION})
"""Parts whose priority 0 is not in the shortest lesson either."""

_BEFORE_FIRST: tuple[_Move, ...] = (
    (_Part.EXPLANATION, 1),
    (_Part.RECALL, 0),
    (_Part.MAPPING, 1),
    (_Part.RECALL, 0),  # again: the analogy may fill a scene only now
    (_Part.TERMS, 1),
    (_Part.QUESTION, 1),
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


@dataclass(frozen=True, slots=True)
class _Line:
    """One sentence that a lesson may hold, and what it puts on the screen.

    Attributes:
        parts: Parts of the scene's visual, with the index of the word that names each.
    """

    part: _Part
    priority: int
    sentence: Sentence
    bullet: str = ""
    cue_index: int = 0
    display: str = ""
    parts: tuple[tuple[str, int], ...] = ()


RECALL = "Can you answer the first question now?"
"""Leads from the explanation back to the hook's question, and opens the analogy's scene."""

_OTHER_SCENES = 5
"""Scenes of a lesson beside the analogy, the misconception and the worked example."""


@dataclass(frozen=True, slots=True)
class Composition:
    """Chooses sentences for one lesson and arranges them into scenes."""

    lines: tuple[_Line, ...]
    example_first: bool
    titles: Mapping[SceneKind, str]
    visuals: Mapping[SceneKind, Visual | None]
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
        for move in moves:
            if (move[1] == 0 or (move[0], 0) in taken) and self._improves(taken, move):
                taken.add(move)
        return _taken(self.lines, taken)

    def _improves(self, taken: AbstractSet[_Move], move: _Move) -> bool:
        """Tell whether a move brings the lesson closer to its length, or the interest to its."""
        before = _taken(self.lines, taken)
        after = _taken(self.lines, taken | {move})
        lengths = self._scene_lengths(after)
        if max(lengths) > LONGEST_SCENE_SECONDS or not self._terms_come_early(after):
            return False
        seconds = sum(lengths)
        share = _interest_share(before)
        needed = share > INTEREST_SHARE and (_Part.MAPPING, 1) not in taken
        if needed and _interest_share(after) < share:
            return seconds <= self.target_seconds * DILUTING_OVERSHOOT
        present = sum(self._scene_lengths(before))
        closer = abs(seconds - self.target_seconds) < abs(present - self.target_seconds)
        return closer and seconds <= self.target_seconds * OVERSHOOT

    def _scene_lengths(self, chosen: Sequence[_Line]) -> list[float]:
        scenes = self._arrange(chosen)
        return [estimate_scene_seconds(scene.sentences, self.rate) for scene in scenes]

    def _terms_come_early(self, chosen: Sequence[_Line]) -> bool:
        """Tell whether the definitions end within their share of the lesson.

        The first is always given; a second may follow the hook at once; a third is worth it only
        where the terms have time for a scene of their own.
        """
        hook, terms = _of(chosen, _Part.HOOK), _of(chosen, _Part.TERMS)
        if len(terms) > TERMS_WITHOUT_A_SCENE:
            return self._opens_early(hook + _of(chosen, _Part.PREDICTION), terms)
        latest = TERMS_SHARE * self.target_seconds
        return len(terms) == 1 or self._end_of_speech(hook + terms) <= latest

    def _end_of_speech(self, lines: Sequence[_Line]) -> float:
        return estimate_scene_seconds(_closed(lines), self.rate) - TAIL_SECONDS

    def _arrange(self, chosen: Sequence[_Line]) -> tuple[Scene, ...]:
        """Cut the chosen sentences into scenes of eight seconds or more, seven at most."""
        hook = _of(chosen, _Part.HOOK)
        terms = _of(chosen, _Part.TERMS)
        guess = _of(chosen, _Part.PREDICTION)
        explanation = _of(chosen, _Part.EXPLANATION)
        recall = _of(chosen, _Part.RECALL)
        analogy = recall + _of(chosen, _Part.MAPPING)
        inner = []
        if recall and self._fills_a_scene(analogy):
            inner.append((SceneKind.ANALOGY, analogy))
        else:
            explanation += analogy[len(recall) :]
        for kind, part in self._example_and_misconception():
            lines = _of(chosen, part)
            if lines:
                inner.append((kind, lines))
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
        return estimate_scene_seconds(_closed(lines), self.rate) >= SHORTEST_SCENE_SECONDS

    def _opens_early(self, hook: Sequence[_Line], terms: Sequence[_Line]) -> bool:
        """Tell whether hook and terms can be scenes of their own and still define in time."""
        end = estimate_scene_seconds(_closed(hook), self.rate) + self._end_of_speech(terms)
        early = end <= TERMS_SHARE * self.target_seconds
        return early and self._fills_a_scene(hook) and self._fills_a_scene(terms)

    def _scene(self, kind: SceneKind, lines: Sequence[_Line]) -> Scene:
        revealing = next((number for number, line in enumerate(lines) if line.display), 0)
        display = lines[revealing].display
        visual = self.visuals.get(kind)
        room = MOST_BULLETS_OVER_A_LONG_DISPLAY if len(display) > LONG_DISPLAY else MOST_BULLETS
        if visual is not None:
            room = MOST_BULLETS_BESIDE_A_VISUAL
        return Scene(
            scene_id=kind.value,
            kind=kind,
            title=self.titles[kind],
            sentences=_closed(lines),
            bullets=_bullets(lines, room),
            display=display,
            display_sentence_index=revealing,
            visual=visual,
            part_cues=_part_cues(lines),
        )


def read_lines(level: LevelText, analogy: Analogy) -> Iterator[_Line]:
    """Yield everything that a lesson may say, each part in speaking order."""
    yield _Line(_Part.HOOK, 0, Sentence(analogy.hook), display=analogy.hook_show)
    for number, term in enumerate(level.terms):
        yield replace(_line(_Part.TERMS, term), priority=number)
    yield _Line(_Part.PREDICTION, 0, Sentence(level.prediction, pause_after=GUESS_PAUSE))
    yield from (_line(_Part.EXPLANATION, one, level.display) for one in level.explanation)
    recall = Sentence(RECALL, pause_after=GUESS_PAUSE)
    yield _Line(_Part.RECALL, 0, recall, bullet=analogy.hook_show)
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
        parts=tuple((one, statement.word_index(word)) for one, word in statement.parts.items()),
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


def _bullets(lines: Sequence[_Line], room: int) -> tuple[Bullet, ...]:
    """Return the bullets of a scene; where there are too many, the first priorities' ones."""
    showing = [number for number, line in enumerate(lines) if line.bullet]
    kept = sorted(showing, key=lambda number: lines[number].priority)[:room]
    return tuple(
        Bullet(lines[number].bullet, number, lines[number].cue_index) for number in sorted(kept)
    )


def _part_cues(lines: Sequence[_Line]) -> tuple[PartCue, ...]:
    return tuple(
        PartCue(part_id, number, word_index)
        for number, line in enumerate(lines)
        for part_id, word_index in line.parts
    )


def _interest_share(chosen: Sequence[_Line]) -> float:
    """Return the share of the words that the hook and the analogy take."""
    counts = [(line.part, len(line.sentence.text.split())) for line in chosen]
    ours = sum(count for part, count in counts if part in {_Part.HOOK, _Part.MAPPING})
    return ours / sum(count for _, count in counts)
