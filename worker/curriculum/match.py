"""Finds the topic that a student's words ask for.

What a student likes never chooses a topic: no interest is among the topics' words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from worker.curriculum.models import Curriculum, Topic
from worker.curriculum.phrase_index import Fit
from worker.curriculum.wording import stems

GRADES_BELOW = 2
"""A student this many grades below a topic's lowest grade still gets it, at that lowest grade;
one further below is told that it is out of scope. Above its highest grade a topic is a review
and is always taught, at that highest grade. (ours)"""

MATCH_SCORE = 0.5
"""A topic that scores less is not what was asked for. (ours, set on the tuning queries)"""

CLEAR_LEAD = 0.12
"""A topic this far ahead of the next is meant; others are offered beside it. (ours, likewise)"""

NEARBY_SCORE = 0.2
"""A topic that scores less has nothing to do with the question. (ours, likewise)"""

TOLD_SCORE = 0.6
TOLD_LEAD = 0.2
FEWEST_TOLD_WORDS = 3
"""Without a topic's phrase a question is one topic's if that topic's lessons say so much of it, in
so many words, and no other's say nearly as much. (ours, set on the development queries)"""

PART_SCORE = 0.9
MOST_WORDS_IN_PARTS = 4
"""A question of so few words names two things if each side of its "and" scores so much. (ours,
likewise)"""

_JOINTS = re.compile(r"\b(?:and|or|vs|versus|n)\b|[,&/]")

MOST_OFFERS = 3


class GradeFit(StrEnum):
    """Where a student's grade stands to the topic's grades."""

    WITHIN = "within"
    BELOW = "below"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class TopicMatch:
    """The words ask for one topic.

    Attributes:
        lesson_grade: The grade to write the lesson for: the student's own, or the topic's
            nearest one where `grade_fit` is not WITHIN.
        score: From 0 to 1, how well the words fit.
    """

    topic: Topic
    lesson_grade: int
    grade_fit: GradeFit
    score: float


@dataclass(frozen=True, slots=True)
class AmbiguousQuery:
    """The words fit several topics.

    Attributes:
        topics: Two or three, best first.
        questions: One to tap for each of them.
    """

    topics: tuple[Topic, ...]
    questions: tuple[str, ...]


class ScopeReason(StrEnum):
    """Why a question is out of scope."""

    NO_SUCH_TOPIC = "no_such_topic"
    GRADE_TOO_LOW = "grade_too_low"


@dataclass(frozen=True, slots=True)
class OutOfScope:
    """The curriculum does not teach this, or not yet at this grade.

    Attributes:
        nearby: Up to three topics that it does teach at this grade, nearest first.
        questions: One to tap for each of them.
    """

    reason: ScopeReason
    nearby: tuple[Topic, ...]
    questions: tuple[str, ...]


MatchOutcome = TopicMatch | AmbiguousQuery | OutOfScope


@dataclass(frozen=True, slots=True)
class _Scored:
    fit: Fit
    topic: Topic

    @property
    def score(self) -> float:
        return self.fit.score


def match_topic(curriculum: Curriculum, query: str, grade: int) -> MatchOutcome:
    """Decide which topic a question asks for.

    Args:
        curriculum: What can be taught.
        query: The student's words.
        grade: The student's grade, 1-12.
    """
    ranked = _ranked(curriculum, curriculum.phrase_index.fits(query))
    rivals = _rivals(ranked) or _told(curriculum, query, ranked)
    if not rivals:
        return _out_of_scope(ScopeReason.NO_SUCH_TOPIC, ranked, grade)
    if rivals[0].score < PART_SCORE and not rivals[0].fit.holds_name:
        rivals = _named_beside_each_other(curriculum, query) or rivals
    teachable = [scored for scored in rivals if is_teachable(scored.topic, grade)]
    if not teachable:
        return _out_of_scope(ScopeReason.GRADE_TOO_LOW, ranked, grade)
    if len(teachable) == 1:
        return _at_nearest_grade(teachable[0], grade)
    return _ambiguous([scored.topic for scored in teachable[:MOST_OFFERS]])


def _ranked(curriculum: Curriculum, fits: Sequence[Fit]) -> list[_Scored]:
    ranked = [_Scored(*pair) for pair in zip(fits, curriculum.topics, strict=True)]
    return sorted(ranked, key=lambda scored: -scored.score)


def _rivals(ranked: Sequence[_Scored]) -> list[_Scored]:
    """The topics that may be meant, best first: a topic that has fewer of the words is not."""
    best = ranked[0].score
    if best < MATCH_SCORE:
        return []
    near = [scored for scored in ranked if scored.score > best - CLEAR_LEAD]
    return [one for one in near if not any(one.fit.words < rival.fit.words for rival in near)]


def _told(curriculum: Curriculum, query: str, ranked: Sequence[_Scored]) -> list[_Scored]:
    """The one topic whose lessons speak of what is asked, if there is one."""
    barred = {scored.topic.id for scored in ranked if scored.fit.means_other}
    best, second = _ranked(curriculum, curriculum.told_words.fits(query))[:2]
    is_clear = best.score >= TOLD_SCORE and best.score - second.score >= TOLD_LEAD
    if is_clear and len(best.fit.words) >= FEWEST_TOLD_WORDS and best.topic.id not in barred:
        return [best]
    return []


def _named_beside_each_other(curriculum: Curriculum, query: str) -> list[_Scored]:
    """The topics of "energy and heat", each named by a part; none where a part names no topic."""
    parts = [part for part in _JOINTS.split(query.lower()) if stems(part)]
    if len(parts) < 2 or len(stems(query)) > MOST_WORDS_IN_PARTS:  # noqa: PLR2004  # sides of an "and"
        return []
    named = [_ranked(curriculum, curriculum.phrase_index.fits(part))[0] for part in parts]
    if any(scored.score < PART_SCORE for scored in named):
        return []
    return list({scored.topic.id: scored for scored in named}.values())


def is_teachable(topic: Topic, grade: int) -> bool:
    """Tell whether a student of a grade gets a lesson on a topic."""
    return grade >= topic.grades[0] - GRADES_BELOW


def nearest_grade(topic: Topic, grade: int) -> int:
    """Return the grade that a lesson on a topic is written for."""
    lowest, highest = topic.grades
    return min(max(grade, lowest), highest)


def _at_nearest_grade(found: _Scored, grade: int) -> TopicMatch:
    lesson_grade = nearest_grade(found.topic, grade)
    fit = GradeFit.WITHIN
    if lesson_grade != grade:
        fit = GradeFit.BELOW if grade < lesson_grade else GradeFit.ABOVE
    return TopicMatch(found.topic, lesson_grade, fit, found.score)


def _ambiguous(topics: Sequence[Topic]) -> AmbiguousQuery:
    return AmbiguousQuery(tuple(topics), tuple(topic.request for topic in topics))


def _out_of_scope(reason: ScopeReason, ranked: Sequence[_Scored], grade: int) -> OutOfScope:
    """Offer what scored at all, then others of the best one's subject, at grades that fit.

    A question that is near nothing is offered a topic of each subject: something to begin with.
    """
    teachable = [scored for scored in ranked if is_teachable(scored.topic, grade)]
    near = [scored.topic for scored in teachable if scored.score >= NEARBY_SCORE]
    if near:
        fitting = near + [s.topic for s in teachable if s.topic.subject == near[0].subject]
    else:
        fitting = list({scored.topic.subject: scored.topic for scored in teachable}.values())
    nearby = tuple({topic.id: topic for topic in fitting}.values())[:MOST_OFFERS]
    return OutOfScope(reason, nearby, tuple(topic.request for topic in nearby))
