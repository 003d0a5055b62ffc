"""What a student's words are taken to ask for."""

import pytest

from tests.unit.curriculum.query_file import read_queries, share_understood
from worker.curriculum.match import (
    AmbiguousQuery,
    GradeFit,
    OutOfScope,
    ScopeReason,
    TopicMatch,
    match_topic,
)
from worker.curriculum.models import Curriculum

LEAST_ACCURACY = 0.9


QUERIES = read_queries("queries.toml")
TWO_HUNDRED = read_queries("two_hundred_queries.toml")
FRESH = read_queries("fresh_queries.toml")
HALVES = tuple(dict.fromkeys(query.half for query in QUERIES))


@pytest.mark.parametrize("half", HALVES)
def test_nine_of_ten_queries_are_understood(half: str, curriculum: Curriculum) -> None:
    queries = [query for query in QUERIES if query.half == half]
    missed = [
        query.text
        for query in queries
        if not query.understood_by(match_topic(curriculum, query.text, query.grade))
    ]
    assert len(queries) >= 30
    assert 1 - len(missed) / len(queries) >= LEAST_ACCURACY, missed


@pytest.mark.parametrize(("half", "least"), [("tuning", 0.98), ("held-out", 0.9)])
def test_of_two_hundred_queries_each_half_is_understood_as_well_as_it_was_measured(
    half: str, least: float, curriculum: Curriculum
) -> None:
    """The held-out half's queries that were missed are counted, and never shown."""
    assert sum(query.half == half for query in TWO_HUNDRED) == 100
    assert share_understood(half, curriculum) >= least


def test_of_the_fresh_queries_nearly_all_are_understood(curriculum: Curriculum) -> None:
    missed = [
        query.text
        for query in FRESH
        if not query.understood_by(match_topic(curriculum, query.text, query.grade))
    ]
    assert len(FRESH) >= 150
    assert 1 - len(missed) / len(FRESH) >= 0.97, missed


@pytest.mark.parametrize("half", ["tuning", "held-out"])
def test_each_half_of_two_hundred_queries_reaches_every_topic(
    half: str, curriculum: Curriculum
) -> None:
    reached = {query.topic for query in TWO_HUNDRED if query.half == half and query.topic}
    assert reached == {topic.id for topic in curriculum.topics}


def test_a_title_with_two_letters_swapped_leads_to_its_topic(
    curriculum: Curriculum,
) -> None:
    """For titles of one word of six letters or more; two letters inside change places."""
    strayed = []
    for topic in curriculum.topics:
        for place in (2, 3):
            word = topic.title
            if " " in word or len(word) < 6 or word[place] == word[place + 1]:
                continue
            swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
            outcome = match_topic(curriculum, f"explain {swapped}", topic.grades[1])
            if not (isinstance(outcome, TopicMatch) and outcome.topic == topic):
                strayed.append(swapped)
    assert strayed == []


def test_every_alias_and_request_of_a_topic_leads_to_it(curriculum: Curriculum) -> None:
    strayed = []
    for topic in curriculum.topics:
        for phrase in (topic.title, topic.request, *topic.phrases.aliases):
            outcome = match_topic(curriculum, phrase, topic.grades[1])
            if not (isinstance(outcome, TopicMatch) and outcome.topic.id == topic.id):
                strayed.append((topic.id, phrase))
    assert strayed == []


def test_what_a_student_likes_never_chooses_a_topic(curriculum: Curriculum) -> None:
    for interest in curriculum.interests:
        for words in (interest.label, *interest.synonyms):
            outcome = match_topic(curriculum, f"I really like {words}", 9)
            assert isinstance(outcome, OutOfScope), words


def test_an_ambiguous_query_offers_questions_that_are_not_ambiguous(
    curriculum: Curriculum,
) -> None:
    outcome = match_topic(curriculum, "newton's law", 9)
    assert isinstance(outcome, AmbiguousQuery)
    assert 2 <= len(outcome.questions) <= 3
    for topic, question in zip(outcome.topics, outcome.questions, strict=True):
        answer = match_topic(curriculum, question, 9)
        assert isinstance(answer, TopicMatch)
        assert answer.topic == topic


@pytest.mark.parametrize("query", ["", "???", "5", "x", "the and of", "   "])
def test_words_near_no_topic_are_out_of_scope_with_topics_to_begin_with(
    query: str, curriculum: Curriculum
) -> None:
    outcome = match_topic(curriculum, query, 8)
    assert isinstance(outcome, OutOfScope)
    assert outcome.reason is ScopeReason.NO_SUCH_TOPIC
    assert len({topic.subject for topic in outcome.nearby}) == len(outcome.questions) == 3


@pytest.mark.parametrize(
    ("grade", "lesson_grade", "fit"),
    [
        (6, 8, GradeFit.BELOW),
        (7, 8, GradeFit.BELOW),
        (8, 8, GradeFit.WITHIN),
        (12, 12, GradeFit.WITHIN),
    ],
)
def test_a_grade_near_the_topics_grades_gets_the_nearest_one_and_is_told_so(
    grade: int, lesson_grade: int, fit: GradeFit, curriculum: Curriculum
) -> None:
    outcome = match_topic(curriculum, "quadratic functions", grade)
    assert isinstance(outcome, TopicMatch)
    assert (outcome.lesson_grade, outcome.grade_fit) == (lesson_grade, fit)


def test_an_older_student_gets_an_early_topic_as_a_review(curriculum: Curriculum) -> None:
    outcome = match_topic(curriculum, "fractions", 12)
    assert isinstance(outcome, TopicMatch)
    assert (outcome.lesson_grade, outcome.grade_fit) == (9, GradeFit.ABOVE)


@pytest.mark.parametrize("grade", [1, 2, 5])
def test_a_grade_far_below_is_out_of_scope_with_topics_that_fit_it(
    grade: int, curriculum: Curriculum
) -> None:
    outcome = match_topic(curriculum, "quadratic functions", grade)
    assert isinstance(outcome, OutOfScope)
    assert outcome.reason is ScopeReason.GRADE_TOO_LOW
    assert outcome.nearby
    for question in outcome.questions:
        assert isinstance(match_topic(curriculum, question, grade), TopicMatch)


def test_an_ambiguous_query_offers_no_topic_that_is_too_hard(curriculum: Curriculum) -> None:
    outcome = match_topic(curriculum, "equations", 5)
    assert isinstance(outcome, TopicMatch)
    assert outcome.topic.id == "linear-equations"


def test_out_of_scope_offers_what_shares_its_words(curriculum: Curriculum) -> None:
    outcome = match_topic(
        curriculum, "trade in spices, silk, tea, cotton and plants across oceans", 9
    )
    assert isinstance(outcome, OutOfScope)
    assert outcome.nearby[0].id in {"photosynthesis", "cell-structure"}
    assert len(outcome.nearby) <= 3
    assert [topic.request for topic in outcome.nearby] == list(outcome.questions)
