"""Topics told apart by the words that their lessons say."""

from __future__ import annotations

import pytest

from worker.curriculum.match import TopicMatch, match_topic
from worker.curriculum.models import Curriculum, further_statements, statements
from worker.curriculum.told_words import ToldWords

FLOATING = (
    "A submarine lets water into its tanks and sinks.",
    "It blows the water out of its tanks, and the submarine rises.",
)
WITHOUT_PHRASE = 0.35
"""Below it no phrase of any topic says which one is meant."""

FLYING = ("A bird flies south when the water freezes.",)


def test_a_question_fits_the_topic_that_tells_of_most_of_it() -> None:
    floating, flying = ToldWords([FLOATING, FLYING], ()).fits("how do submarine tanks get water")
    assert floating.words == {"submarin", "tank", "water"}
    assert floating.score > 0.9
    assert flying.words == {"water"}
    assert flying.score < 0.3


def test_a_word_said_again_and_again_counts_more_than_one_said_once() -> None:
    (floating,) = ToldWords([FLOATING], ()).fits("submarine")
    (once,) = ToldWords([FLOATING], ()).fits("rises")
    assert floating.score > once.score > 0


def test_what_a_student_likes_tells_of_no_topic() -> None:
    _, flying = ToldWords([FLOATING, FLYING], ("birds",)).fits("why does a bird fly south")
    assert flying.words == {"fly", "south"}


@pytest.mark.parametrize("question", ["", "what is the", "zyzzyva"])
def test_a_question_that_no_lesson_tells_of_fits_none(question: str) -> None:
    assert [fit.score for fit in ToldWords([FLOATING], ()).fits(question)] == [0.0]


def test_a_sentence_of_a_lesson_without_any_topics_phrase_leads_to_no_other_topic(
    curriculum: Curriculum,
) -> None:
    found = [
        (topic.id, outcome.topic.id)
        for topic in curriculum.topics
        for one in (*statements(topic.basic), *further_statements(topic.further))
        if max(fit.score for fit in curriculum.phrase_index.fits(one.say)) < WITHOUT_PHRASE
        and isinstance(outcome := match_topic(curriculum, one.say, topic.grades[1]), TopicMatch)
    ]
    assert len(found) > 100
    assert [one for one in found if one[0] != one[1]] == []
