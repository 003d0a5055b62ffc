"""Every bundled topic keeps the lesson rules that can be checked without a person."""

import ast
import math
import operator
import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import pytest

from worker.curriculum.models import (
    EVERYDAY,
    Analogy,
    Curriculum,
    LevelText,
    Statement,
    Topic,
    WorkedExample,
    further_statements,
    statements,
)
from worker.curriculum.reader import load_curriculum
from worker.lessons.readability import highest_reading_grade, reading_grade

TOPICS = load_curriculum().topics
LEVELS = [
    pytest.param(topic, level, lowest, id=f"{topic.id}-{name}")
    for topic in TOPICS
    for name, level, lowest in (
        ("basic", topic.basic, topic.grades[0]),
        ("standard", topic.standard, max(9, topic.grades[0])),
    )
]
EACH_TOPIC = pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.id)
EACH_LEVEL = pytest.mark.parametrize(("topic", "level", "lowest_grade"), LEVELS)

SPEAKABLE = re.compile(r"[A-Za-z][A-Za-z ,.?!':;-]*[.?!]")
LONGEST_SENTENCE = 20
LONGEST_BULLET = 8
LONGEST_HOOK = 13
ALIKE = 0.5
"""Of the trigrams of the shorter analogy; the likest two in the curriculum share 0.34."""

OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = ["-", "-", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def narrated(level: LevelText) -> list[str]:
    """Every text of a level that a voice may say."""
    said = [statement.say for statement in statements(level)]
    return [level.prediction, *said, level.question.ask, level.closing]


def shown(level: LevelText) -> list[str]:
    bullets = [statement.show for statement in statements(level) if statement.show]
    return [*bullets, level.question.show]


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.lower())


def trigrams(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return set(zip(found, found[1:], found[2:], strict=False))


def shared_trigrams(bullet: str, spoken: set[tuple[str, ...]]) -> float:
    own = trigrams(bullet)
    return len(own & spoken) / len(own) if own else 0.0


def spelled(number: int) -> str:
    if number < 20:
        return UNITS[number]
    if number < 100:
        unit = number % 10
        return TENS[number // 10] + (f" {UNITS[unit]}" if unit else "")
    if number < 1000:
        rest = number % 100
        return f"{UNITS[number // 100]} hundred" + (f" {spelled(rest)}" if rest else "")
    rest = number % 1000
    return f"{spelled(number // 1000)} thousand" + (f" {spelled(rest)}" if rest else "")


def evaluate(expression: str, names: dict[str, float]) -> float:
    def value(node: ast.expr) -> float:
        match node:
            case ast.BinOp(left, op, right):
                return float(OPERATORS[type(op)](value(left), value(right)))
            case ast.UnaryOp(ast.USub(), operand):
                return -value(operand)
            case ast.Call(ast.Name("sqrt"), [argument], []):
                return math.sqrt(value(argument))
            case ast.Name(name):
                return names[name]
            case ast.Constant(constant) if isinstance(constant, int | float):
                return float(constant)
            case _:
                raise AssertionError(f"{ast.unparse(node)} is no arithmetic")

    return value(ast.parse(expression, mode="eval").body)


def numbers_in(text: str) -> Iterator[float]:
    plain = text.replace("\N{MINUS SIGN}", "-").replace(",", "")
    for top, bottom in re.findall(r"(-?\d+(?:\.\d+)?)(?:\s*/\s*(\d+))?", plain):
        yield float(top) / float(bottom) if bottom else float(top)


@EACH_TOPIC
def test_further_text_is_as_short_and_speakable_as_the_levels(topic: Topic) -> None:
    further = topic.further
    told = [one.say for one in further_statements(further)]
    said = [*told, *(question.ask for question in further.questions)]
    sentences = [part for text in said for part in re.split(r"(?<=[.?!])\s+", text)]
    assert [text for text in said if not SPEAKABLE.fullmatch(text)] == []
    assert [one for one in sentences if len(one.split()) > LONGEST_SENTENCE] == []
    assert all(question.ask.endswith("?") for question in further.questions)
    assert all(one.sources for one in further_statements(further))


@EACH_TOPIC
def test_further_text_reads_no_harder_than_the_topics_lowest_grade(topic: Topic) -> None:
    terms = [topic.title, *(term.term for term in topic.basic.terms)]
    said = [one.say for one in further_statements(topic.further)]
    assert reading_grade(said, terms) <= highest_reading_grade(topic.grades[0])


@EACH_LEVEL
def test_narration_holds_only_what_a_voice_can_read(
    topic: Topic, level: LevelText, lowest_grade: int
) -> None:
    assert lowest_grade >= topic.grades[0]
    assert [text for text in narrated(level) if not SPEAKABLE.fullmatch(text)] == []


@EACH_LEVEL
def test_sentences_are_short(topic: Topic, level: LevelText, lowest_grade: int) -> None:
    del topic, lowest_grade
    sentences = [part for text in narrated(level) for part in re.split(r"(?<=[.?!])\s+", text)]
    assert [s for s in sentences if len(s.split()) > LONGEST_SENTENCE] == []


@EACH_LEVEL
def test_bullets_are_short_and_do_not_repeat_the_narration(
    topic: Topic, level: LevelText, lowest_grade: int
) -> None:
    del lowest_grade
    told = set().union(*map(trigrams, narrated(level)))
    for analogy in topic.analogies:
        mapped = [analogy.hook, *(one.say for one in analogy.mapping)]
        spoken = told.union(*map(trigrams, mapped))
        bullets = [
            *shown(level),
            analogy.hook_show,
            *(one.show for one in analogy.mapping if one.show),
        ]
        assert [b for b in bullets if len(b.split()) > LONGEST_BULLET] == []
        assert [b for b in bullets if shared_trigrams(b, spoken) >= 0.5] == []


@EACH_LEVEL
def test_a_level_reads_no_harder_than_the_middle_of_its_lowest_grades_band(
    topic: Topic, level: LevelText, lowest_grade: int
) -> None:
    terms = [topic.title, *(term.term for term in level.terms)]
    said = [*narrated(level), topic.everyday.hook, *(s.say for s in topic.everyday.mapping)]
    assert reading_grade(said, terms) <= highest_reading_grade(lowest_grade)


@EACH_LEVEL
def test_every_definition_names_its_term(topic: Topic, level: LevelText, lowest_grade: int) -> None:
    del topic, lowest_grade
    unnamed = [term.term for term in level.terms if term.term.lower() not in term.say.lower()]
    assert unnamed == []
    assert all(term.sources and term.show for term in level.terms)


@EACH_LEVEL
def test_every_sentence_that_is_no_question_names_a_source(
    topic: Topic, level: LevelText, lowest_grade: int
) -> None:
    del lowest_grade
    mapped = [statement for analogy in topic.analogies for statement in analogy.mapping]
    told = [one for one in (*statements(level), *mapped) if not one.say.endswith("?")]
    assert [one.say for one in told if not one.sources] == []


@EACH_LEVEL
def test_a_worked_examples_numbers_are_right(
    topic: Topic, level: LevelText, lowest_grade: int
) -> None:
    del lowest_grade
    for example in (level.example, topic.further.example):
        recompute(example)


def recompute(example: WorkedExample) -> None:
    """Hold every computed step of a worked example to its own arithmetic."""
    known = dict(example.given)
    computed = [step for step in example.steps if step.compute]
    assert computed
    for step in computed:
        assert step.result is not None
        result = evaluate(step.compute, known)
        assert result == pytest.approx(step.result)
        assert any(n == pytest.approx(result) for n in numbers_in(step.show)), step.show
        if result == int(result) and result >= 0:
            assert spelled(int(result)) in step.say.lower().replace("-", " ")
        if step.result_name:
            known[step.result_name] = result


@EACH_LEVEL
def test_the_opening_asks_and_the_closing_asks(
    topic: Topic, level: LevelText, lowest_grade: int
) -> None:
    del topic, lowest_grade
    assert level.prediction.endswith("?")
    assert level.question.ask.endswith("?")
    assert level.closing.startswith("Can you now ")
    assert level.closing.endswith("?")


@EACH_TOPIC
def test_an_analogy_opens_with_a_short_question_and_answers_it_shortly(topic: Topic) -> None:
    for analogy in topic.analogies:
        sentences = [analogy.hook, *(one.say for one in analogy.mapping)]
        assert analogy.hook.endswith("?")
        assert len(analogy.hook.split()) <= LONGEST_HOOK, analogy.hook
        assert len(analogy.mapping[0].say.split()) <= LONGEST_HOOK, analogy.mapping[0].say
        assert [s for s in sentences if not SPEAKABLE.fullmatch(s)] == []
        assert [s for s in sentences if len(s.split()) > LONGEST_SENTENCE] == []


@EACH_TOPIC
def test_displays_and_titles_are_short(topic: Topic) -> None:
    for level in (topic.basic, topic.standard):
        for text in (level.display, level.example.display):
            assert len(text) <= 44, text
        for text in (level.explanation_title, level.example.title, topic.title):
            assert len(text) <= 32, text


def test_grades_are_sane_and_every_statement_can_be_reached(curriculum: Curriculum) -> None:
    for topic in curriculum.topics:
        assert 1 <= topic.grades[0] < topic.grades[1] <= 12
        assert topic.objective.startswith("You can ")
        for level in (topic.basic, topic.standard):
            lists: list[tuple[tuple[Statement, ...], int]] = [
                (level.explanation, 9),
                (level.example.steps, 1),
                (level.misconception, 1),
                (level.question.because, 3),
                (level.takeaways, 2),
                (topic.further.misconception, 2),
                (topic.further.example.steps, 0),
            ]
            for found, highest in lists:
                assert all(statement.priority <= highest for statement in found)


def test_more_than_forty_topics_cover_six_subjects(curriculum: Curriculum) -> None:
    subjects = Counter(topic.subject for topic in curriculum.topics)
    assert sum(subjects.values()) >= 43
    assert set(subjects) == {
        "Physics",
        "Chemistry",
        "Biology",
        "Earth science",
        "Mathematics",
        "Computing",
    }
    assert min(subjects.values()) >= 3


def test_grades_three_to_five_have_a_choice_of_topics(curriculum: Curriculum) -> None:
    starting = Counter(topic.grades[0] for topic in curriculum.topics)
    assert starting[3] >= 6
    assert sum(starting[grade] for grade in (3, 4, 5)) >= 20


def test_every_topic_is_seen_through_every_interest_and_everyday_life(
    curriculum: Curriculum,
) -> None:
    known = {interest.id for interest in curriculum.interests}
    assert len(known - {EVERYDAY}) >= 15
    lacking = {
        topic.id: missing
        for topic in curriculum.topics
        if (missing := known - {analogy.interest for analogy in topic.analogies})
    }
    assert lacking == {}


def test_swapping_the_noun_turns_no_analogy_into_another(curriculum: Curriculum) -> None:
    """Two analogies of a topic share few phrases once their interests' names are taken out."""
    for topic in curriculum.topics:
        bare = {one.interest: _bare_trigrams(curriculum, one) for one in topic.analogies}
        alike = [
            pair for pair in combinations(bare, 2) if _shared(bare[pair[0]], bare[pair[1]]) > ALIKE
        ]
        assert alike == [], topic.id


def test_a_template_with_a_noun_in_it_would_be_found(curriculum: Curriculum) -> None:
    topic = curriculum.topics[0]
    hook = "In {}, what makes the thing that you push against push you back?"
    say = "When you push on it in {}, it pushes you back just as hard."
    pair = [
        topic.everyday.model_copy(
            update={
                "interest": interest.id,
                "hook": hook.format(interest.label),
                "mapping": (Statement(say=say.format(interest.label)),) * 2,
            }
        )
        for interest in curriculum.interests[:2]
    ]
    assert _shared(*(_bare_trigrams(curriculum, one) for one in pair)) > ALIKE


def _bare_trigrams(curriculum: Curriculum, analogy: Analogy) -> set[tuple[str, ...]]:
    told = " ".join((analogy.hook, *(one.say for one in analogy.mapping)))
    return trigrams(_without_interest(curriculum, analogy.interest, told))


def _shared(one: set[tuple[str, ...]], other: set[tuple[str, ...]]) -> float:
    return len(one & other) / min(len(one), len(other))


def _without_interest(curriculum: Curriculum, interest_id: str, text: str) -> str:
    interest = curriculum.interest(interest_id)
    names = {word for name in (interest.label, *interest.synonyms) for word in words(name)}
    return " ".join(word for word in words(text) if word.removesuffix("s") not in names)
