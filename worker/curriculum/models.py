"""What the bundled curriculum is made of: topics, their two reading levels, and interests.

Every narrated text (`say`, `hook`, `ask`, `prediction`, `closing`) is exactly what a voice says
and what captions show. Every shown text (`show`, `display`) is what a scene draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from worker.curriculum.errors import UnknownTopicError
from worker.curriculum.ordinary_words import read_ordinary_words
from worker.curriculum.phrase_index import PhraseIndex, TopicPhrases
from worker.curriculum.told_words import ToldWords
from worker.lessons.visuals import Visual

EVERYDAY = "everyday"
"""The interest id of the analogy that every topic has for students without a matching one."""

FIRST_STANDARD_GRADE = 9
"""Grades from here on read the standard level, those below it the basic one."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
TypedVisual = Annotated[Visual, Field(discriminator="kind")]
"""A visual in a topic's file: its `kind` chooses the type, so that faults are those of one."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class TextbookSource(_Frozen):
    """An open textbook that statements rest on; nothing is quoted from it."""

    id: Slug
    title: Text
    chapter: Text
    licence: Text


class Statement(_Frozen):
    """One narrated sentence.

    Attributes:
        show: The bullet that appears with it, or empty.
        cue: The word of `say` that reveals the bullet; empty where there is no bullet.
        sources: Ids of the topic's sources; the topic's default sources where a file names none.
        priority: 0 belongs to the shortest lesson; higher numbers join as a lesson gets longer.
        reveal: This sentence reveals the part's `display`.
        parts: Parts of the visual beside it, each with the word of `say` that names it: the
            first naming reveals a part, and each highlights it.
    """

    say: Text
    show: str = ""
    cue: str = ""
    sources: tuple[Slug, ...] = ()
    priority: Annotated[int, Field(ge=0, le=9)] = 0
    reveal: bool = False
    parts: dict[Slug, Text] = {}

    @property
    def cue_index(self) -> int:
        """Index of the cue in `say.split()`.

        Raises:
            ValueError: The cue is no word of the sentence.
        """
        return self.word_index(self.cue)

    def word_index(self, word: str) -> int:
        """Index of a word in `say.split()`, the first where it occurs twice.

        Raises:
            ValueError: It is no word of the sentence.
        """
        return [bare_word(one) for one in self.say.split()].index(bare_word(word))


class Term(Statement):
    """The definition of a key term. Terms stand in the order in which a lesson needs them."""

    term: Text


class Step(Statement):
    """One step of a worked example.

    Attributes:
        compute: Arithmetic over the example's given quantities and earlier results, or empty.
        result: What it yields; `show` or `say` states it.
        result_name: The name under which later steps use the result, or empty.
    """

    compute: str = ""
    result: float | None = None
    result_name: str = ""


class WorkedExample(_Frozen):
    """A worked example whose numbers can be recomputed.

    Attributes:
        given: The quantities it starts from, by name.
        visual: What is drawn beside the steps, or None.
    """

    title: Text
    given: dict[str, float]
    display: str = ""
    visual: TypedVisual | None = None
    steps: Annotated[tuple[Step, ...], Field(min_length=3)]


class CheckQuestion(_Frozen):
    """A question to answer from memory, its answer, and why."""

    ask: Text
    show: Text
    answer: Statement
    because: tuple[Statement, ...]


class LevelText(_Frozen):
    """A topic worded for one reading level.

    Attributes:
        prediction: Asks the student for a guess before the explanation.
        display: A formula or phrase shown large during the explanation, or empty.
        visual: What is drawn beside the explanation, or None.
        misconception: First what many people think, then what is right.
        closing: The "Can you now ...?" question that ends the lesson.
    """

    prediction: Text
    terms: Annotated[tuple[Term, ...], Field(min_length=1, max_length=3)]
    explanation_title: Text
    display: str = ""
    visual: TypedVisual | None = None
    explanation: Annotated[tuple[Statement, ...], Field(min_length=3)]
    example: WorkedExample
    misconception: Annotated[tuple[Statement, ...], Field(min_length=2)]
    question: CheckQuestion
    takeaways: Annotated[tuple[Statement, ...], Field(min_length=1)]
    closing: Text


class FurtherText(_Frozen):
    """What longer lessons hold beside a level's own text, worded for the topic's lowest grade.

    Both levels use it: what is easy to read for the one is for the other.

    Attributes:
        explanation: Where it occurs, how it was found, what follows from it.
        misconception: First what some people think, then what is right.
    """

    explanation: tuple[Statement, ...] = ()
    example: WorkedExample
    misconception: Annotated[tuple[Statement, ...], Field(min_length=2)]
    questions: Annotated[tuple[CheckQuestion, ...], Field(min_length=2)]


class Analogy(_Frozen):
    """How a topic looks through one interest.

    Attributes:
        interest: The interest's id, or `everyday`.
        hook: The question that opens the lesson.
        hook_show: That question as the screen shows it.
        mapping: What maps the topic to the interest; the first sentence answers the hook.
    """

    interest: Slug
    hook: Text
    hook_show: Text
    mapping: Annotated[tuple[Statement, ...], Field(min_length=2, max_length=3)]


class Phrases(_Frozen):
    """How students ask for a topic.

    Attributes:
        aliases: Names of the topic; each alone means it.
        questions: Whole questions that the topic answers.
        keywords: Words of the topic; a keyword alone suggests it.
        others: Phrases that share its words and mean something else ("cell phone").
        fields: Words for more than one topic ("algebra"): who asks nothing else is offered all.
    """

    aliases: Annotated[tuple[Text, ...], Field(min_length=1)]
    questions: tuple[Text, ...]
    keywords: tuple[Text, ...]
    others: tuple[Text, ...] = ()
    fields: tuple[Text, ...] = ()


class Topic(_Frozen):
    """One lesson's worth of curriculum.

    Attributes:
        grades: Lowest and highest grade for which it is written.
        objective: What a student can do afterwards: "You can ...".
        request: How a student would ask for it: a question to tap.
        example_first: A worked example matters more here than the misconception.
    """

    id: Slug
    title: Text
    subject: Text
    grades: tuple[Annotated[int, Field(ge=1, le=12)], Annotated[int, Field(ge=1, le=12)]]
    objective: Text
    request: Text
    example_first: bool
    phrases: Phrases
    sources: Annotated[tuple[TextbookSource, ...], Field(min_length=1)]
    basic: LevelText
    standard: LevelText
    further: FurtherText
    analogies: Annotated[tuple[Analogy, ...], Field(min_length=1)]

    def at_grade(self, grade_level: int) -> LevelText:
        """Return the wording that students of a grade read."""
        return self.basic if grade_level < FIRST_STANDARD_GRADE else self.standard

    def analogy(self, interest_id: str) -> Analogy | None:
        """Return the analogy for an interest, or None where this topic has none."""
        return next((a for a in self.analogies if a.interest == interest_id), None)

    @property
    def everyday(self) -> Analogy:
        """The analogy for students without a matching interest.

        Raises:
            LookupError: The topic has none; the reader refuses such a topic.
        """
        found = self.analogy(EVERYDAY)
        if found is None:
            raise LookupError(f"the topic {self.id} has no everyday analogy")
        return found


class Interest(_Frozen):
    """Something that students like.

    Attributes:
        label: Its name as lessons write it ("video games").
        setting: Where an analogy plays ("in video games"), as titles write it.
        synonyms: Words and phrases that mean it.
    """

    id: Slug
    label: Text
    setting: Text
    synonyms: tuple[Text, ...]


class Curriculum(_Frozen):
    """All topics and interests."""

    topics: tuple[Topic, ...]
    interests: tuple[Interest, ...]

    @cached_property
    def phrase_index(self) -> PhraseIndex:
        """The topics' titles and phrases, in the order of the topics."""
        return PhraseIndex(
            [
                TopicPhrases(
                    names=(topic.title, *topic.phrases.aliases, *topic.phrases.keywords),
                    questions=topic.phrases.questions,
                    others=topic.phrases.others,
                    fields=topic.phrases.fields,
                )
                for topic in self.topics
            ],
            other_words=[*self._likes, read_ordinary_words()],
        )

    @property
    def _likes(self) -> list[str]:
        """What students like."""
        return [text for one in self.interests for text in (one.label, *one.synonyms)]

    @cached_property
    def told_words(self) -> ToldWords:
        """The words that each topic's lessons say, in the order of the topics."""
        return ToldWords([tuple(_told(topic)) for topic in self.topics], self._likes)

    def topic(self, topic_id: str) -> Topic:
        """Return a topic by its id.

        Raises:
            UnknownTopicError: There is no such topic.
        """
        for topic in self.topics:
            if topic.id == topic_id:
                return topic
        raise UnknownTopicError(topic_id)

    def interest(self, interest_id: str) -> Interest:
        """Return an interest by its id.

        Raises:
            LookupError: There is no such interest.
        """
        for interest in self.interests:
            if interest.id == interest_id:
                return interest
        raise LookupError(f"no interest {interest_id!r}")


def bare_word(word: str) -> str:
    """Return a word in lower case without the punctuation around it."""
    return word.strip(".,;:!?\"'()").lower()


def further_statements(further: FurtherText) -> Iterator[Statement]:
    """Yield every statement beyond the levels', in the order in which a lesson speaks them."""
    yield from further.explanation
    yield from further.example.steps
    yield from further.misconception
    for question in further.questions:
        yield question.answer
        yield from question.because


def statements(level: LevelText) -> Iterator[Statement]:
    """Yield every statement of a level, in the order in which a full lesson speaks them."""
    yield from level.terms
    yield from level.explanation
    yield from level.example.steps
    yield from level.misconception
    yield level.question.answer
    yield from level.question.because
    yield from level.takeaways


def _told(topic: Topic) -> Iterator[str]:
    """Yield what a topic's lessons say, whatever a student likes."""
    for level in (topic.basic, topic.standard):
        yield level.prediction
        yield level.closing
        yield from (statement.say for statement in statements(level))
    yield from (statement.say for statement in further_statements(topic.further))
    yield topic.everyday.hook
    yield from (statement.say for statement in topic.everyday.mapping)
