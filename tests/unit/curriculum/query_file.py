"""Questions with what they are to be taken for, in files beside this one."""

from __future__ import annotations

import tomllib
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


@dataclass(frozen=True)
class Query:
    """One entry of a file of queries."""

    half: str
    text: str
    grade: int
    expect: str
    topic: str = ""
    among: tuple[str, ...] = ()

    def understood_by(self, outcome: MatchOutcome) -> bool:
        """Tell whether an outcome is the expected one.

        An unsafe question asks for no topic: the matcher must not make a lesson of it.
        """
        match outcome:
            case TopicMatch(topic=topic):
                return self.expect == "match" and topic.id == self.topic
            case AmbiguousQuery(topics=topics):
                offered = {topic.id for topic in topics}
                return self.expect == "ambiguous" and offered >= set(self.among)
            case OutOfScope():
                return self.expect in {"out_of_scope", "unsafe"}


def read_queries(name: str) -> tuple[Query, ...]:
    """Read a file of queries."""
    table = tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    return tuple(
        Query(**{**entry, "among": tuple(entry.get("among", ()))}) for entry in table["query"]
    )


def share_understood(half: str, curriculum: Curriculum) -> float:
    """The share of one half of the two hundred queries that is understood; no query is shown."""
    found = [
        query.understood_by(match_topic(curriculum, query.text, query.grade))
        for query in read_queries("two_hundred_queries.toml")
        if query.half == half
    ]
    return sum(found) / len(found)
