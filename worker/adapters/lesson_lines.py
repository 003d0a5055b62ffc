"""Everything that a lesson on a topic may say, sentence by sentence, each part in its order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from worker.curriculum.models import Analogy, CheckQuestion, FurtherText, LevelText, Statement
from worker.lessons.pace import SENTENCE_PAUSE
from worker.lessons.storyboard import Bullet, Sentence
from worker.lessons.visuals import PartCue

GUESS_PAUSE = 1.5
"""Silence after a question to guess at, to make the guess in. (ours)"""

ANSWER_PAUSE = 3.2
"""Silence after a question: 3 s by the lesson rules, and room for the frame grid."""

DOUBT = "Do you think so too?"
"""Asks for a stand on what many people think, before it is put right."""

TRY = "How would you go on?"
"""Asks for the next step of a further example, before it is shown."""

BRIEFLY = 2
"""Statements that explain a topic in the shortest lesson. (ours)"""

RECALL = "Can you answer the first question now?"
"""Leads from the explanation back to the hook's question, and opens the analogy's scene."""


class Part(StrEnum):
    """Which part of a lesson a sentence belongs to."""

    HOOK = "hook"
    TERMS = "terms"
    PREDICTION = "prediction"
    EXPLANATION = "explanation"
    ELABORATION = "elaboration"
    FURTHER_EXPLANATION = "further explanation"
    RECALL = "recall"
    MAPPING = "mapping"
    EXAMPLE = "example"
    FURTHER_EXAMPLE = "further example"
    TRY = "try"
    MISCONCEPTION = "misconception"
    DOUBT = "doubt"
    FURTHER_MISCONCEPTION = "further misconception"
    QUESTION = "question"
    FURTHER_QUESTION = "further question"
    TAKEAWAYS = "takeaways"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence that a lesson may hold, and what it puts on the screen.

    Attributes:
        priority: Lines of a part with the same priority join a lesson together.
        parts: Parts of the scene's visual, with the index of the word that names each.
    """

    part: Part
    priority: int
    sentence: Sentence
    bullet: str = ""
    cue_index: int = 0
    display: str = ""
    parts: tuple[tuple[str, int], ...] = ()


def read_lines(level: LevelText, further: FurtherText, analogy: Analogy) -> Iterator[Line]:
    """Yield everything that a lesson may say, each part in speaking order."""
    yield Line(Part.HOOK, 0, Sentence(analogy.hook), display=analogy.hook_show)
    for number, term in enumerate(level.terms):
        yield replace(_line(Part.TERMS, term), priority=number)
    yield Line(Part.PREDICTION, 0, Sentence(level.prediction, pause_after=GUESS_PAUSE))
    yield from _explanation(level)
    for number, one in enumerate(further.explanation):
        yield replace(_line(Part.FURTHER_EXPLANATION, one), priority=number)
    recall = Sentence(RECALL, pause_after=GUESS_PAUSE)
    yield Line(Part.RECALL, 0, recall, bullet=analogy.hook_show)
    for number, statement in enumerate(analogy.mapping):
        yield replace(_line(Part.MAPPING, statement), priority=number)
    yield from (_line(Part.EXAMPLE, step, level.example.display) for step in level.example.steps)
    first, *others = (_line(Part.FURTHER_EXAMPLE, step) for step in further.example.steps)
    yield from (first, Line(Part.TRY, 0, Sentence(TRY, pause_after=ANSWER_PAUSE)), *others)
    first, *others = (_line(Part.MISCONCEPTION, one) for one in level.misconception)
    yield from (first, Line(Part.DOUBT, 0, Sentence(DOUBT, pause_after=GUESS_PAUSE)), *others)
    yield from (_line(Part.FURTHER_MISCONCEPTION, one) for one in further.misconception)
    asked = Sentence(level.question.ask, pause_after=ANSWER_PAUSE)
    yield Line(Part.QUESTION, 0, asked, display=level.question.show)
    for one in (level.question.answer, *level.question.because):
        yield _line(Part.QUESTION, one)
    for number, question in enumerate(further.questions):
        yield from _further_question(question, number)
    yield from (_line(Part.TAKEAWAYS, one) for one in level.takeaways)
    yield Line(Part.CLOSING, 0, Sentence(level.closing))


def _explanation(level: LevelText) -> Iterator[Line]:
    """The first two statements of priority 0 explain a topic in a word; the others elaborate."""
    first = 0
    for statement in level.explanation:
        line = _line(Part.EXPLANATION, statement, level.display)
        first += statement.priority == 0
        brief = statement.priority or first <= BRIEFLY
        yield line if brief else replace(line, part=Part.ELABORATION)


def _further_question(question: CheckQuestion, number: int) -> Iterator[Line]:
    """One more question, whole: it is shown as a bullet, for the scene's card holds the first."""
    part = Part.FURTHER_QUESTION
    yield Line(part, number, Sentence(question.ask, pause_after=ANSWER_PAUSE), question.show)
    for one in (question.answer, *question.because):
        yield replace(_line(part, one), priority=number)


def _line(part: Part, statement: Statement, display: str = "") -> Line:
    return Line(
        part=part,
        priority=statement.priority,
        sentence=Sentence(statement.say, statement.sources, SENTENCE_PAUSE),
        bullet=statement.show,
        cue_index=statement.cue_index if statement.show else 0,
        display=display if statement.reveal else "",
        parts=tuple((one, statement.word_index(word)) for one, word in statement.parts.items()),
    )


def of_parts(chosen: Sequence[Line], *parts: Part) -> list[Line]:
    """The lines of some parts, in their order."""
    return [line for line in chosen if line.part in parts]


def closed(lines: Sequence[Line]) -> tuple[Sentence, ...]:
    """Return a scene's sentences; an ordinary pause after the last one is the scene's tail."""
    sentences = [line.sentence for line in lines]
    if sentences and sentences[-1].pause_after == SENTENCE_PAUSE:
        sentences[-1] = replace(sentences[-1], pause_after=0.0)
    return tuple(sentences)


def bullets(lines: Sequence[Line], room: int) -> tuple[Bullet, ...]:
    """Return the bullets of a scene; where there are too many, the first priorities' ones."""
    showing = [number for number, line in enumerate(lines) if line.bullet]
    kept = sorted(showing, key=lambda number: lines[number].priority)[:room]
    return tuple(
        Bullet(lines[number].bullet, number, lines[number].cue_index) for number in sorted(kept)
    )


def part_cues(lines: Sequence[Line]) -> tuple[PartCue, ...]:
    """The words of a scene that name parts of its visual."""
    return tuple(
        PartCue(part_id, number, word_index)
        for number, line in enumerate(lines)
        for part_id, word_index in line.parts
    )


def interest_share(chosen: Sequence[Line]) -> float:
    """Return the share of the words that the hook and the analogy take."""
    counts = [(line.part, len(line.sentence.text.split())) for line in chosen]
    ours = sum(count for part, count in counts if part in {Part.HOOK, Part.MAPPING})
    return ours / sum(count for _, count in counts)
