"""Questions with what they are to be taken for, in files beside this one."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from worker.curriculum.match import (
    AmbiguousQuery,
    MatchOutcome,
    OutOfScope,
    TopicMatch,
    match_topic,
)
from worker.curriculum.models import Curriculum
from worker.lessons.safety.harm import Harm
from worker.lessons.safety.judge_words import read_word_lists

TWO_HUNDRED = "two_hundred_queries.toml"
SECOND_HELD_OUT = "second_held_out_queries.toml"


@dataclass(frozen=True)
class Query:
    """One entry of a file of queries."""

    half: str
    text: str
    grade: int
    expect: str
    topic: str = ""
    among: tuple[str, ...] = ()

    def understood_by(self, answer: Answer) -> bool:
        """Tell whether an answer is the expected one."""
        match answer:
            case TopicMatch(topic=topic):
                return self.expect == "match" and topic.id == self.topic
            case AmbiguousQuery(topics=topics):
                offered = {topic.id for topic in topics}
                return self.expect == "ambiguous" and offered >= set(self.among)
            case OutOfScope():
                return self.expect == "out_of_scope"
            case Harm():
                return self.expect == "unsafe"


Answer = MatchOutcome | Harm


def answer_to(query: Query, curriculum: Curriculum) -> Answer:
    """What a worker without a model makes of a question: the word lists come first."""
    harm = read_word_lists().judge(query.text)
    return harm or match_topic(curriculum, query.text, query.grade)


def read_queries(name: str) -> tuple[Query, ...]:
    """Read a file of queries."""
    table = tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    return tuple(
        Query(**{**entry, "among": tuple(entry.get("among", ()))}) for entry in table["query"]
    )


def share_understood(queries: Sequence[Query], curriculum: Curriculum) -> float:
    """The share of queries that is understood; no query is shown."""
    found = [query.understood_by(answer_to(query, curriculum)) for query in queries]
    return sum(found) / len(found)


def held_out_queries() -> tuple[Query, ...]:
    """The held-out half of the two hundred: counted, and never shown."""
    return tuple(one for one in read_queries(TWO_HUNDRED) if one.half == "held-out")


def second_held_out_queries() -> tuple[Query, ...]:
    """A hundred more: counted, and never shown."""
    return read_queries(SECOND_HELD_OUT)
