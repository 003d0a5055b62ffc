"""What a student's words are taken to ask for."""

from collections.abc import Sequence

import pytest

from tests.unit.curriculum.query_file import (
    TWO_HUNDRED,
    Query,
    answer_to,
    held_out_queries,
    read_queries,
    second_held_out_queries,
    share_understood,
)
from worker.curriculum.match import (
    AmbiguousQuery,
    GradeFit,
    OutOfScope,
    ScopeReason,
    TopicMatch,
    match_topic,
)
from worker.curriculum.models import Curriculum

TUNING = tuple(one for one in read_queries(TWO_HUNDRED) if one.half == "tuning")
SHOWN = (
    ("queries.toml", 0.97),
    ("fresh_queries.toml", 0.97),
    ("development_queries.toml", 0.96),
    ("second_development_queries.toml", 0.93),
)
"""What guided phrases and thresholds, with the share that is understood at least."""


@pytest.mark.parametrize(("name", "least"), SHOWN)
def test_nearly_all_queries_that_guided_the_matcher_are_understood(
    name: str, least: float, curriculum: Curriculum
) -> None:
    queries = read_queries(name)
    missed = _missed(queries, curriculum)
    assert len(queries) >= 140
    assert 1 - len(missed) / len(queries) >= least, missed


def test_nearly_all_of_the_tuning_half_are_understood(curriculum: Curriculum) -> None:
    missed = _missed(TUNING, curriculum)
    assert len(TUNING) == 100
    assert len(missed) <= 2, missed


def _missed(queries: Sequence[Query], curriculum: Curriculum) -> list[str]:
    return [one.text for one in queries if not one.understood_by(answer_to(one, curriculum))]


@pytest.mark.parametrize(
    ("queries", "least"),
    [(held_out_queries(), 0.92), (second_held_out_queries(), 0.86)],
    ids=["first", "second"],
)
def test_of_held_out_queries_as_many_are_understood_as_were_measured(
    queries: tuple[Query, ...], least: float, curriculum: Curriculum
) -> None:
    """Those that were missed are counted, and never shown."""
    assert len(queries) == 100
    assert share_understood(queries, curriculum) >= least


@pytest.mark.parametrize(
    "queries",
    [TUNING, held_out_queries(), second_held_out_queries()],
    ids=["tuning", "first", "second"],
)
def test_each_hundred_queries_reach_every_topic(
    queries: tuple[Query, ...], curriculum: Curriculum
) -> None:
    assert {one.topic for one in queries if one.topic} == {one.id for one in curriculum.topics}


@pytest.mark.parametrize(
    ("query", "topics"),
    [
        ("energy and heat", {"energy", "heat-transfer"}),
        ("fractions vs decimals", {"fractions", "percentages"}),
        ("dna, probability", {"dna", "probability"}),
    ],
)
def test_two_topics_named_beside_each_other_are_both_offered(
    query: str, topics: set[str], curriculum: Curriculum
) -> None:
    outcome = match_topic(curriculum, query, 9)
    assert isinstance(outcome, AmbiguousQuery)
    assert {topic.id for topic in outcome.topics} == topics


def test_a_topic_whose_name_holds_an_and_is_one_topic(curriculum: Curriculum) -> None:
    outcome = match_topic(curriculum, "difference between mass and weight", 9)
    assert isinstance(outcome, TopicMatch)


@pytest.mark.parametrize("word", ["algebra", "programming", "forces", "statistics", "geology"])
def test_a_word_for_a_whole_field_offers_its_topics(word: str, curriculum: Curriculum) -> None:
    assert isinstance(match_topic(curriculum, f"what is {word}", 9), AmbiguousQuery)


@pytest.mark.parametrize("word", ["prison", "election", "opinion", "license", "integral"])
def test_an_ordinary_word_is_no_misspelling_of_a_topics_word(
    word: str, curriculum: Curriculum
) -> None:
    assert isinstance(match_topic(curriculum, word, 12), OutOfScope)


@pytest.mark.parametrize(
    ("query", "topic_id"),
    [
        ("2H2 + O2 -> 2H2O", "chemical-reactions"),
        ("6CO2 + 6H2O", "photosynthesis"),
        ("what is 1/2 mv^2", "energy"),
        ("3-4-5 triangle", "pythagorean-theorem"),
        ("what do T-cells do", "immune-system"),
    ],
)
def test_notation_names_a_topic(query: str, topic_id: str, curriculum: Curriculum) -> None:
    outcome = match_topic(curriculum, query, 9)
    assert isinstance(outcome, TopicMatch)
    assert outcome.topic.id == topic_id


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
