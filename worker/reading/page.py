"""What stands on the page of a lesson: the storyboard, sorted as a reader wants it.

The sentences are those that a voice would speak. What a lesson shows beside them becomes what a
textbook has: bullets run in before the sentences that they sum up, definitions go to the words to
know, a worked example is a list of steps, and answers wait until they are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from worker.lessons.quality.text_rows import definition
from worker.lessons.quiz import LessonQuestion, questions_of
from worker.lessons.storyboard import Scene, SceneKind, Sentence, Source, Storyboard
from worker.reading.pictures import Picture

LONGEST_PASSAGE = 6
"""Sentences; what is longer is cut into paragraphs of about the same length. (ours)"""

_ONE_BY_ONE = frozenset({SceneKind.HOOK, SceneKind.WORKED_EXAMPLE, SceneKind.TAKEAWAYS})


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence, and the numbers of its sources."""

    text: str
    sources: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """Sentences that belong together.

    Attributes:
        lead: What sums them up, or empty.
    """

    lead: str
    sentences: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """A word to know."""

    term: str
    meaning: Said


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page.

    Attributes:
        kind: What it is for; a template chooses its look by it.
        display: A formula or phrase that stands large, or empty.
    """

    kind: str
    title: str
    passages: tuple[Passage, ...]
    display: str
    picture: Picture | None

    @property
    def is_steps(self) -> bool:
        """Whether the passages follow one from another, and are numbered."""
        return self.kind == SceneKind.WORKED_EXAMPLE.value


@dataclass(frozen=True, slots=True)
class ReadingPage:
    """A lesson to read.

    Attributes:
        opening: The first question, and what else is asked before anything is explained; None
            where the lesson begins otherwise.
        takeaways: What to remember, and the question that ends the lesson.
    """

    title: str
    subject: str
    grade_level: int
    language: str
    objective: str
    opening: Section | None
    definitions: tuple[Definition, ...]
    sections: tuple[Section, ...]
    questions: tuple[LessonQuestion, ...]
    takeaways: Section | None
    sources: tuple[Source, ...]


def compose_page(storyboard: Storyboard, pictures: Mapping[str, Picture]) -> ReadingPage:
    """Sort a storyboard into a page.

    Args:
        storyboard: The lesson.
        pictures: Its visuals, by the id of the scene that shows them.
    """
    composer = _Composer(storyboard, pictures)
    first = storyboard.scenes[0]
    opens = first.kind is SceneKind.HOOK
    others = storyboard.scenes[1:] if opens else storyboard.scenes
    questions = questions_of(storyboard)
    elsewhere = {SceneKind.TAKEAWAYS} | ({SceneKind.QUESTION} if questions else set())
    return ReadingPage(
        title=storyboard.title,
        subject=storyboard.subject,
        grade_level=storyboard.grade_level,
        language=storyboard.language,
        objective=storyboard.objective,
        opening=composer.section(first) if opens else None,
        definitions=tuple(composer.definitions()),
        sections=tuple(
            section
            for scene in others
            if scene.kind not in elsewhere
            if (section := composer.section(scene)).passages
        ),
        questions=questions,
        takeaways=next(
            (composer.section(one) for one in others if one.kind is SceneKind.TAKEAWAYS), None
        ),
        sources=storyboard.sources,
    )


class _Composer:
    """Knows where the definitions are: they are told once."""

    def __init__(self, storyboard: Storyboard, pictures: Mapping[str, Picture]) -> None:
        self._board, self._pictures = storyboard, pictures
        numbered = enumerate(storyboard.sources, start=1)
        self._numbers = {source.source_id: number for number, source in numbered}
        found = ((term, definition(storyboard, term)) for term in storyboard.key_terms)
        self._defining = {
            term: place for term, place in found if place is not None and self._is_early(place[0])
        }

    def _is_early(self, scene_number: int) -> bool:
        """Only what opens a lesson is there for the sake of its words."""
        return self._board.scenes[scene_number].kind in {SceneKind.HOOK, SceneKind.TERMS}

    def definitions(self) -> Iterator[Definition]:
        """Yield the words to know, each with the sentence that says what it is."""
        for term, (scene, index) in self._defining.items():
            sentence = self._board.scenes[scene].sentences[index]
            yield Definition(term, self._said(sentence))

    def section(self, scene: Scene) -> Section:
        """Return a scene as a section, without the definitions in it."""
        place = self._board.scenes.index(scene)
        told = {index for number, index in self._defining.values() if number == place}
        display = "" if scene.kind is SceneKind.HOOK else scene.display
        return Section(
            kind=scene.kind.value,
            title=scene.title,
            passages=tuple(self._passages(scene, told)),
            display=display,
            picture=self._pictures.get(scene.scene_id),
        )

    def _passages(self, scene: Scene, told: set[int]) -> Iterator[Passage]:
        """Yield what stands between two bullets, under the first of them.

        Questions to open with, steps and things to remember stand alone each.
        """
        leads = {bullet.sentence_index: bullet.text for bullet in scene.bullets}
        if scene.kind is SceneKind.TAKEAWAYS:
            leads = {}
        lead, sentences = "", list[Said]()
        for index, sentence in enumerate(scene.sentences):
            if index in told:
                continue
            if sentences and (index in leads or scene.kind in _ONE_BY_ONE):
                yield from _paragraphs(lead, sentences)
                lead, sentences = "", []
            lead = leads.get(index, lead)
            sentences.append(self._said(sentence))
        if sentences:
            yield from _paragraphs(lead, sentences)

    def _said(self, sentence: Sentence) -> Said:
        numbers = (self._numbers.get(one) for one in sentence.source_ids)
        return Said(sentence.text, tuple(one for one in numbers if one is not None))


def _paragraphs(lead: str, sentences: Sequence[Said]) -> Iterator[Passage]:
    """Yield sentences under their lead, cut where they would be a wall of text."""
    count = math.ceil(len(sentences) / LONGEST_PASSAGE)
    for number in range(count):
        first, last = (len(sentences) * part // count for part in (number, number + 1))
        yield Passage(lead if number == 0 else "", tuple(sentences[first:last]))
